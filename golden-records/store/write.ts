import type { Json } from '../json.js';
import { enqueue, type QueuedDelivery } from '../outbox.js';
import type { Tx } from '../transaction.js';
import { tasksAbout } from './lookup.js';

/**
 * Rows to write, named as their columns. Everything of one batch travels as one jsonb parameter and is written by two
 * statements, whatever the number of records.
 */
export interface WritePlan {
  readonly entityType: string;
  readonly operation: OperationWrite;
  readonly audit: AuditWrite;
  readonly inbox: readonly Json[];
  readonly sources: readonly Json[];
  /** Source records whose identifiers, keys, scores and references are replaced. */
  readonly replaced: readonly string[];
  readonly identifiers: readonly Json[];
  readonly scores: readonly Json[];
  readonly references: readonly Json[];
  /** Links of stored source records that moved. */
  readonly links: readonly Json[];
  readonly goldens: readonly Json[];
  readonly changes: readonly Json[];
  readonly tasks: readonly TaskWrite[];
  /** Golden records whose open questions are closed unless `tasks` asks them again. */
  readonly touched: readonly string[];
  /** Open keys of tasks that are answered by what is written here. */
  readonly answered: readonly string[];
  /** Where references to records whose canonical id moved would be found. */
  readonly moved: readonly { system: string; scope: string; id: string }[];
  readonly cursors: readonly { name: string; value: Json }[];
  /** What targets are to hear of. */
  readonly deliveries: readonly QueuedDelivery[];
  readonly now: string;
}

export interface OperationWrite {
  id: string;
  kind: string;
  entity_type: string | null;
  actor_kind: string;
  actor_id: string;
  actor_name: string;
  reason: string | null;
  correlation_id: string;
  rules_version: string;
  idempotency_key?: string | null;
  input_hash?: string | null;
  result?: Json;
}

export interface AuditWrite {
  action: string;
  subject: Json;
  details_hash: string;
}

export interface TaskWrite {
  id: string;
  kind: string;
  key: string;
  priority: number;
  golden_ids: readonly string[];
  source_ids: readonly string[];
  details: Json;
  due_at: string;
}

const CLEAR = `
with gone as (select value::uuid as id from jsonb_array_elements_text($1::jsonb)),
  i as (delete from identifier where source_record_id in (select id from gone)),
  k as (delete from match_key m using source_record s where s.entity_type = $2 and s.id in (select id from gone)
    and m.key = any(s.match_keys) and m.source_record_id = s.id),
  r as (delete from source_reference where source_record_id in (select id from gone)),
  l as (delete from match_score where entity_type = $2 and left_id in (select id from gone))
delete from match_score where entity_type = $2 and right_id in (select id from gone)`;

// The parameter is read through one materialised row: as a constant it would be copied into the plan wherever it is named,
// and planning a batch would take longer than writing it.
const part = (name: string) => `(select j->'${name}' from input)`;
const rows = (name: string, columns: string) => `jsonb_to_recordset(${part(name)}) as x(${columns})`;
const uuids = (column: string) => `array(select value::uuid from jsonb_array_elements_text(${column}))`;
const bigints = (column: string) => `array(select value::bigint from jsonb_array_elements_text(${column}))`;
const scalar = (path: string) => `(select j#>>'{${path}}' from input)`;
const NOW = `${scalar('now')}::timestamptz`;
const TYPE = scalar('entityType');
const OPERATION = `${scalar('operation,id')}::uuid`;
const CORRELATION = scalar('operation,correlation_id');
const RULES = scalar('operation,rules_version');

