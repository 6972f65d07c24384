import type { Db } from '../golden-records/transaction.js';
import { type KeyFacts, keyFacts, type SyncStatus, type Synchronised, syncStatus } from '../sources/index.js';
import { exposition, type Metric, type Sample } from './prometheus.js';

/** Every metric; docs/operations.md lists them, a test compares. */
export const METRICS = {
  concord_sync_stream_lag_seconds: gauge('How old what is here may be; missing before the first pull.', 'stream'),
  concord_sync_stream_records_total: counter('Records that the stream has brought, repeats too.', 'stream'),
  concord_sync_stream_records_per_second: gauge('How fast it brings them, of late.', 'stream'),
  concord_sync_stream_failures: gauge('Failures in a row; 0: the last pull worked.', 'stream'),
  concord_sync_stream_paused: gauge('1 while a person has paused it.', 'stream'),
  concord_sync_stream_drifted: gauge("1 while a change of the system's schema stops it.", 'stream'),
  concord_sync_target_queued: gauge('Deliveries that wait or are under way.', 'lane'),
  concord_sync_target_in_flight: gauge('Deliveries under way just now.'),
  concord_sync_target_waiting: gauge('Deliveries that wait for a parent, a sweep or the first load.'),
  concord_sync_target_oldest_seconds: gauge('How long the oldest delivery has been queued; 0: none is.'),
  concord_sync_target_dead: gauge('Dead letters, which wait for a person.'),
  concord_sync_breaker: gauge('1 for the state that the circuit breaker is in.', 'state'),
  concord_sync_key_age_seconds: gauge("Age of the connector's key, where the system tells."),
  concord_sync_key_expiry_timestamp_seconds: gauge('When that key expires, in Unix time; missing: never, or not told.'),
  concord_feed_head: { ...counter('Position of the newest change of the feed.'), labels: [] },
  concord_feed_unstamped: { ...gauge('Changes that subscribers can not see yet.'), labels: [] },
  concord_feed_lag_seconds: { ...gauge('How long the oldest of those has waited; 0: there is none.'), labels: [] },
  concord_arrivals_total: counter('Changed records that arrived, since this process began.', 'entity_type', 'outcome'),
  concord_golden_changes_total: {
    ...counter('Changes of golden records, since this process began.'),
    labels: ['entity_type', 'kind'],
  },
  concord_steward_tasks: { ...gauge('Steward tasks that nobody has answered.'), labels: ['kind'] },
  concord_steward_tasks_overdue: { ...gauge('Those of them whose time is over.'), labels: ['kind'] },
  concord_steward_task_oldest_seconds: { ...gauge('How long the oldest of them has been open.'), labels: ['kind'] },
} as const satisfies Readonly<Record<string, Metric>>;

function gauge(help: string, ...labels: string[]): Metric {
  return { type: 'gauge', help, labels: ['system', ...labels] };
}
function counter(help: string, ...labels: string[]): Metric {
  return { type: 'counter', help, labels: ['system', ...labels] };
}

type Samples = Sample<keyof typeof METRICS>[];

export interface MetricsOptions {
  /** An arrival is counted when it is this old: by then whatever was drawn before it has committed. */
  readonly settleMs?: number;
}

/** The page /metrics. A scrape is a fixed number of statements, and no call to any system. */
export class Metrics {
  private readonly totals: Totals;
  private readonly keys: KeyWatch;
  private underWay: Promise<string> | undefined;

  constructor(
    private readonly db: Db,
    private readonly systems: readonly Synchronised[],
    { settleMs = 60_000 }: MetricsOptions = {},
  ) {
    this.totals = new Totals(db, settleMs);
    this.keys = new KeyWatch(db);
  }

  /** However many ask at once, the database is asked once. */
  read(): Promise<string> {
    this.underWay ??= this.collect().finally(() => {
      this.underWay = undefined;
    });
    return this.underWay;
  }

  close(): Promise<void> {
    return this.keys.close();
  }

