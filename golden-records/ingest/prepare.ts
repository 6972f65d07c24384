import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ParameterSet } from '../active-parameters.js';
import { type Issue, normaliseRecord, type TargetReference } from '../attributes.js';
import { RejectedRecord } from '../errors.js';
import { newId } from '../ids.js';
import { type Json, type JsonObject, sameJson } from '../json.js';
import { type Matchable, matcherFor } from '../match/matcher.js';
import type { EntityTypeDefinition } from '../model.js';
import { contentHash } from '../normalise/index.js';
import type { Arrival } from '../settle.js';
import { keptBefore, newestRevision, type StoredRecord, storedRecords } from '../store/lookup.js';
import type { ScoreRow } from '../store/rows.js';
import { ECHO_TIME } from '../survivorship/survive.js';
import type { Tx } from '../transaction.js';
import type { InboundRecord, IngestBatch, Mapping } from './batch.js';
import { createdLinks } from './held-links.js';
import { scoreAll } from './score-batch.js';

/** A record that has something new to say. */
export interface Prepared {
  readonly index: number;
  readonly id: string;
  readonly record: InboundRecord;
  readonly hash: string;
  readonly before: StoredRecord | undefined;
  readonly sourceTime: string;
  readonly verdict: Verdict;
}
export type Verdict =
  | {
      readonly kind: 'APPLY';
      readonly arrival: Arrival;
      readonly issues: readonly Issue[];
      readonly references: readonly TargetReference[];
    }
  | { readonly kind: 'STALE' }
  /** Deleted at its source while it was held back: nobody needs to put it right any more. */
  | { readonly kind: 'GONE'; readonly reason: { code: string; message: string } }
  | { readonly kind: 'REJECTED'; readonly reason: { code: string; message: string } };
export type Applied = Prepared & {
  readonly verdict: Extract<Verdict, { kind: 'APPLY' }>;
  readonly matchable: Matchable;
};

export interface PreparedBatch {
  /** Content hashes of all records of the batch. */
  readonly hashes: readonly string[];
  readonly changed: readonly Prepared[];
  /** Those of them that are applied, with what of them takes part in matching. */
  readonly applied: readonly Applied[];
  /** Rejected as they were the last time, or late and kept already: known, so nothing is written. */
  readonly repeated: readonly Prepared[];
  readonly stored: ReadonlyMap<string, StoredRecord>;
  readonly scores: readonly ScoreRow[];
  readonly seen: string;
  /** The parameters by which it was scored. */
  readonly parameters: ParameterSet;
  readonly crowdedKeys: number;
}

/** A batch must not keep the requests of its process waiting until all of it is normalised. */
const RECORDS_A_TURN = 25;

/** Everything that needs no lock: hash, map, normalise, find candidates, score. */
export async function prepare(tx: Tx, definition: EntityTypeDefinition, batch: IngestBatch): Promise<PreparedBatch> {
  const hashes = batch.records.map(({ payload, deleted }) => contentHash(deleted ? { deleted, payload } : payload));
  const seen = await newestRevision(tx, definition.code);
  const parameters = tx.parameters.for(definition.code);
  const arriving = batch.records.flatMap(({ externalId }, at) =>
    externalId === null ? [] : [{ externalId, contentHash: hashes[at] as string }],
  );
  const home = {
    entityType: definition.code,
    system: batch.system,
    scope: batch.scope,
    mappingVersion: batch.mapping.version,
  };
  const stored = await storedRecords(tx, home, arriving, batch.again === true || batch.echo !== undefined);
  const isAnew = (externalId: string | null) => batch.again === true || batch.echo?.has(externalId ?? '') === true;
  const isSame = (before: StoredRecord | undefined, hash: string) =>
    before?.contentHash === hash && before.mappingVersion === batch.mapping.version;
  const news = arriving.filter(
    ({ externalId, contentHash: hash }) => isAnew(externalId) || !isSame(stored.get(externalId), hash),
  );
  const strangers = news.flatMap(({ externalId }) => (stored.has(externalId) ? [] : [externalId]));
  const created = await createdLinks(tx, batch, strangers);
  const changed: Prepared[] = [];
  for (const [index, record] of batch.records.entries()) {
    if (index % RECORDS_A_TURN === RECORDS_A_TURN - 1) await nextTurn();
    const before = record.externalId === null ? undefined : stored.get(record.externalId);
    const hash = hashes[index] as string;
    // Back to what was known, after a version that was rejected: applied again, which answers the question.
    if (!isAnew(record.externalId) && isSame(before, hash) && !before?.isQuestioned) continue;
    if (!before && record.deleted) continue;
    const id = before?.id ?? created.get(record.externalId ?? '') ?? newId();
    changed.push(prepareRecord(tx, definition, batch, record, index, hash, before, id));
  }
  const arrived = ({ record, hash }: Prepared) => ({ externalId: record.externalId, contentHash: hash });
  const ofKind = (kind: Verdict['kind']) => changed.filter(({ verdict }) => verdict.kind === kind).map(arrived);
  const known = await keptBefore(tx, home, { rejected: ofKind('REJECTED'), stale: ofKind('STALE') });
  const isKnown = (entry: Prepared) =>
    (entry.verdict.kind === 'REJECTED' || entry.verdict.kind === 'STALE') && known.has(arrived(entry));
  const applied = await describe(definition, parameters, changed);
  const arrivals = applied.map(({ matchable }) => matchable);
  const { scores, crowdedKeys } = await scoreAll(tx, definition, arrivals, parameters);
  const repeated = changed.filter(isKnown);
  const fresh = changed.filter((entry) => !isKnown(entry));
  return { hashes, changed: fresh, applied, repeated, stored, scores, seen, parameters, crowdedKeys };
}

