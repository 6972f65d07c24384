import { type Db, type Json, withoutTransaction } from '../../golden-records/index.js';
import type { Lane } from '../connector.js';
import type { Place } from '../errors.js';
import type { DeliveryState } from './delivery-state.js';

/** One link's way out: what waits, is under way, is done or dead. */
export interface DeliveryRow {
  readonly id: string;
  readonly system: string;
  readonly scope: string;
  readonly entityType: string;
  readonly goldenId: string;
  readonly externalId: string | null;
  readonly lane: Lane;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly superseded: number;
  readonly queuedAt: Date;
  readonly dueAt: Date;
  readonly waitsFor: string | null;
  readonly place: Place | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly reason: string | null;
  readonly finishedAt: Date | null;
  readonly correlationId: string;
}

export interface AttemptRow {
  readonly id: string;
  readonly deliveryId: string;
  readonly entityType: string;
  readonly goldenId: string;
  readonly externalId: string | null;
  readonly number: number;
  readonly action: 'CREATE' | 'UPDATE' | 'NONE';
  readonly changes: readonly { attribute: string; before: Json; after: Json; why: string }[];
  readonly result: string;
  readonly place: Place | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly correlationId: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export interface DeliveryQuery {
  readonly system?: string | undefined;
  readonly scope?: string | undefined;
  readonly entityType?: string | undefined;
  readonly states?: readonly DeliveryState[] | undefined;
  readonly code?: string | undefined;
  readonly place?: Place | undefined;
  readonly goldenId?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly limit: number;
  /** Id of the last row seen. */
  readonly after?: string | undefined;
}

export const DELIVERY_COLUMNS = `d.link_id::text as id, d.system, d.scope, d.entity_type as "entityType", d.golden_id::text as "goldenId",
  coalesce(t.external_id, s.external_id) as "externalId", d.lane, d.state, d.attempts, d.superseded, d.queued_at as "queuedAt",
  d.due_at as "dueAt", d.waits_for as "waitsFor", d.place, d.error, d.reason, d.finished_at as "finishedAt",
  d.correlation_id as "correlationId"`;
export const DELIVERY_JOINS = `delivery d left join target_state t on t.link_id = d.link_id
  left join source_record s on s.entity_type = d.entity_type and s.id = d.link_id`;

const CONDITIONS = `($1::text is null or d.system = $1) and ($2::text is null or d.scope = $2) and ($3::text is null or d.entity_type = $3)
  and ($4::jsonb is null or d.state in (select jsonb_array_elements_text($4::jsonb))) and ($5::text is null or d.error->>'code' = $5)
  and ($6::text is null or d.place = $6) and ($7::uuid is null or d.golden_id = $7::uuid)
  and ($8::jsonb is null or d.link_id in (select value::uuid from jsonb_array_elements_text($8::jsonb)))`;

const parametersOf = ({ system, scope, entityType, states, code, place, goldenId, ids }: DeliveryQuery) =>
  [system, scope, entityType, states, code, place, goldenId, ids].map((value) => value ?? null);

/** Deliveries, the newest link first. */
export function listDeliveries(db: Db, query: DeliveryQuery): Promise<DeliveryRow[]> {
  return withoutTransaction(db).query<DeliveryRow>(
    `select ${DELIVERY_COLUMNS} from ${DELIVERY_JOINS} where ${CONDITIONS} and ($9::uuid is null or d.link_id < $9::uuid)
       order by d.link_id desc limit $10::int`,
    ...parametersOf(query),
    query.after ?? null,
    query.limit,
  );
}

export async function countDeliveries(db: Db, query: DeliveryQuery): Promise<number> {
  const [row] = await withoutTransaction(db).query<{ count: number }>(
    `select count(*)::int as count from delivery d where ${CONDITIONS}`,
    ...parametersOf(query),
  );
  return row?.count ?? 0;
}

export const ATTEMPT_COLUMNS = `id::text, link_id::text as "deliveryId", entity_type as "entityType", golden_id::text as "goldenId", external_id as "externalId",
  number, action, changes, result, place, error, correlation_id as "correlationId", started_at as "startedAt", finished_at as "finishedAt"`;
/** More than this one looks up by correlation id. */
const MOST_ATTEMPTS = 50;

/** What was tried for each of these deliveries, the newest first. */
export async function attemptsOf(db: Db, deliveryIds: readonly string[]): Promise<AttemptRow[][]> {
  const rows = await withoutTransaction(db).query<AttemptRow>(
    `select a.* from jsonb_array_elements_text($1::jsonb) as link cross join lateral (select ${ATTEMPT_COLUMNS} from delivery_attempt
       where link_id = link::uuid order by id desc limit ${MOST_ATTEMPTS}) a`,
    deliveryIds,
  );
  return deliveryIds.map((id) => rows.filter(({ deliveryId }) => deliveryId === id));
}

/** Attempts and dead letters that ended after a time: what a subscriber has not seen. */
export function attemptsSince(db: Db, since: Date, limit: number): Promise<AttemptRow[]> {
  return withoutTransaction(db).query<AttemptRow>(
    `select ${ATTEMPT_COLUMNS} from delivery_attempt where finished_at > $1::timestamptz order by finished_at, id limit $2::int`,
    since.toISOString(),
    limit,
  );
}
export function deadSince(db: Db, since: Date, limit: number): Promise<DeliveryRow[]> {
  return withoutTransaction(db).query<DeliveryRow>(
    `select ${DELIVERY_COLUMNS} from ${DELIVERY_JOINS} where d.state = 'DEAD' and d.finished_at > $1::timestamptz order by d.finished_at, d.link_id
       limit $2::int`,
    since.toISOString(),
    limit,
  );
}
