import { parentPort, workerData } from 'node:worker_threads';
import { RangeScorer, type ScoringTask } from './range-scorer.js';

/** One of the threads of a batch: scores the ranges that it is sent, and ends when its port is closed. */
const scorer = new RangeScorer(workerData as ScoringTask);
parentPort?.on('message', ({ from, to }: { from: number; to: number }) => {
  const result = scorer.score(from, to);
  parentPort?.postMessage(result, [result.left.buffer, result.right.buffer, result.weight.buffer] as ArrayBuffer[]);
});
