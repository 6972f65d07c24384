import { keySpace } from '../match/keys.js';
import type { Db } from '../transaction.js';

export interface MatchStatistics {
  readonly sourceRecords: number;
  readonly goldenRecords: number;
  /** Source records linked by the machine to others, placed by a person, in doubt, and alone. */
  readonly linked: number;
  readonly placedByPersons: number;
  readonly inDoubt: number;
  readonly alone: number;
  readonly pairs: readonly { readonly outcome: string; readonly count: number }[];
  readonly histogram: readonly {
    readonly from: number;
    readonly to: number;
    readonly outcome: string;
    readonly count: number;
  }[];
  readonly crowdedKeys: readonly { readonly key: string; readonly records: number }[];
}

const RECORDS = `
with per_golden as (
  select s.golden_record_id, count(*) as size, count(*) filter (where s.link_kind = 'MANUAL') as manual
    from source_record s where s.entity_type = $1 and s.golden_record_id is not null group by 1)
select coalesce(sum(size), 0)::int as "sourceRecords", count(*)::int as "goldenRecords",
    coalesce(sum(manual), 0)::int as "placedByPersons",
    coalesce(sum(size - manual) filter (where size > 1), 0)::int as linked,
    count(*) filter (where size = 1 and manual = 0 and g.state = 'PROVISIONAL')::int as "inDoubt",
    count(*) filter (where size = 1 and manual = 0 and g.state <> 'PROVISIONAL')::int as alone
  from per_golden p join golden_record g on g.entity_type = $1 and g.id = p.golden_record_id`;

const WIDTH = 2;
const HISTOGRAM = `
select (floor(weight / ${WIDTH}) * ${WIDTH})::int as "from", outcome, count(*)::int as count from match_score
  where entity_type = $1 group by 1, 2 order by 1 desc, 2`;

/** Scores, links and keys of one entity type, counted now. */
export async function matchStatistics(db: Db, entityType: string, keyCap: number): Promise<MatchStatistics> {
  const [records, histogram, crowded] = await Promise.all([
    db.pool.query<Omit<MatchStatistics, 'pairs' | 'histogram' | 'crowdedKeys'>>({
      text: RECORDS,
      values: [entityType],
    }),
    db.pool.query<{ from: number; outcome: string; count: number }>({ text: HISTOGRAM, values: [entityType] }),
    db.pool.query<{ key: string; records: number }>({ text: CROWDED, values: [keySpace(entityType), keyCap] }),
  ]);
  const [counts] = records.rows;
  if (!counts) throw new Error('counting gave no row');
  const pairs = new Map<string, number>();
  for (const { outcome, count } of histogram.rows) pairs.set(outcome, (pairs.get(outcome) ?? 0) + count);
  return {
    ...counts,
    pairs: [...pairs].sort().map(([outcome, count]) => ({ outcome, count })),
    histogram: histogram.rows.map(({ from, outcome, count }) => ({ from, to: from + WIDTH, outcome, count })),
    crowdedKeys: crowded.rows,
  };
}

const CROWDED = `
select to_hex(key & 4294967295) as key, count(*)::int as records from match_key where key >= $1::bigint and key < $1::bigint + 4294967296
  group by match_key.key having count(*) > $2::int order by 2 desc, 1 limit 20`;
