import { type Db, isJsonObject, type Json, withoutTransaction } from '../../golden-records/index.js';
import type { Tier } from '../connector.js';
import { cursorName } from './pull.js';
import { type Synchronised, streamName } from './synchronised.js';
import { type Place, placeIn } from './windows.js';

export interface StreamStatus {
  readonly name: string;
  readonly system: string;
  readonly scope: string;
  readonly entityType: string;
  readonly tier: Tier;
  /** DRIFTED: the system's schema changed under its mapping. LOADING: the first load is under way. */
  readonly state: 'RUNNING' | 'LOADING' | 'FAILING' | 'PAUSED' | 'DRIFTED';
  readonly writes: boolean;
  /** How old what is here may be, in milliseconds; null: nothing has arrived yet. */
  readonly lagMs: number | null;
  /** Everything before this time, by the system's clock, has arrived. */
  readonly cursor: string | null;
  /** Id up to which the first load has read; null: it is over, or hasn't begun. */
  readonly loadedUpTo: string | null;
  /** Records that the first load has brought, and how many there were when it began; null: it is over, or the system doesn't tell. */
  readonly loaded: number | null;
  readonly toLoad: number | null;
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly failures: number;
  readonly lastError: { readonly code: string; readonly message: string } | null;
  readonly lastErrorAt: Date | null;
  readonly lastPullAt: Date | null;
  readonly lastSweepAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  readonly drift: Json;
}

export interface TargetStatus {
  readonly system: string;
  readonly breaker: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  readonly retryAt: Date | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
  readonly lastErrorAt: Date | null;
  /** Deliveries that wait or are under way: of what changes now, and of bulk. */
  readonly queued: number;
  readonly queuedInBulk: number;
  readonly inFlight: number;
  /** Of those, how many wait for a parent, a sweep or the first load. */
  readonly waiting: number;
  /** How long the oldest has been queued, in milliseconds; null: none is. */
  readonly oldestMs: number | null;
  readonly dead: number;
  /** Who paused the whole system, and why. */
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  readonly callsPerSecond: number | null;
}

export interface SyncStatus {
  readonly at: Date;
  readonly streams: readonly StreamStatus[];
  readonly targets: readonly TargetStatus[];
}

interface QueueRow {
  readonly system: string;
  readonly queued: number;
  readonly bulk: number;
  readonly flying: number;
  readonly waiting: number;
  readonly dead: number;
  readonly oldest: Date | null;
}

const QUEUES = `
select system, count(*) filter (where lane = 'LIVE' and state <> 'DEAD')::int as queued,
    count(*) filter (where lane = 'BACKFILL' and state <> 'DEAD')::int as bulk, count(*) filter (where state = 'IN_FLIGHT')::int as flying,
    count(*) filter (where waits_for is not null and state = 'PENDING')::int as waiting, count(*) filter (where state = 'DEAD')::int as dead,
    min(queued_at) filter (where state <> 'DEAD') as oldest
  from delivery where state in ('PENDING', 'IN_FLIGHT', 'DEAD') group by system`;

/** Is everything flowing; if not, where is it stuck and whose is it. A fixed number of statements. */
export async function syncStatus(db: Db, systems: readonly Synchronised[]): Promise<SyncStatus> {
  const at = db.now();
  const [streams, states, cursors, queues] = await Promise.all([
    db.prisma.syncStream.findMany({ orderBy: { name: 'asc' } }),
    db.prisma.syncSystem.findMany(),
    db.prisma.cursor.findMany({ where: { name: { startsWith: 'sync/' } } }),
    withoutTransaction(db).query<QueueRow>(QUEUES),
  ]);
  const stateOfSystem = new Map(states.map((row) => [row.system, row]));
  const places = new Map(cursors.map(({ name, value }) => [name, placeIn(value as Json)]));
  return {
    at,
    streams: systems.flatMap((sync) =>
      sync.connector.streams.flatMap((stream): StreamStatus[] => {
        const name = streamName(sync.system, stream);
        const row = streams.find((candidate) => candidate.name === name);
        if (!row) return [];
        const paused = pauseOf(stateOfSystem.get(sync.system)) ?? pauseOf(row);
        const load = places.get(cursorName(name, 'BACKFILL'));
        const { scope, entityType, tier, outward } = stream;
        return [
          {
            name,
            system: sync.system,
            scope,
            entityType,
            tier,
            state: paused ? 'PAUSED' : stateOf(row, load),
            writes: outward !== undefined,
            lagMs: row.caughtUpTo && Math.max(0, at.getTime() - row.caughtUpTo.getTime()),
            cursor: places.get(cursorName(name, 'LIVE'))?.high ?? null,
            loadedUpTo: load?.window?.after ?? null,
            loaded: load?.window?.load?.loaded ?? null,
            toLoad: load?.window?.load?.toLoad ?? null,
            records: Number(row.records),
            recordsPerSecond: row.recordsPerSecond,
            failures: row.failures + row.sweepFailures,
            lastError: errorOf((row.lastError ?? row.loadError ?? row.sweepError) as Json),
            lastErrorAt: row.lastErrorAt,
            lastPullAt: row.lastPullAt,
            lastSweepAt: row.lastSweepAt,
            pausedBy: paused?.pausedBy ?? null,
            pauseReason: paused?.pauseReason ?? null,
            drift: (row.drift ?? null) as Json,
          },
        ];
      }),
    ),
    targets: systems
      .filter(({ connector }) => connector.streams.some(({ outward }) => outward))
      .map(({ system, connector }): TargetStatus => {
        const state = stateOfSystem.get(system);
        const queue = queues.find((row) => row.system === system);
        return {
          system,
          breaker: (state?.breaker ?? 'CLOSED') as TargetStatus['breaker'],
          retryAt: state?.retryAt ?? null,
          lastError: errorOf((state?.lastError ?? null) as Json),
          lastErrorAt: state?.lastErrorAt ?? null,
          queued: queue?.queued ?? 0,
          queuedInBulk: queue?.bulk ?? 0,
          inFlight: queue?.flying ?? 0,
          waiting: queue?.waiting ?? 0,
          oldestMs: queue?.oldest ? Math.max(0, at.getTime() - queue.oldest.getTime()) : null,
          dead: queue?.dead ?? 0,
          pausedBy: state?.pausedBy ?? null,
          pauseReason: state?.pauseReason ?? null,
          callsPerSecond: connector.callsPerSecond ?? null,
        };
      }),
  };
}

interface Pausable {
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}
const pauseOf = (row: Pausable | undefined): Pausable | undefined => (row?.pausedAt ? row : undefined);

function stateOf(
  row: { drift: unknown; failures: number; sweepFailures: number; loadError: unknown },
  load: Place | undefined,
): StreamStatus['state'] {
  if (row.drift !== null) return 'DRIFTED';
  if (row.failures + row.sweepFailures > 0 || row.loadError !== null) return 'FAILING';
  return load === undefined || load.window !== null ? 'LOADING' : 'RUNNING';
}

const errorOf = (error: Json) =>
  isJsonObject(error) ? { code: String(error.code), message: String(error.message) } : null;
