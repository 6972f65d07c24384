import type { MatchOutcome, WaterfallStep } from '../match/matcher.js';
import type { Db } from '../transaction.js';

export interface PairKey {
  readonly entityType: string;
  /** UUIDs of two source records, in any order. */
  readonly left: string;
  readonly right: string;
}

/** Why two source records look alike. */
export interface ScoreRow {
  readonly entityType: string;
  readonly leftId: string;
  readonly rightId: string;
  /** Decimal as text, log2 odds. */
  readonly weight: string;
  readonly outcome: MatchOutcome;
  readonly waterfall: readonly WaterfallStep[];
  readonly rulesVersion: string;
}

/** The stored comparison of each pair, in the order asked; undefined where none was worth keeping. */
export async function scoresOfPairs(db: Db, pairs: readonly PairKey[]): Promise<(ScoreRow | undefined)[]> {
  const sorted = pairs.map(({ entityType, left, right }) => [entityType, ...[left, right].sort()]);
  const { rows } = await db.pool.query<ScoreRow>({
    name: 'scores-of-pairs',
    text: `select s.entity_type as "entityType", s.left_id as "leftId", s.right_id as "rightId", s.weight, s.outcome,
      s.waterfall, s.rules_version as "rulesVersion"
      from unnest($1::text[], $2::uuid[], $3::uuid[]) as p (entity_type, left_id, right_id)
      join match_score s on s.entity_type = p.entity_type and s.left_id = p.left_id and s.right_id = p.right_id`,
    values: [sorted.map((pair) => pair[0]), sorted.map((pair) => pair[1]), sorted.map((pair) => pair[2])],
  });
  const byPair = new Map(rows.map((row) => [`${row.entityType}.${row.leftId}.${row.rightId}`, row]));
  return sorted.map((pair) => byPair.get(pair.join('.')));
}
