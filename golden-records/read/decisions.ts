import type { Json } from '../json.js';
import type { EntityTypeDefinition } from '../model.js';
import type { Db } from '../transaction.js';
import { quoteLiteral } from './expressions.js';
import {
  asPage,
  encodePosition,
  type KeysetOrder,
  keysetClauses,
  type Page,
  type PageRequest,
  Parameters,
} from './keyset.js';
import { grouped, inOrder } from './rows.js';

/** A person's append-only word on sets of source records. */
export interface DecisionRow {
  readonly id: string;
  readonly entityType: string;
  readonly kind: string;
  readonly goldenId: string | null;
  readonly payload: Json;
  readonly evidence: Json;
  readonly reason: string;
  readonly actorKind: 'PERSON' | 'SYSTEM' | 'HUB';
  readonly actorId: string;
  readonly actorName: string;
  readonly operationId: string;
  readonly decidedAt: Date;
  readonly expiresAt: Date | null;
  readonly withdrawsId: string | null;
  readonly standing: boolean;
  readonly members: readonly { readonly id: string; readonly side: string }[];
}

const COLUMNS = `d.id, d.entity_type as "entityType", d.kind, d.golden_record_id as "goldenId", d.payload, d.evidence,
  d.reason, d.actor_kind as "actorKind", d.actor_id as "actorId", d.actor_name as "actorName",
  d.operation_id as "operationId", d.decided_at as "decidedAt", d.expires_at as "expiresAt",
  d.withdraws_id as "withdrawsId", d.standing,
  (select coalesce(jsonb_agg(jsonb_build_object('id', m.source_record_id, 'side', m.side) order by m.side, m.source_record_id), '[]')
    from decision_member m where m.decision_id = d.id) as members`;

/** By id, in the order asked, undefined where there is none. */
export async function decisionsByIds(db: Db, ids: readonly string[]): Promise<(DecisionRow | undefined)[]> {
  const { rows } = await db.pool.query<DecisionRow>({
    name: 'decisions-by-ids',
    text: `select ${COLUMNS} from decision d where d.id = any($1::uuid[])`,
    values: [ids],
  });
  return inOrder(ids, rows);
}

/** Everything that was ever decided about each golden record or a source record linked to it, newest first. */
export async function decisionsOf(
  db: Db,
  definition: EntityTypeDefinition,
  goldenIds: readonly string[],
): Promise<DecisionRow[][]> {
  const type = quoteLiteral(definition.code);
  const { rows } = await db.pool.query<DecisionRow & { about: string }>({
    name: `decisions-of-${definition.code}`,
    text: `select t.about, ${COLUMNS} from (
        select golden_record_id as about, id from decision
          where entity_type = ${type} and golden_record_id = any($1::uuid[])
        union
        select s.golden_record_id, m.decision_id from source_record s
          join decision_member m on m.source_record_id = s.id
          where s.entity_type = ${type} and s.golden_record_id = any($1::uuid[])) t
      join decision d on d.id = t.id order by d.seq desc`,
    values: [goldenIds],
  });
  const groups = grouped(rows, (row) => row.about);
  return goldenIds.map((id) => groups.get(id) ?? []);
}

export interface DecisionQuery extends PageRequest {
  readonly entityType?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly standing?: boolean | undefined;
}

/** One page of all decisions, newest first. */
export async function listDecisions(db: Db, query: DecisionQuery): Promise<Page<DecisionRow & { cursor: string }>> {
  const parameters = new Parameters();
  // UUIDv7: the id is the order in which they were made.
  const order: KeysetOrder = { key: 'DECIDED-', expression: 'd.id', cast: 'uuid', descending: true };
  const { conditions, orderBy, limit } = keysetClauses(order, query, parameters);
  const where = [...conditions, ...matching(query, parameters)];
  const { rows } = await db.pool.query<DecisionRow>({
    text: `select ${COLUMNS} from decision d where ${['true', ...where].join(' and ')} order by ${orderBy} limit ${parameters.add(limit)}`,
    values: parameters.values,
  });
  return asPage(
    rows.map((row) => ({ ...row, cursor: encodePosition({ order: order.key, value: row.id, id: row.id }) })),
    query,
  );
}

/** How many decisions match; paging plays no part. */
export async function countDecisions(db: Db, query: DecisionQuery): Promise<number> {
  const parameters = new Parameters();
  const { rows } = await db.pool.query<{ count: number }>({
    text: `select count(*)::int as count from decision d where ${['true', ...matching(query, parameters)].join(' and ')}`,
    values: parameters.values,
  });
  return rows[0]?.count ?? 0;
}

const matching = ({ entityType, kinds, standing }: DecisionQuery, parameters: Parameters): string[] => [
  ...(entityType === undefined ? [] : [`d.entity_type = ${parameters.add(entityType)}`]),
  ...(kinds === undefined ? [] : [`d.kind = any(${parameters.add(kinds)}::text[])`]),
  ...(standing === undefined ? [] : [`d.standing = ${parameters.add(standing)}::boolean`]),
];
