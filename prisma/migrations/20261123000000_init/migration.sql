create extension if not exists pg_trgm;

create table system (
  code text primary key,
  name text not null,
  scopes jsonb not null,
  registered_at timestamptz(3) not null default current_timestamp,
  retired_at timestamptz(3)
);

create table operation (
  id uuid primary key,
  kind text not null,
  entity_type text,
  actor_kind text not null check (actor_kind in ('PERSON', 'SYSTEM', 'HUB')),
  actor_id text not null,
  actor_name text not null,
  reason text,
  correlation_id text not null,
  rules_version text not null,
  idempotency_key text,
  input_hash text,
  result jsonb,
  at timestamptz(3) not null
);
create unique index operation_actor_id_idempotency_key_key on operation (actor_id, idempotency_key);
create index operation_correlation_id_idx on operation (correlation_id);

create table inbox_event (
  id uuid primary key,
  received_at timestamptz(3) not null,
  system text not null,
  scope text not null,
  entity_type text not null,
  external_id text,
  payload jsonb not null,
  content_hash text not null,
  source_time timestamptz(3),
  deleted boolean not null default false,
  correlation_id text not null,
  operation_id uuid not null,
  outcome text not null check (outcome in ('APPLIED', 'STALE', 'REJECTED')),
  reason jsonb,
  check ((outcome = 'REJECTED') <= (reason is not null))
);
create index inbox_event_entity_type_system_scope_external_id_received_a_idx
  on inbox_event (entity_type, system, scope, external_id, received_at);

create sequence source_record_revision_seq;
create table source_record (
  id uuid not null,
  entity_type text not null,
  system text not null,
  scope text not null,
  external_id text not null,
  state text not null,
  held_reason jsonb,
  payload jsonb not null,
  attributes jsonb not null,
  attribute_times jsonb not null,
  issues jsonb not null,
  content_hash text not null,
  mapping_version text not null,
  source_time timestamptz(3) not null,
  inbox_event_id uuid not null,
  revision bigint not null,
  first_seen_at timestamptz(3) not null,
  changed_at timestamptz(3) not null,
  golden_record_id uuid,
  link_kind text,
  match_weight numeric(8, 3),
  linked_at timestamptz(3),
  rules_version text not null,
  primary key (entity_type, id),
  constraint source_record_state check (state in ('ACTIVE', 'DELETED', 'HELD')),
  -- Law 1: linked exactly when it is not held back, and held back only with a reason.
  constraint source_record_law_1 check ((golden_record_id is null) = (state = 'HELD') and (held_reason is not null) = (state = 'HELD')),
  constraint source_record_link check ((golden_record_id is null) = (link_kind is null) and link_kind in ('AUTO', 'MANUAL'))
) partition by list (entity_type);
create unique index source_record_entity_type_system_scope_external_id_key
  on source_record (entity_type, system, scope, external_id);
create index source_record_entity_type_golden_record_id_idx on source_record (entity_type, golden_record_id);
create index source_record_revision_idx on source_record (revision);

create table identifier (
  entity_type text not null,
  scheme text not null,
  value text not null,
  source_record_id uuid not null,
  strong boolean not null,
  primary key (entity_type, scheme, value, source_record_id)
);
create index identifier_source_record_id_idx on identifier (source_record_id);

create table match_key (
  entity_type text not null,
  key text not null,
  source_record_id uuid not null,
  primary key (entity_type, key, source_record_id)
);
create index match_key_source_record_id_idx on match_key (source_record_id);

create table match_score (
  entity_type text not null,
  left_id uuid not null,
  right_id uuid not null,
  weight numeric(8, 3) not null,
  outcome text not null check (outcome in ('MATCH', 'POSSIBLE_MATCH', 'NO_MATCH')),
  waterfall jsonb not null,
  rules_version text not null,
  primary key (entity_type, left_id, right_id),
  check (left_id < right_id)
);
create index match_score_entity_type_right_id_idx on match_score (entity_type, right_id);

create table source_reference (
  entity_type text not null,
  source_record_id uuid not null,
  target_type text not null,
  target_system text not null,
  target_scope text not null,
  target_external_id text not null,
  primary key (entity_type, source_record_id, target_type, target_system, target_scope, target_external_id)
);
create index source_reference_target_type_target_system_target_scope_tar_idx
  on source_reference (target_type, target_system, target_scope, target_external_id);

create table decision (
  id uuid primary key,
  entity_type text not null,
  kind text not null check (kind in ('MERGE', 'SPLIT', 'UNMERGE', 'LINK', 'UNLINK', 'NOT_DUPLICATE', 'OVERRIDE',
    'CLEAR_OVERRIDE', 'RETIRE', 'RESTORE', 'WITHDRAWAL')),
  golden_record_id uuid,
  payload jsonb not null,
  evidence jsonb not null,
  reason text not null,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  operation_id uuid not null,
  decided_at timestamptz(3) not null,
  seq bigserial not null,
  expires_at timestamptz(3),
  withdraws_id uuid,
  standing boolean not null default true,
  check ((withdraws_id is not null) = (kind = 'WITHDRAWAL'))
);
create unique index decision_seq_key on decision (seq);
create index decision_entity_type_golden_record_id_idx on decision (entity_type, golden_record_id);
create index decision_operation_id_idx on decision (operation_id);
create index decision_withdraws_id_idx on decision (withdraws_id);
create index decision_expires_at_idx on decision (expires_at);

