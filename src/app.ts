import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Actor, Log } from '../golden-records/transaction.js';
import { buildHubSchema } from '../resolvers/schema.js';
import { type Synchronised, type Watcher, watchFolder } from '../sources/index.js';
import type { Settings } from './config.js';
import { demoState } from './demo-load.js';
import { type RunningOdoo, startDemoOdoo, withDemoOdoo } from './demo-odoo.js';
import { isDemoOdoo } from './demo/odoo/connector.js';
import { createHooks } from './hooks.js';
import type { LoadedConfig } from './load-config.js';
import { type RunningServer, startServer } from './server.js';
import { migrateStore, openStore, type Store } from './store.js';
import { openSystems, type SyncWorker, startSync } from './sync-worker.js';
import { startWorker } from './worker.js';

export interface AppOptions {
  readonly settings: Settings;
  readonly config: LoadedConfig;
  readonly log: Log;
  readonly withDemo: boolean;
}

/** The parts of one running process. */
export interface App {
  readonly store: Store;
  readonly server: RunningServer;
  /** Missing where the configuration names no folder to watch. */
  readonly watcher: Watcher | undefined;
  /** That folder. */
  readonly watched: string | undefined;
  /** The demo's Odoo, where the demo has one. */
  readonly odoo: { readonly url: string; readonly sync: Synchronised } | undefined;
  /** Keep the systems in agreement from now on. */
  startSync(): Promise<void>;
  /** Stops all in order: no new requests, no new files, the steps under way, the database. */
  close(): Promise<void>;
}

/** Files from the watched folder carry this actor. */
const WATCHER: Actor = { kind: 'SYSTEM', id: 'watched-folder', name: 'Watched folder' };

/**
 * The one place where all meets. Opens the database, brings it up to date, then runs worker, server and watched folder.
 * What was started is stopped again when a later part fails. Other systems are called from `startSync` on.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { settings, config, log } = options;
  const started: (() => Promise<void>)[] = [];
  const close = once(async () => {
    for (const stop of started.reverse()) await stop();
  });
  try {
    const store = await openStore({ settings, model: config.model, log });
    started.push(() => store.close());
    await migrateStore(store);
    const worker = await startWorker({ db: store.db, listenDb: store.database, log });
    started.push(() => worker.stop());
    const demoOdoo = await openDemoOdoo(store, options);
    if (demoOdoo) started.push(() => demoOdoo.running.close());
    const systems = openSystems(withDemoOdoo(config.connectors, demoOdoo?.running.url), log, process.env);
    let syncing: SyncWorker | undefined;
    started.push(async () => {
      await syncing?.stop();
      await Promise.all(systems.map(({ open }) => open.close()));
    });
    const watched = config.watch && resolve(config.folder, config.watch.folder);
    const watcher = watched === undefined ? undefined : watch(store, config, watched);
    if (watcher) started.push(() => watcher.stop());
    const server = await serve(store, options, systems);
    started.push(() => server.close());
    const sync = systems.find(({ system }) => system === demoOdoo?.system);
    return {
      store,
      server,
      watcher,
      watched,
      odoo: demoOdoo && sync ? { url: demoOdoo.running.url, sync } : undefined,
      startSync: async () => {
        syncing = await startSync({ db: store.db, listenDb: store.database, log, systems });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs where the configuration has one and the demo is, or is about to be, in the database. */
async function openDemoOdoo(
  { db }: Store,
  { config, settings, withDemo }: AppOptions,
): Promise<{ readonly system: string; readonly running: RunningOdoo } | undefined> {
  const found = config.connectors.find(({ connector }) => isDemoOdoo(connector));
  if (!found || !config.demo || !withDemo) return undefined;
  const state = await demoState(db);
  if (state === 'DECLINED') return undefined;
  const { dataDir } = settings;
  return {
    system: found.system,
    running: await startDemoOdoo({ dataDir, demo: config.demo, isNew: state === 'NEW' }),
  };
}

const watch = ({ db }: Store, { streams }: LoadedConfig, folder: string): Watcher =>
  watchFolder(db, { folder, streams, actor: WATCHER });

function serve(
  { db, database }: Store,
  { settings, config, log }: AppOptions,
  systems: readonly Synchronised[],
): Promise<RunningServer> {
  return startServer({
    db,
    schema: buildHubSchema(config.model),
    listenDb: database,
    host: settings.host,
    port: settings.port,
    log,
    hooks: createHooks(db, config.connectors, process.env),
    limits: limitsOf(settings),
    systems,
    ...tlsOf(settings),
  });
}

/** The settings that the server reads, which carry its names. */
export const limitsOf = (settings: Settings) => ({
  maxBodyBytes: settings.maxBodyBytes,
  maxTokens: settings.maxTokens,
  maxDepth: settings.maxDepth,
  maxBreadth: settings.maxBreadth,
  maxAliases: settings.maxAliases,
  maxRootFields: settings.maxRootFields,
  maxCost: settings.maxCost,
  costPerSecond: settings.costPerSecond,
  burstCost: settings.burstCost,
  maxConnections: settings.maxConnections,
  maxSubscriptionsPerConnection: settings.maxSubscriptionsPerConnection,
  drainMs: settings.drainMs,
});

function tlsOf({ tlsCertFile, tlsKeyFile }: Settings) {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return {};
  return { tls: { cert: readFileSync(tlsCertFile), key: readFileSync(tlsKeyFile) } };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
