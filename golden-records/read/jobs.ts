import { findJob, type Job } from '../jobs.js';
import type { Db } from '../transaction.js';
import { asPage, encodePosition, keysetClauses, type Page, type PageRequest, Parameters } from './keyset.js';

export interface JobQuery extends PageRequest {
  readonly kinds?: readonly string[] | undefined;
  readonly states?: readonly string[] | undefined;
  readonly entityType?: string | undefined;
}

/** One page of all jobs, newest first. */
export async function listJobs(db: Db, query: JobQuery): Promise<Page<Job & { cursor: string }>> {
  const parameters = new Parameters();
  // UUIDv7: the id is the order in which they were asked for.
  const order = { key: 'CREATED-', expression: 'id', cast: 'uuid', descending: true } as const;
  const { conditions, orderBy, limit } = keysetClauses(order, query, parameters);
  const where = ['true', ...conditions, ...matching(query, parameters)].join(' and ');
  const { rows } = await db.pool.query<{ id: string }>({
    text: `select id from job where ${where} order by ${orderBy} limit ${parameters.add(limit)}`,
    values: parameters.values,
  });
  const jobs = await Promise.all(rows.map(({ id }) => findJob(db, id)));
  const found = jobs.filter((job): job is Job => job !== null);
  return asPage(
    found.map((job) => ({ ...job, cursor: encodePosition({ order: order.key, value: job.id, id: job.id }) })),
    query,
  );
}

/** How many jobs match; paging plays no part. */
export async function countJobs(db: Db, query: JobQuery): Promise<number> {
  const parameters = new Parameters();
  const { rows } = await db.pool.query<{ count: number }>({
    text: `select count(*)::int as count from job where ${['true', ...matching(query, parameters)].join(' and ')}`,
    values: parameters.values,
  });
  return rows[0]?.count ?? 0;
}

const matching = ({ kinds, states, entityType }: JobQuery, parameters: Parameters): string[] => [
  ...(kinds === undefined ? [] : [`kind = any(${parameters.add(kinds)}::text[])`]),
  ...(states === undefined ? [] : [`state = any(${parameters.add(states)}::text[])`]),
  ...(entityType === undefined ? [] : [`entity_type = ${parameters.add(entityType)}`]),
];
