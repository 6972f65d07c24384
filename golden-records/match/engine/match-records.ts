import { availableParallelism } from 'node:os';
import { probabilitiesWithin } from './agreement.js';
import { indexOf, type KeyIndex, type Limits, limitsFor, Prober, skippedKeys } from './candidates.js';
import {
  type Block,
  type Cell,
  type ColumnSpec,
  type MadeBlock,
  makeBlock,
  reordered,
  type Shares,
} from './columns.js';
import { decisive, isConflict } from './comparison.js';
import { comparisonsOf } from './comparisons.js';
import { type Copies, withoutCopies } from './copies.js';
import { estimate, takeSample } from './estimate.js';
import { type Explained, LEAST_SHOWN, PairScorer, probabilityOf } from './pair-scorer.js';
import { type MatchParameters, shippedParameters } from './parameters.js';
import { partition, type ScoredPairs } from './partition.js';
import type { ScoredRange } from './range-scorer.js';
import { againstRivals, besideRivals, sourcesWithoutRepeats } from './rivals.js';
import type { MatchSchema } from './schema.js';
import { scoreAll } from './score-in-threads.js';
import { sharesOfFrequencies, sharesOfRecords } from './shares.js';

export type MatchStage = 'index' | 'learn' | 'score' | 'cluster';

export interface MatchOptions {
  /** Decide the order in which records are worked on, so that the order of the input decides nothing. */
  readonly ids?: readonly string[];
  /** The source of each record; where given, only records of different sources are compared. */
  readonly sources?: Uint16Array;
  /** Sources are free of duplicates: a cluster holds at most one record of each. */
  readonly oneToOne?: boolean;
  /** Frozen parameters; default: learnt from these records. */
  readonly parameters?: MatchParameters;
  /** Pairs below this weight are counted and not kept; default: UNSCORED, since a pair never counts less. */
  readonly floor?: number;
  /** Default: as many as the machine offers. */
  readonly threads?: number;
  readonly onProgress?: (stage: MatchStage, records: number) => void;
  readonly signal?: AbortSignal;
}

export interface MatchResult {
  readonly block: Block;
  readonly parameters: MatchParameters;
  /** Pairs that weren't ruled out at once, by the numbers of the input's records. */
  readonly pairs: ScoredPairs;
  /** For each pair how likely it is the same, with what its rivals and the cluster of both say; its weight speaks of the two. */
  readonly probabilities: Float32Array;
  /** How many pairs were compared. */
  readonly candidates: number;
  /** For each record the number of the first record, by id, of its cluster. */
  readonly clusters: Int32Array;
  readonly skippedKeys: number;
}

/** Pairs in the sample that parameters are learnt from. */
const SAMPLE = 200_000;
/** Records join from even odds on, on the whole. */
export const JOIN_THRESHOLD = 0;
/** What a pair counts that no key brought together; one that was compared counts no less. */
export const UNSCORED = -5;

/** Match a list of records. Larger sets are read into a block first, see `matchBlock`. */
export const matchRecords = (
  schema: MatchSchema,
  records: Iterable<readonly Cell[]>,
  options: MatchOptions = {},
): Promise<MatchResult> => matchBlock(makeBlock(schema, records, sharesFor(options.parameters)), options);

/** Where words and values are counted: among the records, or where the parameters were learnt. */
export const sharesFor =
  (parameters: MatchParameters | undefined) =>
  (spec: ColumnSpec, size: number): Shares => {
    const known = parameters?.frequencies?.[spec.name];
    return known ? sharesOfFrequencies(spec, known) : sharesOfRecords(spec, size);
  };

