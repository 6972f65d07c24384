import { normaliseRecord } from './attributes.js';
import { InvalidInput, NotFound } from './errors.js';
import { newId } from './ids.js';
import { compareAll, scorePairs } from './ingest/score-batch.js';
import { UNSCORED } from './match/engine/index.js';
import { type Matchable, matcherFor } from './match/matcher.js';
import type { EntityTypeDefinition } from './model.js';
import { HUB_SYSTEM } from './rules.js';
import { matchablesOf } from './store/lookup.js';
import type { ScoreRow } from './store/rows.js';
import { type Db, type Tx, withoutTransaction } from './transaction.js';

/** A stored record that one resembles, under the parameters of now. Nothing is kept of it. */
export interface MatchCandidate extends ScoreRow {
  /** Of the two, the stored one that is not asked about. */
  readonly candidateId: string;
  /** Its golden record. */
  readonly goldenId: string;
}

/** What candidates are sought for: stored source records (all of one golden record), or one that isn't stored. */
export type MatchSubject =
  | { readonly sourceIds: readonly string[] }
  | { readonly attributes: Readonly<Record<string, unknown>> };

/**
 * The golden records that a record resembles most, each by its best pair; none where it speaks against them. A stored subject isn't compared with its own
 * golden record. Throws NotFound, and RejectedRecord for attributes that can't be right.
 */
export async function matchCandidates(
  db: Db,
  definition: EntityTypeDefinition,
  subject: MatchSubject,
  first: number,
): Promise<MatchCandidate[]> {
  if (!Number.isInteger(first) || first < 1 || first > 100)
    throw new InvalidInput('INVALID_INPUT', `\`first\` must be between 1 and 100, got ${first}`, { field: 'first' });
  const tx = withoutTransaction(db);
  const asked = await askedAbout(tx, definition, subject);
  const { scores } = await compareAll(tx, definition, asked);
  const own = new Set(asked.map(({ id }) => id));
  const homes = await goldenOf(
    tx,
    definition,
    scores.flatMap(({ left, right }) => [left, right]),
  );
  const ownGolden = new Set([...own].map((id) => homes.get(id)));
  const best = new Map<string, MatchCandidate>();
  for (const score of [...scores].sort((a, b) => b.weight - a.weight)) {
    if (score.weight < UNSCORED) break;
    const candidateId = own.has(score.left) ? score.right : score.left;
    const goldenId = homes.get(candidateId);
    if (own.has(candidateId) || goldenId === undefined || ownGolden.has(goldenId) || best.has(goldenId)) continue;
    best.set(goldenId, { ...score, candidateId, goldenId });
  }
  return [...best.values()].slice(0, first);
}

async function askedAbout(tx: Tx, definition: EntityTypeDefinition, subject: MatchSubject): Promise<Matchable[]> {
  if ('sourceIds' in subject) {
    const sources = await matchablesOf(tx, definition.code, subject.sourceIds);
    if (sources.length === 0) throw new NotFound('NOT_FOUND', 'no such record', { field: 'record' });
    return sources;
  }
  const home = { system: HUB_SYSTEM.code, scope: HUB_SYSTEM.code };
  const normalised = normaliseRecord(definition, subject.attributes, home);
  const matcher = matcherFor(definition, tx.parameters.for(definition.code));
  return matcher.describe([normalised]).map((described) => ({ id: newId(), ...described }));
}

async function goldenOf(
  tx: Tx,
  definition: EntityTypeDefinition,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; golden: string }>(
    `select id::text as id, golden_record_id::text as golden from source_record
       where entity_type = $1 and golden_record_id is not null
         and id in (select value::uuid from jsonb_array_elements_text($2::jsonb))`,
    definition.code,
    [...new Set(ids)],
  );
  return new Map(rows.map(({ id, golden }) => [id, golden]));
}

/** Every pair of these two sets compared, the strongest first; whether a key brings them together doesn't matter. */
export async function explainPair(
  db: Db,
  definition: EntityTypeDefinition,
  leftIds: readonly string[],
  rightIds: readonly string[],
): Promise<ScoreRow> {
  const tx = withoutTransaction(db);
  const records = await matchablesOf(tx, definition.code, new Set([...leftIds, ...rightIds]));
  const places = new Map(records.map(({ id }, at) => [id, at]));
  const pairs = leftIds.flatMap((left) =>
    rightIds.flatMap((right): [number, number][] => {
      const [a, b] = [places.get(left), places.get(right)];
      return a === undefined || b === undefined || a === b ? [] : [[a, b]];
    }),
  );
  const scores = scorePairs(definition, tx.parameters.for(definition.code), records, pairs);
  const [best] = [...scores].sort((a, b) => b.weight - a.weight);
  if (!best) throw new NotFound('NOT_FOUND', 'there are no two different records to compare', { field: 'right' });
  return best;
}
