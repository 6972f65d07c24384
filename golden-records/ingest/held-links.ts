import { UNSCORED } from '../match/engine/index.js';
import { CERTAIN, type WaterfallStep } from '../match/matcher.js';
import type { StoredRecord } from '../store/lookup.js';
import type { ScoreRow } from '../store/rows.js';
import type { Tx } from '../transaction.js';
import type { IngestBatch } from './batch.js';

/**
 * Links that hold whatever comparing says: of records that the hub itself created somewhere, and of records that it keeps in
 * agreement with others. The owner's word is about to be written to whoever was edited beyond recognition: taken for another
 * thing, it would be created a second time.
 */
export interface HeldLinks {
  /** The id that the link has had since before the hub created the record; undefined for records of others. */
  idOf(externalId: string | null): string | undefined;
  /** What comparing the arriving records found, with what holds. */
  among(found: readonly ScoreRow[], arriving: ReadonlySet<string>): readonly ScoreRow[];
}

const NONE: HeldLinks = { idOf: () => undefined, among: (found) => found };

// A record that the hub created belongs to the golden record that it was created for, however little the two share. The
// pair is found again whichever side arrives, as an arrival's scores are made anew. `there` says whether the created record
// has come back yet. Each is looked up by itself, as a join would read all golden records while the statistics lag behind a load.
const madeLinks = (mine: string, goldenIds: string) => `
with mine as (
  select t.link_id, t.golden_id, t.external_id from target_state t
    where t.entity_type = $1 and t.creating_since is not null and ${mine}
  union
  select t.link_id, t.golden_id, null from (${goldenIds}) g(id)
    cross join lateral (select o.id from golden_record o where o.entity_type = $1 and o.id = g.id
      union all select o.id from golden_record o where o.entity_type = $1 and o.merged_into_id = g.id) m
    join target_state t on t.entity_type = $1 and t.golden_id = m.id and t.creating_since is not null
)
select mine.link_id as "linkId", mine.external_id as "externalId", g.id as "goldenId",
    coalesce(m.anchor_id, g.anchor_id) as "anchorId",
    exists (select from source_record s where s.entity_type = $1 and s.id = mine.link_id) as there
  from mine
    cross join lateral (select * from golden_record o where o.entity_type = $1 and o.id = mine.golden_id limit 1) g
    left join lateral (select o.anchor_id from golden_record o where o.entity_type = $1 and o.id = g.merged_into_id limit 1) m on true`;

const ARRIVING = madeLinks(
  't.system = $2 and t.scope = $3 and t.external_id in (select jsonb_array_elements_text($4::jsonb))',
  'select value::uuid from jsonb_array_elements_text($5::jsonb)',
);
const STANDING = madeLinks(
  't.link_id in (select value::uuid from jsonb_array_elements_text($2::jsonb))',
  `select s.golden_record_id from jsonb_array_elements_text($2::jsonb) as i(id)
     join source_record s on s.entity_type = $1 and s.id = i.id::uuid and s.golden_record_id is not null`,
);

interface MadeLink {
  readonly linkId: string;
  readonly externalId: string | null;
  readonly goldenId: string;
  readonly anchorId: string;
  readonly there: boolean;
}

// All of a golden record that has a member there: each is about to be made alike with the others. One index probe each, as above.
const KEPT = `
select a.id as "arriving", m.id as "other" from jsonb_to_recordset($2::jsonb) as a(id uuid, "goldenId" uuid)
  cross join lateral (
    select s.id from source_record s where s.entity_type = $1 and s.golden_record_id = a."goldenId" offset 0) m
  where m.id <> a.id and exists (select from jsonb_to_recordset($3::jsonb) as t(system text, scope text)
    cross join lateral (select from source_record o where o.entity_type = $1 and o.golden_record_id = a."goldenId"
      and o.system = t.system and o.scope = t.scope offset 0) there)`;

interface KeptLink {
  readonly arriving: string;
  readonly other: string;
}

/** Costs a statement or two where the hub writes records of this type somewhere, and none elsewhere. */
export async function heldLinks(
  tx: Tx,
  batch: IngestBatch,
  arriving: readonly { readonly externalId: string }[],
  stored: ReadonlyMap<string, StoredRecord>,
): Promise<HeldLinks> {
  const targets = tx.model.targetsFor(batch.entityType);
  if (targets.length === 0 || arriving.length === 0) return NONE;
  const externalIds = arriving.map(({ externalId }) => externalId);
  const linked = externalIds.flatMap((externalId) => {
    const { id, goldenId } = stored.get(externalId) ?? {};
    return id && goldenId ? [{ id, goldenId }] : [];
  });
  const goldenIds = linked.map(({ goldenId }) => goldenId);
  const made = targets.some(({ mayCreate }) => mayCreate)
    ? await tx.query<MadeLink>(ARRIVING, batch.entityType, batch.system, batch.scope, externalIds, goldenIds)
    : [];
  const homes = targets.map(({ system, scope }) => ({ system, scope }));
  const kept = linked.length === 0 ? [] : await tx.query<KeptLink>(KEPT, batch.entityType, linked, homes);
  const ids = new Map(made.flatMap(({ externalId, linkId }) => (externalId === null ? [] : [[externalId, linkId]])));
  return {
    idOf: (externalId) => (externalId === null ? undefined : ids.get(externalId)),
    among: (found, fresh) => withMade(withKept(found, kept, fresh), made, fresh),
  };
}

/**
 * The scores of these records, which were compared anew on a person's word, with those of records that the hub created. What is
 * merely kept in agreement is open to that.
 */
export async function withMadeLinks(
  tx: Tx,
  entityType: string,
  ids: readonly string[],
  found: readonly ScoreRow[],
): Promise<readonly ScoreRow[]> {
  const creating = tx.model.targetsFor(entityType).some(({ mayCreate }) => mayCreate);
  if (!creating || ids.length === 0) return found;
  return withMade(found, await tx.query<MadeLink>(STANDING, entityType, ids), new Set(ids));
}

function withMade(
  found: readonly ScoreRow[],
  made: readonly MadeLink[],
  fresh: ReadonlySet<string>,
): readonly ScoreRow[] {
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

/** Their weight is that of the evidence alone: what it doesn't carry, KEPT does. */
function withKept(
  found: readonly ScoreRow[],
  kept: readonly KeptLink[],
  fresh: ReadonlySet<string>,
): readonly ScoreRow[] {
  if (kept.length === 0) return found;
  const known = new Map(found.map((row) => [keyOf(row), row]));
  const scores = new Map<string, ScoreRow>();
  for (const { arriving, other } of kept) {
    const pair = pairOf(arriving, other);
    const row = known.get(keyOf(pair)) ?? { weight: UNSCORED, outcome: 'NO_MATCH', waterfall: [] };
    if (!fresh.has(arriving) || row.outcome === 'MATCH') continue;
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
  return replaced(found, scores);
}

/** The record with the lower id is the left one. */
const pairOf = (a: string, b: string) => (a < b ? { left: a, right: b } : { left: b, right: a });
const keyOf = ({ left, right }: { left: string; right: string }) => left + right;

function replaced(found: readonly ScoreRow[], held: ReadonlyMap<string, ScoreRow>): readonly ScoreRow[] {
  if (held.size === 0) return found;
  return [...found.filter((row) => !held.has(keyOf(row))), ...held.values()];
}
