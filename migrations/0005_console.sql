-- What an operator looks through: counts by status, names by their beginning, deliveries by time.

-- Every column that a count is narrowed by, so that it goes from group to group and past what does not fit.
create index entity_by_facts on entity (tenant, status, waiting_on, kind, needs_reverification)
  where merged_into is null;

-- Beginnings of names, whatever the collation of the database.
create index entity_by_beginning on entity (tenant, external_id text_pattern_ops) where external_id is not null;
create index account_by_beginning on account (tenant, reference text_pattern_ops);

-- Newest first, in one order; `received_at` alone is part of it.
create index delivery_by_arrival on delivery (received_at, id);
drop index delivery_by_time;
create index delivery_to_mend on delivery (state, received_at, id) where state in ('DEAD', 'QUARANTINED', 'READY');
