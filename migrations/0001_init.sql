-- Every table carries its tenant from the start; there is one tenant, `default`, until callers have identities.
-- Documents are text, not jsonb: jsonb refuses some strings that providers may send (for example "\u0000").

create table entity (
  tenant text not null,
  id uuid not null,
  -- Order of the list of entities.
  seq bigint generated always as identity,
  external_id text,
  kind text not null,
  -- The status as of the last observation or clock change, so that lists can be filtered.
  status text not null,
  waiting_on text not null,
  needs_reverification boolean not null,
  -- The next moment at which the clock alone changes the status.
  settle_at timestamptz,
  -- Set when two entities turned out to be one; its id then leads to the other.
  merged_into uuid,
  created_at timestamptz not null,
  primary key (tenant, id),
  unique (tenant, external_id)
);
create unique index entity_by_seq on entity (tenant, seq);
create index entity_by_settle_at on entity (tenant, settle_at) where settle_at is not null;

-- What one provider calls an entity. It belongs to one tenant: the same account is never shared.
create table account (
  tenant text not null,
  provider text not null,
  reference text not null,
  entity_id uuid not null,
  -- When the provider was last asked which validation is current, for the whole list, for its summary.
  current_observed_at timestamptz,
  list_observed_at timestamptz,
  summary_observed_at timestamptz,
  summary text,
  failure text,
  primary key (provider, reference),
  foreign key (tenant, entity_id) references entity (tenant, id)
);
create index account_by_entity on account (tenant, entity_id);

create table validation (
  tenant text not null,
  id uuid not null,
  seq bigint generated always as identity,
  provider text not null,
  reference text not null,
  account text not null,
  entity_id uuid not null,
  is_current boolean not null,
  status text not null,
  -- What the clock alone makes of the status, and when.
  clock_status text,
  clock_at timestamptz,
  requested_at timestamptz,
  parent_reference text,
  -- The state without personal data, and the personal data by themselves.
  state text not null,
  personal text not null,
  failure text,
  primary key (tenant, id),
  unique (provider, reference),
  foreign key (tenant, entity_id) references entity (tenant, id)
);
create index validation_by_account on validation (tenant, provider, account);
create index validation_by_entity on validation (tenant, entity_id, requested_at, seq);
create index validation_by_parent on validation (tenant, provider, parent_reference) where parent_reference is not null;

-- What providers said, once per distinct record, older ones included.
create table observation (
  tenant text not null,
  validation_id uuid not null,
  digest text not null,
  provider_status text not null,
  outcome text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  raw text not null,
  primary key (tenant, validation_id, digest)
);

-- The status log. A position is taken under a row lock on `log_head` that is held until commit, so positions become
-- visible in their order and without gaps: whoever has read position n never misses one below it.
create table log_head (
  tenant text primary key,
  position bigint not null
);
create table status_log (
  tenant text not null,
  position bigint not null,
  entity_id uuid not null,
  validation_id uuid not null,
  from_status text,
  to_status text not null,
  entity_status text not null,
  at timestamptz not null,
  change text not null,
  primary key (tenant, position)
);
create index status_log_by_entity on status_log (tenant, entity_id, position);
create index status_log_by_validation on status_log (tenant, validation_id, position);
