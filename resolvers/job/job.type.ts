import { ID, Int } from 'type-graphql';
import { JOB_KINDS, JOB_STATES, type Job as StoredJob } from '../../golden-records/index.js';
import { connectionType } from '../connection.js';
import { type Constructor, enumType, objectType } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { Node } from '../node.type.js';
import { nodeId } from '../node-ids.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';

export const JobKind = enumType('JobKind', 'What a job does.', JOB_KINDS);
export const JobState = enumType('JobState', 'Where a job stands.', JOB_STATES);

export const Job: Constructor = objectType(
  'Job',
  'A run of many steps in the background. It survives a crash, and can be cancelled between two steps.',
  {
    id: { type: () => ID, nullable: false, description: 'Typed id, job_….' },
    kind: { type: () => JobKind, nullable: false, description: 'What it does.' },
    entityType: { type: () => EntityType, description: 'On records of this type.' },
    state: { type: () => JobState, nullable: false, description: 'Where it stands.' },
    step: { type: () => String, nullable: false, description: 'The step that it is in, or that comes next.' },
    done: { type: () => Int, nullable: false, description: 'Records done in this step.' },
    total: { type: () => Int, description: 'Records that each step is about; null until it has been counted.' },
    input: { type: () => JsonScalar, nullable: false, description: 'What was asked for.' },
    result: {
      type: () => JsonScalar,
      nullable: false,
      description: 'What came of it: of a rematch, `outcome: "decided"` with counts per outcome.',
    },
    error: { type: () => JsonScalar, description: 'Why it failed: code and message.' },
    reason: { type: () => String, description: 'Why it was started.' },
    startedBy: { type: () => String, nullable: false, description: 'Name of whoever started it.' },
    cancelRequested: { type: () => Boolean, nullable: false, description: 'True when it is to stop after its step.' },
    correlationId: {
      type: () => String,
      nullable: false,
      description: 'Ties it to the request, the logs and the rest.',
    },
    createdAt: { type: () => DateTimeScalar, nullable: false, description: 'When it was asked for.' },
    startedAt: { type: () => DateTimeScalar, description: 'When it began.' },
    finishedAt: { type: () => DateTimeScalar, description: 'When it ended.' },
  },
  [Node],
);
export const jobConnection = connectionType('Job', () => Job);

export interface JobRoot extends Omit<StoredJob, 'id' | 'actor'> {
  readonly __typename: 'Job';
  readonly id: string;
  readonly uuid: string;
  readonly startedBy: string;
}
export const jobRoot = ({ actor, ...job }: StoredJob): JobRoot => ({
  ...job,
  __typename: 'Job',
  id: nodeId('Job', job.id),
  uuid: job.id,
  startedBy: actor.name,
});
