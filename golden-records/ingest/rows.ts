import type { TargetReference } from '../attributes.js';
import type { Json } from '../json.js';
import { taskOf } from '../plan.js';
import type { Settlement } from '../settle.js';
import type { TaskWrite } from '../store/write.js';
import type { Tx } from '../transaction.js';
import type { IngestBatch } from './batch.js';
import type { Applied, Prepared } from './prepare.js';

export const inboxRow = (batch: IngestBatch, { record, hash, sourceTime, verdict }: Prepared, id: string): Json => ({
  id,
  system: batch.system,
  scope: batch.scope,
  external_id: record.externalId,
  payload: record.payload,
  content_hash: hash,
  source_time: sourceTime,
  deleted: record.deleted ?? false,
  outcome: verdict.kind === 'APPLY' || verdict.kind === 'GONE' ? 'APPLIED' : verdict.kind,
  reason: verdict.kind === 'REJECTED' ? { ...verdict.reason } : null,
});

export function sourceRow(
  batch: IngestBatch,
  { id, record, hash, verdict, matchable }: Applied,
  link: Settlement['links'][number] | undefined,
  inboxId: string | undefined,
): Json {
  if (!link) throw new Error(`record ${id} was not settled`);
  const { arrival, issues } = verdict;
  return {
    id,
    system: batch.system,
    scope: batch.scope,
    external_id: arrival.externalId,
    state: arrival.state,
    held_reason: null,
    payload: record.payload,
    attributes: arrival.attributes,
    attribute_times: { ...arrival.attributeTimes },
    issues: issues.map((issue) => ({ ...issue })),
    content_hash: hash,
    mapping_version: batch.mapping.version,
    source_time: arrival.sourceTime,
    inbox_event_id: inboxId ?? null,
    golden_record_id: link.goldenId,
    link_kind: link.linkKind,
    match_weight: link.matchWeight,
    linked_at: link.linkedAt,
    match_features: matchable.features.map((texts) => [...texts]),
    match_keys: [...matchable.keys],
  };
}

/** A record rejected on its first arrival stands in the crosswalk, held back with its reason (law 1). */
export const heldRow = (
  batch: IngestBatch,
  { id, record, hash, sourceTime, verdict }: Prepared,
  inboxId: string | undefined,
): Json => ({
  id,
  system: batch.system,
  scope: batch.scope,
  external_id: record.externalId,
  state: 'HELD',
  held_reason: verdict.kind === 'REJECTED' || verdict.kind === 'GONE' ? { ...verdict.reason } : null,
  payload: record.payload,
  attributes: {},
  attribute_times: {},
  issues: [],
  content_hash: hash,
  mapping_version: batch.mapping.version,
  source_time: sourceTime,
  inbox_event_id: inboxId ?? null,
  golden_record_id: null,
  link_kind: null,
  match_weight: null,
  linked_at: null,
  match_features: null,
  match_keys: [],
});

export const referenceRow = (id: string, target: TargetReference): Json => ({
  source_record_id: id,
  target_type: target.entityType,
  target_system: target.system,
  target_scope: target.scope,
  target_external_id: target.id,
});

export const rejectedKey = ({ system, scope, entityType }: IngestBatch, externalId: string) =>
  `rejected:${system}:${scope}:${entityType}:${externalId}`;

/** One task for each record held back; one for all unreadable ones of a stream, which have no name to be told by. */
export function rejectionTasks(tx: Tx, batch: IngestBatch, changed: readonly Prepared[]): TaskWrite[] {
  const stream = { system: batch.system, scope: batch.scope };
  const tasks: TaskWrite[] = [];
  const unreadable: Json[] = [];
  for (const { id, record, verdict } of changed) {
    if (verdict.kind !== 'REJECTED') continue;
    if (record.externalId === null) {
      unreadable.push({ ...verdict.reason });
      continue;
    }
    const details = { ...stream, externalId: record.externalId, ...verdict.reason };
    tasks.push(taskOf(tx, 'REJECTED_RECORD', rejectedKey(batch, record.externalId), [], [id], details));
  }
  if (unreadable.length > 0) {
    const details = { ...stream, externalId: null, unreadable: unreadable.length, examples: unreadable.slice(0, 5) };
    tasks.push(
      taskOf(tx, 'REJECTED_RECORD', `unreadable:${batch.system}:${batch.scope}:${batch.entityType}`, [], [], details),
    );
  }
  return tasks;
}
