import { createKey, listKeys } from '../golden-records/api-keys.js';
import { HUB_ACTOR, type Log } from '../golden-records/transaction.js';
import { type App, createApp } from './app.js';
import type { Settings } from './config.js';
import { lockDataDir } from './data-dir-lock.js';
import { type DemoLoaded, type DemoProgress, declineDemo, loadDemo } from './demo-load.js';
import { type Answered, askFirstQuestion } from './first-question.js';
import type { LoadedConfig } from './load-config.js';
import { PortUnavailable } from './port-unavailable.js';

export interface StartOptions {
  readonly settings: Settings;
  readonly config: LoadedConfig;
  readonly log: Log;
  readonly withDemo: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DemoProgress | 'DATABASE') => void;
}

/** A hub that serves. */
export interface StartedHub {
  readonly endpoint: string;
  /** The administrator's key: made, and known, at the first start only. */
  readonly key: string | undefined;
  readonly demo: DemoLoaded | null;
  /** Asked of the hub itself; only where there is a key to ask with. */
  readonly question: Answered | undefined;
  readonly counts: HubCounts;
  readonly watched: string | undefined;
  /** Address of the demo's Odoo. */
  readonly odoo: string | undefined;
  readonly startedInMs: number;
  /** Stops server, watched folder, worker and database, in this order. */
  close(): Promise<void>;
}

export interface HubCounts {
  readonly sourceRecords: number;
  readonly goldenRecords: number;
  readonly openTasks: number;
}

/**
 * Start a hub: one on each data directory. Throws AlreadyRunning, PortUnavailable, and what the database gives;
 * whatever was started by then is stopped again. An abort while it starts does the same.
 */
export async function startHub(options: StartOptions): Promise<StartedHub> {
  const startedAt = performance.now();
  const lock = await lockDataDir(options.settings.dataDir);
  let app: App | undefined;
  const close = async () => {
    await app?.close();
    await lock.release();
  };
  try {
    options.onProgress('DATABASE');
    app = await openApp(options);
    const endpoint = app.server.url;
    await lock.announce({ endpoint, ...(app.odoo && { odoo: app.odoo.url }) });
    options.signal.throwIfAborted();
    const demo = await prepareDemo(app, options);
    await app.startSync();
    const key = await firstKey(app);
    const question = key === undefined ? undefined : await askFirstQuestion(endpoint, key, options);
    const counts = await countRecords(app);
    const startedInMs = Math.round(performance.now() - startedAt);
    const { watched, odoo } = app;
    return { endpoint, key, demo, question, counts, watched, odoo: odoo?.url, startedInMs, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openApp(options: StartOptions): Promise<App> {
  try {
    return await createApp(options);
  } catch (error) {
    const { host, port } = options.settings;
    throw asPortUnavailable(error, host, port) ?? error;
  }
}

const PORT_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program listens there. Stop it, or choose another port: concord start --port <port> (or PORT); 0 takes a free one',
  EACCES: 'this user may not listen there. Choose a port above 1023: concord start --port 4000',
  EADDRNOTAVAIL: 'this machine has no such address. Choose another: concord start --host 127.0.0.1',
};

function asPortUnavailable(error: unknown, host: string, port: number): PortUnavailable | undefined {
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'listen' && 'code' in error))
    return undefined;
  const advice = PORT_ADVICE[String(error.code)] ?? error.message;
  return new PortUnavailable(`port ${port} on ${host}: ${advice}`, { cause: error });
}

async function prepareDemo(app: App, options: StartOptions): Promise<DemoLoaded | null> {
  const { config, settings, withDemo, signal, onProgress } = options;
  const { db } = app.store;
  if (!config.demo) return null;
  const odoo = app.odoo?.sync;
  if (withDemo)
    return loadDemo({
      db,
      dir: settings.dataDir,
      demo: config.demo,
      streams: config.streams,
      odoo,
      signal,
      onProgress,
    });
  await declineDemo(db);
  return null;
}

/** Made last: an interrupted first start leaves no key that nobody has seen. */
async function firstKey({ store: { db } }: App): Promise<string | undefined> {
  if ((await listKeys(db)).length > 0) return undefined;
  const { key } = await createKey(db, HUB_ACTOR, { name: 'administrator (first start)', role: 'administrator' });
  return key;
}

async function countRecords({ store: { db } }: App): Promise<HubCounts> {
  const [sourceRecords, goldenRecords, openTasks] = await Promise.all([
    db.prisma.sourceRecord.count({ where: { system: { not: 'hub' } } }),
    db.prisma.goldenRecord.count({ where: { state: { not: 'MERGED' } } }),
    db.prisma.stewardTask.count({ where: { state: { in: ['OPEN', 'CLAIMED'] } } }),
  ]);
  return { sourceRecords, goldenRecords, openTasks };
}
