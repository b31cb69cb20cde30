-- Beginnings of references, whatever the collation of the database; see 0005_console.sql.
create index account_by_beginning on account (tenant, reference text_pattern_ops);