/** Match a whole set of records: candidates, parameters, scores, clusters. */
export async function matchBlock(made: MadeBlock, options: MatchOptions = {}): Promise<MatchResult> {
  const { ids, oneToOne = false, onProgress, signal } = options;
  const all = orderOf(made.block.size, ids);
  // In linkage those of one source are no candidates anyway, and those of others have to be counted as rivals.
  const copies = options.sources ? undefined : withoutCopies(made.block, all);
  const order = copies?.kept ?? all;
  const size = order.length;
  const block = { ...reordered(made.block, order), size };
  const sources = options.sources && shared(order.map((record) => (options.sources as Uint16Array)[record] as number));
  const limits = limitsFor(block);
  onProgress?.('index', 0);
  const index = indexOf(block);
  await breathe(signal);
  onProgress?.('learn', 0);
  const comparisons = comparisonsOf(block);
  let { parameters } = options;
  if (!parameters) {
    const learnt = await learn(block, index, limits, sources, oneToOne, () => breathe(signal));
    parameters = { ...learnt, frequencies: made.frequencies() };
  }
  const { frequencies: _, ...withoutFrequencies } = parameters;
  const ranges = await scoreAll(
    { block, index, limits, sources, parameters: withoutFrequencies, floor: options.floor ?? UNSCORED },
    {
      threads: options.threads ?? availableParallelism(),
      onDone: (records) => onProgress?.('score', records),
      ...(signal ? { signal } : {}),
    },
  );
  onProgress?.('cluster', 0);
  const scored = joined(ranges);
  const pairs = sources
    ? { ...scored, weight: againstRivals(scored, sources, sourcesWithoutRepeats(block, sources)) }
    : scored;
  const deciding = decisive(comparisons);
  const scorer = new PairScorer(comparisons, parameters);
  const clusters = partition(size, pairs, {
    threshold: JOIN_THRESHOLD,
    unscored: UNSCORED,
    prior: parameters.prior,
    oneToOne,
    ...(sources ? { sources } : { weigh: (a: number, b: number) => scorer.weight(a, b, UNSCORED) }),
    apart: (a, b) => isConflict(deciding, a, b),
  });
  const inInput = {
    ...pairs,
    left: pairs.left.map((record) => order[record] as number),
    right: pairs.right.map((record) => order[record] as number),
  };
  const found = { pairs: inInput, clusters: inOrderOfInput(clusters, order, made.block.size) };
  const whole = copies ? withCopies(found, copies, (a, b) => scorer.weight(a, b)) : found;
  return {
    block: made.block,
    parameters,
    ...whole,
    probabilities: probabilitiesWithin(
      whole.pairs,
      whole.clusters,
      sources ? besideRivals(scored, sources) : Float32Array.from(whole.pairs.weight, probabilityOf),
    ),
    candidates: ranges.reduce((sum, range) => sum + range.candidates, 0),
    skippedKeys: skippedKeys(index, limits.cap),
  };
}

/** Copies join where the two first that say the same did; each with a pair of its own. */
function withCopies(
  { pairs, clusters }: { pairs: ScoredPairs; clusters: Int32Array },
  { kept, left, first, second }: Copies,
  weigh: (a: number, b: number) => number,
): { pairs: ScoredPairs; clusters: Int32Array } {
  const joining = [...left.keys()].filter(
    (at) => clusters[kept[first[at] as number] as number] === clusters[kept[second[at] as number] as number],
  );
  if (joining.length === 0) return { pairs, clusters };
  const length = pairs.length + joining.length;
  const more = {
    left: new Int32Array(length),
    right: new Int32Array(length),
    weight: new Float32Array(length),
    length,
  };
  more.left.set(pairs.left);
  more.right.set(pairs.right);
  more.weight.set(pairs.weight);
  for (const [at, copy] of joining.entries()) {
    const original = kept[first[copy] as number] as number;
    clusters[left[copy] as number] = clusters[original] as number;
    more.left[pairs.length + at] = left[copy] as number;
    more.right[pairs.length + at] = original;
    more.weight[pairs.length + at] = weigh(first[copy] as number, second[copy] as number);
  }
  return { pairs: more, clusters };
}

