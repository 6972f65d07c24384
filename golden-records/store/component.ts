import type { Tx } from '../transaction.js';
import type { DecisionRow, GoldenRow, ScoreRow, SourceRow } from './rows.js';

/** A record outside of a component to which a doubtful score leads: enough to ask about it. */
export interface FringeRow {
  readonly id: string;
  readonly goldenId: string;
  readonly deleted: boolean;
}

/** Everything that decides how a set of source records clusters and survives. */
export interface Component {
  readonly sources: readonly SourceRow[];
  readonly scores: readonly Omit<ScoreRow, 'waterfall'>[];
  readonly decisions: readonly DecisionRow[];
  /** Golden records whose id belongs to one of the sources, merged ones too. */
  readonly goldens: readonly GoldenRow[];
  readonly fringe: readonly FringeRow[];
}

export const EMPTY_COMPONENT: Component = { sources: [], scores: [], decisions: [], goldens: [], fringe: [] };

/** ISO 8601 in UTC with milliseconds, as JavaScript prints it. */
export const iso = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

// Where scores are read: what is stored, or for a trial the trial's own, and what is stored of pairs that it left alone.
const STORED_SCORES = 'match_score';
const TRIAL_SCORES = `(
  select $1 as entity_type, left_id, right_id, weight, outcome from trial_score where job_id = $5::uuid
  union all
  select entity_type, left_id, right_id, weight, outcome from match_score s where not exists (
    select from trial_record t where t.job_id = $5::uuid and t.source_record_id in (s.left_id, s.right_id)))`;

