import { LEAST_STRENGTH } from './engine/index.js';
import type { Matchable } from './matcher.js';

/** How many others a record is compared with, of those that are stored and of those that arrive with it. */
export const MOST_CANDIDATES = 15;

/** Who shares less is somebody else. Counted in thousandths of bits, so that sums are the same in any order. */
export const LEAST_SHARED = 1000 * LEAST_STRENGTH;

/** What sharing a key counts that so many records have, in thousandths of bits: one that as many have as may, 1 bit. */
const rarity = (records: number, cap: number): number => Math.round(1000 * Math.log2((2 * cap) / records));
/** The same in SQL, of a count. */
export const rarityInSql = (records: string, cap: string) => `round(1000 * log(2, 2.0 * ${cap} / ${records}))::int`;

/**
 * For each of `records` those of `others` that share the most and rarest keys with it, at most so many. A key that more
 * than `cap` of the others have brings nobody. Pairs of places, each once; a record is not its own neighbour.
 */
export function nearest(records: readonly Matchable[], others: readonly Matchable[], cap: number): [number, number][] {
  const holders = new Map<number, number[]>();
  for (const [at, { keys }] of others.entries()) {
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as number;
      const known = holders.get(key);
      if (known === undefined) holders.set(key, [at]);
      else known.push(at);
    }
  }
  const same = records === others;
  const pairs = new Map<number, [number, number]>();
  for (const [at, { id, keys }] of records.entries()) {
    const strength = new Map<number, number>();
    for (let k = 0; k < keys.length; k++) {
      const sharing = holders.get(keys[k] as number);
      if (sharing === undefined || sharing.length > cap) continue;
      const weight = rarity(sharing.length, cap);
      for (const other of sharing) {
        if (others[other]?.id !== id) strength.set(other, (strength.get(other) ?? 0) + weight);
      }
    }
    const best = [...strength]
      .filter(([, shared]) => shared >= LEAST_SHARED)
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, MOST_CANDIDATES);
    for (const [other] of best) {
      const pair: [number, number] = same && other < at ? [other, at] : [at, other];
      pairs.set(pair[0] * others.length + pair[1], pair);
    }
  }
  return [...pairs.values()];
}
