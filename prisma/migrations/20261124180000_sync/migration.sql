-- Synchronisation: what goes out (delivery, delivery_attempt, target_state), how the streams stand, code lists.

create table sync_stream (
  name text primary key,
  system text not null,
  scope text not null,
  entity_type text not null,
  paused_at timestamptz(3),
  paused_by text,
  pause_reason text,
  drift jsonb,
  due_at timestamptz(3) not null,
  sweep_due_at timestamptz(3),
  lease_id uuid,
  lease_until timestamptz(3),
  caught_up_to timestamptz(3),
  last_pull_at timestamptz(3),
  last_sweep_at timestamptz(3),
  failures integer not null default 0,
  last_error jsonb,
  last_error_at timestamptz(3),
  records bigint not null default 0,
  records_per_second double precision not null default 0
);
create index sync_stream_due_at_idx on sync_stream (due_at);

create table sync_system (
  system text primary key,
  breaker text not null default 'CLOSED' check (breaker in ('CLOSED', 'OPEN', 'HALF_OPEN')),
  failures integer not null default 0,
  opened_at timestamptz(3),
  retry_at timestamptz(3),
  last_error jsonb,
  last_error_at timestamptz(3),
  paused_at timestamptz(3),
  paused_by text,
  pause_reason text,
  next_call_at timestamptz(3),
  schema jsonb,
  schema_at timestamptz(3),
  check ((breaker = 'OPEN') <= (retry_at is not null))
);

create table target_state (
  link_id uuid primary key,
  system text not null,
  scope text not null,
  entity_type text not null,
  golden_id uuid not null,
  external_id text,
  state text not null check (state in ('PLANNED', 'CREATING', 'LINKED', 'GONE')),
  fields jsonb not null default '{}',
  creating_since timestamptz(3),
  written_at timestamptz(3),
  read_at timestamptz(3),
  check ((state = 'LINKED') <= (external_id is not null))
);
create unique index target_state_system_scope_entity_type_external_id_key
  on target_state (system, scope, entity_type, external_id);
create index target_state_entity_type_golden_id_idx on target_state (entity_type, golden_id);
create index target_state_system_scope_entity_type_state_idx on target_state (system, scope, entity_type, state);

create table delivery (
  link_id uuid primary key,
  system text not null,
  scope text not null,
  entity_type text not null,
  golden_id uuid not null,
  lane text not null check (lane in ('LIVE', 'BACKFILL')),
  state text not null check (state in ('PENDING', 'IN_FLIGHT', 'DONE', 'DEAD', 'DISCARDED')),
  rank integer not null,
  generation bigint not null,
  claimed bigint not null default 0,
  superseded integer not null default 0,
  attempts integer not null default 0,
  queued_at timestamptz(3) not null,
  due_at timestamptz(3) not null,
  lease_id uuid,
  lease_until timestamptz(3),
  waits_for text,
  place text check (place in ('SOURCE', 'HUB', 'TARGET', 'BEYOND')),
  error jsonb,
  reason text,
  operation_id uuid not null,
  correlation_id text not null,
  finished_at timestamptz(3),
  check ((state = 'IN_FLIGHT') = (lease_id is not null)),
  check ((state = 'DEAD') <= (place is not null and error is not null)),
  check ((state = 'DISCARDED') <= (reason is not null))
);
create index delivery_system_lane_state_due_at_idx on delivery (system, lane, state, due_at);
create index delivery_state_system_finished_at_idx on delivery (state, system, finished_at);
create index delivery_waits_for_idx on delivery (waits_for);
create index delivery_entity_type_golden_id_idx on delivery (entity_type, golden_id);

create table delivery_attempt (
  id uuid primary key,
  link_id uuid not null,
  system text not null,
  scope text not null,
  entity_type text not null,
  golden_id uuid not null,
  external_id text,
  number integer not null,
  action text not null check (action in ('CREATE', 'UPDATE', 'NONE')),
  changes jsonb not null,
  result text not null check (result in ('SENT', 'WRITTEN', 'CONFIRMED', 'REFUSED', 'UNKNOWN')),
  place text check (place in ('SOURCE', 'HUB', 'TARGET', 'BEYOND')),
  error jsonb,
  operation_id uuid not null,
  correlation_id text not null,
  started_at timestamptz(3) not null,
  finished_at timestamptz(3),
  check ((result = 'SENT') = (finished_at is null))
);
create index delivery_attempt_link_id_id_idx on delivery_attempt (link_id, id);
create index delivery_attempt_system_id_idx on delivery_attempt (system, id);
create index delivery_attempt_golden_id_id_idx on delivery_attempt (golden_id, id);

create table code (
  system text not null,
  list text not null,
  code text not null,
  word text not null,
  label text,
  decided_by text not null,
  decided_at timestamptz(3) not null,
  preferred boolean not null default false,
  primary key (system, list, code)
);
create index code_system_list_word_idx on code (system, list, word);

create table code_wait (
  system text not null,
  list text not null,
  direction text not null check (direction in ('INWARD', 'OUTWARD')),
  value text not null,
  entity_type text not null,
  record_id uuid not null,
  since timestamptz(3) not null,
  primary key (system, list, direction, value, entity_type, record_id)
);

alter table steward_task drop constraint steward_task_kind_check;
alter table steward_task add constraint steward_task_kind_check check (kind in ('POSSIBLE_MATCH', 'POSSIBLE_DUPLICATE',
  'QUESTIONED_MERGE', 'REJECTED_RECORD', 'OWNERSHIP_CONFLICT', 'EXCEPTION', 'DEAD_LETTER', 'MASS_DELETE', 'SCHEMA_DRIFT',
  'UNKNOWN_CODE'));
