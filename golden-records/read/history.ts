import { type Json, type JsonObject, sameJson } from '../json.js';
import type { EntityTypeDefinition } from '../model.js';
import type { Db } from '../transaction.js';
import { quoteLiteral } from './expressions.js';
import type { GoldenState } from './filter.js';
import type { AttributeDiff, StoredProvenance } from './golden.js';
import { grouped, inOrder } from './rows.js';

export interface VersionRow {
  readonly goldenId: string;
  readonly version: number;
  readonly state: GoldenState;
  readonly attributes: JsonObject;
  readonly provenance: Readonly<Record<string, StoredProvenance>>;
  readonly mergedIntoId: string | null;
  readonly rulesVersion: string;
  readonly operationId: string;
  readonly validFrom: Date;
  /** Null while it is the current one. */
  readonly validTo: Date | null;
}

const SHARED = `version, state, attributes, provenance, merged_into_id as "mergedIntoId", rules_version as "rulesVersion",
  operation_id as "operationId", valid_from as "validFrom"`;

/** The newest `limit` versions below `before` of each golden record, newest first. */
export async function versionsOf(
  db: Db,
  definition: EntityTypeDefinition,
  goldenIds: readonly string[],
  page: { before: number; limit: number },
): Promise<VersionRow[][]> {
  const { rows } = await db.pool.query<VersionRow>({
    name: `versions-${definition.code}`,
    text: `select v.*, u.id as "goldenId" from unnest($1::uuid[]) as u (id), lateral (
        (select ${SHARED}, null::timestamptz as "validTo" from golden_record
          where entity_type = ${quoteLiteral(definition.code)} and id = u.id and version < $2)
        union all
        (select ${SHARED}, valid_to as "validTo" from golden_version
          where golden_id = u.id and version < $2 order by version desc limit $3)
        order by version desc limit $3) v
      order by u.id, v.version desc`,
    values: [goldenIds, page.before, page.limit],
  });
  const groups = grouped(rows, (row) => row.goldenId);
  return goldenIds.map((id) => groups.get(id) ?? []);
}

/** Particular versions, current or superseded, in the order asked. */
export async function versionsByNumber(
  db: Db,
  keys: readonly { goldenId: string; version: number }[],
): Promise<(VersionRow | undefined)[]> {
  const { rows } = await db.pool.query<VersionRow>({
    name: 'versions-by-number',
    text: `with k as (select * from unnest($1::uuid[], $2::int[]) as k (golden_id, version))
      select k.golden_id as "goldenId", ${qualified('g')}, null::timestamptz as "validTo" from k
        join golden_record g on g.entity_type = any($3) and g.id = k.golden_id and g.version = k.version
      union all
      select k.golden_id as "goldenId", ${qualified('h')}, h.valid_to as "validTo" from k
        join golden_version h on h.golden_id = k.golden_id and h.version = k.version`,
    values: [keys.map((key) => key.goldenId), keys.map((key) => key.version), [...db.model.entityTypes.keys()]],
  });
  const byKey = new Map(rows.map((row) => [`${row.goldenId}.${row.version}`, row]));
  return keys.map((key) => byKey.get(`${key.goldenId}.${key.version}`));
}

const qualified = (alias: string): string =>
  SHARED.split(',')
    .map((column) => `${alias}.${column.trim()}`)
    .join(', ');

/** What differs from one set of attributes to the next, in the order of the definition. Pure. */
export function diffAttributes(
  definition: EntityTypeDefinition,
  before: JsonObject,
  after: JsonObject,
): AttributeDiff[] {
  return Object.keys(definition.attributes).flatMap((attribute) => {
    const was: Json = before[attribute] ?? null;
    const is: Json = after[attribute] ?? null;
    return sameJson(was, is) ? [] : [{ attribute, before: was, after: is }];
  });
}

/** One command that changed something. */
export interface OperationRow {
  readonly id: string;
  readonly kind: string;
  readonly entityType: string | null;
  readonly actorKind: 'PERSON' | 'SYSTEM' | 'HUB';
  readonly actorId: string;
  readonly actorName: string;
  readonly reason: string | null;
  readonly correlationId: string;
  readonly rulesVersion: string;
  readonly at: Date;
}

/** By id, in the order asked, undefined where there is none. */
export async function operationsByIds(db: Db, ids: readonly string[]): Promise<(OperationRow | undefined)[]> {
  const { rows } = await db.pool.query<OperationRow>({
    name: 'operations-by-ids',
    text: `select id, kind, entity_type as "entityType", actor_kind as "actorKind", actor_id as "actorId",
      actor_name as "actorName", reason, correlation_id as "correlationId", rules_version as "rulesVersion", at
      from operation where id = any($1::uuid[])`,
    values: [ids],
  });
  return inOrder(ids, rows);
}
