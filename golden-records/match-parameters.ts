import { type ParameterSet, parameterSet, requireType, rulesVersionFor, shippedSet } from './active-parameters.js';
import { Conflict, IllegalOperation, InvalidInput } from './errors.js';
import { newId } from './ids.js';
import type { Json, JsonObject } from './json.js';
import { matcherFor } from './match/matcher.js';
import { contentHash } from './normalise/index.js';
import type { OperationRequest } from './operations.js';
import type { Thresholds } from './rules.js';
import { definitionOf } from './store/lookup.js';
import { type Actor, type Db, inTransaction, lockEntityType, type Tx } from './transaction.js';

/** NOTIFY on this channel, with the entity type, says that another set is active. */
export const PARAMETERS_CHANNEL = 'concord_parameters';

export const PARAMETER_STATES = ['DRAFT', 'ACTIVE', 'SUPERSEDED'] as const;
export type ParameterState = (typeof PARAMETER_STATES)[number];

/** A set as it is listed, with where it comes from. */
export interface StoredParameterSet extends ParameterSet {
  readonly state: ParameterState;
  readonly diagnostics: JsonObject;
  readonly basedOn: number | null;
  readonly reason: string | null;
  readonly createdAt: Date | null;
  readonly createdByName: string | null;
  readonly activatedAt: Date | null;
}

/** Every set of a type, the newest first; the shipped one comes last. */
export async function parameterSets(
  db: Pick<Tx, 'prisma' | 'model'>,
  entityType: string,
): Promise<StoredParameterSet[]> {
  requireType(db.model, entityType);
  const rows = await db.prisma.matchParameters.findMany({ where: { entityType }, orderBy: { version: 'desc' } });
  const stored = rows.map(asStored);
  const shipped: StoredParameterSet = {
    ...shippedSet(db.model, entityType),
    state: stored.some(({ state }) => state === 'ACTIVE') ? 'SUPERSEDED' : 'ACTIVE',
    diagnostics: {},
    basedOn: null,
    reason: null,
    createdAt: null,
    createdByName: null,
    activatedAt: null,
  };
  return [...stored, shipped];
}

type Row = Awaited<ReturnType<Db['prisma']['matchParameters']['findMany']>>[number];
const asStored = (row: Row): StoredParameterSet => ({
  entityType: row.entityType,
  version: row.version,
  state: row.state as ParameterState,
  parameters: row.parameters as JsonObject,
  thresholds: row.thresholds as unknown as Thresholds,
  diagnostics: row.diagnostics as JsonObject,
  basedOn: row.basedOn,
  reason: row.reason,
  createdAt: row.createdAt,
  createdByName: row.createdByName,
  activatedAt: row.activatedAt,
});

/** Take up the sets that are active now: at start, and when one was activated. */
export async function refreshParameters(db: Db, only?: string): Promise<void> {
  const rows = await db.prisma.matchParameters.findMany({ where: { state: 'ACTIVE' } });
  for (const entityType of db.model.entityTypes.keys()) {
    if (only !== undefined && only !== entityType) continue;
    const row = rows.find((active) => active.entityType === entityType);
    db.parameters.use(row ? asStored(row) : shippedSet(db.model, entityType));
  }
}

export interface NewParameterSet {
  readonly entityType: string;
  readonly basedOn: number;
  readonly parameters: JsonObject | null;
  readonly thresholds: Thresholds;
  readonly diagnostics: JsonObject;
}

/** Keep a new set as a draft. Nothing is matched by it until it is activated. Throws InvalidInput for thresholds that contradict each other. */
export async function draftParameters(
  tx: Tx,
  actor: Actor,
  request: OperationRequest,
  draft: NewParameterSet,
): Promise<{ version: number; operationId: string }> {
  checkThresholds(draft.thresholds);
  const { entityType } = draft;
  await lockEntityType(tx, entityType);
  const newest = await tx.prisma.matchParameters.aggregate({ where: { entityType }, _max: { version: true } });
  const version = (newest._max.version ?? 0) + 1;
  await tx.prisma.matchParameters.create({
    data: {
      entityType,
      version,
      state: 'DRAFT',
      parameters: draft.parameters ?? {},
      thresholds: { ...draft.thresholds },
      diagnostics: draft.diagnostics,
      basedOn: draft.basedOn,
      reason: request.reason ?? null,
      createdAt: tx.now,
      createdById: actor.id,
      createdByName: actor.name,
    },
  });
  const operationId = await recordOperation(tx, actor, request, 'DRAFT_MATCH_PARAMETERS', entityType, { version });
  return { version, operationId };
}

