import {
  claimJob,
  type Db,
  END_OF_JOB,
  endJob,
  HubError,
  type Job,
  type JsonObject,
  saveProgress,
} from '../../golden-records/index.js';
import { rematch } from './rematch.js';
import { train } from './train.js';
import type { Workflow } from './workflow.js';

export const WORKFLOWS: readonly Workflow[] = [rematch, train];
const byKind = new Map(WORKFLOWS.map((workflow) => [workflow.kind, workflow]));

/**
 * Worker step: take a job that nobody holds and bring it one step further. A refusal that no repetition would mend ends the
 * job; any other failure leaves it where it stood, and is thrown for the loop to back off.
 */
export async function advanceJobOnce(db: Db, only?: string): Promise<{ advanced: boolean; ended: boolean }> {
  const job = await claimJob(db, only);
  if (job === null) return { advanced: false, ended: false };
  const workflow = byKind.get(job.kind);
  if (!workflow)
    return end(db, job, undefined, 'FAILED', { error: { code: 'JOB_STATE', message: `no workflow ${job.kind}` } });
  if (job.cancelRequested) return end(db, job, workflow, 'CANCELLED', {});
  const step = workflow.steps[job.step];
  if (job.step === END_OF_JOB || step === undefined)
    return end(db, job, workflow, 'DONE', { result: { ...job.result, outcome: workflow.outcome } });
  try {
    await step(db, job);
  } catch (error) {
    if (error instanceof HubError)
      return end(db, job, workflow, 'FAILED', { error: { code: error.code, message: error.message } });
    await saveProgress(db, job, {});
    throw error;
  }
  return { advanced: true, ended: false };
}

async function end(
  db: Db,
  job: Job,
  workflow: Workflow | undefined,
  state: 'DONE' | 'FAILED' | 'CANCELLED',
  more: { result?: JsonObject; error?: JsonObject },
): Promise<{ advanced: boolean; ended: boolean }> {
  await workflow?.cleanUp?.(db, job);
  await endJob(db, job, state, db.now(), more);
  return { advanced: true, ended: true };
}