  private async collect(): Promise<string> {
    const [status, tasks, counted] = await Promise.all([
      syncStatus(this.db, this.systems),
      taskSamples(this.db),
      this.totals.count(),
    ]);
    const shut = new Set(status.targets.filter(({ breaker }) => breaker !== 'CLOSED').map(({ system }) => system));
    this.keys.refresh(this.systems.filter(({ system }) => !shut.has(system)));
    return exposition(METRICS, [...syncSamples(status), ...this.keys.samples(), ...counted, ...tasks]);
  }
}

const seconds = (ms: number | null) => (ms ?? 0) / 1_000;

function syncSamples({ streams, targets }: SyncStatus): Samples {
  const samples: Samples = [];
  for (const stream of streams) {
    const labels = { system: stream.system, stream: stream.name };
    if (stream.lagMs !== null)
      samples.push({ name: 'concord_sync_stream_lag_seconds', labels, value: seconds(stream.lagMs) });
    samples.push(
      { name: 'concord_sync_stream_records_total', labels, value: stream.records },
      { name: 'concord_sync_stream_records_per_second', labels, value: stream.recordsPerSecond },
      { name: 'concord_sync_stream_failures', labels, value: stream.failures },
      { name: 'concord_sync_stream_paused', labels, value: Number(stream.state === 'PAUSED') },
      { name: 'concord_sync_stream_drifted', labels, value: Number(stream.state === 'DRIFTED') },
    );
  }
  for (const target of targets) {
    const labels = { system: target.system };
    samples.push(
      { name: 'concord_sync_target_queued', labels: { ...labels, lane: 'LIVE' }, value: target.queued },
      { name: 'concord_sync_target_queued', labels: { ...labels, lane: 'BACKFILL' }, value: target.queuedInBulk },
      { name: 'concord_sync_target_in_flight', labels, value: target.inFlight },
      { name: 'concord_sync_target_waiting', labels, value: target.waiting },
      { name: 'concord_sync_target_oldest_seconds', labels, value: seconds(target.oldestMs) },
      { name: 'concord_sync_target_dead', labels, value: target.dead },
    );
    for (const state of ['CLOSED', 'OPEN', 'HALF_OPEN'])
      samples.push({
        name: 'concord_sync_breaker',
        labels: { ...labels, state },
        value: Number(target.breaker === state),
      });
  }
  return samples;
}

async function taskSamples(db: Db): Promise<Samples> {
  const { rows } = await db.pool.query<{ kind: string; open: number; overdue: number; oldest: Date }>(
    `select kind, count(*)::int as open, count(*) filter (where due_at < $1)::int as overdue, min(created_at) as oldest
       from steward_task where state in ('OPEN', 'CLAIMED') group by kind order by kind`,
    [db.now()],
  );
  return rows.flatMap(({ kind, open, overdue, oldest }): Samples => {
    const labels = { kind };
    const value = seconds(Math.max(0, db.now().getTime() - oldest.getTime()));
    return [
      { name: 'concord_steward_tasks', labels, value: open },
      { name: 'concord_steward_tasks_overdue', labels, value: overdue },
      { name: 'concord_steward_task_oldest_seconds', labels, value },
    ];
  });
}

// ---- What has been counted so far ------------------------------------------------------------------------------------

/** A process that nobody scraped for long catches up by so much with each scrape. */
const MOST_CHANGES = 200_000n;
const MOST_ARRIVALS_MS = 600_000;

/** The least UUIDv7 of a millisecond: ids of arrivals are drawn in the order of time. */
const leastIdOf = (ms: number): string => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
};

interface FeedRow {
  readonly head: string;
  readonly unstamped: number;
  readonly oldest: Date | null;
}

/** Counts what came since the last scrape and adds it up: counting whole tables would cost more with every day. */
class Totals {
  private arrivedUpToMs = Date.now();
  private position: bigint | undefined;
  private readonly sums = new Map<string, Samples[number]>();

  constructor(
    private readonly db: Db,
    private readonly settleMs: number,
  ) {}

