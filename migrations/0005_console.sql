-- What an operator looks through: counts by status, names by their beginning, deliveries by time. One file for each table:
-- while its indexes are made nobody writes to it, and who waits for that must not hold what another index waits for.

-- Every column that a count is narrowed by, so that it goes from group to group and past what does not fit.
create index entity_by_facts on entity (tenant, status, waiting_on, kind, needs_reverification)
  where merged_into is null;

-- Beginnings of names, whatever the collation of the database.
create index entity_by_beginning on entity (tenant, external_id text_pattern_ops) where external_id is not null;
