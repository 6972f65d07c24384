import { ID } from 'type-graphql';
import { cancelJob, findJob, type Job as StoredJob } from '../../golden-records/index.js';
import { countJobs, type JobQuery, listJobs } from '../../golden-records/read/index.js';
import { connection, PAGE_ARGUMENTS, type PageArguments, pageRequest } from '../connection.js';
import type { Context } from '../context.js';
import { type Constructor, inputType, objectType, ResolverClass } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { parseNodeId } from '../node-ids.js';
import { userErrorsOf, UserError } from '../operation/payload.type.js';
import { Job, JobKind, JobState, jobConnection, jobRoot } from './job.type.js';

const JobFilter = inputType('JobFilter', 'Which jobs; all that is given holds.', {
  kind: { type: () => [JobKind], description: 'Only these kinds.' },
  state: { type: () => [JobState], description: 'Only these states.' },
  entityType: { type: () => EntityType, description: 'Only about this type.' },
});
const CancelJobInput = inputType('CancelJobInput', 'Input of cancelJob.', {
  id: { type: () => ID, nullable: false, description: 'The job.' },
});

export const JobPayload = objectType('JobPayload', 'A job that was started or stopped.', {
  job: { type: () => Job, description: 'The job; null when it was refused.' },
  userErrors: { type: () => [UserError], nullable: false, description: 'Why it was refused; empty when it was done.' },
});

/** A refusal that the caller can put right becomes a user error. */
export async function asJobPayload(work: () => Promise<StoredJob>) {
  try {
    return { job: jobRoot(await work()), userErrors: [] };
  } catch (error) {
    return { job: null, userErrors: userErrorsOf(error) };
  }
}

export async function jobById({ db }: Context, uuid: string) {
  const job = await findJob(db, uuid);
  return job ? jobRoot(job) : null;
}

interface JobFilterInput {
  kind?: string[] | null;
  state?: string[] | null;
  entityType?: string | null;
}

export const JOB_RESOLVERS: readonly Constructor[] = [
  jobConnection.resolver,
  new ResolverClass('JobQueries')
    .query<{ id: string }>(
      'job',
      {
        type: () => Job,
        needs: 'readGolden',
        description: 'One job: how far it is, and what came of it.',
        arguments: [{ name: 'id', type: () => ID, nullable: false, description: 'Typed id, job_….' }],
      },
      (_, context, { id }) => jobById(context, parseNodeId('Job', id, 'id')),
    )
    .query<PageArguments & { filter?: JobFilterInput | null }>(
      'jobs',
      {
        type: () => jobConnection.type,
        nullable: false,
        needs: 'readGolden',
        description: 'All jobs, the newest first.',
        arguments: [...PAGE_ARGUMENTS, { name: 'filter', type: () => JobFilter, description: 'Which jobs.' }],
      },
      async (_, { db }, { filter, ...page }) => {
        const query: JobQuery = {
          ...pageRequest(page),
          kinds: filter?.kind ?? undefined,
          states: filter?.state ?? undefined,
          entityType: filter?.entityType ?? undefined,
        };
        return connection(await listJobs(db, query), jobRoot, () => countJobs(db, query));
      },
    )
    .mutation<{ input: { id: string } }>(
      'cancelJob',
      {
        type: () => JobPayload,
        needs: 'recompute',
        description: 'Stop a job: at once while it waits, else after the step that it is in. What it did stays.',
        arguments: [{ name: 'input', type: () => CancelJobInput, nullable: false, description: 'Which one.' }],
      },
      (_, { db, actor, correlationId }, { input: { id } }) =>
        asJobPayload(() => cancelJob(db, actor, parseNodeId('Job', id, 'id'), correlationId)),
    ).target,
];
