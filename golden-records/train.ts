import { type Job, queueJob } from './jobs.js';
import type { Actor, Db } from './transaction.js';

export interface TrainingRequest {
  readonly entityType: string;
  readonly reason?: string | undefined;
  readonly correlationId: string;
}

/** Start estimating parameters from what is stored. They become a draft. Throws InvalidInput for an unknown type. */
export const startTraining = (
  db: Db,
  actor: Actor,
  { entityType, reason, correlationId }: TrainingRequest,
): Promise<Job> =>
  queueJob(db, actor, { kind: 'TRAIN', entityType, input: {}, step: 'estimate', reason, correlationId });
