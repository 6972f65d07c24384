import {
  advanceFeedOnce,
  CHANGE_CHANNEL,
  type Db,
  drainRecomputeOnce,
  expireOnce,
  JOB_CHANNEL,
  type Log,
  PARAMETERS_CHANNEL,
  refreshParameters,
} from '../golden-records/index.js';
import { Loop } from './loop.js';
import type { Listener } from './server.js';
import { advanceJobOnce } from './workflows/advance.js';

export interface WorkerOptions {
  readonly db: Db;
  readonly listenDb: Listener;
  readonly log: Log;
}

export interface Worker {
  /** Resolves when the steps under way are done. */
  stop(): Promise<void>;
}

/**
 * What the hub does by itself, in loops over steps of the domain: stamp the feed, survive anew what waits for it, end
 * overrides that have expired, advance jobs. Any number of workers may run: the steps lock what they need.
 */
export async function startWorker({ db, listenDb, log }: WorkerOptions): Promise<Worker> {
  const feed = new Loop({ name: 'advance feed', everyMs: 1_000, log, step: () => advance(db) });
  const recompute = new Loop({
    name: 'recompute',
    everyMs: 1_000,
    log,
    step: async () => (await drainRecomputeOnce(db)).recomputed > 0,
  });
  const expire = new Loop({
    name: 'expire overrides',
    everyMs: 5_000,
    log,
    step: async () => (await expireOnce(db)).expired > 0,
  });
  const jobs = new Loop({
    name: 'advance jobs',
    everyMs: 5_000,
    log,
    step: async () => (await advanceJobOnce(db)).advanced,
  });
  const loops = [feed, recompute, expire, jobs];
  // A change may also be a request to recompute: one notice wakes both.
  const listening = await listenDb.listen(CHANGE_CHANNEL, () => {
    feed.wake();
    recompute.wake();
  });
  const waiting = await listenDb.listen(JOB_CHANNEL, () => jobs.wake());
  const parameters = await listenDb.listen(PARAMETERS_CHANNEL, () => {
    refreshParameters(db).catch((err: unknown) => log.error({ err }, 'the new match parameters could not be read'));
  });
  await refreshParameters(db);
  for (const loop of loops) loop.start();
  return {
    stop: async () => {
      for (const one of [listening, waiting, parameters]) await one.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

async function advance(db: Db): Promise<boolean> {
  const { changes, auditEntries } = await advanceFeedOnce(db);
  return changes > 0 || auditEntries > 0;
}
