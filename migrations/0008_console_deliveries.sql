-- Newest first, in one order; `received_at` alone is part of it. See 0005_console.sql.
create index delivery_by_arrival on delivery (received_at, id);
create index delivery_to_mend on delivery (state, received_at, id) where state in ('DEAD', 'QUARANTINED', 'READY');
-- Last, since from here on nobody reads either, until the end of this file.
drop index delivery_by_time;
