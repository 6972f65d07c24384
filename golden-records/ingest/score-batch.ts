import type { ParameterSet } from '../active-parameters.js';
import { crowdedKeysOf } from '../match/crowded-keys.js';
import { type Matchable, matcherFor, outcomeOf } from '../match/matcher.js';
import { nearest } from '../match/nearest.js';
import type { EntityTypeDefinition } from '../model.js';
import { candidatesFor } from '../store/lookup.js';
import type { ScoreRow } from '../store/rows.js';
import type { Tx } from '../transaction.js';

/** Score the arrivals against the stored records nearest to them, and against each other; kept is what links or asks. */
export async function scoreAll(
  tx: Tx,
  definition: EntityTypeDefinition,
  arriving: readonly Matchable[],
  set: ParameterSet = tx.parameters.for(definition.code),
): Promise<{ scores: ScoreRow[]; crowdedKeys: number }> {
  return search(tx, definition, arriving, set, set.thresholds.review);
}

/** The same with every comparison, also those that come to nothing. */
export function compareAll(
  tx: Tx,
  definition: EntityTypeDefinition,
  arriving: readonly Matchable[],
): Promise<{ scores: ScoreRow[]; crowdedKeys: number }> {
  return search(tx, definition, arriving, tx.parameters.for(definition.code), Number.NEGATIVE_INFINITY);
}

async function search(
  tx: Tx,
  definition: EntityTypeDefinition,
  arriving: readonly Matchable[],
  set: ParameterSet,
  floor: number,
): Promise<{ scores: ScoreRow[]; crowdedKeys: number }> {
  if (arriving.length === 0) return { scores: [], crowdedKeys: 0 };
  const { keyCap } = set.thresholds;
  const crowded = crowdedKeysOf(set);
  const { candidates, pairs, crowdedKeys } = await candidatesFor(tx, definition, arriving, keyCap, crowded);
  const places = new Map(candidates.map(({ id }, at) => [id, arriving.length + at]));
  const all = [...arriving, ...candidates];
  const wanted = [
    ...nearest(arriving, arriving, keyCap),
    ...pairs.flatMap(([left, id]): [number, number][] => {
      const right = places.get(id);
      return right === undefined ? [] : [[left, right]];
    }),
  ];
  return { scores: scorePairs(definition, set, all, wanted, floor), crowdedKeys };
}

/** Score arrivals against these records only. */
export function scoreAgainst(
  definition: EntityTypeDefinition,
  set: ParameterSet,
  arriving: readonly Matchable[],
  others: readonly Matchable[],
): ScoreRow[] {
  const pairs = nearest(arriving, others, set.thresholds.keyCap);
  const all = [...arriving, ...others];
  const shifted = pairs.map(([left, right]) => [left, arriving.length + right] as const);
  return scorePairs(definition, set, all, shifted, set.thresholds.review);
}

/** Score these pairs, given by their places among the records. */
export function scorePairs(
  definition: EntityTypeDefinition,
  set: ParameterSet,
  records: readonly Pick<Matchable, 'id' | 'features'>[],
  pairs: readonly (readonly [number, number])[],
  floor = Number.NEGATIVE_INFINITY,
): ScoreRow[] {
  if (pairs.length === 0) return [];
  const matcher = matcherFor(definition, set);
  const id = (at: number) => records[at]?.id as string;
  // The record with the lower id is the left one, whichever arrived.
  const ordered = pairs.map(([a, b]): [number, number] => (id(a) < id(b) ? [a, b] : [b, a]));
  const features = records.map((record) => record.features);
  const scores: ScoreRow[] = [];
  for (const { left, right, weight, conflict, waterfall } of matcher.score(features, ordered, floor)) {
    const outcome = outcomeOf({ weight, conflict }, set.thresholds);
    if (outcome === 'NO_MATCH' && floor > Number.NEGATIVE_INFINITY) continue;
    scores.push({ left: id(left), right: id(right), weight, outcome, waterfall });
  }
  return scores;
}
