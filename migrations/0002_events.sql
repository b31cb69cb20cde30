-- Webhook deliveries, the clock's duties, and what a reader of the log needs to go on where it stopped.

-- One webhook request as it arrived. It belongs to no tenant: whose account it is about is known when it is processed.
create table delivery (
  id uuid primary key,
  seq bigint generated always as identity,
  provider text not null,
  -- The same for every delivery of one event, so that a second one has no effect.
  event_key text not null,
  event_type text,
  -- The validation it is about; null where it is about none, or could not be read.
  reference text,
  account text,
  -- READY, DONE, IGNORED, QUARANTINED or DEAD.
  state text not null,
  attempts int not null default 0,
  -- When it is to be processed next; null unless READY. A claim moves it on, so that the work of a process that
  -- ends half-way is taken up by another.
  due_at timestamptz,
  -- The code of the last failure.
  failure text,
  received_at timestamptz not null,
  finished_at timestamptz,
  headers text not null,
  body bytea not null,
  unique (provider, event_key)
);
create index delivery_due on delivery (provider, due_at, seq) where state = 'READY';
create index delivery_by_time on delivery (received_at);
create index delivery_by_reference on delivery (provider, reference, received_at);

-- When an open validation is looked at again where no webhook has told of a change; null for final ones.
alter table validation add column look_at timestamptz;
update validation set look_at = now()
  where is_current and status in ('NOT_STARTED', 'IN_PROGRESS', 'ACTION_REQUIRED', 'PROCESSING', 'IN_REVIEW', 'UNKNOWN');
create index validation_to_look_at on validation (provider, look_at) where look_at is not null and is_current;

-- When the gateway wrote the entry; `at` is the provider's time.
alter table status_log add column recorded_at timestamptz;
update status_log set recorded_at = at;
alter table status_log alter column recorded_at set not null;
create index status_log_by_time on status_log (tenant, recorded_at);
-- Entries up to this position were removed by age: who wants to go on before it is told so.
alter table log_head add column pruned_to bigint not null default 0;

-- Secrets that all replicas share and no caller sees.
create table gateway_key (
  name text primary key,
  value bytea not null
);

-- What one replica at a time does for all.
create table lease (
  name text primary key,
  holder uuid not null,
  until timestamptz not null
);
