import { ID } from 'type-graphql';
import { countTasks, listTasks, type TaskQuery } from '../../golden-records/read/index.js';
import { connection, PAGE_ARGUMENTS, type PageArguments, pageRequest } from '../connection.js';
import type { Context } from '../context.js';
import { type Constructor, ResolverClass } from '../declare.js';
import { parseGoldenId, parseNodeId } from '../node-ids.js';
import { taskRoot } from '../roots.js';
import { StewardTask, StewardTaskFilter, taskConnection } from './steward-task.type.js';

interface TaskFilterInput {
  kind?: string[] | null;
  state?: string[] | null;
  entityType?: string | null;
  assignee?: string | null;
  unassigned?: boolean | null;
  goldenId?: string | null;
  snoozed?: boolean | null;
}

export const TASK_QUERIES: Constructor = new ResolverClass('StewardTaskQueries')
  .query<{ id: string }>(
    'stewardTask',
    {
      type: () => StewardTask,
      needs: 'readGolden',
      description: 'One question.',
      arguments: [{ name: 'id', type: () => ID, nullable: false, description: 'Typed id, tsk_….' }],
    },
    (_, { loaders }, { id }) => loaders.task.load(parseNodeId('StewardTask', id, 'id')),
  )
  .query<PageArguments & { filter?: TaskFilterInput | null }>(
    'stewardTasks',
    {
      type: () => taskConnection.type,
      nullable: false,
      needs: 'readGolden',
      description: 'The queue: what matters most first, then what waits longest.',
      arguments: [...PAGE_ARGUMENTS, { name: 'filter', type: () => StewardTaskFilter, description: 'Which tasks.' }],
    },
    async (_, context, { filter, ...page }) => {
      const query: TaskQuery = { ...pageRequest(page), ...readTaskFilter(context, filter ?? {}) };
      return connection(await listTasks(context.db, query), taskRoot, () => countTasks(context.db, query));
    },
  ).target;

const readTaskFilter = ({ db }: Context, filter: TaskFilterInput): TaskQuery => ({
  kinds: filter.kind ?? undefined,
  states: filter.state ?? undefined,
  entityType: filter.entityType ?? undefined,
  assignee: filter.unassigned ? null : (filter.assignee ?? undefined),
  goldenId: filter.goldenId ? parseGoldenId(db.model, filter.goldenId, undefined, 'filter.goldenId').id : undefined,
  snoozed: filter.snoozed ?? undefined,
});
