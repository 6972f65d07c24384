import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type MadeBlock, makeBlockOfFeatures, type RecordFeatures } from './columns.js';
import { learnFrom } from './match-records.js';
import type { MatchParameters } from './parameters.js';
import type { MatchSchema } from './schema.js';
import { sharesOfRecords } from './shares.js';

export interface LearningTask {
  readonly schema: MatchSchema;
  readonly records: readonly RecordFeatures[];
}

/** Beside this file once it is compiled. From TypeScript sources all is learnt in this thread. */
const THREAD = new URL('./learning-thread.js', import.meta.url);

/**
 * Parameters learnt from records without labels, in a thread of its own: it takes seconds of computing. Where they are too
 * few, the parameters are the shipped ones and a note says why.
 */
export function learnParameters(task: LearningTask): Promise<MatchParameters> {
  if (!existsSync(fileURLToPath(THREAD))) return learnHere(task);
  return new Promise((resolve, reject) => {
    const worker = new Worker(THREAD, { workerData: task });
    worker.once('message', (learnt: MatchParameters) => {
      resolve(learnt);
      worker.terminate().catch(reject);
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the learning thread ended before its work was done')));
  });
}

export function learnHere({ schema, records }: LearningTask): Promise<MatchParameters> {
  const made: MadeBlock = makeBlockOfFeatures(schema, records, sharesOfRecords);
  return learnFrom(made, nextTurn);
}
