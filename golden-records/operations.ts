import { COMMANDS, type CommandInput, type CommandKind } from './decisions/commands.js';

import { recordDecisions } from './decisions/record.js';
import { Conflict, InvalidInput } from './errors.js';
import { newId, publicId } from './ids.js';
import type { Json } from './json.js';
import { contentHash } from './normalise/index.js';
import { deliveriesOf } from './outbox.js';
import { type OperationHead, planOf, settleComponent } from './plan.js';
import type { Settlement } from './settle.js';
import { loadComponent } from './store/component.js';
import { definitionOf } from './store/lookup.js';
import type { ChangedRecord } from './store/rows.js';
import { writePlan } from './store/write.js';
import { type Actor, type Db, inTransaction, lockEntityType, lockIdempotencyKey, type Tx } from './transaction.js';

export type { CommandInput, CommandKind } from './decisions/commands.js';

export interface OperationRequest {
  readonly correlationId: string;
  /** Decisions need one. */
  readonly reason?: string;
  /** Makes a repeat safe: the same key answers with the first result; with another input it is refused. */
  readonly idempotencyKey?: string;
  /** Do it all, answer with what would change, keep nothing. */
  readonly dryRun?: boolean;
  /** Versions of golden records that the caller has seen, by canonical UUID. */
  readonly expectedVersions?: Readonly<Record<string, number>>;
}

export interface OperationOutcome {
  operation: { id: string; kind: string; at: string };
  changed: ChangedRecord[];
  /** Whether this answers an earlier request with the same idempotency key. */
  repeated: boolean;
}

/**
 * Carry out one decision of a person: record it, then let links and golden records follow from all standing decisions.
 * Throws InvalidInput, NotFound, Conflict (STALE_VERSION, IDEMPOTENCY_KEY_REUSED) or IllegalOperation; nothing is kept then.
 */
export function operate<K extends CommandKind>(
  db: Db,
  actor: Actor,
  request: OperationRequest,
  kind: K,
  input: CommandInput<K>,
): Promise<OperationOutcome> {
  return inTransaction(db, (tx) => carryOut(tx, actor, request, kind, input), { dryRun: request.dryRun ?? false });
}

/** The same inside a transaction that is open already. */
export async function carryOut<K extends CommandKind>(
  tx: Tx,
  actor: Actor,
  request: OperationRequest,
  kind: K,
  input: CommandInput<K>,
  inputHash: string = contentHash({ kind, input: JSON.parse(JSON.stringify(input)) }),
): Promise<OperationOutcome> {
  const reason = request.reason?.trim() ?? '';
  if (reason === '') throw new InvalidInput('INVALID_INPUT', 'a decision needs a reason', { field: 'reason' });
  const entityType = await COMMANDS[kind].entityTypeOf(tx, input);
  await lockEntityType(tx, entityType);
  const earlier = await findRepeat(tx, actor, request.idempotencyKey, inputHash);
  if (earlier) return { ...earlier, changed: earlier.result as unknown as ChangedRecord[], repeated: true };
  await checkVersions(tx, entityType, request.expectedVersions ?? {});

  const head: OperationHead = {
    id: newId(),
    kind,
    actor,
    reason,
    correlationId: request.correlationId,
    idempotencyKey: request.idempotencyKey,
    inputHash,
  };
  const draft = await COMMANDS[kind].draft(tx, entityType, input);
  await recordDecisions(tx, entityType, head, draft);
  const settlement = await resettle(tx, entityType, head, draft.seeds, {
    decisions: draft.decisions.length,
    input: summaryOf(input),
  });
  COMMANDS[kind].check?.(input, settlement, draft);
  return {
    operation: { id: head.id, kind, at: tx.now.toISOString() },
    changed: [...settlement.changes],
    repeated: false,
  };
}

const summaryOf = (input: object): Json => JSON.parse(JSON.stringify(input));

/** Cluster and survive the component around stored source records again, and write what follows. */
export async function resettle(
  tx: Tx,
  entityType: string,
  head: OperationHead,
  seeds: readonly string[],
  subject: Json,
  always = true,
): Promise<Settlement> {
  const definition = definitionOf(tx, entityType);
  const component = await loadComponent(tx, entityType, seeds, []);
  const settlement = await settleComponent(tx, { definition, component, arrivals: [], scores: [] });
  if (!always && settlement.changes.length === 0) return settlement;
  const homes = new Map(component.sources.map((row) => [row.id, row]));
  const deliveries = deliveriesOf(
    tx.model,
    definition,
    settlement,
    { component, arrivals: [], isDecided: always },
    'LIVE',
  );
  await writePlan(tx, planOf(tx, definition, head, settlement, new Set(), homes, { deliveries }, subject));
  return settlement;
}

interface Repeat {
  operation: OperationOutcome['operation'];
  result: Json;
}

/** The operation that an idempotency key stands for already. Throws Conflict when it stood for another input. */
export async function findRepeat(
  tx: Tx,
  actor: Actor,
  key: string | undefined,
  inputHash: string,
): Promise<Repeat | null> {
  if (key === undefined) return null;
  if (key.length === 0 || key.length > 200) {
    throw new InvalidInput('INVALID_INPUT', 'an idempotency key has 1 to 200 characters', { field: 'idempotencyKey' });
  }
  await lockIdempotencyKey(tx, actor, key);
  const found = await tx.prisma.operation.findUnique({
    where: { actorId_idempotencyKey: { actorId: actor.id, idempotencyKey: key } },
  });
  if (!found) return null;
  if (found.inputHash !== inputHash) {
    throw new Conflict(
      'IDEMPOTENCY_KEY_REUSED',
      `the key "${key}" was used for another input on ${found.at.toISOString()}`,
      {
        field: 'idempotencyKey',
      },
    );
  }
  return { operation: { id: found.id, kind: found.kind, at: found.at.toISOString() }, result: found.result as Json };
}

/** Throws Conflict (STALE_VERSION) unless each record has the version that the caller has seen. */
export async function checkVersions(
  tx: Tx,
  entityType: string,
  expected: Readonly<Record<string, number>>,
): Promise<void> {
  const ids = Object.keys(expected);
  if (ids.length === 0) return;
  const rows = await tx.prisma.goldenRecord.findMany({
    where: { entityType, id: { in: ids } },
    select: { id: true, version: true },
  });
  const versions = new Map(rows.map(({ id, version }) => [id, version]));
  for (const id of ids) {
    if (versions.get(id) !== expected[id]) {
      throw new Conflict(
        'STALE_VERSION',
        `expected version ${expected[id]} of ${publicId(definitionOf(tx, entityType), id)}, found ${versions.get(id) ?? 'none'}: read it again`,
        {
          field: 'expectedVersions',
        },
      );
    }
  }
}