// Rows that little is known about are looked up one by one (lateral): by statistics that lag behind a bulk load, the planner
// would read whole tables for each batch.
// A question that a person answered is not asked again in the same words: only other details reopen it.
const WRITE = `
with input as materialized (select $1::jsonb as j), operation_row as (
  insert into operation (id, kind, entity_type, actor_kind, actor_id, actor_name, reason, correlation_id, rules_version,
      idempotency_key, input_hash, result, at)
    select x.id, x.kind, x.entity_type, x.actor_kind, x.actor_id, x.actor_name, x.reason, x.correlation_id, x.rules_version,
      x.idempotency_key, x.input_hash, x.result, ${NOW}
    from jsonb_to_record(${part('operation')}) as x(id uuid, kind text, entity_type text, actor_kind text, actor_id text,
      actor_name text, reason text, correlation_id text, rules_version text, idempotency_key text, input_hash text, result jsonb)
), audit_row as (
  insert into audit_entry (at, actor_kind, actor_id, action, subject, details_hash, correlation_id, operation_id)
    select ${NOW}, o.actor_kind, o.actor_id, a.action, a.subject, a.details_hash, o.correlation_id, o.id
    from jsonb_to_record(${part('operation')}) as o(id uuid, actor_kind text, actor_id text, correlation_id text),
      jsonb_to_record(${part('audit')}) as a(action text, subject jsonb, details_hash text)
), inbox_rows as (
  insert into inbox_event (id, received_at, system, scope, entity_type, external_id, payload, content_hash, source_time, deleted,
      correlation_id, operation_id, outcome, reason)
    select x.id, ${NOW}, x.system, x.scope, ${TYPE}, x.external_id, x.payload, x.content_hash, x.source_time, x.deleted,
      ${CORRELATION}, ${OPERATION}, x.outcome, x.reason
    from ${rows('inbox', 'id uuid, system text, scope text, external_id text, payload jsonb, content_hash text, source_time timestamptz, deleted boolean, outcome text, reason jsonb')}
), source_rows as (
  insert into source_record (id, entity_type, system, scope, external_id, state, held_reason, payload, attributes, attribute_times,
      issues, content_hash, mapping_version, source_time, inbox_event_id, revision, first_seen_at, changed_at, golden_record_id,
      link_kind, match_weight, linked_at, match_features, match_keys, rules_version)
    select x.id, ${TYPE}, x.system, x.scope, x.external_id, x.state, x.held_reason, x.payload, x.attributes, x.attribute_times,
      x.issues, x.content_hash, x.mapping_version, x.source_time, x.inbox_event_id, nextval('source_record_revision_seq'), ${NOW},
      ${NOW}, x.golden_record_id, x.link_kind, x.match_weight, x.linked_at, x.match_features,
      ${bigints('x.match_keys')}, ${RULES}
    from ${rows('sources', 'id uuid, system text, scope text, external_id text, state text, held_reason jsonb, payload jsonb, attributes jsonb, attribute_times jsonb, issues jsonb, content_hash text, mapping_version text, source_time timestamptz, inbox_event_id uuid, golden_record_id uuid, link_kind text, match_weight numeric, linked_at timestamptz, match_features jsonb, match_keys jsonb')}
  on conflict (entity_type, id) do update set
    state = excluded.state, held_reason = excluded.held_reason, payload = excluded.payload, attributes = excluded.attributes,
    attribute_times = excluded.attribute_times, issues = excluded.issues, content_hash = excluded.content_hash,
    mapping_version = excluded.mapping_version, source_time = excluded.source_time, inbox_event_id = excluded.inbox_event_id,
    revision = excluded.revision, changed_at = excluded.changed_at, golden_record_id = excluded.golden_record_id,
    link_kind = excluded.link_kind, match_weight = excluded.match_weight, linked_at = excluded.linked_at,
    match_features = excluded.match_features, match_keys = excluded.match_keys, rules_version = excluded.rules_version
), identifier_rows as (
  insert into identifier (entity_type, scheme, value, source_record_id, strong)
    select ${TYPE}, x.scheme, x.value, x.source_record_id, x.strong
    from ${rows('identifiers', 'scheme text, value text, source_record_id uuid, strong boolean')}
), key_rows as (
  insert into match_key (key, source_record_id)
    select k.key::bigint, x.id from ${rows('sources', 'id uuid, match_keys jsonb')}, jsonb_array_elements_text(x.match_keys) as k(key)
), score_rows as (
  insert into match_score (entity_type, left_id, right_id, weight, outcome, waterfall, rules_version)
    select ${TYPE}, x.left_id, x.right_id, x.weight, x.outcome, x.waterfall, ${RULES}
    from ${rows('scores', 'left_id uuid, right_id uuid, weight numeric, outcome text, waterfall jsonb')}
), reference_rows as (
  insert into source_reference (entity_type, source_record_id, target_type, target_system, target_scope, target_external_id)
    select ${TYPE}, x.source_record_id, x.target_type, x.target_system, x.target_scope, x.target_external_id
    from ${rows('references', 'source_record_id uuid, target_type text, target_system text, target_scope text, target_external_id text')}
), link_rows as (
  update source_record s set golden_record_id = x.golden_record_id, link_kind = x.link_kind, match_weight = x.match_weight,
      linked_at = x.linked_at
    from ${rows('links', 'id uuid, golden_record_id uuid, link_kind text, match_weight numeric, linked_at timestamptz')}
    where s.entity_type = ${TYPE} and s.id = x.id
), golden_input as materialized (
  select * from ${rows('goldens', 'id uuid, state text, version integer, attributes jsonb, provenance jsonb, members jsonb, anchor_id uuid, merged_into_id uuid, created_at timestamptz, valid_from timestamptz')}
), archived as (
  insert into golden_version (entity_type, golden_id, version, state, attributes, provenance, members, merged_into_id, rules_version,
      operation_id, valid_from, valid_to)
    select g.entity_type, g.id, g.version, g.state, g.attributes, g.provenance, g.members, g.merged_into_id, g.rules_version,
      g.operation_id, g.valid_from, x.valid_from
    from golden_input x join golden_record g on g.entity_type = ${TYPE} and g.id = x.id
    where x.version > 1
), golden_rows as (
  insert into golden_record (id, entity_type, state, version, attributes, provenance, members, anchor_id, merged_into_id,
      rules_version, operation_id, created_at, valid_from)
    select x.id, ${TYPE}, x.state, x.version, x.attributes, x.provenance, ${uuids('x.members')}, x.anchor_id, x.merged_into_id,
      ${RULES}, ${OPERATION}, x.created_at, x.valid_from
    from golden_input x
  on conflict (entity_type, id) do update set
    state = excluded.state, version = excluded.version, attributes = excluded.attributes, provenance = excluded.provenance,
    members = excluded.members, anchor_id = excluded.anchor_id, merged_into_id = excluded.merged_into_id,
    rules_version = excluded.rules_version, operation_id = excluded.operation_id, valid_from = excluded.valid_from
), change_rows as (
  insert into change (entity_type, golden_id, version, kind, attributes, operation_id, at)
    select ${TYPE}, x.golden_id, x.version, x.kind, array(select jsonb_array_elements_text(x.attributes)), ${OPERATION}, ${NOW}
    from ${rows('changes', 'golden_id uuid, version integer, kind text, attributes jsonb')}
), task_input as materialized (
  select * from ${rows('tasks', 'id uuid, kind text, key text, priority integer, golden_ids jsonb, source_ids jsonb, details jsonb, due_at timestamptz')}
), closing as (
  select id from steward_task where open_key = any(array(select jsonb_array_elements_text(${part('answered')})))
  union
  select t.id from (${tasksAbout(uuids(part('touched')))}) t
    where t.state in ('OPEN', 'CLAIMED') and t.kind not in ('REJECTED_RECORD', 'REPLACED_RECORD')
      and not exists (select 1 from task_input x where x.key = t.open_key)
), closed_tasks as (
  update steward_task t set state = 'CLOSED', open_key = null, resolved_at = ${NOW},
      resolved_by = ${scalar('operation,actor_id')},
      resolution = jsonb_build_object('operation', ${scalar('operation,kind')})
    from closing where t.id = closing.id
), task_rows as (
  insert into steward_task (id, kind, entity_type, state, priority, open_key, subject_key, golden_ids, source_ids, details,
      created_at, due_at, operation_id, correlation_id)
    select x.id, x.kind, ${TYPE}, 'OPEN', x.priority, x.key, x.key, ${uuids('x.golden_ids')}, ${uuids('x.source_ids')}, x.details,
      ${NOW}, x.due_at, ${OPERATION}, ${CORRELATION}
    from task_input x
    where not exists (select 1 from (select * from steward_task where subject_key = x.key offset 0) t
      where t.state = 'RESOLVED' and t.details = x.details
      and t.resolution->>'resolution' in ('KEEP', 'DISMISS'))
  on conflict (open_key) do update set kind = excluded.kind, priority = excluded.priority, golden_ids = excluded.golden_ids,
    source_ids = excluded.source_ids, details = excluded.details
), dependents as (
  insert into recompute_request (entity_type, golden_id, operation_id, requested_at)
    select distinct r.entity_type, s.golden_record_id, ${OPERATION}, ${NOW}
    from ${rows('moved', 'system text, scope text, id text')}
    cross join lateral (select * from source_reference where target_type = ${TYPE} and target_system = x.system
      and target_scope = x.scope and target_external_id = x.id offset 0) r
    cross join lateral (select golden_record_id from source_record where entity_type = r.entity_type
      and id = r.source_record_id and golden_record_id is not null limit 1) s
    where not exists (select 1 from golden_input g where r.entity_type = ${TYPE} and g.id = s.golden_record_id)
    union
    select d.entity_type, d.golden_record_id, ${OPERATION}, ${NOW} from ${rows('moved', 'system text, scope text, id text')}
    join decision d on d.kind = 'OVERRIDE' and d.standing and d.payload::text like '%' || x.id || '%'
    where x.system = 'hub' and x.scope = 'golden'
  -- "do nothing" would lose the request while a worker is deleting it with what it had seen before; this waits for it.
  on conflict (entity_type, golden_id) do update set operation_id = excluded.operation_id, requested_at = excluded.requested_at
), cursor_row as (
  insert into cursor (name, value, updated_at)
    select x.name, x.value, ${NOW} from ${rows('cursors', 'name text, value jsonb')}
  on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at
)
select pg_notify('concord_change', '')::text`;

/** Write the plan: at most two statements, and one more where targets hear of it. Must run under the entity type's lock. */
export async function writePlan(tx: Tx, plan: WritePlan): Promise<void> {
  if (plan.replaced.length > 0) await tx.execute(CLEAR, plan.replaced, plan.entityType);
  const { deliveries, ...rest } = plan;
  await tx.query(WRITE, rest);
  await enqueue(tx, plan.entityType, deliveries, plan.operation);
}

/** Move a cursor alone, where what it passed brought nothing new. */
export async function saveCursor(tx: Tx, cursor: { name: string; value: Json }): Promise<void> {
  await tx.execute(
    `insert into cursor (name, value, updated_at) values ($1, $2::jsonb, $3::timestamptz)
     on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at`,
    cursor.name,
    cursor.value,
    tx.now.toISOString(),
  );
}
