-- Who may call, what is sealed, what was erased, and who did what.

-- When the personal data of the entity were erased; null: they were not.
alter table entity add column redacted_at timestamptz;

-- Personal data are sealed from here on. What was stored in the clear is removed; details are read again at the
-- provider when they are next asked for.
alter table validation drop column personal;
alter table validation add column personal bytea;
-- The classes of personal data that `personal` holds.
alter table validation add column personal_classes text[] not null default '{}';
update validation set state = regexp_replace(state, '"detailObservedAt":"[^"]*"', '"detailObservedAt":null');
-- Since when it has had a status that is final; null while it is open.
alter table validation add column ended_at timestamptz;
update validation set ended_at = substring(state from '"statusChangedAt":"([^"]*)"')::timestamptz
  where status in ('APPROVED', 'REJECTED', 'EXPIRED', 'ABANDONED', 'CANCELLED', 'LAPSED', 'ERRORED');
create index validation_to_clear on validation (ended_at) where personal_classes <> '{}' and ended_at is not null;

-- The record of a provider, sealed. Null where it was removed by age.
truncate observation;
alter table observation drop column raw;
alter table observation add column raw bytea;
create index observation_to_clear on observation (last_seen_at) where raw is not null;

-- The body of a webhook, sealed. Null where it was removed by age or erased, or is of no use (IGNORED).
alter table delivery drop column body;
alter table delivery add column body bytea;
create index delivery_by_account on delivery (provider, account) where account is not null;

-- A dropped column stays in the pages of its table until they are written anew.
cluster validation using validation_pkey;
cluster delivery using delivery_pkey;

-- Keys of services. Only a digest of the secret is kept.
create table api_key (
  id text primary key,
  digest bytea not null,
  name text not null,
  tenant text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

-- Who read or changed what. Each entry's hash covers all of it and the entry before, and the head is signed.
create table audit_log (
  position bigint primary key,
  tenant text not null,
  -- To the millisecond, as the hash covers it.
  at timestamptz(3) not null,
  subject text not null,
  action text not null,
  entities text[] not null,
  entry text not null,
  hash bytea not null
);
create index audit_log_by_tenant on audit_log (tenant, position);
create index audit_log_by_subject on audit_log (tenant, subject, position);
create index audit_log_by_entity on audit_log using gin (entities);
create table audit_head (
  name text primary key,
  position bigint not null,
  hash bytea not null,
  signature bytea not null
);
-- From here on a missing head is one that somebody has removed.
insert into audit_head (name, position, hash, signature) values ('audit', 0, decode(repeat('00', 32), 'hex'), '');
