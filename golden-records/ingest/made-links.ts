import type { StoredRecord } from '../store/lookup.js';
import { CERTAIN } from '../match/matcher.js';
import type { ScoreRow } from '../store/rows.js';
import type { Tx } from '../transaction.js';
import type { IngestBatch } from './batch.js';

/** What is known of arriving records because the hub itself created one side of a pair. */
export interface MadeLinks {
  /** The id that the link has had since before the record was created; undefined for records of others. */
  idOf(externalId: string | null): string | undefined;
  /** Certain pairs of which one side is among the arriving ids. */
  scores(arriving: ReadonlySet<string>): ScoreRow[];
}

const NONE: MadeLinks = { idOf: () => undefined, scores: () => [] };

// A record that the hub created belongs to the golden record that it was created for, however little the two share. The
// pair is found again whichever side arrives, as an arrival's scores are made anew. `there` says whether the created record
// has come back yet. Each is looked up by itself, as a join would read all golden records while the statistics lag behind a load.
const LINKS = `
with mine as (
  select t.link_id, t.golden_id, t.external_id from target_state t
    where t.entity_type = $1 and t.system = $2 and t.scope = $3 and t.creating_since is not null
      and t.external_id in (select jsonb_array_elements_text($4::jsonb))
  union
  select t.link_id, t.golden_id, null from jsonb_array_elements_text($5::jsonb) as g(id)
    cross join lateral (select o.id from golden_record o where o.entity_type = $1 and o.id = g.id::uuid
      union all select o.id from golden_record o where o.entity_type = $1 and o.merged_into_id = g.id::uuid) m
    join target_state t on t.entity_type = $1 and t.golden_id = m.id and t.creating_since is not null
)
select mine.link_id as "linkId", mine.external_id as "externalId", g.id as "goldenId",
    coalesce(m.anchor_id, g.anchor_id) as "anchorId",
    exists (select from source_record s where s.entity_type = $1 and s.id = mine.link_id) as there
  from mine
    cross join lateral (select * from golden_record o where o.entity_type = $1 and o.id = mine.golden_id limit 1) g
    left join lateral (select o.anchor_id from golden_record o where o.entity_type = $1 and o.id = g.merged_into_id limit 1) m on true`;

interface Row {
  readonly linkId: string;
  readonly externalId: string | null;
  readonly goldenId: string;
  readonly anchorId: string;
  readonly there: boolean;
}

/** Costs a statement only where the configuration lets the hub create records of this type somewhere. */
export async function madeLinks(
  tx: Tx,
  batch: IngestBatch,
  arriving: readonly { readonly externalId: string }[],
  stored: ReadonlyMap<string, StoredRecord>,
): Promise<MadeLinks> {
  const creating = tx.model.targetsFor(batch.entityType).some(({ mayCreate }) => mayCreate);
  if (!creating || arriving.length === 0) return NONE;
  const externalIds = arriving.map(({ externalId }) => externalId);
  const goldenIds = externalIds.flatMap((externalId) => stored.get(externalId)?.goldenId ?? []);
  const rows = await tx.query<Row>(LINKS, batch.entityType, batch.system, batch.scope, externalIds, goldenIds);
  const ids = new Map(rows.flatMap(({ externalId, linkId }) => (externalId === null ? [] : [[externalId, linkId]])));
  return {
    idOf: (externalId) => (externalId === null ? undefined : ids.get(externalId)),
    scores: (fresh) => scoresOf(rows, fresh),
  };
}

function scoresOf(rows: readonly Row[], fresh: ReadonlySet<string>): ScoreRow[] {
  const scores = new Map<string, ScoreRow>();
  for (const { linkId, anchorId, goldenId, there } of rows) {
    if (linkId === anchorId || !(fresh.has(linkId) || (there && fresh.has(anchorId)))) continue;
    const [left, right] = linkId < anchorId ? [linkId, anchorId] : [anchorId, linkId];
    const step = {
      comparison: 'created by the hub',
      level: 'EQUAL' as const,
      detail: 'equal',
      weight: CERTAIN,
      left: linkId,
      right: goldenId,
    };
    scores.set(left + right, { left, right, weight: CERTAIN, outcome: 'MATCH', waterfall: [step] });
  }
  return [...scores.values()];
}

/** The scores, with those of made links instead of what comparing said of the same pairs. */
export function withMade(found: readonly ScoreRow[], made: readonly ScoreRow[]): readonly ScoreRow[] {
  if (made.length === 0) return found;
  const pairs = new Set(made.map(({ left, right }) => left + right));
  return [...found.filter(({ left, right }) => !pairs.has(left + right)), ...made];
}
