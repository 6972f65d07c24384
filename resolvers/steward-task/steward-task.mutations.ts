import { ID, Int, registerEnumType } from 'type-graphql';
import {
  assignTask,
  claimTask,
  InvalidInput,
  type OperationOutcome,
  type OperationRequest,
  RESOLUTIONS,
  type Resolution,
  releaseTask,
  resolveTask,
  snoozeTask,
} from '../../golden-records/index.js';
import type { Context } from '../context.js';
import { type Constructor, type FieldDeclaration, inputType, objectType, ResolverClass } from '../declare.js';
import { parseGoldenId, parseNodeId } from '../node-ids.js';
import {
  asPayload,
  PAYLOAD_FIELDS,
  type PayloadRoot,
  payloadResolver,
  REQUEST_FIELDS,
  type RequestInput,
  requestOf,
} from '../operation/payload.type.js';
import { DateTimeScalar } from '../scalars.js';
import { StewardTask } from './steward-task.type.js';

const TaskResolution = Object.fromEntries(RESOLUTIONS.map((resolution) => [resolution, resolution]));
registerEnumType(TaskResolution, {
  name: 'StewardTaskResolution',
  description: 'How a question is answered.',
  valuesConfig: {
    MERGE: { description: 'They are the same thing.' },
    NOT_DUPLICATE: { description: 'They are different things.' },
    ACCEPT_PROPOSED: { description: 'The value that the other system proposes is right.' },
    KEEP: { description: 'It stays as it is.' },
    DISMISS: { description: 'Nothing is to be done.' },
  },
});

const StewardTaskPayload = objectType('StewardTaskPayload', 'What a mutation did to a task.', {
  task: { type: () => StewardTask, description: 'The task as it is now.' },
  ...PAYLOAD_FIELDS,
});
const BulkResolvePayload = objectType('BulkResolvePayload', 'What became of each task; each was answered by itself.', {
  resolved: { type: () => Int, nullable: false, description: 'Tasks that were answered.' },
  refused: { type: () => Int, nullable: false, description: 'Tasks that were not.' },
  results: { type: () => [StewardTaskPayload], nullable: false, description: 'One for each task, in the order given.' },
});

interface TaskInput extends RequestInput {
  readonly taskId: string;
}
interface ResolveInput extends TaskInput {
  readonly resolution: Resolution;
  readonly survivorId?: string | null;
  readonly note?: string | null;
}

const taskId: FieldDeclaration = { type: () => ID, nullable: false, description: 'The task.' };
const reason: FieldDeclaration = { type: () => String, description: 'Why: it stands in the history.' };
const resolution = { type: () => TaskResolution, nullable: false, description: 'The answer.' };
const note = { type: () => String, description: 'A note for whoever looks later.' };

const mutations = new ResolverClass('StewardTaskMutations');

type Work<I> = (
  context: Context,
  request: OperationRequest,
  input: I & { taskId: string },
) => Promise<OperationOutcome>;

function taskMutation<I extends TaskInput>(
  name: string,
  description: string,
  fields: Readonly<Record<string, FieldDeclaration>>,
  work: Work<I>,
): void {
  const input = inputType(`${name.charAt(0).toUpperCase()}${name.slice(1)}Input`, `Input of ${name}.`, {
    taskId,
    ...fields,
    reason,
    ...REQUEST_FIELDS,
  });
  mutations.mutation<{ input: I }>(
    name,
    {
      type: () => StewardTaskPayload,
      needs: 'resolveTask',
      description,
      arguments: [{ name: 'input', type: () => input, nullable: false, description: 'What is to be done.' }],
    },
    (_, context, { input: given }) => onTask(context, given, work),
  );
}

function onTask<I extends TaskInput>(
  context: Context,
  given: I,
  work: Work<I>,
): Promise<PayloadRoot & { load(): unknown }> {
  const run = async () => {
    const uuid = parseNodeId('StewardTask', given.taskId, 'taskId');
    const { operation, changed, repeated } = await work(context, requestOf(context, given), { ...given, taskId: uuid });
    return { changed, operationIds: [operation.id], repeated, uuid };
  };
  return asPayload(context, given.dryRun === true, run, (done) => ({
    load: () => (done ? context.loaders.task.load(done.uuid) : null),
  }));
}

taskMutation('claimTask', 'Take a task.', {}, ({ db, actor }, request, { taskId: task }) =>
  claimTask(db, actor, request, { taskId: task }),
);
taskMutation<TaskInput & { assignee: string }>(
  'assignTask',
  'Give a task to somebody.',
  { assignee: { type: () => String, nullable: false, description: 'Id of their key.' } },
  ({ db, actor }, request, { taskId: task, assignee }) => assignTask(db, actor, request, { taskId: task, assignee }),
);
taskMutation<TaskInput & { until: Date }>(
  'snoozeTask',
  'Put a task off.',
  { until: { type: () => DateTimeScalar, nullable: false, description: 'Until when.' } },
  ({ db, actor }, request, { taskId: task, until }) =>
    snoozeTask(db, actor, request, { taskId: task, until: until.toISOString() }),
);
taskMutation('releaseTask', 'Give a task back.', {}, ({ db, actor }, request, { taskId: task }) =>
  releaseTask(db, actor, request, { taskId: task }),
);

const answer: Work<ResolveInput> = (
  { db, actor },
  request,
  { taskId: task, resolution: given, survivorId, note: words },
) =>
  resolveTask(db, actor, request, {
    taskId: task,
    resolution: given,
    ...(survivorId ? { survivorId: parseGoldenId(db.model, survivorId, undefined, 'survivorId').id } : {}),
    ...(words ? { note: words } : {}),
  });

taskMutation<ResolveInput>(
  'resolveTask',
  'Answer a question. What the answer decides happens with it.',
  {
    resolution,
    survivorId: { type: () => ID, description: 'MERGE: the record that stays. Default: the oldest.' },
    note,
  },
  answer,
);

const MOST_TASKS = 100;
const bulkInput = inputType('BulkResolveTasksInput', 'Input of bulkResolveTasks.', {
  taskIds: { type: () => [ID], nullable: false, description: 'The tasks; at most 100.' },
  resolution,
  note,
  reason,
  ...REQUEST_FIELDS,
});
mutations.mutation<{ input: Omit<ResolveInput, 'taskId'> & { taskIds: string[] } }>(
  'bulkResolveTasks',
  {
    type: () => BulkResolvePayload,
    needs: 'resolveTask',
    description:
      'Answer many questions alike. Each is answered by itself: one that is refused does not stop the others.',
    arguments: [{ name: 'input', type: () => bulkInput, nullable: false, description: 'What is to be done.' }],
  },
  async (_, context, { input: { taskIds, idempotencyKey, ...given } }) => {
    if (taskIds.length > MOST_TASKS)
      throw new InvalidInput('INVALID_INPUT', `at most ${MOST_TASKS} tasks, got ${taskIds.length}`, {
        field: 'taskIds',
      });
    const results = [];
    for (const [at, one] of taskIds.entries()) {
      // By place: the same key with another list is refused for every task that stands elsewhere.
      const key = typeof idempotencyKey === 'string' ? { idempotencyKey: `${idempotencyKey}:${at}` } : {};
      results.push(await onTask(context, { ...given, ...key, taskId: one }, answer));
    }
    const refused = results.filter(({ userErrors }) => userErrors.length > 0).length;
    return { resolved: results.length - refused, refused, results };
  },
);

export const TASK_MUTATIONS: readonly Constructor[] = [
  mutations.target,
  payloadResolver(StewardTaskPayload).field<{ load(): unknown }>('task', (root) => root.load()).target,
];
