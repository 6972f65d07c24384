import { matchRecords, probabilityOf, RecordMatcher } from '../golden-records/match/engine/index.js';
import { bcubed, isPair, judgeClusters, type Quality, truePairs } from './judge.js';
import type { EvalSet } from './load-set.js';

export interface Outcome {
  readonly quality: Quality;
  readonly bcubed: Quality | undefined;
  /** Mean predicted probability of the accepted pairs, and how many of them are right. */
  readonly predicted: number;
  readonly real: number;
  readonly candidates: number;
  /** Share of the true pairs among the candidates, where it was asked for. */
  readonly found: number | undefined;
  readonly seconds: number;
  readonly clusters: Int32Array;
  readonly notes: readonly string[];
}

/** Match a set as `concord match` does, and judge it; with `blocking` also how many true pairs the candidates hold. */
export async function runSet(set: EvalSet, { blocking = false } = {}): Promise<Outcome> {
  return set.truth.form === 'labelled' ? judgePairs(set, set.truth.labels) : matchAll(set, blocking);
}

/**
 * Single pairs that somebody judged: each is scored by itself with the shipped parameters, at even odds, since nothing was
 * searched for.
 */
function judgePairs({ schema, rows }: EvalSet, labels: ReadonlyMap<number, boolean>): Outcome {
  const started = performance.now();
  const found = { accepted: 0, right: 0, predicted: 0 };
  let all = 0;
  const matcher = new RecordMatcher(schema);
  const cells = (record: number) => schema.fields.map(({ name }) => rows[record]?.[name]);
  for (const [key, isSame] of labels) {
    const [scored] = matcher.score(cells(Math.floor(key / rows.length)), [cells(key % rows.length)]);
    const weight = (scored?.weight ?? 0) - matcher.parameters.prior;
    if (isSame) all++;
    if (weight < 0) continue;
    found.accepted++;
    found.predicted += probabilityOf(weight);
    if (isSame) found.right++;
  }
  const precision = found.right / found.accepted;
  const recall = found.right / all;
  return {
    quality: { precision, recall, f1: (2 * precision * recall) / (precision + recall) },
    bcubed: undefined,
    predicted: found.predicted / found.accepted,
    real: precision,
    candidates: labels.size,
    found: undefined,
    seconds: (performance.now() - started) / 1000,
    clusters: Int32Array.from(rows, (_, at) => at),
    notes: ['judged pair by pair, at even odds, with the shipped parameters'],
  };
}

async function matchAll({ schema, rows, ids, sources, oneToOne, truth }: EvalSet, blocking: boolean): Promise<Outcome> {
  const started = performance.now();
  const { clusters, pairs, probabilities, candidates, parameters } = await matchRecords(
    schema,
    rows.map((row) => schema.fields.map(({ name }) => row[name])),
    { ids, oneToOne, ...(sources ? { sources } : {}), ...(blocking ? { floor: Number.NEGATIVE_INFINITY } : {}) },
  );
  const accepted = { pairs: 0, predicted: 0, right: 0 };
  let among = 0;
  for (let pair = 0; pair < pairs.length; pair++) {
    const left = pairs.left[pair] as number;
    const right = pairs.right[pair] as number;
    const isRight = isPair(truth, left, right, rows.length);
    if (isRight) among++;
    if (isRight === undefined || clusters[left] !== clusters[right]) continue;
    accepted.pairs++;
    accepted.predicted += probabilities[pair] as number;
    if (isRight) accepted.right++;
  }
  return {
    quality: judgeClusters(clusters, truth, sources),
    bcubed: truth.form === 'clusters' ? bcubed(clusters, truth.clusters) : undefined,
    predicted: accepted.predicted / accepted.pairs,
    real: accepted.right / accepted.pairs,
    candidates,
    found: blocking ? among / truePairs(truth) : undefined,
    seconds: (performance.now() - started) / 1000,
    clusters,
    notes: parameters.notes,
  };
}
