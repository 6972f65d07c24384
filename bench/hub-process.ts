import { buildHubSchema } from '../resolvers/schema.js';
import { watchFolder } from '../sources/index.js';
import { startServer } from '../src/server.js';
import { startWorker } from '../src/worker.js';
import { childOptions, serveParent, usage } from './child.js';
import { benchLog, openHub } from './environment.js';
import { benchConfig } from './model.js';

export interface HubOptions {
  readonly databaseUrl: string;
  /** A folder whose files are imported by the same process. */
  readonly watch?: string;
}

export interface HubReady {
  readonly url: string;
}

// The hub as `concord start` runs it: server, worker and watched folder in one process. Only the rate limit is lifted,
// since one key stands here for all clients.
const { databaseUrl, watch } = childOptions<HubOptions>();
const { model, streams } = await benchConfig();
const { database, db } = openHub(databaseUrl, model);
await startWorker({ db, listenDb: database, log: benchLog });
if (watch !== undefined) {
  watchFolder(db, { folder: watch, streams, actor: { kind: 'SYSTEM', id: 'watched-folder', name: 'Watched folder' } });
}
const server = await startServer({
  db,
  schema: buildHubSchema(model),
  listenDb: database,
  host: '127.0.0.1',
  port: 0,
  log: benchLog,
  limits: { costPerSecond: 1e12, burstCost: 1e12, maxConnections: 10_000 },
});

serveParent({ url: server.url } satisfies HubReady, usage);
