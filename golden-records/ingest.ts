import { externalIdFault } from './attributes.js';
import { Conflict, InvalidInput } from './errors.js';
import { newId } from './ids.js';
import {
  type InboundRecord,
  type IngestBatch,
  type IngestOptions,
  type IngestResult,
  OUTCOMES,
  type Outcome,
} from './ingest/batch.js';
import { withHeldLinks } from './ingest/held-links.js';
import { resultOf } from './ingest/outcome.js';
import { type Applied, type PreparedBatch, prepare } from './ingest/prepare.js';
import { heldRow, inboxRow, referenceRow, rejectedKey, rejectionTasks, sourceRow } from './ingest/rows.js';
import { scoreAgainst } from './ingest/score-batch.js';
import type { Json } from './json.js';
import type { EntityTypeDefinition } from './model.js';
import { contentHash } from './normalise/index.js';
import { checkVersions, findRepeat } from './operations.js';
import { deliveriesOf } from './outbox.js';
import { type OperationHead, planOf, settleComponent } from './plan.js';
import { type Component, EMPTY_COMPONENT, loadComponent } from './store/component.js';
import { matchablesOf, storedRecords, writtenSince } from './store/lookup.js';
import type { ScoreRow } from './store/rows.js';
import { saveCursor, writePlan } from './store/write.js';
import { type Actor, type Db, inTransaction, lockEntityType, type Tx, withoutTransaction } from './transaction.js';

export * from './ingest/batch.js';

/**
 * Take a batch through the whole pipeline: map, validate, normalise, match, link, survive, publish. Atomic; a bad record
 * leaves the batch with its reason while the rest goes on. Records of one external id apply in the order given.
 * Throws InvalidInput when the system, scope or entity type isn't known.
 */
export async function ingest(
  db: Db,
  actor: Actor,
  batch: IngestBatch,
  options: IngestOptions = {},
): Promise<IngestResult> {
  const definition = checkBatch(db, batch);
  const waves = wavesOf(batch.records);
  const results: IngestResult[] = [];
  for (const [at, wave] of waves.entries()) {
    const last = at === waves.length - 1;
    const ahead = waves.length === 1 ? options.ahead : undefined;
    const part = { ...batch, records: wave };
    results.push(await ingestWave(db, actor, definition, part, last ? batch.cursor : undefined, options, ahead));
  }
  return inGivenOrder(batch.records, waves, results);
}

/**
 * Do what needs no lock for a batch that is taken in later, with `ahead` of the options: while the batch before it is
 * written. Its records must not be among those of a batch under way. Nothing is kept when it is never taken in.
 */
export function prepareAhead(db: Db, batch: IngestBatch): Promise<PreparedBatch> {
  const prepared = prepare(withoutTransaction(db), checkBatch(db, batch), batch);
  // Told to whoever takes it in; until then, and when nobody does, it is no unhandled failure.
  prepared.catch(() => undefined);
  return prepared;
}

function checkBatch(db: Db, { system, scope, entityType, records }: IngestBatch): EntityTypeDefinition {
  const definition = db.model.entityTypes.get(entityType);
  if (!definition)
    throw new InvalidInput(
      'UNKNOWN_ENTITY_TYPE',
      `expected ${[...db.model.entityTypes.keys()].join(', ')}, found "${entityType}"`,
    );
  const known = db.model.systems.get(system);
  if (!known)
    throw new InvalidInput('UNKNOWN_SYSTEM', `expected ${[...db.model.systems.keys()].join(', ')}, found "${system}"`);
  if (!(scope in known.scopes)) {
    throw new InvalidInput(
      'UNKNOWN_SYSTEM',
      `system "${system}" has the scopes ${Object.keys(known.scopes).join(', ')}, found "${scope}"`,
    );
  }
  const nameless = records.find(
    ({ externalId, unreadable }) => !unreadable && (externalId === null || externalId.trim() === ''),
  );
  const unfit = records.map(({ externalId }) => externalIdFault(externalId ?? '')).find((fault) => fault !== undefined);
  if (unfit) throw new InvalidInput('INVALID_INPUT', `an external id of "${system}" has ${unfit}`);
  if (nameless) throw new InvalidInput('INVALID_INPUT', `a record of "${system}" has no external id and no reason why`);
  return definition;
}

/** A second version of the same record waits for the first to be written. */
function wavesOf(records: readonly InboundRecord[]): InboundRecord[][] {
  const waves: InboundRecord[][] = [[]];
  const seen = new Map<string, number>();
  for (const record of records) {
    const wave = record.externalId === null ? 0 : (seen.get(record.externalId) ?? 0);
    if (record.externalId !== null) seen.set(record.externalId, wave + 1);
    const place = waves[wave] ?? [];
    place.push(record);
    waves[wave] = place;
  }
  return waves;
}

