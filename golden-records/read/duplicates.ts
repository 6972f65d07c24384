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
import { type TaskRow, tasksByIds } from './tasks.js';

export interface DuplicateQuery extends PageRequest {
  readonly entityType: string;
}

/** Pairs of golden records that a person is asked about, led by the weight of their best pair of source records. */
export interface DuplicateRow extends TaskRow {
  /** Decimal as text, log2 odds. */
  readonly weight: string;
}

const WEIGHT = `((details->>'weight')::numeric)`;
const ORDER: KeysetOrder = { key: 'WEIGHT-', expression: WEIGHT, cast: 'numeric', descending: true };
const ASKED = `open_key is not null and kind in ('POSSIBLE_MATCH', 'POSSIBLE_DUPLICATE')`;

/** One page of the open questions whether two golden records are the same, the weightiest first. */
export async function listDuplicates(db: Db, query: DuplicateQuery): Promise<Page<DuplicateRow & { cursor: string }>> {
  const parameters = new Parameters();
  const { conditions, orderBy, limit } = keysetClauses(ORDER, query, parameters);
  const where = [ASKED, `entity_type = ${parameters.add(query.entityType)}`, ...conditions].join(' and ');
  const { rows } = await db.pool.query<{ id: string; weight: string }>({
    text: `select id, ${WEIGHT} as weight from steward_task where ${where} order by ${orderBy} limit ${parameters.add(limit)}`,
    values: parameters.values,
  });
  const tasks = await tasksByIds(
    db,
    rows.map(({ id }) => id),
  );
  const found = rows.flatMap(({ id, weight }, at) => {
    const task = tasks[at];
    return task ? [{ ...task, weight, cursor: encodePosition({ order: ORDER.key, value: weight, id }) }] : [];
  });
  return asPage(found, query);
}

/** How many such questions are open. */
export async function countDuplicates(db: Db, { entityType }: DuplicateQuery): Promise<number> {
  const { rows } = await db.pool.query<{ count: number }>({
    text: `select count(*)::int as count from steward_task where ${ASKED} and entity_type = $1`,
    values: [entityType],
  });
  return rows[0]?.count ?? 0;
}
