import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RangeScorer, type ScoredRange, type ScoringTask } from './range-scorer.js';

export interface ScoreOptions {
  readonly threads: number;
  /** Told after each range how many records are done. */
  readonly onDone?: (records: number) => void;
  readonly signal?: AbortSignal;
}

const RANGE = 4_000;
/** Below this a thread takes longer to start than it saves. */
const FEWEST_FOR_THREADS = 20_000;
/** Beside this file once it is compiled. From TypeScript sources all is scored in this thread. */
const THREAD = new URL('./scoring-thread.js', import.meta.url);

/** Score all candidates, range by range, in several threads. The answer is in the order of the records. */
export async function scoreAll(task: ScoringTask, options: ScoreOptions): Promise<ScoredRange[]> {
  const { size } = task.block;
  const ranges = Array.from({ length: Math.ceil(size / RANGE) }, (_, at) => ({
    from: at * RANGE,
    to: Math.min(size, (at + 1) * RANGE),
  }));
  const inThreads = options.threads > 1 && size >= FEWEST_FOR_THREADS && existsSync(fileURLToPath(THREAD));
  return inThreads ? inSeveral(task, ranges, options) : here(task, ranges, options);
}

interface Range {
  readonly from: number;
  readonly to: number;
}

async function here(
  task: ScoringTask,
  ranges: readonly Range[],
  { onDone, signal }: ScoreOptions,
): Promise<ScoredRange[]> {
  const scorer = new RangeScorer(task);
  const results: ScoredRange[] = [];
  for (const { from, to } of ranges) {
    signal?.throwIfAborted();
    results.push(scorer.score(from, to));
    onDone?.(to);
    // Lets a signal and the progress line through.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return results;
}

async function inSeveral(task: ScoringTask, ranges: readonly Range[], options: ScoreOptions): Promise<ScoredRange[]> {
  const results = new Array<ScoredRange>(ranges.length);
  let next = 0;
  let done = 0;
  const workers = Array.from({ length: options.threads }, () => new Worker(THREAD, { workerData: task }));
  const run = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      let current = -1;
      const proceed = () => {
        if (options.signal?.aborted) return reject(options.signal.reason as Error);
        if (next >= ranges.length) return resolve();
        current = next++;
        worker.postMessage(ranges[current]);
      };
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('a scoring thread ended before its work was done')));
      worker.on('message', (result: ScoredRange) => {
        results[current] = result;
        done += (ranges[current]?.to ?? 0) - (ranges[current]?.from ?? 0);
        options.onDone?.(done);
        proceed();
      });
      proceed();
    });
  try {
    await Promise.all(workers.map(run));
  } finally {
    await Promise.all(workers.map((worker) => worker.removeAllListeners('exit').terminate()));
  }
  return results;
}
