import { DELIVERY_CHANNEL, type Db, type Log } from '../golden-records/index.js';
import {
  backfillOnce,
  checkDrift,
  DeliveryLane,
  healOnce,
  openSystem,
  pullDueOnce,
  registerStreams,
  STREAM_CHANNEL,
  streamName,
  type Synchronised,
} from '../sources/index.js';
import type { ConfiguredConnector } from './define-config.js';
import { Loop } from './loop.js';
import type { Listener } from './server.js';

export interface SyncOptions {
  readonly db: Db;
  readonly listenDb: Listener;
  readonly log: Log;
  readonly systems: readonly Synchronised[];
}

export interface SyncWorker {
  /** Resolves when the steps under way are done or cut short; what they had claimed is taken over by the next worker. */
  stop(): Promise<void>;
}

/** Connect the systems of the configuration. No call is made yet. */
export const openSystems = (
  connectors: readonly ConfiguredConnector[],
  log: Log,
  env: Readonly<Record<string, string | undefined>>,
): Synchronised[] => connectors.map(({ system, name, connector }) => openSystem(system, name, connector, { log, env }));

const DAY_MS = 24 * 60 * 60_000;

/**
 * Keep the systems and the hub in agreement: for each system loops that pull what is due, load what was there before, deliver
 * what changed, deliver what is bulk, and look at its schema. They share nothing, so that one sick system makes nobody else
 * wait (law 10). Any number of workers may run: the steps claim what they work on.
 */
export async function startSync({ db, listenDb, log, systems }: SyncOptions): Promise<SyncWorker> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops: Loop[] = [];
  const pulls: Loop[] = [];
  const deliveries: Loop[] = [];
  const ways: DeliveryLane[] = [];
  for (const sync of systems) {
    await registerStreams(db, sync);
    const loop = (name: string, everyMs: number, step: () => Promise<boolean>): Loop => {
      const made = new Loop({ name: `${sync.system}: ${name}`, everyMs, log, step });
      loops.push(made);
      return made;
    };
    // A stream that must be fresh doesn't queue behind one that is slow.
    for (const names of lanesOf(sync))
      pulls.push(loop('pull', 250, async () => (await pullDueOnce(db, sync, { signal, streams: names })) !== null));
    loop('first load', 1_000, async () => (await backfillOnce(db, sync, { signal })) !== null);
    for (const lane of ['LIVE', 'BACKFILL'] as const) {
      const way = new DeliveryLane(db, sync, { lane, signal });
      ways.push(way);
      deliveries.push(loop(`deliver ${lane}`, 1_000, async () => (await way.once()).more));
    }
    loop('heal', 5_000, async () => (await healOnce(db, sync)).healed > 0);
    loop('schema', DAY_MS, async () => {
      await checkDrift(db, sync, signal);
      return false;
    });
  }
  const wake = (woken: readonly Loop[]) => () => woken.forEach((loop) => void loop.wake());
  const listening = await Promise.all([
    listenDb.listen(DELIVERY_CHANNEL, wake(deliveries)),
    listenDb.listen(STREAM_CHANNEL, wake(pulls)),
  ]);
  for (const loop of loops) loop.start();
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(listening.map((one) => one.stop()));
      await Promise.all(loops.map((loop) => loop.stop()));
      await Promise.all(ways.map((way) => way.stop()));
    },
  };
}

/** Streams by tier; each tier has a loop of its own, event-critical streams one each. */
function lanesOf({ system, connector }: Synchronised): string[][] {
  const named = connector.streams.map((stream) => ({ tier: stream.tier, name: streamName(system, stream) }));
  const critical = named.filter(({ tier }) => tier === 'EVENT_CRITICAL').map(({ name }) => [name]);
  const others = (['OPERATIONAL', 'PERIODIC'] as const).map((wanted) =>
    named.filter(({ tier }) => tier === wanted).map(({ name }) => name),
  );
  return [...critical, ...others].filter((names) => names.length > 0);
}