function inGivenOrder(
  records: readonly InboundRecord[],
  waves: readonly InboundRecord[][],
  results: readonly IngestResult[],
): IngestResult {
  const outcomes = new Map(
    waves.flatMap((wave, at) => wave.map((record, index) => [record, results[at]?.records[index]] as const)),
  );
  const inOrder = records.map((record) => outcomes.get(record)).filter((outcome) => outcome !== undefined);
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of inOrder) counts[outcome]++;
  return {
    operationId: results.map(({ operationId }) => operationId).findLast((id) => id !== null) ?? null,
    records: inOrder,
    counts,
    changed: results.flatMap(({ changed }) => changed),
    crowdedKeys: results.reduce((sum, { crowdedKeys }) => sum + crowdedKeys, 0),
    repeated: results.some(({ repeated }) => repeated),
  };
}

/** Thrown inside the lock when one of the batch's own records was written meanwhile, or other parameters count: what was prepared is out of date. */
class Overtaken extends Error {}

async function ingestWave(
  db: Db,
  actor: Actor,
  definition: EntityTypeDefinition,
  batch: IngestBatch,
  cursor: IngestBatch['cursor'],
  options: IngestOptions,
  ahead: IngestOptions['ahead'],
): Promise<IngestResult> {
  const reader = withoutTransaction(db);
  for (let attempt = 1; ; attempt++) {
    const prepared = await ((attempt === 1 && ahead) || prepare(reader, definition, batch));
    checkBase(prepared, options.basedOn ?? {});
    if (prepared.changed.length === 0 && options.idempotencyKey === undefined && !options.expectedVersions) {
      // Nobody waits for a lock, and no operation is recorded, where nothing changes.
      if (cursor && !options.dryRun) await saveCursor(reader, cursor);
      return resultOf(batch, prepared, null, null);
    }
    try {
      return await inTransaction(db, (tx) => apply(tx, actor, definition, batch, prepared, cursor, options), options);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
    }
  }
}

/** What was prepared from a stored record holds until the lock is taken: who is overtaken comes here again. */
function checkBase({ stored }: PreparedBatch, basedOn: Readonly<Record<string, string>>): void {
  for (const [externalId, hash] of Object.entries(basedOn)) {
    if (stored.get(externalId)?.contentHash === hash) continue;
    throw new Conflict('STALE_VERSION', `record "${externalId}" has changed since it was read: read it again`);
  }
}

