-- Which entities were written to, by which transaction: what a process keeps of them in memory is old from its commit on.
-- Filled by triggers, so that no statement can forget it.

create table touched (
  -- The transaction. It is committed when its rows are seen; one that is still running has none below `pg_snapshot_xmin`.
  by xid8 not null,
  tenant text not null,
  entity_id uuid not null,
  -- By the clock of the database, for removal alone.
  at timestamptz not null default now(),
  primary key (by, tenant, entity_id)
);

create function touch_entities() returns trigger language plpgsql as $$
begin
  insert into touched (by, tenant, entity_id)
    select distinct pg_current_xact_id(), tenant, id from changed on conflict do nothing;
  return null;
end $$;

create function touch_owners() returns trigger language plpgsql as $$
begin
  insert into touched (by, tenant, entity_id)
    select distinct pg_current_xact_id(), tenant, entity_id from changed on conflict do nothing;
  return null;
end $$;

-- A row that moves from one entity to another changes both.
create function touch_both_owners() returns trigger language plpgsql as $$
begin
  insert into touched (by, tenant, entity_id)
    select pg_current_xact_id(), tenant, entity_id from (
      select tenant, entity_id from changed union select tenant, entity_id from former
    ) as owners on conflict do nothing;
  return null;
end $$;

create trigger entity_inserted after insert on entity
  referencing new table as changed for each statement execute function touch_entities();
create trigger entity_updated after update on entity
  referencing new table as changed for each statement execute function touch_entities();
create trigger entity_deleted after delete on entity
  referencing old table as changed for each statement execute function touch_entities();

create trigger account_inserted after insert on account
  referencing new table as changed for each statement execute function touch_owners();
create trigger account_updated after update on account
  referencing new table as changed old table as former for each statement execute function touch_both_owners();
create trigger account_deleted after delete on account
  referencing old table as changed for each statement execute function touch_owners();

create trigger validation_inserted after insert on validation
  referencing new table as changed for each statement execute function touch_owners();
create trigger validation_updated after update on validation
  referencing new table as changed old table as former for each statement execute function touch_both_owners();
create trigger validation_deleted after delete on validation
  referencing old table as changed for each statement execute function touch_owners();
