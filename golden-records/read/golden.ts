import { InvalidInput } from '../errors.js';
import type { Json, JsonObject } from '../json.js';
import type { EntityTypeDefinition } from '../model.js';
import type { Db } from '../transaction.js';
import { orderAttributes, orderExpression, quoteLiteral, searchExpression, searchQuery } from './expressions.js';
import { compileFilter, type GoldenFilter, type GoldenState } from './filter.js';
import {
  asPage,
  encodePosition,
  type KeysetOrder,
  keysetClauses,
  type Page,
  type PageRequest,
  Parameters,
  requireStorable,
} from './keyset.js';
import { grouped, INSTANTS_AS_TEXT } from './rows.js';

/** Why an attribute has its value. */
export interface StoredProvenance {
  readonly source: string | null;
  readonly sources?: readonly string[];
  readonly rule: string;
  readonly at: string;
  readonly provisional?: boolean;
  readonly contested?: boolean;
  readonly decision?: string;
  readonly pending?: readonly { system: string; scope: string; id: string; entityType: string }[];
}

/** One version of a golden record, as it is stored. Ids are UUIDs. */
export interface GoldenRow {
  readonly id: string;
  readonly state: GoldenState;
  readonly version: number;
  readonly attributes: JsonObject;
  readonly provenance: Readonly<Record<string, StoredProvenance>>;
  /** ISO instants. */
  readonly createdAt: string;
  readonly validFrom: string;
}

/** A version as it was at some instant, with the source records that were linked then. */
export interface PastGoldenRow extends GoldenRow {
  readonly members: readonly string[];
  readonly mergedIntoId: string | null;
}

export const goldenColumns = (alias: string): string =>
  ['id', 'state', 'version', 'attributes', 'provenance', 'created_at as "createdAt"', 'valid_from as "validFrom"']
    .map((column) => `${alias}.${column}`)
    .join(', ');

/** The entity type stands in the text, so that the planner sees one partition and its indexes. */
const typeIs = (alias: string, definition: EntityTypeDefinition): string =>
  `${alias}.entity_type = ${quoteLiteral(definition.code)}`;

/** By id; a merged id answers with its survivor (law 2). In the order asked, undefined where there is none. */
export async function goldenByIds(
  db: Db,
  definition: EntityTypeDefinition,
  ids: readonly string[],
): Promise<(GoldenRow | undefined)[]> {
  const { rows } = await db.pool.query<GoldenRow & { asked: string }>({
    types: INSTANTS_AS_TEXT,
    name: `golden-by-ids-${definition.code}`,
    text: `select a.id as asked, ${goldenColumns('g')} from golden_record a
      join golden_record g on ${typeIs('g', definition)} and g.id = coalesce(a.merged_into_id, a.id)
      where ${typeIs('a', definition)} and a.id = any($1::uuid[])`,
    values: [ids],
  });
  const byAsked = new Map(rows.map((row) => [row.asked, row]));
  return ids.map((id) => byAsked.get(id));
}

/** The record as it was at `at`; null when it did not exist yet. What was merged then answers with its survivor of then. */
export async function goldenAsOf(
  db: Db,
  definition: EntityTypeDefinition,
  id: string,
  at: Date,
): Promise<PastGoldenRow | null> {
  const past =
    'state, version, attributes, provenance, members, merged_into_id as "mergedIntoId", valid_from as "validFrom"';
  const { rows } = await db.pool.query<PastGoldenRow>({
    types: INSTANTS_AS_TEXT,
    name: `golden-as-of-${definition.code}`,
    text: `select v.*, g.id, g.created_at as "createdAt" from golden_record g, lateral (
        select ${past} from golden_record c where ${typeIs('c', definition)} and c.id = g.id and c.valid_from <= $2
        union all
        select ${past} from golden_version h where h.golden_id = g.id and h.valid_from <= $2 and h.valid_to > $2
      ) v where ${typeIs('g', definition)} and g.id = $1 order by v.version desc limit 1`,
    values: [id, at],
  });
  const row = rows[0];
  if (!row) return null;
  return row.mergedIntoId === null ? row : goldenAsOf(db, definition, row.mergedIntoId, at);
}

/** The golden record of a source record, by the system's own id; null when it is unknown or held back. */
export async function goldenByExternalId(
  db: Db,
  definition: EntityTypeDefinition,
  key: { system: string; scope: string; externalId: string },
): Promise<GoldenRow | null> {
  for (const part of [key.system, key.scope, key.externalId]) requireStorable(part, 'id');
  const { rows } = await db.pool.query<GoldenRow>({
    types: INSTANTS_AS_TEXT,
    name: `golden-by-external-id-${definition.code}`,
    text: `select ${goldenColumns('g')} from source_record s
      join golden_record g on ${typeIs('g', definition)} and g.id = s.golden_record_id
      where ${typeIs('s', definition)} and s.system = $1 and s.scope = $2 and s.external_id = $3`,
    values: [key.system, key.scope, key.externalId],
  });
  return rows[0] ?? null;
}

/** Golden records with an active source record that carries the identifier, oldest first; `value` is normalised. */
export async function goldenByIdentifier(
  db: Db,
  definition: EntityTypeDefinition,
  scheme: string,
  value: string,
): Promise<GoldenRow[]> {
  const { rows } = await db.pool.query<GoldenRow>({
    types: INSTANTS_AS_TEXT,
    name: `golden-by-identifier-${definition.code}`,
    text: `select ${goldenColumns('g')} from golden_record g where ${typeIs('g', definition)} and g.id in (
        select s.golden_record_id from identifier i
        join source_record s on ${typeIs('s', definition)} and s.id = i.source_record_id and s.state = 'ACTIVE'
        where ${typeIs('i', definition)} and i.scheme = $1 and i.value = $2)
      order by g.id limit 100`,
    values: [scheme, value],
  });
  return rows;
}