/** Lets a signal and the progress line through. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

function orderOf(size: number, ids: readonly string[] | undefined): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, at) => at);
  if (!ids) return order;
  return order.sort((a, b) =>
    (ids[a] as string) < (ids[b] as string) ? -1 : (ids[a] as string) > (ids[b] as string) ? 1 : a - b,
  );
}

function shared(numbers: Uint32Array): Uint16Array {
  const result = new Uint16Array(new SharedArrayBuffer(numbers.length * 2));
  result.set(numbers);
  return result;
}

function inOrderOfInput(clusters: Int32Array, order: Uint32Array, size: number): Int32Array {
  const result = Int32Array.from({ length: size }, (_, record) => record);
  for (let at = 0; at < order.length; at++) result[order[at] as number] = order[clusters[at] as number] as number;
  return result;
}

/** Parameters learnt from a whole set of records, with how often words and values are found in it. */
export async function learnFrom({ block, frequencies }: MadeBlock, betweenRounds: () => Promise<void>) {
  const learnt = await learn(block, indexOf(block), limitsFor(block), undefined, false, betweenRounds);
  return { ...learnt, frequencies: frequencies() };
}

/** Learn from the candidates of every nth record: whole records, since rivals have to stay together. */
async function learn(
  block: Block,
  index: KeyIndex,
  limits: Limits,
  sources: Uint16Array | undefined,
  oneToOne: boolean,
  betweenRounds: () => Promise<void>,
): Promise<MatchParameters> {
  const comparisons = comparisonsOf(block);
  const prober = new Prober(index, block.size, limits, sources);
  const nth = Math.max(1, Math.ceil((block.size * limits.best * 0.5) / SAMPLE));
  const left: number[] = [];
  const right: number[] = [];
  for (let record = nth - 1; record < block.size; record += nth) {
    const count = prober.probe(record);
    for (let at = 0; at < count; at++) {
      left.push(record);
      right.push(prober.found[at] as number);
    }
  }
  const withoutRepeats = sources && sourcesWithoutRepeats(block, sources);
  return estimate(comparisons, shippedParameters(comparisons), takeSample(comparisons, left, right), {
    linkage: sources !== undefined,
    oneToOne,
    isRival: (record) => withoutRepeats?.[sources?.[record] ?? 0] === 1,
    mostPairs: sources ? mostPairs(sources) / nth : Number.POSITIVE_INFINITY,
    records: block.size,
    betweenRounds,
  });
}

/** With two sources, no more pairs than the smaller has records; with more, a record may have a partner in each other. */
function mostPairs(sources: Uint16Array): number {
  const counts = new Map<number, number>();
  for (const source of sources) counts.set(source, (counts.get(source) ?? 0) + 1);
  const sizes = [...counts.values()].sort((a, b) => a - b);
  return sizes.length === 2 ? (sizes[0] as number) : sizes.reduce((sum, count) => sum + count, 0) * (sizes.length - 1);
}

function joined(ranges: readonly ScoredRange[]): ScoredPairs {
  const length = ranges.reduce((sum, range) => sum + range.left.length, 0);
  const pairs = {
    left: new Int32Array(length),
    right: new Int32Array(length),
    weight: new Float32Array(length),
    length,
  };
  let at = 0;
  for (const { left, right, weight } of ranges) {
    pairs.left.set(left, at);
    pairs.right.set(right, at);
    pairs.weight.set(weight, at);
    at += left.length;
  }
  return pairs;
}

/** How the weight of two records comes about, by their numbers in the input. */
export function explainPair({ block, parameters, pairs }: MatchResult, left: number, right: number): Explained {
  const explained = new PairScorer(comparisonsOf(block), parameters).explain(left, right);
  const at = pairOf(pairs, left, right);
  const weight = at < 0 ? explained.weight : (pairs.weight[at] as number);
  const taken = weight - explained.weight;
  if (Math.abs(taken) <= LEAST_SHOWN) return explained;
  return {
    weight,
    probability: probabilityOf(weight),
    steps: [
      ...explained.steps,
      { comparison: 'rivals', level: 'another record of that source fits as well or better', weight: taken },
    ],
  };
}

/** Which of the pairs two records are; -1 where they weren't compared, or ruled out at once. */
export const pairOf = ({ left, right }: ScoredPairs, a: number, b: number): number =>
  left.findIndex((record, pair) => (record === a && right[pair] === b) || (record === b && right[pair] === a));
