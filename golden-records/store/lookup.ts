import type { JsonObject } from '../json.js';
import type { IdentifierValue } from '../match/evidence.js';
import type { EntityTypeDefinition } from '../model.js';
import { targetKey } from '../settle.js';
import type { Tx } from '../transaction.js';
import { iso } from './component.js';

/** What is stored of a record that arrives again. */
export interface StoredRecord {
  readonly externalId: string;
  readonly id: string;
  readonly state: 'ACTIVE' | 'DELETED' | 'HELD';
  readonly contentHash: string;
  readonly mappingVersion: string;
  readonly sourceTime: string;
  readonly attributes: JsonObject;
  readonly attributeTimes: Record<string, string>;
  readonly goldenId: string | null;
  readonly heldReason: { code: string; message: string } | null;
  /** A later version of it was rejected, and the question about that is open. */
  readonly isQuestioned: boolean;
}

/** A stored record that shares a key or identifier with one that arrives. */
export interface Candidate {
  readonly id: string;
  readonly attributes: JsonObject;
  readonly identifiers: readonly IdentifierValue[];
  readonly keys: readonly string[];
}

// Unchanged records come back without their attributes: they are dropped at once. One index probe per record, as a join
// would read the whole system while the statistics lag behind a bulk load.
const STORED = `
select json_build_object('externalId', s.external_id, 'id', s.id, 'state', s.state, 'contentHash', s.content_hash,
    'mappingVersion', s.mapping_version, 'sourceTime', ${iso('s.source_time')}, 'goldenId', s.golden_record_id, 'heldReason', s.held_reason,
    'isQuestioned', questioned,
    'attributes', case when same and not questioned then '{}'::jsonb else s.attributes end,
    'attributeTimes', case when same and not questioned then '{}'::jsonb else s.attribute_times end) as row
  from jsonb_to_recordset($4::jsonb) as x(e text, h text)
  cross join lateral (select * from source_record r where r.entity_type = $1 and r.system = $2 and r.scope = $3
    and r.external_id = x.e limit 1) s,
  lateral (select s.content_hash = x.h and s.mapping_version = $5 and not $6::boolean as same) unchanged,
  lateral (select s.state <> 'HELD' and exists (select 1 from steward_task t
    where t.open_key = concat_ws(':', 'rejected', $2::text, $3::text, $1::text, x.e)) as questioned) question`;

export async function storedRecords(
  tx: Tx,
  home: { entityType: string; system: string; scope: string; mappingVersion: string },
  arriving: readonly { externalId: string; contentHash: string }[],
  again = false,
): Promise<Map<string, StoredRecord>> {
  const keys = arriving.map(({ externalId, contentHash }) => ({ e: externalId, h: contentHash }));
  const found = await tx.query<{ row: StoredRecord }>(
    STORED,
    home.entityType,
    home.system,
    home.scope,
    keys,
    home.mappingVersion,
    again,
  );
  return new Map(found.map(({ row }) => [row.externalId, row]));
}

const KEPT_BEFORE = `
select e.external_id as "externalId", e.content_hash as "contentHash" from inbox_event e
  where e.entity_type = $1 and e.system = $2 and e.scope = $3
    and (e.external_id is null or e.external_id in (select jsonb_array_elements_text($4::jsonb)))
    and (e.outcome = 'REJECTED' and e.content_hash in (select jsonb_array_elements_text($5::jsonb))
        and not exists (select 1 from inbox_event l where l.entity_type = $1 and l.system = $2 and l.scope = $3
          and l.external_id = e.external_id and l.received_at > e.received_at)
      or e.external_id is not null and e.content_hash in (select jsonb_array_elements_text($6::jsonb)))`;

interface Arrived {
  readonly externalId: string | null;
  readonly contentHash: string;
}

/**
 * What brings nothing that isn't kept already: of `rejected`, those rejected as they are the last time that anything came
 * of them; of `stale`, versions that have come before, whatever came of them then.
 */
export async function keptBefore(
  tx: Tx,
  home: { entityType: string; system: string; scope: string },
  { rejected, stale }: { readonly rejected: readonly Arrived[]; readonly stale: readonly Arrived[] },
): Promise<{ has(record: Arrived): boolean }> {
  const asked = [...rejected, ...stale];
  const keyOf = ({ externalId, contentHash }: Arrived) => `${externalId ?? ''}\n${contentHash}`;
  const hashes = (records: readonly Arrived[]) => records.map(({ contentHash }) => contentHash);
  const found =
    asked.length === 0
      ? []
      : await tx.query<Arrived>(
          KEPT_BEFORE,
          home.entityType,
          home.system,
          home.scope,
          asked.flatMap(({ externalId }) => externalId ?? []),
          hashes(rejected),
          hashes(stale),
        );
  const known = new Set(found.map(keyOf));
  return { has: (record) => known.has(keyOf(record)) };
}

/** Asked without the entity type, whose share of the partition the planner underestimates, so that the index is taken. */
const partition = (tx: Tx, entityType: string) => `source_record_${definitionOf(tx, entityType).code}`;