// The component is the closure over links, scores that match, and decisions that still stand: nothing outside of it can
// change how these records cluster. Doubtful scores are questions, not links, so they end at the fringe; only who stood
// in doubt because of an older record that changes now is settled with it: the doubt may be gone. Everything is looked up by
// one index probe each (lateral, offset 0): asked by set, the planner reads the whole type.
const loadFrom = (scores: string) => `
with recursive seed as (
  select value::uuid as id from jsonb_array_elements_text($2::jsonb)
  union
  select m.right_id from jsonb_array_elements_text($4::jsonb) changing
    join ${scores} m on m.entity_type = $1 and m.left_id = changing::uuid and m.outcome = 'POSSIBLE_MATCH'
), reach(id) as (
  select id from seed
  union
  select near.id from reach r cross join lateral (
    select m.right_id as id from ${scores} m where m.entity_type = $1 and m.left_id = r.id and m.outcome <> 'POSSIBLE_MATCH'
    union all
    select m.left_id from ${scores} m where m.entity_type = $1 and m.right_id = r.id and m.outcome <> 'POSSIBLE_MATCH'
    union all
    select peer.id from source_record own
      join source_record peer on peer.entity_type = $1 and peer.golden_record_id = own.golden_record_id
      where own.entity_type = $1 and own.id = r.id
    union all
    select other.source_record_id from decision_member own
      join decision d on d.id = own.decision_id and d.standing
      join decision_member other on other.decision_id = own.decision_id
      where own.source_record_id = r.id
  ) near
), scores as materialized (
  select m.* from reach r cross join lateral (select left_id, right_id, weight, outcome from ${scores} m
    where m.entity_type = $1 and m.left_id = r.id offset 0) m
  union
  select m.* from reach r cross join lateral (select left_id, right_id, weight, outcome from ${scores} m
    where m.entity_type = $1 and m.right_id = r.id offset 0) m
), goldens as materialized (
  select g.* from reach r cross join lateral (
    select * from golden_record where entity_type = $1 and anchor_id = r.id offset 0) g
), edge_ids as (
  select left_id as id from scores union select right_id from scores
  union select value::uuid from jsonb_array_elements_text($3::jsonb)
)
select json_build_object(
  'sources', (select coalesce(json_agg(json_build_object(
      'id', s.id, 'system', s.system, 'scope', s.scope, 'externalId', s.external_id, 'state', s.state,
      'attributes', s.attributes, 'attributeTimes', s.attribute_times, 'sourceTime', ${iso('s.source_time')},
      'goldenId', s.golden_record_id, 'linkKind', s.link_kind, 'matchWeight', s.match_weight, 'linkedAt', ${iso('s.linked_at')},
      'identifiers', (select coalesce(json_agg(json_build_object('scheme', i.scheme, 'value', i.value, 'strong', i.strong)
                        order by i.scheme, i.value), '[]') from identifier i where i.source_record_id = s.id)
    )), '[]') from reach r cross join lateral (
      select * from source_record where entity_type = $1 and id = r.id and state <> 'HELD' limit 1) s),
  'scores', (select coalesce(json_agg(json_build_object(
      'left', left_id, 'right', right_id, 'weight', weight, 'outcome', outcome)), '[]') from scores),
  'decisions', (select coalesce(json_agg(json_build_object(
      'id', d.id, 'kind', d.kind, 'goldenId', d.golden_record_id, 'payload', d.payload, 'known', d.evidence->'known',
      'seq', d.seq::text, 'decidedAt', ${iso('d.decided_at')},
      'members', (select coalesce(json_agg(json_build_object('id', m.source_record_id, 'side', m.side)), '[]')
                    from decision_member m where m.decision_id = d.id))), '[]')
    from (
      select m.id from reach r cross join lateral (
        select decision_id as id from decision_member where source_record_id = r.id offset 0) m
      union
      select o.id from goldens g cross join lateral (
        select id from decision where entity_type = $1 and golden_record_id = g.id offset 0) o
    ) made cross join lateral (
      select * from decision where id = made.id and standing and kind <> 'WITHDRAWAL' limit 1) d),
  'goldens', (select coalesce(json_agg(json_build_object(
      'id', g.id, 'state', g.state, 'version', g.version, 'attributes', g.attributes, 'provenance', g.provenance,
      'members', to_json(g.members), 'anchorId', g.anchor_id, 'mergedIntoId', g.merged_into_id,
      'createdAt', ${iso('g.created_at')}, 'validFrom', ${iso('g.valid_from')})), '[]') from goldens g),
  'fringe', (select coalesce(json_agg(json_build_object(
      'id', s.id, 'goldenId', s.golden_record_id, 'deleted', s.state = 'DELETED')), '[]')
    from (select id from edge_ids except select id from reach) beyond
      cross join lateral (select * from source_record r where r.entity_type = $1 and r.id = beyond.id limit 1) s
    where s.golden_record_id is not null)
) as component`;
const LOAD = loadFrom(STORED_SCORES);
const LOAD_TRIAL = loadFrom(TRIAL_SCORES);

/**
 * Load the component around stored source records. `fringe` names further records that new, doubtful scores lead to,
 * `changing` those of the seeds that arrive with something new to say.
 * Must run under the entity type's lock when its result is acted upon.
 */
export async function loadComponent(
  tx: Tx,
  entityType: string,
  seeds: readonly string[],
  fringe: readonly string[],
  changing: readonly string[] = [],
  /** The job whose trial scores count. */
  trial?: string,
): Promise<Component> {
  if (seeds.length === 0 && fringe.length === 0) return EMPTY_COMPONENT;
  const parameters = [entityType, seeds, fringe, changing];
  const [row] = await (trial === undefined
    ? tx.query<{ component: RawComponent }>(LOAD, ...parameters)
    : tx.query<{ component: RawComponent }>(LOAD_TRIAL, ...parameters, trial));
  if (!row) return EMPTY_COMPONENT;
  const { decisions, ...rest } = row.component;
  return {
    ...rest,
    decisions: decisions.map((decision) => ({ ...decision, seq: BigInt(decision.seq), known: decision.known ?? [] })),
  };
}

interface RawComponent extends Omit<Component, 'decisions'> {
  readonly decisions: readonly (Omit<DecisionRow, 'seq' | 'known'> & { seq: string; known: string[] | null })[];
}