create table decision_member (
  decision_id uuid not null,
  source_record_id uuid not null,
  side text not null check (side in ('LEFT', 'RIGHT', 'APART')),
  primary key (decision_id, source_record_id)
);
create index decision_member_source_record_id_idx on decision_member (source_record_id);

create table golden_record (
  id uuid not null,
  entity_type text not null,
  state text not null,
  version integer not null,
  attributes jsonb not null,
  provenance jsonb not null,
  members uuid[],
  anchor_id uuid not null,
  merged_into_id uuid,
  rules_version text not null,
  operation_id uuid not null,
  created_at timestamptz(3) not null,
  valid_from timestamptz(3) not null,
  primary key (entity_type, id),
  constraint golden_record_state check (state in ('ACTIVE', 'PROVISIONAL', 'RETIRED', 'MERGED')),
  constraint golden_record_law_2 check ((merged_into_id is not null) = (state = 'MERGED') and merged_into_id <> id)
) partition by list (entity_type);
create index golden_record_entity_type_anchor_id_idx on golden_record (entity_type, anchor_id);
create index golden_record_entity_type_merged_into_id_idx on golden_record (entity_type, merged_into_id);

create table golden_version (
  entity_type text not null,
  golden_id uuid not null,
  version integer not null,
  state text not null,
  attributes jsonb not null,
  provenance jsonb not null,
  members uuid[],
  merged_into_id uuid,
  rules_version text not null,
  operation_id uuid not null,
  valid_from timestamptz(3) not null,
  valid_to timestamptz(3) not null,
  primary key (golden_id, version)
);

create table recompute_request (
  entity_type text not null,
  golden_id uuid not null,
  operation_id uuid not null,
  requested_at timestamptz(3) not null,
  primary key (entity_type, golden_id)
);

create table steward_task (
  id uuid primary key,
  kind text not null check (kind in ('POSSIBLE_MATCH', 'POSSIBLE_DUPLICATE', 'QUESTIONED_MERGE', 'REJECTED_RECORD',
    'OWNERSHIP_CONFLICT', 'EXCEPTION')),
  entity_type text,
  state text not null check (state in ('OPEN', 'CLAIMED', 'RESOLVED', 'CLOSED')),
  priority integer not null,
  open_key text,
  subject_key text not null,
  golden_ids uuid[],
  source_ids uuid[],
  details jsonb not null,
  assignee text,
  created_at timestamptz(3) not null,
  due_at timestamptz(3) not null,
  snoozed_until timestamptz(3),
  resolved_at timestamptz(3),
  resolved_by text,
  resolution jsonb,
  operation_id uuid not null,
  correlation_id text not null,
  check ((open_key is null) = (state in ('RESOLVED', 'CLOSED')))
);
create unique index steward_task_open_key_key on steward_task (open_key);
create index steward_task_state_priority_id_idx on steward_task (state, priority desc, id);
create index steward_task_subject_key_idx on steward_task (subject_key);
create index steward_task_golden_ids_idx on steward_task using gin (golden_ids);
create index steward_task_source_ids_idx on steward_task using gin (source_ids);

create table change (
  seq bigserial primary key,
  position bigint,
  entity_type text not null,
  golden_id uuid not null,
  version integer not null,
  kind text not null check (kind in ('CREATED', 'UPDATED', 'MERGED', 'UNMERGED', 'RETIRED', 'RESTORED')),
  attributes text[],
  operation_id uuid not null,
  at timestamptz(3) not null
);
create unique index change_position_seq_key on change (position, seq);
create index change_golden_id_version_idx on change (golden_id, version);

create table feed (
  id integer primary key check (id = 1),
  epoch uuid not null,
  fingerprint text not null,
  head bigint not null,
  audit_head bigint not null,
  audit_hash text not null
);

create table cursor (
  name text primary key,
  value jsonb not null,
  updated_at timestamptz(3) not null
);

create table audit_entry (
  seq bigserial primary key,
  position bigint,
  hash text,
  at timestamptz(3) not null,
  actor_kind text not null,
  actor_id text not null,
  action text not null,
  subject jsonb not null,
  details_hash text not null,
  correlation_id text not null,
  operation_id uuid
);
create unique index audit_entry_position_seq_key on audit_entry (position, seq);

create table api_key (
  id uuid primary key,
  prefix text not null,
  hash text not null,
  name text not null,
  role text not null check (role in ('reader', 'steward', 'integrator', 'auditor', 'administrator')),
  unmasked text[],
  created_at timestamptz(3) not null,
  created_by text not null,
  expires_at timestamptz(3),
  revoked_at timestamptz(3)
);
create unique index api_key_prefix_key on api_key (prefix);

-- Append-only tables: what stands here is evidence. The sequencer alone fills position and hash; a withdrawal alone
-- clears `standing`. Retention of the inbox runs as a named exception (set local concord.retention = 'on').
create function refuse_rewrite() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if tg_table_name = 'inbox_event' and current_setting('concord.retention', true) = 'on' then return old; end if;
    raise exception '% is append-only', tg_table_name;
  end if;
  if tg_table_name = 'decision' and (to_jsonb(new) - 'standing') = (to_jsonb(old) - 'standing') then return new; end if;
  if tg_table_name = 'audit_entry' and old.position is null
     and (to_jsonb(new) - 'position' - 'hash') = (to_jsonb(old) - 'position' - 'hash') then return new; end if;
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger inbox_event_append_only before update or delete on inbox_event for each row execute function refuse_rewrite();
create trigger decision_append_only before update or delete on decision for each row execute function refuse_rewrite();
create trigger audit_entry_append_only before update or delete on audit_entry for each row execute function refuse_rewrite();
