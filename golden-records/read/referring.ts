import type { EntityTypeDefinition } from '../model.js';
import type { Db } from '../transaction.js';
import { filterExpression, quoteLiteral } from './expressions.js';
import { type GoldenRow, goldenColumns } from './golden.js';
import { grouped, INSTANTS_AS_TEXT } from './rows.js';

/** Stored references may still name an id that was merged since, until they are recomputed. */
const refersTo = (definition: EntityTypeDefinition, attribute: string): string => {
  const target = quoteLiteral(definition.attributes[attribute]?.kind.target ?? '');
  return `g.entity_type = ${quoteLiteral(definition.code)} and g.state in ('ACTIVE', 'PROVISIONAL')
    and ${filterExpression(definition, attribute)} = any(array(
      select u.id::text union all select m.id::text from golden_record m where m.entity_type = ${target} and m.merged_into_id = u.id))`;
};

/** The records whose reference `attribute` names each of `ids`, oldest first, after `after` (an id), at most `limit` each. */
export async function referringTo(
  db: Db,
  definition: EntityTypeDefinition,
  attribute: string,
  ids: readonly string[],
  page: { readonly after: string | null; readonly limit: number },
): Promise<GoldenRow[][]> {
  const { rows } = await db.pool.query<GoldenRow & { target: string }>({
    types: INSTANTS_AS_TEXT,
    text: `select u.id as target, r.* from unnest($1::uuid[]) as u (id), lateral (
        select ${goldenColumns('g')} from golden_record g
          where ${refersTo(definition, attribute)} and ($2::uuid is null or g.id > $2) order by g.id limit $3) r
      order by u.id, r.id`,
    values: [ids, page.after, page.limit],
  });
  const groups = grouped(rows, (row) => row.target);
  return ids.map((id) => groups.get(id) ?? []);
}

/** How many records refer to each of `ids`. */
export async function countReferring(
  db: Db,
  definition: EntityTypeDefinition,
  attribute: string,
  ids: readonly string[],
): Promise<number[]> {
  const { rows } = await db.pool.query<{ target: string; count: number }>({
    text: `select u.id as target, (select count(*)::int from golden_record g where ${refersTo(definition, attribute)}) as count
      from unnest($1::uuid[]) as u (id)`,
    values: [ids],
  });
  const counts = new Map(rows.map((row) => [row.target, row.count]));
  return ids.map((id) => counts.get(id) ?? 0);
}
