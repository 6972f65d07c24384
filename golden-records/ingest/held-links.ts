import { UNSCORED } from '../match/engine/index.js';
import { CERTAIN, type WaterfallStep } from '../match/matcher.js';
import type { ScoreRow } from '../store/rows.js';
import type { Tx } from '../transaction.js';
import type { IngestBatch } from './batch.js';

/*
 * Links that hold whatever comparing says: of records that the hub itself created somewhere, and of records that it keeps in
 * agreement with others. The owner's word is about to be written to whoever was edited beyond recognition: taken for another
 * thing, it would be created a second time.
 */

const CREATED = `
select t.external_id as "externalId", t.link_id as "linkId" from target_state t
  where t.entity_type = $1 and t.system = $2 and t.scope = $3 and t.creating_since is not null
    and t.external_id in (select jsonb_array_elements_text($4::jsonb))`;

/** The ids that links have had since before the hub created their records, by the external ids of these. */
export async function createdLinks(
  tx: Tx,
  batch: IngestBatch,
  externalIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const isCreatedIn = tx.model
    .targetsFor(batch.entityType)
    .some(({ system, scope, mayCreate: may }) => may && system === batch.system && scope === batch.scope);
  if (externalIds.length === 0 || !isCreatedIn) return new Map();
  const rows = await tx.query<{ externalId: string; linkId: string }>(
    CREATED,
    batch.entityType,
    batch.system,
    batch.scope,
    externalIds,
  );
  return new Map(rows.map(({ externalId, linkId }) => [externalId, linkId]));
}

const mayCreate = (tx: Tx, entityType: string) => tx.model.targetsFor(entityType).some((target) => target.mayCreate);

// A record that the hub created belongs to the golden record that it was created for, however little the two share. The
// pair is found again whichever side arrives, as an arrival's scores are made anew. `there` says whether the created record
// has come back yet. Each is looked up by itself, as a join would read all golden records while the statistics lag behind a load.
const MADE = `
with ids as materialized (select value::uuid as id from jsonb_array_elements_text($2::jsonb)), mine as (
  select t.link_id, t.golden_id from ids cross join lateral (
    select * from target_state o where o.link_id = ids.id and o.entity_type = $1 and o.creating_since is not null offset 0) t
  union
  select t.link_id, t.golden_id from ids
    cross join lateral (select s.golden_record_id as id from source_record s
      where s.entity_type = $1 and s.id = ids.id and s.golden_record_id is not null offset 0) g
    cross join lateral (select o.id from golden_record o where o.entity_type = $1 and o.id = g.id
      union all select o.id from golden_record o where o.entity_type = $1 and o.merged_into_id = g.id) m
    join target_state t on t.entity_type = $1 and t.golden_id = m.id and t.creating_since is not null
)
select mine.link_id as "linkId", g.id as "goldenId", coalesce(m.anchor_id, g.anchor_id) as "anchorId",
    exists (select from source_record s where s.entity_type = $1 and s.id = mine.link_id) as there
  from mine
    cross join lateral (select * from golden_record o where o.entity_type = $1 and o.id = mine.golden_id limit 1) g
    left join lateral (select o.anchor_id from golden_record o where o.entity_type = $1 and o.id = g.merged_into_id limit 1) m on true`;

interface MadeLink {
  readonly linkId: string;
  readonly goldenId: string;
  readonly anchorId: string;
  readonly there: boolean;
}