  async count(): Promise<Samples> {
    await this.countArrivals();
    const { rows } = await this.db.pool.query<FeedRow>(
      `select head::text, unstamped, oldest from feed, (select count(*)::int as unstamped, min(at) as oldest from change
         where position is null) c where id = 1`,
    );
    const { head = '0', unstamped = 0, oldest = null } = rows[0] ?? {};
    await this.countChanges(BigInt(head));
    const lagMs = oldest && Math.max(0, this.db.now().getTime() - oldest.getTime());
    return [
      { name: 'concord_feed_head', value: Number(head) },
      { name: 'concord_feed_unstamped', value: unstamped },
      { name: 'concord_feed_lag_seconds', value: seconds(lagMs) },
      ...this.sums.values(),
    ];
  }

  private async countArrivals(): Promise<void> {
    const from = this.arrivedUpToMs;
    const to = Math.min(Date.now() - this.settleMs, from + MOST_ARRIVALS_MS);
    if (to <= from) return;
    const { rows } = await this.db.pool.query<{ system: string; entity_type: string; outcome: string; n: number }>(
      `select system, entity_type, outcome, count(*)::int as n from inbox_event where id >= $1 and id < $2 group by 1, 2, 3`,
      [leastIdOf(from), leastIdOf(to)],
    );
    this.arrivedUpToMs = to;
    for (const { n, ...labels } of rows) this.add('concord_arrivals_total', labels, n);
  }

  /** Positions are stamped after commit and without gaps: none is counted twice, none missed. */
  private async countChanges(head: bigint): Promise<void> {
    const from = this.position ?? head;
    const to = from + MOST_CHANGES < head ? from + MOST_CHANGES : head;
    this.position = to;
    if (to <= from) return;
    const { rows } = await this.db.pool.query<{ entity_type: string; kind: string; n: number }>(
      `select entity_type, kind, count(*)::int as n from change where position > $1 and position <= $2 group by 1, 2`,
      [from.toString(), to.toString()],
    );
    for (const { n, ...labels } of rows) this.add('concord_golden_changes_total', labels, n);
  }

  private add(name: keyof typeof METRICS, labels: Readonly<Record<string, string>>, by: number): void {
    const key = JSON.stringify([name, labels]);
    this.sums.set(key, { name, labels, value: (this.sums.get(key)?.value ?? 0) + by });
  }
}

// ---- Keys of the connectors ------------------------------------------------------------------------------------------

const KEY_KEPT_MS = 3_600_000;
const KEY_TIMEOUT_MS = 10_000;

/** Asks the systems for their keys' dates, hourly and beside the scrapes, which tell what was last heard. */
class KeyWatch {
  private readonly known = new Map<string, KeyFacts>();
  private readonly askedAt = new Map<string, number>();
  private readonly closing = new AbortController();
  private asking: Promise<unknown> = Promise.resolve();

  constructor(private readonly db: Db) {}

  refresh(systems: readonly Synchronised[]): void {
    const due = systems.filter(
      ({ open, system }) => open.key && performance.now() - (this.askedAt.get(system) ?? -KEY_KEPT_MS) >= KEY_KEPT_MS,
    );
    if (due.length > 0) this.asking = Promise.all([this.asking, ...due.map((sync) => this.ask(sync))]);
  }

  samples(): Samples {
    return [...this.known].flatMap(([system, { createdAt, expiresAt }]): Samples => {
      const ageMs = createdAt === null ? null : Math.max(0, this.db.now().getTime() - Date.parse(createdAt));
      const labels = { system };
      return [
        ...(ageMs === null ? [] : [{ name: 'concord_sync_key_age_seconds' as const, labels, value: seconds(ageMs) }]),
        ...(expiresAt === null
          ? []
          : [
              {
                name: 'concord_sync_key_expiry_timestamp_seconds' as const,
                labels,
                value: seconds(Date.parse(expiresAt)),
              },
            ]),
      ];
    });
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.asking;
  }

  private async ask(sync: Synchronised): Promise<void> {
    this.askedAt.set(sync.system, performance.now());
    try {
      const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(KEY_TIMEOUT_MS)]);
      const facts = await keyFacts(this.db, sync, signal);
      if (facts) this.known.set(sync.system, facts);
      else this.known.delete(sync.system);
    } catch (err) {
      // What was heard before stays true; whether the system answers at all, its streams say.
      this.db.log.debug({ err, system: sync.system }, "cannot ask for the dates of the connector's key");
    }
  }
}