/** The ids that were merged into each of `ids`, oldest first. */
export async function mergedIdsOf(
  db: Db,
  definition: EntityTypeDefinition,
  ids: readonly string[],
): Promise<string[][]> {
  const { rows } = await db.pool.query<{ id: string; into: string }>({
    name: `merged-ids-${definition.code}`,
    text: `select id, merged_into_id as into from golden_record g
      where ${typeIs('g', definition)} and merged_into_id = any($1::uuid[]) order by id`,
    values: [ids],
  });
  const groups = grouped(rows, (row) => row.into);
  return ids.map((id) => (groups.get(id) ?? []).map((row) => row.id));
}

/** What a list is ordered by: an attribute, or one of these. */
export interface GoldenOrder {
  readonly by: 'ID' | 'CREATED_AT' | 'UPDATED_AT' | { readonly attribute: string };
  readonly descending: boolean;
}

export interface GoldenQuery extends PageRequest {
  readonly filter?: GoldenFilter | null | undefined;
  readonly order?: GoldenOrder | undefined;
  /** Words that the searchable attributes have, each as the beginning of a word. */
  readonly search?: string | null | undefined;
}

export interface PositionedGoldenRow extends GoldenRow {
  /** The cursor of this row. */
  readonly cursor: string;
}

/** One page of the golden records of a type, merged ones left out. Throws InvalidInput. */
export async function listGolden(
  db: Db,
  definition: EntityTypeDefinition,
  query: GoldenQuery,
): Promise<Page<PositionedGoldenRow>> {
  const parameters = new Parameters();
  const order = keysetOrder(definition, query.order);
  const matching = matchingClause(definition, query, parameters);
  const { conditions, orderBy, limit } = keysetClauses(order, query, parameters);
  const text = `select ${goldenColumns('g')}, (${order.expression})::text as sort from golden_record g
    where ${[typeIs('g', definition), ...matching, ...conditions].join(' and ')}
    order by ${orderBy} limit ${parameters.add(limit)}`;
  // Texts of filters have no end, and a prepared statement stays for ever: only the plain lists are prepared.
  const plain = !query.filter && !query.search;
  const name = `golden-list-${definition.code}-${order.key}-${query.after !== undefined}-${query.before !== undefined}-${query.last !== undefined}`;
  const { rows } = await db.pool.query<GoldenRow & { sort: string }>({
    types: INSTANTS_AS_TEXT,
    ...(plain && name.length <= LONGEST_STATEMENT_NAME ? { name } : {}),
    text,
    values: parameters.values,
  });
  return asPage(
    rows.map((row) => ({ ...row, cursor: encodePosition({ order: order.key, value: row.sort, id: row.id }) })),
    query,
  );
}
const LONGEST_STATEMENT_NAME = 63;

/** How many golden records match; paging plays no part. */
export async function countGolden(db: Db, definition: EntityTypeDefinition, query: GoldenQuery): Promise<number> {
  const parameters = new Parameters();
  const conditions = [typeIs('g', definition), ...matchingClause(definition, query, parameters)];
  const { rows } = await db.pool.query<{ count: number }>({
    text: `select count(*)::int as count from golden_record g where ${conditions.join(' and ')}`,
    values: parameters.values,
  });
  return rows[0]?.count ?? 0;
}

function matchingClause(definition: EntityTypeDefinition, query: GoldenQuery, parameters: Parameters): string[] {
  const conditions = [compileFilter(definition, query.filter, parameters)];
  if (query.search === null || query.search === undefined || query.search.trim() === '') return conditions;
  const expression = searchExpression(definition);
  if (expression === undefined)
    throw new InvalidInput('INVALID_INPUT', `${definition.plural} can't be searched`, { field: 'search' });
  const words = searchQuery(query.search);
  return [
    ...conditions,
    words === undefined ? 'false' : `${expression} @@ to_tsquery('simple', ${parameters.add(words)})`,
  ];
}

function keysetOrder(definition: EntityTypeDefinition, order: GoldenOrder | undefined): KeysetOrder {
  const { by, descending } = order ?? { by: 'ID', descending: false };
  const key = `${typeof by === 'string' ? by : by.attribute}${descending ? '-' : ''}`;
  switch (by) {
    case 'ID':
      return { key, expression: 'g.id', cast: 'uuid', descending };
    case 'CREATED_AT':
      return { key, expression: 'created_at', cast: 'timestamptz', descending };
    case 'UPDATED_AT':
      return { key, expression: 'valid_from', cast: 'timestamptz', descending };
    default:
      return { key, ...attributeOrder(definition, by.attribute), descending };
  }
}

function attributeOrder(definition: EntityTypeDefinition, name: string): Pick<KeysetOrder, 'expression' | 'cast'> {
  const attribute = orderAttributes(definition).find(([offered]) => offered === name)?.[1];
  if (!attribute)
    throw new InvalidInput('UNKNOWN_ATTRIBUTE', `${definition.plural} can't be ordered by ${name}`, {
      field: 'orderBy',
    });
  const numeric = attribute.kind.kind === 'integer' || attribute.kind.kind === 'decimal';
  return { expression: orderExpression(definition, name), cast: numeric ? 'numeric' : 'text' };
}

/** What a change brought: both versions of each attribute that differs. */
export interface AttributeDiff {
  readonly attribute: string;
  readonly before: Json;
  readonly after: Json;
}