/** The newest revision that had committed: what comes later was not seen by what is read now. */
export async function newestRevision(tx: Tx, entityType: string): Promise<string> {
  const [row] = await tx.query<{ newest: string }>(
    `select coalesce(max(revision), 0)::text as newest from ${partition(tx, entityType)}`,
  );
  return row?.newest ?? '0';
}

/** Source records written since a revision; read under the lock, so nothing more can come. */
export async function writtenSince(tx: Tx, entityType: string, revision: string): Promise<Set<string>> {
  const found = await tx.query<{ id: string }>(
    `select id::text from ${partition(tx, entityType)} where revision > $1::bigint`,
    revision,
  );
  return new Set(found.map(({ id }) => id));
}

/** The blocking keys and identifiers (`scheme:value`) of source records. */
export async function keysOf(tx: Tx, sourceRecordIds: ReadonlySet<string>): Promise<string[]> {
  const found = await tx.query<{ key: string }>(
    `with wanted as materialized (select value::uuid as id from jsonb_array_elements_text($1::jsonb))
     select m.key from wanted w join match_key m on m.source_record_id = w.id
     union all
     select i.scheme || ':' || i.value from wanted w join identifier i on i.source_record_id = w.id`,
    [...sourceRecordIds],
  );
  return found.map(({ key }) => key);
}

// A key that more records than the cap share is no evidence and would make the work quadratic: it brings nobody, and its
// number is reported. One index probe per key, cut off at the cap.
const CANDIDATES = `
with probe as (select k, i from jsonb_to_recordset($2::jsonb) as x(k text, i boolean)),
hit as (
  select p.k, m.source_record_id as id from probe p cross join lateral (
    select source_record_id from match_key where entity_type = $1 and key = p.k limit $3::int + 1) m where not p.i
  union all
  select p.k, m.source_record_id from probe p cross join lateral (
    select source_record_id from identifier where entity_type = $1 and scheme = split_part(p.k, ':', 1)
      and value = substr(p.k, strpos(p.k, ':') + 1) limit $3::int + 1) m where p.i
), crowded as (select k from hit group by k having count(*) > $3::int),
wanted as (select id, json_agg(k) as keys from hit where k not in (select k from crowded) group by id)
select json_build_object('id', s.id, 'attributes', s.attributes, 'keys', w.keys,
    'identifiers', (select coalesce(json_agg(json_build_object('scheme', i.scheme, 'value', i.value, 'strong', i.strong)), '[]')
      from identifier i where i.source_record_id = s.id)) as row, (select count(*) from crowded)::int as crowded
  from wanted w join source_record s on s.entity_type = $1 and s.id = w.id`;

export async function candidatesFor(
  tx: Tx,
  entityType: string,
  keys: Iterable<string>,
  identifiers: Iterable<string>,
  cap: number,
): Promise<{ candidates: Candidate[]; crowdedKeys: number }> {
  const probes = [...[...keys].map((k) => ({ k, i: false })), ...[...identifiers].map((k) => ({ k, i: true }))];
  if (probes.length === 0) return { candidates: [], crowdedKeys: 0 };
  const found = await tx.query<{ row: Candidate; crowded: number }>(CANDIDATES, entityType, probes, cap);
  return { candidates: found.map(({ row }) => row), crowdedKeys: found[0]?.crowded ?? 0 };
}

const RESOLVE = `
select x.k, s.golden_record_id::text as id
  from jsonb_to_recordset($1::jsonb) as x(k text, t text, s text, c text, i text)
  join source_record s on s.entity_type = x.t and s.system = x.s and s.scope = x.c and s.external_id = x.i
  where s.golden_record_id is not null
union all
select x.k, coalesce(g.merged_into_id, g.id)::text
  from jsonb_to_recordset($1::jsonb) as x(k text, t text, s text, c text, i text)
  join golden_record g on g.entity_type = x.t and g.id = case when x.i ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then x.i::uuid end
  where x.s = 'hub' and x.c = 'golden'`;

/** Which golden records the stated references lead to; a target that isn't known yet is missing. */
export async function resolveTargets(
  tx: Tx,
  targets: ReadonlyMap<string, { entityType: string; system: string; scope: string; id: string }>,
): Promise<Map<string, string>> {
  if (targets.size === 0) return new Map();
  const asked = [...targets.values()].map((target) => ({
    k: targetKey(target.entityType, target),
    t: target.entityType,
    s: target.system,
    c: target.scope,
    i: target.id,
  }));
  const found = await tx.query<{ k: string; id: string }>(RESOLVE, asked);
  return new Map(found.map(({ k, id }) => [k, id]));
}

/** The definition of an entity type's code, which callers have checked. */
export function definitionOf(tx: Pick<Tx, 'model'>, entityType: string): EntityTypeDefinition {
  const definition = tx.model.entityTypes.get(entityType);
  if (!definition) throw new Error(`no entity type "${entityType}"`);
  return definition;
}
