import type { ScoredPairs } from './partition.js';

/** Of a larger cluster a pair's own probability stands: the way through every third record takes cubic time. */
const MOST_MEMBERS = 100;

/**
 * How likely each pair is the same, once it is known who else is: what is the same as a third is the same. A pair of one cluster
 * is at least as likely as the surest way from one to the other through its members, step by step. Other pairs keep their own.
 */
export function probabilitiesWithin(pairs: ScoredPairs, clusters: Int32Array, alone: Float32Array): Float32Array {
  const result = alone.slice();
  const pairsOf = new Map<number, number[]>();
  for (let pair = 0; pair < pairs.length; pair++) {
    const cluster = clusters[pairs.left[pair] as number] as number;
    if (cluster !== clusters[pairs.right[pair] as number]) continue;
    const own = pairsOf.get(cluster);
    if (own) own.push(pair);
    else pairsOf.set(cluster, [pair]);
  }
  for (const own of pairsOf.values()) if (own.length > 1) throughOthers(own, pairs, result);
  return result;
}

function throughOthers(own: readonly number[], { left, right }: ScoredPairs, probability: Float32Array): void {
  const places = new Map<number, number>();
  const placeOf = (record: number): number => {
    const place = places.get(record) ?? places.size;
    places.set(record, place);
    return place;
  };
  const ends = own.map((pair) => [placeOf(left[pair] as number), placeOf(right[pair] as number)] as const);
  const size = places.size;
  if (size > MOST_MEMBERS) return;
  const surest = new Float64Array(size * size);
  for (const [at, [a, b]] of ends.entries()) {
    surest[a * size + b] = probability[own[at] as number] as number;
    surest[b * size + a] = probability[own[at] as number] as number;
  }
  for (let third = 0; third < size; third++) {
    for (let a = 0; a < size; a++) {
      const first = surest[a * size + third] as number;
      if (first === 0) continue;
      for (let b = 0; b < size; b++) {
        const way = first * (surest[third * size + b] as number);
        if (way > (surest[a * size + b] as number)) surest[a * size + b] = way;
      }
    }
  }
  for (const [at, [a, b]] of ends.entries()) probability[own[at] as number] = surest[a * size + b] as number;
}
