import type { Block } from './columns.js';
import type { ScoredPairs } from './partition.js';

/** How much a rival takes away, of 1 if no source held anything twice: two that fit equally well both stay. */
const STRENGTH = 0.5;
const MOST_EXPONENT = 500;

const numberOf = (sources: Uint16Array) => sources.reduce((most, source) => Math.max(most, source), 0) + 1;

/**
 * Of linkage: the sources in which a thing has one record, mostly. Those that repeat names least; a source with more repeats
 * than another holds some things several times.
 */
export function sourcesWithoutRepeats(block: Block, sources: Uint16Array): Uint8Array {
  const many = numberOf(sources);
  const names = block.columns.find(({ spec }) => NAMES.has(spec.kind)) ?? block.columns[0];
  const repeats = new Float64Array(many);
  const records = new Float64Array(many);
  const seen = new Map<number, number>();
  for (let record = 0; record < block.size; record++) {
    const source = sources[record] as number;
    records[source] = (records[source] as number) + 1;
    const row = names?.rows[record] as number;
    if (!names || row === names.rows[record + 1]) continue;
    const key = (names.values[row] as number) * many + source;
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    if (before > 0) repeats[source] = (repeats[source] as number) + 1;
  }
  const shares = repeats.map((count, source) => count / Math.max(1, records[source] as number));
  const least = shares.reduce((fewest, share) => Math.min(fewest, share), 1);
  return Uint8Array.from(shares, (share) => (share === least ? 1 : 0));
}

const NAMES: ReadonlySet<string> = new Set(['organisation-name', 'person-name', 'title']);

/**
 * A record has, mostly, one partner in a source without repeats, so its candidates there are rivals for it: the best keeps its
 * odds, the others share what is left of theirs beside it. Returns the weights that remain.
 */
export function againstRivals(pairs: ScoredPairs, sources: Uint16Array, withoutRepeats: Uint8Array): Float32Array {
  const { left, right, weight, length } = pairs;
  const many = withoutRepeats.length;
  const best = new Map<number, { pair: number; first: number; second: number }>();
  const slot = (record: number, partner: number): number | undefined => {
    const source = sources[partner] as number;
    return withoutRepeats[source] === 1 ? record * many + source : undefined;
  };
  const see = (key: number | undefined, pair: number) => {
    if (key === undefined) return;
    const own = weight[pair] as number;
    const known = best.get(key);
    if (!known) best.set(key, { pair, first: own, second: Number.NEGATIVE_INFINITY });
    else if (own > known.first) best.set(key, { pair, first: own, second: known.first });
    else if (own > known.second) known.second = own;
  };
  for (let pair = 0; pair < length; pair++) {
    see(slot(left[pair] as number, right[pair] as number), pair);
    see(slot(right[pair] as number, left[pair] as number), pair);
  }
  const rival = (key: number | undefined, pair: number): number => {
    const known = key === undefined ? undefined : best.get(key);
    if (!known) return Number.NEGATIVE_INFINITY;
    return known.pair === pair ? known.second : known.first;
  };
  return Float32Array.from({ length }, (_, pair) => {
    const a = left[pair] as number;
    const b = right[pair] as number;
    const strongest = Math.max(rival(slot(a, b), pair), rival(slot(b, a), pair));
    return (weight[pair] as number) - Math.log2(1 + STRENGTH * 2 ** Math.min(MOST_EXPONENT, strongest));
  });
}

/**
 * Of linkage: how likely each pair is the same when a record has one partner in another source: its odds beside those of its
 * rivals on either side, whether they were accepted or not. Several offers that fit alike are one of them right, whichever.
 */
export function besideRivals({ left, right, weight, length }: ScoredPairs, sources: Uint16Array): Float32Array {
  const many = numberOf(sources);
  const slot = (record: number, partner: number) => record * many + (sources[partner] as number);
  const odds = Float64Array.from({ length }, (_, pair) => 2 ** Math.min(MOST_EXPONENT, weight[pair] as number));
  const sums = new Map<number, number>();
  const add = (key: number, value: number) => sums.set(key, (sums.get(key) ?? 0) + value);
  for (let pair = 0; pair < length; pair++) {
    const [a, b] = [left[pair] as number, right[pair] as number];
    add(slot(a, b), odds[pair] as number);
    add(slot(b, a), odds[pair] as number);
  }
  return Float32Array.from(odds, (own, pair) => {
    const [a, b] = [left[pair] as number, right[pair] as number];
    return own / (1 + (sums.get(slot(a, b)) as number) + (sums.get(slot(b, a)) as number) - own);
  });
}