/** What of a batch takes part in matching. */
async function describe(
  definition: EntityTypeDefinition,
  parameters: ParameterSet,
  changed: readonly Prepared[],
): Promise<Applied[]> {
  const matcher = matcherFor(definition, parameters);
  const applied: Applied[] = [];
  for (let from = 0; from < changed.length; from += RECORDS_A_TURN) {
    const some = changed
      .slice(from, from + RECORDS_A_TURN)
      .flatMap((entry) => (entry.verdict.kind === 'APPLY' ? [{ ...entry, verdict: entry.verdict }] : []));
    const described = matcher.describe(some.map(({ verdict }) => verdict.arrival));
    for (const [at, entry] of some.entries()) {
      const { features, keys } = described[at] as Omit<Matchable, 'id'>;
      applied.push({ ...entry, matchable: { id: entry.id, features, keys } });
    }
    await nextTurn();
  }
  return applied;
}

function prepareRecord(
  tx: Tx,
  definition: EntityTypeDefinition,
  batch: IngestBatch,
  record: InboundRecord,
  index: number,
  hash: string,
  before: StoredRecord | undefined,
  id: string,
): Prepared {
  const stated = record.sourceTime === undefined ? tx.now : new Date(record.sourceTime);
  const isTime = isStorableTime(stated);
  const dated = (isTime ? stated : tx.now).toISOString();
  const isOlder = before !== undefined && before.state !== 'HELD' && dated < before.sourceTime;
  const isCurrent = isOlder && batch.current?.get(before.externalId) === before.contentHash;
  const base = { index, id, record, hash, before, sourceTime: dated };
  if (record.unreadable) return { ...base, verdict: { kind: 'REJECTED', reason: record.unreadable } };
  if (!isTime) {
    const message = `the record's source time expected ISO 8601 with a year from 1 to 9999, found "${record.sourceTime?.slice(0, 40)}"`;
    return { ...base, verdict: { kind: 'REJECTED', reason: { code: 'INVALID_ATTRIBUTE', message } } };
  }
  if (before?.state === 'HELD' && record.deleted) {
    const message = 'deleted at its source before it could be taken in';
    return { ...base, verdict: { kind: 'GONE', reason: { code: 'RECORD_REJECTED', message } } };
  }
  if (isOlder && !isCurrent) return { ...base, verdict: { kind: 'STALE' } };
  try {
    return { ...base, verdict: applyVerdict(definition, batch, record, id, before, dated) };
  } catch (error) {
    if (!(error instanceof RejectedRecord)) throw error;
    return { ...base, verdict: { kind: 'REJECTED', reason: { code: error.code, message: error.message } } };
  }
}

/** Years of four digits: what is written otherwise is no time for PostgreSQL, and nobody's time of change. */
function isStorableTime(time: Date): boolean {
  return !Number.isNaN(time.getTime()) && time.getUTCFullYear() >= 1 && time.getUTCFullYear() <= 9999;
}

function applyVerdict(
  definition: EntityTypeDefinition,
  batch: IngestBatch,
  record: InboundRecord,
  id: string,
  before: StoredRecord | undefined,
  sourceTime: string,
): Verdict {
  // A tombstone says no more than that the record is gone: what was last known of it stays known.
  const stated = record.deleted && before ? before.attributes : mapped(batch.mapping, record.payload);
  const normalised = normaliseRecord(definition, stated, batch);
  const arrival: Arrival = {
    id,
    system: batch.system,
    scope: batch.scope,
    externalId: record.externalId ?? '',
    state: record.deleted ? 'DELETED' : 'ACTIVE',
    attributes: normalised.attributes,
    attributeTimes: {
      ...timesOf(normalised.attributes, sourceTime, before),
      ...echoTimes(batch, record, normalised.attributes),
    },
    sourceTime,
    identifiers: normalised.identifiers,
  };
  return { kind: 'APPLY', arrival, issues: normalised.issues, references: normalised.references };
}

/** A mapping is the integrator's code: what it throws concerns this record alone. */
function mapped(mapping: Mapping, payload: Json): Readonly<Record<string, unknown>> {
  try {
    return mapping.map(payload);
  } catch (cause) {
    if (cause instanceof RejectedRecord) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new RejectedRecord('RECORD_REJECTED', `the mapping failed: ${message}`, { cause });
  }
}

function echoTimes({ echo }: IngestBatch, { externalId }: InboundRecord, attributes: JsonObject) {
  const names = [...(echo?.get(externalId ?? '') ?? [])].filter((name) => name in attributes);
  return Object.fromEntries(names.map((name) => [name, ECHO_TIME]));
}

/** Each attribute keeps the source time of the first applied version with its present value. */
function timesOf(attributes: JsonObject, sourceTime: string, before: StoredRecord | undefined): Record<string, string> {
  const times: Record<string, string> = {};
  if (!before || before.state === 'HELD') return times;
  for (const [name, value] of Object.entries(attributes)) {
    if (!(name in before.attributes) || !sameJson(before.attributes[name], value)) continue;
    const since = before.attributeTimes[name] ?? before.sourceTime;
    if (since !== sourceTime) times[name] = since;
  }
  return times;
}
