import {
  backfillOnce,
  type DeliverOptions,
  type DeliverStep,
  deliverOnce,
  openSystem,
  pullDueOnce,
  registerStreams,
  type StreamStep,
  type Synchronised,
} from '../../../sources/index.js';
import { createTestHub, type TestHub } from '../hub.js';
import { silentLog } from '../log.js';
import { type TinyConnectorOptions, tinyConnector } from './connector.js';
import { tinyModel } from './model.js';
import { TinyServer } from './server.js';

/** A clock that stands still until it is moved. */
export class Clock {
  private ms = Date.parse('2026-11-24T08:00:00.000Z');
  readonly now = (): Date => new Date(this.ms);
  advance(ms: number): void {
    this.ms += ms;
  }
}

export interface SyncHub {
  readonly hub: TestHub;
  readonly server: TinyServer;
  readonly sync: Synchronised;
  readonly clock: Clock;
  /** Deliver until nothing is due, moving the clock over waits; answers the steps. */
  deliverAll(options?: DeliverOptions): Promise<DeliverStep[]>;
  /** Deliver once, as of now. */
  deliver(options?: DeliverOptions): Promise<DeliverStep | null>;
  /** Pull everything that there is now, the backfill too. */
  pullAll(): Promise<StreamStep[]>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function createSyncHub(given: Partial<TinyConnectorOptions> = {}): Promise<SyncHub> {
  const clock = new Clock();
  const server = await new TinyServer({ now: clock.now }).start();
  const options: TinyConnectorOptions = { url: server.url, ...given };
  const hub = await createTestHub({ model: tinyModel(options) });
  Object.assign(hub.db, { now: clock.now });
  const sync = openSystem('tiny', 'Tiny', tinyConnector(options), { log: silentLog, env: {} });
  await registerStreams(hub.db, sync);
  const deliver = async (more: DeliverOptions = {}) => {
    const options = { random: () => 0.5, wait: async (ms: number) => clock.advance(ms), ...more };
    const live = await deliverOnce(hub.db, sync, options);
    return live ?? deliverOnce(hub.db, sync, { ...options, lane: 'BACKFILL' });
  };
  const pullAll = async () => {
    const steps: StreamStep[] = [];
    // A tick that is over can be read; the first round begins the streams, the second reads, the third goes on.
    for (let round = 0; round < 3; round++) {
      clock.advance(1_500);
      for (let step = await pullDueOnce(hub.db, sync); step; step = await pullDueOnce(hub.db, sync)) steps.push(step);
      while (await backfillOnce(hub.db, sync).catch(() => null));
    }
    return steps;
  };
  await pullAll();
  return {
    hub,
    server,
    sync,
    clock,
    deliver,
    async deliverAll(more) {
      const steps: DeliverStep[] = [];
      for (;;) {
        if (steps.length > 500) throw new Error(`never still: ${JSON.stringify(steps.slice(-3))}`);
        const step = await deliver(more);
        if (step) steps.push(step);
        else {
          const due = await nextDue(hub);
          if (due === undefined) return steps;
          clock.advance(Math.max(1, due - clock.now().getTime()));
        }
      }
    },
    pullAll,
    async clear() {
      await hub.clear();
      await registerStreams(hub.db, sync);
      server.records.clear();
      server.writes.length = 0;
      server.calls.length = 0;
      server.faultFor = () => null;
      server.refuses = undefined;
      server.namesRefused = true;
      server.stores = (_field, value) => value;
      server.afterWrite = undefined;
      server.keys = 'UPSERT';
      await pullAll();
    },
    async close() {
      await server.stop();
      await hub.close();
    },
  };
}

/** When the next delivery, or the circuit, is due. */
async function nextDue({ db }: TestHub): Promise<number | undefined> {
  const { rows } = await db.pool.query<{ at: Date | null }>(
    `select greatest(min(coalesce(lease_until, due_at)), (select max(retry_at) from sync_system where breaker <> 'CLOSED'))  as at
       from delivery where state in ('PENDING', 'IN_FLIGHT') and waits_for is distinct from 'sweep'`,
  );
  return rows[0]?.at?.getTime();
}
