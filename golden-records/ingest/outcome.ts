import type { Settlement } from '../settle.js';
import type { StoredRecord } from '../store/lookup.js';
import { type IngestBatch, type IngestResult, OUTCOMES, type Outcome, type RecordOutcome } from './batch.js';
import type { PreparedBatch } from './prepare.js';

export function resultOf(
  batch: IngestBatch,
  prepared: PreparedBatch,
  operationId: string | null,
  settlement: Settlement | null,
): IngestResult {
  const changed = new Map([...prepared.changed, ...prepared.repeated].map((entry) => [entry.index, entry]));
  const links = new Map(settlement?.links.map((link) => [link.id, link.goldenId]));
  const goldens = new Map(settlement?.changes.map((change) => [change.id, change]));
  const states = new Map(settlement?.goldens.map((golden) => [golden.id, golden.state]));
  const records = batch.records.map((record, index): RecordOutcome => {
    const entry = changed.get(index);
    const { externalId } = record;
    if (!entry) {
      const stored = externalId === null ? undefined : prepared.stored.get(externalId);
      return record.deleted && stored?.state === 'HELD'
        ? { externalId, outcome: 'UNCHANGED' }
        : unchangedOutcome(externalId, stored);
    }
    const { verdict, before } = entry;
    if (verdict.kind === 'REJECTED') return { externalId, outcome: 'REJECTED', reason: verdict.reason };
    if (verdict.kind === 'STALE')
      return { externalId, outcome: 'STALE', ...(before?.goldenId ? { goldenId: before.goldenId } : {}) };
    if (verdict.kind === 'GONE') return { externalId, outcome: 'DELETED' };
    const goldenId = links.get(entry.id) ?? '';
    if (record.deleted) return { externalId, outcome: 'DELETED', goldenId };
    if (before && before.state !== 'HELD') return { externalId, outcome: 'UPDATED', goldenId };
    if (states.get(goldenId) === 'PROVISIONAL') return { externalId, outcome: 'PROVISIONAL', goldenId };
    return { externalId, outcome: goldens.get(goldenId)?.kind === 'CREATED' ? 'CREATED' : 'LINKED', goldenId };
  });
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of records) counts[outcome]++;
  const changes = [...(settlement?.changes ?? [])];
  return { operationId, records, counts, changed: changes, crowdedKeys: prepared.crowdedKeys, repeated: false };
}

const unchangedOutcome = (externalId: string | null, stored: StoredRecord | undefined): RecordOutcome =>
  stored?.heldReason
    ? { externalId, outcome: 'REJECTED', reason: stored.heldReason }
    : { externalId, outcome: 'UNCHANGED', ...(stored?.goldenId ? { goldenId: stored.goldenId } : {}) };
