import { candidatesOf } from './candidates.js';
import { type Block, type Cell, makeBlock } from './columns.js';
import { comparisonsOf } from './comparisons.js';
import { estimate, takeSample } from './estimate.js';
import { PairScorer } from './pair-scorer.js';
import { type MatchParameters, shippedParameters } from './parameters.js';
import { partition, type ScoredPairs } from './partition.js';
import { isConflict } from './record-matcher.js';
import type { MatchSchema } from './schema.js';
import { sharesOfFrequencies, sharesOfRecords } from './shares.js';

export interface MatchInput {
  readonly schema: MatchSchema;
  /** For each record its cells, in the order of the schema's fields. */
  readonly records: readonly (readonly Cell[])[];
  /** The source of each record; where given, only records of different sources are compared. */
  readonly sources?: Uint16Array;
  readonly oneToOne?: boolean;
  readonly parameters?: MatchParameters;
}

export interface MatchResult {
  readonly block: Block;
  readonly parameters: MatchParameters;
  readonly pairs: ScoredPairs;
  /** For each record the number of the first record of its cluster. */
  readonly clusters: Int32Array;
  readonly skippedKeys: number;
}

const SAMPLE = 400_000;
/** Records join from even odds on, on the whole. */
export const JOIN_THRESHOLD = 0;
const UNSCORED = -4;

/** Match a whole set of records: candidates, parameters, scores, clusters. */
export function matchRecords({
  schema,
  records,
  sources,
  oneToOne = false,
  parameters: given,
}: MatchInput): MatchResult {
  const { block, frequencies } = makeBlock(schema, records, (spec, size) => {
    const known = given?.frequencies?.[spec.name];
    return known ? sharesOfFrequencies(spec, known) : sharesOfRecords(spec, size);
  });
  const comparisons = comparisonsOf(block);
  const { left, right, skippedKeys } = candidatesOf(block, sources ? { sources } : {});
  let parameters = given;
  if (!parameters) {
    const shipped = shippedParameters(comparisons);
    const sample = takeSample(comparisons, ...everyNth(left, right));
    const scale = left.length === 0 ? 1 : sample.pairs / left.length;
    parameters = estimate(comparisons, shipped, sample, {
      linkage: sources !== undefined,
      oneToOne,
      mostPairs: sources ? smallestSource(sources) * scale : Number.POSITIVE_INFINITY,
      records: block.size,
    });
    parameters = { ...parameters, frequencies: frequencies() };
  }
  const scorer = new PairScorer(comparisons, parameters);
  const weight = new Float32Array(left.length);
  for (let pair = 0; pair < left.length; pair++)
    weight[pair] = scorer.weight(left[pair] as number, right[pair] as number);
  const pairs = { left, right, weight, length: left.length };
  const clusters = partition(block.size, pairs, {
    threshold: JOIN_THRESHOLD,
    unscored: UNSCORED,
    oneToOne,
    ...(sources ? { sources } : {}),
    ...(schema.fields.some(({ exclusive }) => exclusive)
      ? { apart: (a: number, b: number) => isConflict(block, a, b) }
      : {}),
  });
  return { block, parameters, pairs, clusters, skippedKeys };
}

function everyNth(left: Int32Array, right: Int32Array): [Int32Array, Int32Array] {
  if (left.length <= SAMPLE) return [left, right];
  // Whole records rather than single pairs: rivals have to stay together.
  const keepLeft = new Int32Array(SAMPLE * 2);
  const keepRight = new Int32Array(SAMPLE * 2);
  const nth = Math.ceil(left.length / SAMPLE);
  let length = 0;
  for (let pair = 0; pair < left.length && length < keepLeft.length; pair++) {
    if ((left[pair] as number) % nth !== 0) continue;
    keepLeft[length] = left[pair] as number;
    keepRight[length++] = right[pair] as number;
  }
  return [keepLeft.subarray(0, length), keepRight.subarray(0, length)];
}

function smallestSource(sources: Uint16Array): number {
  const counts = new Map<number, number>();
  for (const source of sources) counts.set(source, (counts.get(source) ?? 0) + 1);
  // With more than two sources, a record may have a partner in each of the others.
  const sorted = [...counts.values()].sort((a, b) => a - b);
  return sorted.length === 2
    ? (sorted[0] as number)
    : sorted.reduce((sum, count) => sum + count, 0) * (sorted.length - 1);
}
