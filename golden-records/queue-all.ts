import { newId } from './ids.js';
import { enqueue, outlineOf, type QueuedDelivery, rankOf } from './outbox.js';
import { recordOperation } from './record-operation.js';
import type { TargetDefinition } from './rules.js';
import type { GoldenRow } from './store/rows.js';
import { type Actor, type Db, inTransaction, lockEntityType } from './transaction.js';

const QUEUE_PAGE = 200;

/**
 * Have a page of golden records of a target looked at, for a first load or after the rules changed: their links there, and
 * those that may be created. Answers where the next page begins; null: this was the last.
 */
export async function queueAll(
  db: Db,
  actor: Actor,
  target: TargetDefinition,
  correlationId: string,
  after: string | null,
): Promise<{ readonly queued: number; readonly next: string | null }> {
  return inTransaction(db, async (tx) => {
    await lockEntityType(tx, target.entityType);
    const definition = tx.model.entityTypes.get(target.entityType);
    const goldens = await tx.prisma.goldenRecord.findMany({
      where: {
        entityType: target.entityType,
        state: { in: target.provisional ? ['ACTIVE', 'PROVISIONAL', 'RETIRED'] : ['ACTIVE', 'RETIRED'] },
        ...(after === null ? {} : { id: { gt: after } }),
      },
      orderBy: { id: 'asc' },
      take: QUEUE_PAGE,
    });
    const last = goldens.at(-1);
    if (!last || !definition) return { queued: 0, next: null };
    const { entityType, system, scope } = target;
    const members = await tx.prisma.sourceRecord.findMany({
      where: { entityType, system, scope, goldenRecordId: { in: goldens.map(({ id }) => id) } },
      select: { id: true, goldenRecordId: true, externalId: true, state: true },
    });
    const base = { system, scope, lane: 'BACKFILL' as const, rank: rankOf(tx.model, entityType) };
    const queued = goldens.flatMap((golden): QueuedDelivery[] => {
      const here = members.filter(({ goldenRecordId }) => goldenRecordId === golden.id);
      const outline = outlineOf(definition, golden as unknown as GoldenRow);
      if (here.length === 0 && outline.state !== 'RETIRED' && target.creates(outline))
        return [{ ...base, goldenId: golden.id, linkId: newId(), externalId: null }];
      return here
        .filter(({ state }) => state === 'ACTIVE')
        .map(({ id, externalId }) => ({ ...base, goldenId: golden.id, linkId: id, externalId }));
    });
    const subject = { system, scope, records: queued.length };
    const operation = { kind: 'QUEUE_ALL', actor, correlationId, entityType, subject };
    const id = await recordOperation(tx, operation);
    await enqueue(tx, entityType, queued, { id, correlation_id: correlationId });
    return { queued: queued.length, next: goldens.length < QUEUE_PAGE ? null : last.id };
  });
}
