import { newId } from './ids.js';
import type { Json } from './json.js';
import { contentHash } from './normalise/index.js';
import { type TaskKind, taskOf } from './plan.js';
import type { Actor, Tx } from './transaction.js';

export interface NamedOperation {
  readonly kind: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly entityType?: string | null;
  readonly reason?: string | undefined;
  /** Ids and kinds for the trail, never values. */
  readonly subject: Json;
}

export interface RaisedTask {
  readonly kind: TaskKind;
  /** What it is about: raised again it only renews the open one. */
  readonly key: string;
  readonly goldenIds?: readonly string[];
  readonly sourceIds?: readonly string[];
  readonly details: Json;
}

// A question that a person answered with "leave it" is not asked again in the same words.
const RECORD = `
with operation_row as (
  insert into operation (id, kind, entity_type, actor_kind, actor_id, actor_name, reason, correlation_id, rules_version, at)
    values ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10::timestamptz)
), audit_row as (
  insert into audit_entry (at, actor_kind, actor_id, action, subject, details_hash, correlation_id, operation_id)
    values ($10::timestamptz, $4, $5, $2, $11::jsonb, $12, $8, $1::uuid)
), closed as (
  update steward_task t set state = 'CLOSED', open_key = null, resolved_at = $10::timestamptz, resolved_by = $5,
      resolution = jsonb_build_object('operation', $2::text)
    where t.open_key in (select jsonb_array_elements_text($14::jsonb))
), raised as (
  insert into steward_task (id, kind, entity_type, state, priority, open_key, subject_key, golden_ids, source_ids, details,
      created_at, due_at, operation_id, correlation_id)
    select x.id, x.kind, $3, 'OPEN', x.priority, x.key, x.key, array(select value::uuid from jsonb_array_elements_text(x.golden_ids)),
      array(select value::uuid from jsonb_array_elements_text(x.source_ids)), x.details, $10::timestamptz, x.due_at, $1::uuid, $8
    from jsonb_to_recordset($13::jsonb) as x(id uuid, kind text, key text, priority integer, golden_ids jsonb, source_ids jsonb,
      details jsonb, due_at timestamptz)
    where not exists (select 1 from steward_task t where t.subject_key = x.key and t.state = 'RESOLVED' and t.details = x.details
      and t.resolution->>'resolution' in ('KEEP', 'DISMISS'))
  on conflict (open_key) do update set details = excluded.details, priority = excluded.priority
)
select pg_notify('concord_change', '')::text`;

/** Record an operation that changes no golden record, with the questions that it raises and those that it answers. One statement. */
export async function recordOperation(
  tx: Tx,
  operation: NamedOperation,
  tasks: { readonly raise?: readonly RaisedTask[]; readonly close?: readonly string[] } = {},
): Promise<string> {
  const { kind, actor, correlationId, entityType = null, reason = null, subject } = operation;
  const id = newId();
  const raised = (tasks.raise ?? []).map((task) =>
    taskOf(tx, task.kind, task.key, task.goldenIds ?? [], task.sourceIds ?? [], task.details),
  );
  await tx.query(
    RECORD,
    id,
    kind,
    entityType,
    actor.kind,
    actor.id,
    actor.name,
    reason,
    correlationId,
    tx.model.rulesVersion,
    tx.now.toISOString(),
    subject,
    contentHash(subject),
    raised,
    tasks.close ?? [],
  );
  return id;
}
