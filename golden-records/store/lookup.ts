import type { JsonObject } from '../json.js';
import type { CrowdedKeys } from '../match/crowded-keys.js';
import type { Matchable } from '../match/matcher.js';
import { LEAST_SHARED, MOST_CANDIDATES, rarityInSql } from '../match/nearest.js';
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

// One index probe per record: see STORED.
const oneSource = (id: string) => `select * from source_record r where r.entity_type = $1 and r.id = ${id} limit 1`;

const MATCHABLES = `
select json_build_object('id', s.id, 'features', s.match_features, 'keys', to_json(s.match_keys)) as row
  from jsonb_array_elements_text($2::jsonb) as x(id) cross join lateral (${oneSource('x.id::uuid')}) s
  where s.match_features is not null`;

/** What of stored source records takes part in matching; none for those that are held back. */
export async function matchablesOf(tx: Tx, entityType: string, ids: Iterable<string>): Promise<Matchable[]> {
  const rows = await tx.query<{ row: Matchable }>(MATCHABLES, entityType, [...ids]);
  return rows.map(({ row }) => row);
}

// A key that more records than the cap share is no evidence and would make the work quadratic: it brings nobody, and its
// number is reported. One index probe per key, cut off at the cap. Of those found, the ones that share the most and rarest
// keys are candidates.
const CANDIDATES = `
with probe as materialized (
  select x.r, k.key::bigint as key from jsonb_to_recordset($2::jsonb) as x(r int, keys jsonb),
    jsonb_array_elements_text(x.keys) as k(key)
), hit as materialized (
  select p.key, m.source_record_id as id from (select distinct key from probe) p cross join lateral (
    select source_record_id from match_key where key = p.key limit $3::int + 1) m
), counted as materialized (
  select key, n <= $3::int as telling, ${rarityInSql('n', '$3::int')} as rarity
    from (select key, count(*)::int as n from hit group by key) k
), strength as (
  select p.r, h.id, sum(c.rarity) as strength
    from probe p join counted c on c.key = p.key and c.telling join hit h on h.key = p.key
    where h.id not in (select value::uuid from jsonb_array_elements_text($4::jsonb)) group by p.r, h.id
    having sum(c.rarity) >= ${LEAST_SHARED}
), nearest as materialized (
  select r, id from (select r, id, row_number() over (partition by r order by strength desc, id) as place from strength) s
    where place <= ${MOST_CANDIDATES}
)
select json_build_object(
  'pairs', (select coalesce(json_agg(json_build_array(r, id)), '[]') from nearest),
  'candidates', (select coalesce(json_agg(json_build_object('id', s.id, 'features', s.match_features)), '[]')
    from (select distinct id from nearest) n cross join lateral (${oneSource('n.id')}) s),
  'crowded', (select coalesce(json_agg(key), '[]') from counted where not telling)) as found`;

export interface Candidates {
  readonly candidates: readonly Pick<Matchable, 'id' | 'features'>[];
  /** Place of the arrival, id of the candidate. */
  readonly pairs: readonly (readonly [number, string])[];
  /** Keys that too many share to bring anybody. */
  readonly crowdedKeys: number;
}

interface Found extends Omit<Candidates, 'crowdedKeys'> {
  readonly crowded: readonly number[];
}

/**
 * For each arrival the stored records nearest to it; those that arrive again themselves aren't among them. `known` spares
 * looking again for what was crowded a moment ago, and is told of what is.
 */
export async function candidatesFor(
  tx: Tx,
  { code }: EntityTypeDefinition,
  arriving: readonly Matchable[],
  cap: number,
  known: CrowdedKeys,
): Promise<Candidates> {
  const met = new Set<number>();
  const isTelling = (key: number) => {
    const isCrowded = known.has(key);
    if (isCrowded) met.add(key);
    return !isCrowded;
  };
  const probes = arriving.map(({ keys }, r) => ({ r, keys: keys.filter(isTelling) }));
  const own = arriving.map(({ id }) => id);
  const [row] = await tx.query<{ found: Found }>(CANDIDATES, code, probes, cap, own);
  if (!row) throw new Error('the search for candidates gave no row');
  const { crowded, ...found } = row.found;
  known.add(crowded);
  return { ...found, crowdedKeys: met.size + crowded.length };
}

/** Tasks that name one of these golden records; by themselves, or the planner reads all open ones where it takes them for few. */
export const tasksAbout = (goldenIds: string) => `select * from steward_task where golden_ids && ${goldenIds} offset 0`;

const RESOLVE = `
select x.k, s.golden_record_id::text as id
  from jsonb_to_recordset($1::jsonb) as x(k text, t text, s text, c text, i text)
  cross join lateral (select golden_record_id from source_record where entity_type = x.t and system = x.s and scope = x.c
    and external_id = x.i and golden_record_id is not null limit 1) s
union all
select x.k, g.id::text
  from jsonb_to_recordset($1::jsonb) as x(k text, t text, s text, c text, i text)
  cross join lateral (select coalesce(merged_into_id, id) as id from golden_record where entity_type = x.t
    and id = case when x.i ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then x.i::uuid end limit 1) g
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
