import type { Json } from '../json.js';
import { tasksAbout } from '../store/lookup.js';
import type { Db } from '../transaction.js';
import {
  asPage,
  encodePosition,
  type KeysetOrder,
  keysetClauses,
  type Page,
  type PageRequest,
  Parameters,
} from './keyset.js';
import { inOrder } from './rows.js';

/** A question for a person. */
export interface TaskRow {
  readonly id: string;
  readonly kind: string;
  readonly entityType: string | null;
  readonly state: 'OPEN' | 'CLAIMED' | 'RESOLVED' | 'CLOSED';
  readonly priority: number;
  readonly goldenIds: readonly string[] | null;
  readonly sourceIds: readonly string[] | null;
  readonly details: Json;
  readonly assignee: string | null;
  readonly createdAt: Date;
  readonly dueAt: Date;
  readonly snoozedUntil: Date | null;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
  readonly resolution: Json;
  readonly operationId: string;
  readonly correlationId: string;
}

const COLUMNS = `id, kind, entity_type as "entityType", state, priority, golden_ids as "goldenIds",
  source_ids as "sourceIds", details, assignee, created_at as "createdAt", due_at as "dueAt",
  snoozed_until as "snoozedUntil", resolved_at as "resolvedAt", resolved_by as "resolvedBy", resolution,
  operation_id as "operationId", correlation_id as "correlationId"`;

/** By id, in the order asked, undefined where there is none. */
export async function tasksByIds(db: Db, ids: readonly string[]): Promise<(TaskRow | undefined)[]> {
  const { rows } = await db.pool.query<TaskRow>({
    name: 'tasks-by-ids',
    text: `select ${COLUMNS} from steward_task where id = any($1::uuid[])`,
    values: [ids],
  });
  return inOrder(ids, rows);
}

/** The unanswered questions about each golden record, most urgent first. */
export async function openTasksOf(db: Db, goldenIds: readonly string[]): Promise<TaskRow[][]> {
  const { rows } = await db.pool.query<TaskRow>({
    name: 'open-tasks-of',
    text: `select ${COLUMNS} from (${tasksAbout('$1::uuid[]')}) t
      where state in ('OPEN', 'CLAIMED') order by priority desc, id`,
    values: [goldenIds],
  });
  return goldenIds.map((id) => rows.filter((row) => row.goldenIds?.includes(id)));
}

export interface TaskQuery extends PageRequest {
  readonly kinds?: readonly string[] | undefined;
  /** Default: OPEN and CLAIMED. */
  readonly states?: readonly string[] | undefined;
  readonly entityType?: string | undefined;
  /** null: those that nobody has. */
  readonly assignee?: string | null | undefined;
  readonly goldenId?: string | undefined;
  /** Also those that are snoozed now. Default: no. */
  readonly snoozed?: boolean | undefined;
}

// Priority falls, age rises: the id is a UUIDv7, so the older of two equals comes first.
const ORDER: KeysetOrder = {
  key: 'PRIORITY-',
  expression: 'priority',
  cast: 'int',
  descending: true,
  idAscending: true,
};

/** One page of the queue: what matters most first, then what waits longest. */
export async function listTasks(db: Db, query: TaskQuery): Promise<Page<TaskRow & { cursor: string }>> {
  const parameters = new Parameters();
  const { conditions, orderBy, limit } = keysetClauses(ORDER, query, parameters);
  const where = [...matching(db, query, parameters), ...conditions].join(' and ');
  const { rows } = await db.pool.query<TaskRow>({
    text: `select ${COLUMNS} from steward_task where ${where} order by ${orderBy} limit ${parameters.add(limit)}`,
    values: parameters.values,
  });
  return asPage(
    rows.map((row) => ({
      ...row,
      cursor: encodePosition({ order: ORDER.key, value: String(row.priority), id: row.id }),
    })),
    query,
  );
}

/** How many tasks match; paging plays no part. */
export async function countTasks(db: Db, query: TaskQuery): Promise<number> {
  const parameters = new Parameters();
  const { rows } = await db.pool.query<{ count: number }>({
    text: `select count(*)::int as count from steward_task where ${matching(db, query, parameters).join(' and ')}`,
    values: parameters.values,
  });
  return rows[0]?.count ?? 0;
}

function matching(db: Db, query: TaskQuery, parameters: Parameters): string[] {
  const conditions = [`state = any(${parameters.add(query.states ?? ['OPEN', 'CLAIMED'])}::text[])`];
  if (query.kinds !== undefined) conditions.push(`kind = any(${parameters.add(query.kinds)}::text[])`);
  if (query.entityType !== undefined) conditions.push(`entity_type = ${parameters.add(query.entityType)}`);
  if (query.assignee === null) conditions.push('assignee is null');
  else if (query.assignee !== undefined) conditions.push(`assignee = ${parameters.add(query.assignee)}`);
  if (query.goldenId !== undefined) conditions.push(`golden_ids @> array[${parameters.add(query.goldenId)}::uuid]`);
  if (query.snoozed !== true)
    conditions.push(`(snoozed_until is null or snoozed_until <= ${parameters.add(db.now())}::timestamptz)`);
  return conditions;
}