/** The scores of these records, with those of links that the hub made by creating one side. */
export async function withMadeLinks(
  tx: Tx,
  entityType: string,
  ids: readonly string[],
  found: readonly ScoreRow[],
): Promise<readonly ScoreRow[]> {
  if (ids.length === 0 || !mayCreate(tx, entityType)) return found;
  const made = await tx.query<MadeLink>(MADE, entityType, ids);
  const fresh = new Set(ids);
  const scores = new Map<string, ScoreRow>();
  for (const { linkId, anchorId, goldenId, there } of made) {
    if (linkId === anchorId || !(fresh.has(linkId) || (there && fresh.has(anchorId)))) continue;
    const step: WaterfallStep = {
      comparison: 'created by the hub',
      level: 'EQUAL',
      detail: 'equal',
      weight: CERTAIN,
      left: linkId,
      right: goldenId,
    };
    const pair = pairOf(linkId, anchorId);
    scores.set(keyOf(pair), { ...pair, weight: CERTAIN, outcome: 'MATCH', waterfall: [step] });
  }
  return replaced(found, scores);
}

// All of a golden record that has a member there: each is about to be made alike with the others. What a person's word holds
// together needs nothing else, and must come apart with it. One index probe each, as above.
const KEPT = `
select ids.id as "arriving", m.id as "other" from (select value::uuid as id from jsonb_array_elements_text($2::jsonb)) ids
  cross join lateral (select s.golden_record_id as id from source_record s
    where s.entity_type = $1 and s.id = ids.id and s.golden_record_id is not null offset 0) g
  cross join lateral (select s.id from source_record s
    where s.entity_type = $1 and s.golden_record_id = g.id and s.id <> ids.id and s.state = 'ACTIVE' offset 0) m
  where exists (select from jsonb_to_recordset($3::jsonb) as t(system text, scope text)
      cross join lateral (select from source_record o where o.entity_type = $1 and o.golden_record_id = g.id
        and o.system = t.system and o.scope = t.scope offset 0) there)
    and not exists (select from decision_member own join decision d on d.id = own.decision_id and d.standing and d.kind in ('MERGE', 'LINK')
      join decision_member other on other.decision_id = own.decision_id
      where own.source_record_id = ids.id and other.source_record_id = m.id)`;

/**
 * The scores of arriving records, with those of links that hold. Under the lock: what they are linked to now is what counts; `linked`
 * are those that may be. Costs a statement or two where the hub writes records of this type somewhere, and none elsewhere.
 */
export async function withHeldLinks(
  tx: Tx,
  entityType: string,
  ids: readonly string[],
  linked: readonly string[],
  found: readonly ScoreRow[],
): Promise<readonly ScoreRow[]> {
  const homes = tx.model.targetsFor(entityType).map(({ system, scope }) => ({ system, scope }));
  if (homes.length === 0 || ids.length === 0) return found;
  const kept =
    linked.length === 0 ? [] : await tx.query<{ arriving: string; other: string }>(KEPT, entityType, linked, homes);
  const known = new Map(kept.length === 0 ? [] : found.map((row) => [keyOf(row), row]));
  const scores = new Map<string, ScoreRow>();
  for (const { arriving, other } of kept) {
    const pair = pairOf(arriving, other);
    // The weight is that of the evidence alone: what it doesn't carry, KEPT does.
    const row = known.get(keyOf(pair)) ?? { weight: UNSCORED, outcome: 'NO_MATCH', waterfall: [] };
    if (row.outcome === 'MATCH') continue;
    const step: WaterfallStep = {
      comparison: 'kept in agreement',
      level: 'OVERALL',
      detail: 'linked before',
      weight: 0,
      left: pair.left,
      right: pair.right,
    };
    scores.set(keyOf(pair), { ...pair, weight: row.weight, outcome: 'KEPT', waterfall: [...row.waterfall, step] });
  }
  return withMadeLinks(tx, entityType, ids, replaced(found, scores));
}

/** The record with the lower id is the left one. */
const pairOf = (a: string, b: string) => (a < b ? { left: a, right: b } : { left: b, right: a });
const keyOf = ({ left, right }: { left: string; right: string }) => left + right;

function replaced(found: readonly ScoreRow[], held: ReadonlyMap<string, ScoreRow>): readonly ScoreRow[] {
  if (held.size === 0) return found;
  return [...found.filter((row) => !held.has(keyOf(row))), ...held.values()];
}