/** Under the lock: look again at what committed meanwhile, cluster, survive, write. */
async function apply(
  tx: Tx,
  actor: Actor,
  definition: EntityTypeDefinition,
  batch: IngestBatch,
  prepared: PreparedBatch,
  cursor: IngestBatch['cursor'],
  options: IngestOptions,
): Promise<IngestResult> {
  await lockEntityType(tx, definition.code);
  if (tx.parameters.for(definition.code).version !== prepared.parameters.version) throw new Overtaken();
  const inputHash =
    options.inputHash ??
    contentHash(batch.records.map(({ externalId }, at) => [externalId, prepared.hashes[at] ?? null]));
  const repeat = await findRepeat(tx, actor, options.idempotencyKey, inputHash);
  if (repeat) {
    return { ...(repeat.result as unknown as IngestResult), operationId: repeat.operation.id, repeated: true };
  }
  await checkVersions(tx, definition.code, options.expectedVersions ?? {});
  const { applied } = prepared;
  const arriving = new Set(applied.map(({ id }) => id));
  const found = await scoresNow(tx, definition, batch, prepared);
  const linked = applied.flatMap(({ id, before }) => (before ? [id] : []));
  const scores = await withHeldLinks(tx, definition.code, [...arriving], linked, found);
  const component = await componentOf(tx, definition, applied, arriving, scores);
  const arrivals = applied.map(({ verdict }) => verdict.arrival);
  const settlement = await settleComponent(tx, { definition, component, arrivals, scores });

  const head: OperationHead = {
    id: newId(),
    kind: 'INGEST',
    actor,
    reason: batch.reason,
    correlationId: batch.correlationId,
    idempotencyKey: options.idempotencyKey,
    inputHash,
    ...(options.idempotencyKey === undefined ? {} : { result: asJson(resultOf(batch, prepared, null, settlement)) }),
  };
  const links = new Map(settlement.links.map((link) => [link.id, link]));
  const inboxIds = new Map(prepared.changed.map(({ id }) => [id, newId()]));
  const gone = prepared.changed.filter(({ verdict }) => verdict.kind === 'GONE');
  const held = prepared.changed.filter(
    ({ verdict, record, before }) =>
      verdict.kind === 'REJECTED' && record.externalId !== null && (before === undefined || before.state === 'HELD'),
  );
  const homes = new Map([...component.sources, ...arrivals].map((row) => [row.id, row]));
  const parts = {
    inbox: prepared.changed.map((entry) => inboxRow(batch, entry, inboxIds.get(entry.id) ?? newId())),
    sources: [
      ...applied.map((entry) => sourceRow(batch, entry, links.get(entry.id), inboxIds.get(entry.id))),
      ...[...held, ...gone].map((entry) => heldRow(batch, entry, inboxIds.get(entry.id))),
    ],
    replaced: applied.filter(({ before }) => before !== undefined).map(({ id }) => id),
    identifiers: applied.flatMap(({ id, verdict }) =>
      verdict.arrival.identifiers.map(({ scheme, value, strong }) => ({ scheme, value, strong, source_record_id: id })),
    ),
    scores: scores.map(({ left, right, weight, outcome, waterfall }) => ({
      left_id: left,
      right_id: right,
      weight,
      outcome,
      waterfall: waterfall as unknown as Json,
    })),
    references: applied.flatMap(({ id, verdict }) => verdict.references.map((target) => referenceRow(id, target))),
    tasks: rejectionTasks(tx, batch, prepared.changed),
    answered: [...applied, ...gone].map(({ record }) => rejectedKey(batch, record.externalId ?? '')),
    cursors: cursor ? [cursor] : [],
    deliveries: deliveriesOf(tx.model, definition, settlement, { component, arrivals }, batch.lane ?? 'LIVE'),
  };
  const subject = {
    system: batch.system,
    scope: batch.scope,
    entityType: definition.code,
    records: prepared.changed.length,
  };
  await writePlan(tx, planOf(tx, definition, head, settlement, arriving, homes, parts, subject));
  await options.within?.(tx, new Map(prepared.changed.map(({ record, id }) => [record.externalId ?? '', id])));
  return resultOf(batch, prepared, head.id, settlement);
}

/** The scores as of now: candidates that committed since are compared too, and those that changed are compared anew. */
async function scoresNow(
  tx: Tx,
  definition: EntityTypeDefinition,
  batch: IngestBatch,
  prepared: PreparedBatch,
): Promise<readonly ScoreRow[]> {
  const news = await writtenSince(tx, definition.code, prepared.seen);
  if (news.size === 0) return prepared.scores;
  const keys = prepared.changed.flatMap(({ record, hash }) =>
    record.externalId === null ? [] : [{ externalId: record.externalId, contentHash: hash }],
  );
  const home = {
    entityType: definition.code,
    system: batch.system,
    scope: batch.scope,
    mappingVersion: batch.mapping.version,
  };
  for (const { id } of (await storedRecords(tx, home, keys)).values()) if (news.has(id)) throw new Overtaken();
  // In a bulk load the news are the batch before. What was scored against what it replaced is scored anew.
  const fresh = scoreAgainst(
    definition,
    prepared.parameters,
    prepared.applied.map(({ matchable }) => matchable),
    await matchablesOf(tx, definition.code, news),
  );
  const standing = prepared.scores.filter(({ left, right }) => !news.has(left) && !news.has(right));
  return [...standing, ...fresh];
}

function componentOf(
  tx: Tx,
  definition: EntityTypeDefinition,
  applied: readonly Applied[],
  arriving: ReadonlySet<string>,
  scores: readonly ScoreRow[],
): Promise<Component> {
  const changing = applied.filter(({ before }) => before && before.state !== 'HELD').map(({ id }) => id);
  const seeds = new Set(changing);
  const fringe = new Set<string>();
  for (const { left, right, outcome } of scores) {
    for (const id of [left, right]) {
      // The newer of two is the one in doubt: where that isn't the arrival, its golden record may change.
      const settled = outcome !== 'POSSIBLE_MATCH' || id === right;
      if (!arriving.has(id)) (settled ? seeds : fringe).add(id);
    }
  }
  if (seeds.size === 0 && fringe.size === 0) return Promise.resolve(EMPTY_COMPONENT);
  return loadComponent(tx, definition.code, [...seeds], [...fringe], changing);
}

const asJson = (result: IngestResult): Json => JSON.parse(JSON.stringify(result));
