import { withdrawal } from './decisions/commands.js';
import { recordDecisions } from './decisions/record.js';
import { InvalidInput } from './errors.js';
import { newId } from './ids.js';
import { resettle } from './operations.js';
import type { OperationHead } from './plan.js';
import { type Actor, type Db, HUB_ACTOR, inTransaction, lockEntityType, type Tx } from './transaction.js';

/** Small enough that the entity type's lock is held for well under 100 ms. */
const PAGE = 50;

export interface RecomputeInput {
  readonly entityType: string;
  /** Canonical UUIDs; all records of the type when left out. */
  readonly ids?: readonly string[];
  readonly correlationId: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
  onProgress?(recomputed: number): void;
}

/**
 * Derive golden records from their sources, decisions and the present rules again, page by page; each page is a transaction.
 * Where nothing differs nothing is written.
 */
export async function recompute(
  db: Db,
  actor: Actor,
  input: RecomputeInput,
): Promise<{ recomputed: number; changed: number }> {
  if (!db.model.entityTypes.has(input.entityType)) {
    throw new InvalidInput(
      'UNKNOWN_ENTITY_TYPE',
      `expected ${[...db.model.entityTypes.keys()].join(', ')}, found "${input.entityType}"`,
    );
  }
  const total = { recomputed: 0, changed: 0 };
  for await (const page of pagesOf(db, input)) {
    const changed = await inTransaction(db, (tx) => recomputePage(tx, actor, input, page), {
      dryRun: input.dryRun ?? false,
    });
    total.recomputed += page.length;
    total.changed += changed;
    input.onProgress?.(total.recomputed);
  }
  return total;
}

async function* pagesOf(db: Db, { entityType, ids }: RecomputeInput): AsyncIterable<readonly string[]> {
  if (ids) {
    for (let at = 0; at < ids.length; at += PAGE) yield ids.slice(at, at + PAGE);
    return;
  }
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await db.prisma.goldenRecord.findMany({
      where: { entityType, id: { gt: after }, state: { not: 'MERGED' } },
      orderBy: { id: 'asc' },
      take: PAGE,
      select: { id: true },
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(({ id }) => id);
    after = last.id;
  }
}

async function recomputePage(tx: Tx, actor: Actor, input: RecomputeInput, ids: readonly string[]): Promise<number> {
  await lockEntityType(tx, input.entityType);
  const head: OperationHead = {
    id: newId(),
    kind: 'RECOMPUTE',
    actor,
    reason: input.reason,
    correlationId: input.correlationId,
  };
  const seeds = await membersOf(tx, input.entityType, ids);
  const { changes } = await resettle(tx, input.entityType, head, seeds, { records: ids.length }, false);
  return changes.length;
}

/** One source record of each golden record is enough to find its component. A merged id leads to its survivor. */
async function membersOf(tx: Tx, entityType: string, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.prisma.goldenRecord.findMany({
    where: { entityType, id: { in: [...ids] } },
    select: { anchorId: true },
  });
  return rows.map(({ anchorId }) => anchorId);
}

/** Worker step: recompute some of the golden records that refer to one which moved. */
export async function drainRecomputeOnce(db: Db): Promise<{ recomputed: number }> {
  let recomputed = 0;
  for (const entityType of db.model.entityTypes.keys()) {
    const [pending] = await db.prisma.recomputeRequest.findMany({ where: { entityType }, take: 1 });
    if (pending) recomputed += await inTransaction(db, (tx) => drainType(tx, entityType));
  }
  return { recomputed };
}

async function drainType(tx: Tx, entityType: string): Promise<number> {
  await lockEntityType(tx, entityType);
  const requests = await tx.prisma.recomputeRequest.findMany({
    where: { entityType },
    orderBy: { requestedAt: 'asc' },
    take: PAGE,
  });
  const first = requests[0];
  if (!first) return 0;
  const ids = requests.map(({ goldenId }) => goldenId);
  await tx.prisma.recomputeRequest.deleteMany({ where: { entityType, goldenId: { in: ids } } });
  const cause = await tx.prisma.operation.findUnique({ where: { id: first.operationId } });
  const head: OperationHead = {
    id: newId(),
    kind: 'RECOMPUTE',
    actor: HUB_ACTOR,
    reason: 'a record that these refer to moved',
    correlationId: cause?.correlationId ?? first.operationId,
  };
  await resettle(
    tx,
    entityType,
    head,
    await membersOf(tx, entityType, ids),
    { records: ids.length, cause: first.operationId },
    false,
  );
  return ids.length;
}

/** Worker step: withdraw overrides whose time is over. Their expiry is a recorded decision like any other. */
export async function expireOnce(db: Db): Promise<{ expired: number }> {
  const due = await db.prisma.decision.findMany({
    where: { standing: true, expiresAt: { lte: db.now() } },
    orderBy: { expiresAt: 'asc' },
    take: PAGE,
  });
  for (const { id, entityType } of due) await inTransaction(db, (tx) => expire(tx, entityType, id));
  return { expired: due.length };
}

async function expire(tx: Tx, entityType: string, id: string): Promise<void> {
  await lockEntityType(tx, entityType);
  const decision = await tx.prisma.decision.findUniqueOrThrow({ where: { id } });
  if (!decision.standing) return;
  const head: OperationHead = {
    id: newId(),
    kind: 'EXPIRE',
    actor: HUB_ACTOR,
    reason: `expired on ${decision.expiresAt?.toISOString()}`,
    correlationId: decision.operationId,
  };
  const draft = await withdrawal(tx, entityType, [id]);
  await recordDecisions(tx, entityType, head, draft);
  await resettle(tx, entityType, head, draft.seeds, { decision: id });
}