/** The same parameters with other thresholds, as a draft. */
export function draftThresholds(
  db: Db,
  actor: Actor,
  request: OperationRequest,
  entityType: string,
  thresholds: Partial<Thresholds>,
): Promise<{ version: number; operationId: string }> {
  requireType(db.model, entityType);
  return inTransaction(
    db,
    async (tx) => {
      await lockEntityType(tx, entityType);
      const base = tx.parameters.for(entityType);
      return draftParameters(tx, actor, request, {
        entityType,
        basedOn: base.version,
        parameters: base.parameters,
        thresholds: { ...base.thresholds, ...thresholds },
        diagnostics: { thresholds: `those of version ${base.version}, changed by hand` },
      });
    },
    { dryRun: request.dryRun ?? false },
  );
}

/**
 * Match by another set from now on. Takes a reason; what is linked already is compared anew only by a rematch, whose dry run
 * says how much would change. Version 0 goes back to what the program ships. Throws NotFound, InvalidInput, IllegalOperation.
 */
export async function activateParameters(
  db: Db,
  actor: Actor,
  request: OperationRequest,
  entityType: string,
  version: number,
): Promise<{ version: number; before: number; operationId: string }> {
  requireType(db.model, entityType);
  if ((request.reason?.trim() ?? '') === '')
    throw new InvalidInput('INVALID_INPUT', 'other parameters need a reason', { field: 'reason' });
  const done = await inTransaction(db, async (tx) => {
    await lockEntityType(tx, entityType);
    const before = tx.parameters.for(entityType).version;
    if (before === version)
      throw new IllegalOperation('ALREADY_ACTIVE', `${entityType} is matched by parameter set ${version} already`, {
        field: 'version',
      });
    // What can't be matched by is refused here rather than at the next arrival.
    matcherFor(definitionOf(tx, entityType), await parameterSet(tx, entityType, version));
    await tx.prisma.matchParameters.updateMany({
      where: { entityType, state: 'ACTIVE' },
      data: { state: 'SUPERSEDED' },
    });
    if (version > 0) {
      const changed = await tx.prisma.matchParameters.updateMany({
        where: { entityType, version, state: { in: ['DRAFT', 'SUPERSEDED'] } },
        data: { state: 'ACTIVE', activatedAt: tx.now },
      });
      if (changed.count !== 1)
        throw new Conflict('STALE_VERSION', `parameter set ${version} changed meanwhile: read it again`);
    }
    const operationId = await recordOperation(tx, actor, request, 'ACTIVATE_MATCH_PARAMETERS', entityType, {
      before,
      version,
    });
    await tx.query(`select pg_notify('${PARAMETERS_CHANNEL}', $1)::text`, entityType);
    return { version, before, operationId };
  });
  await refreshParameters(db, entityType);
  return done;
}

/** Throws InvalidInput unless review <= match <= confirmed, and the rest is a number that can be meant. */
export function checkThresholds({ review, match, confirmed, margin, keyCap }: Thresholds): void {
  const numbers = [review, match, confirmed, margin, keyCap];
  if (!numbers.every(Number.isFinite) || review > match || match > confirmed || margin < 0 || keyCap < 1)
    throw new InvalidInput(
      'INVALID_INPUT',
      `thresholds: expected review <= match <= confirmed, margin >= 0 and keyCap >= 1, found review ${review}, match ${match}, confirmed ${confirmed}, margin ${margin}, keyCap ${keyCap}`,
      { field: 'thresholds' },
    );
}

async function recordOperation(
  tx: Tx,
  actor: Actor,
  request: OperationRequest,
  kind: string,
  entityType: string,
  subject: JsonObject,
): Promise<string> {
  const id = newId();
  await tx.prisma.operation.create({
    data: {
      id,
      kind,
      entityType,
      actorKind: actor.kind,
      actorId: actor.id,
      actorName: actor.name,
      reason: request.reason ?? null,
      correlationId: request.correlationId,
      rulesVersion: rulesVersionFor(tx, entityType),
      result: subject,
      at: tx.now,
    },
  });
  await tx.prisma.auditEntry.create({
    data: {
      at: tx.now,
      actorKind: actor.kind,
      actorId: actor.id,
      action: kind,
      subject: { entityType, ...subject },
      detailsHash: contentHash(subject as Json),
      correlationId: request.correlationId,
      operationId: id,
    },
  });
  return id;
}
