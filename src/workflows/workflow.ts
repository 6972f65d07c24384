import type { Db, Job } from '../../golden-records/index.js';

/** A named run of steps. Each does one bounded piece of work and writes in the same transaction where the job stands. */
export interface Workflow {
  readonly kind: string;
  readonly steps: Readonly<Record<string, (db: Db, job: Job) => Promise<void>>>;
  /** After its end, whichever it was: what the job kept for itself goes. */
  readonly cleanUp?: (db: Db, job: Job) => Promise<void>;
  /** Named when the last step is over. */
  readonly outcome: string;
}
