-- Parameter sets of the matcher, and jobs: named runs of many steps.

-- Version 0 of each entity type is the set that the program ships; it stands in no row. What was estimated or changed since
-- is a row of its own, and stays.
create table match_parameters (
  entity_type text not null,
  version integer not null check (version > 0),
  state text not null check (state in ('DRAFT', 'ACTIVE', 'SUPERSEDED')),
  parameters jsonb not null,
  thresholds jsonb not null,
  diagnostics jsonb not null,
  based_on integer not null,
  reason text,
  created_at timestamptz(3) not null,
  created_by_id text not null,
  created_by_name text not null,
  activated_at timestamptz(3),
  primary key (entity_type, version)
);

create function refuse_other_parameters() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (to_jsonb(new) - 'state' - 'activated_at') = (to_jsonb(old) - 'state' - 'activated_at') then
    return new;
  end if;
  raise exception 'a parameter set is frozen: only its state changes';
end $$;
create trigger match_parameters_frozen before update or delete on match_parameters
  for each row execute function refuse_other_parameters();

-- Takes the entity type's lock until the transaction ends, and says which parameters count from then on. Each statement of
-- a volatile function sees what committed before it began, so the version is the one of after the wait.
create function lock_entity_type(locked_type text) returns integer language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('concord:' || locked_type, 0));
  return coalesce((select version from match_parameters where entity_type = locked_type and state = 'ACTIVE'), 0);
end $$;

create table job (
  id uuid primary key,
  kind text not null,
  entity_type text,
  state text not null check (state in ('QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')),
  input jsonb not null,
  -- Which step is next, and where it stands.
  step text not null,
  place jsonb not null,
  done integer not null,
  total integer,
  result jsonb not null,
  error jsonb,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  reason text,
  correlation_id text not null,
  cancel_requested boolean not null,
  -- Whoever works on it holds it until then; a process that died lets go by itself.
  held_until timestamptz(3),
  created_at timestamptz(3) not null,
  started_at timestamptz(3),
  finished_at timestamptz(3)
);
create index job_state_id_idx on job (state, id);
create index job_kind_id_idx on job (kind, id);

-- What a dry run of a rematch scored: compared with what is stored, then deleted.
create table trial_score (
  job_id uuid not null,
  left_id uuid not null,
  right_id uuid not null,
  weight numeric(8, 3) not null,
  outcome text not null,
  primary key (job_id, left_id, right_id)
);
create index trial_score_job_id_right_id_idx on trial_score (job_id, right_id);

-- The records whose scores in that dry run are the trial's, not the stored ones.
create table trial_record (
  job_id uuid not null,
  source_record_id uuid not null,
  primary key (job_id, source_record_id)
);

-- Possible duplicates, the weightiest first.
create index steward_task_weight_idx on steward_task (entity_type, ((details->>'weight')::numeric) desc, id desc)
  where open_key is not null and kind in ('POSSIBLE_MATCH', 'POSSIBLE_DUPLICATE');
