import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ActiveParameters } from '../../golden-records/active-parameters.js';
import { createKey } from '../../golden-records/api-keys.js';
import { prepareStore } from '../../golden-records/prepare-store.js';
import { type Db, HUB_ACTOR } from '../../golden-records/transaction.js';
import hubConfig from '../../hub.config.js';
import { buildHubSchema } from '../../resolvers/schema.js';
import { connect } from '../../src/database.js';
import { checkConfig } from '../../src/define-config.js';
import { loadDemo } from '../../src/demo-load.js';
import { startDemoOdoo, withDemoOdoo } from '../../src/demo-odoo.js';
import { askFirstQuestion } from '../../src/first-question.js';
import { startServer } from '../../src/server.js';
import { openSystems, startSync } from '../../src/sync-worker.js';
import { startWorker } from '../../src/worker.js';
import { createTestDatabase } from '../support/database.js';
import { type DocumentedQuery, documentedQueries, Shown } from '../support/documented-queries.js';
import { FeedClient } from '../support/feed-client.js';
import { eventually } from '../support/hub.js';
import { silentLog } from '../support/log.js';
import { post } from '../support/test-server.js';

const read = (path: string) => readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const [readme, cookbook] = await Promise.all([read('README.md'), read('docs/graphql.md')]);
const config = { ...checkConfig(hubConfig), folder: '', path: '' };

interface DemoHub {
  readonly url: string;
  readonly key: string;
  /** Resolves when references are followed, Odoo has what is its, and all that has committed stands in the feed. */
  settled(): Promise<unknown>;
  close(): Promise<void>;
}

/** What `npm start` runs, in this process and without its port and folder. */
async function startDemoHub(): Promise<DemoHub> {
  const own = await createTestDatabase();
  const database = connect(own.url, { log: silentLog });
  const db: Db = {
    ...database,
    model: config.model,
    parameters: new ActiveParameters(config.model),
    log: silentLog,
    now: () => new Date(),
  };
  await prepareStore(db);
  const dir = await mkdtemp(join(tmpdir(), 'concord-docs-'));
  const { demo } = hubConfig;
  const odoo = await startDemoOdoo({ dataDir: dir, demo, isNew: true });
  const systems = openSystems(withDemoOdoo(config.connectors, odoo.url), silentLog, {});
  const [sync] = systems;
  const { streams } = config;
  const { signal } = new AbortController();
  await loadDemo({ db, dir, demo, streams, odoo: sync, signal, onProgress: () => undefined });
  const listenDb = database;
  const worker = await startWorker({ db, listenDb, log: silentLog });
  const syncing = await startSync({ db, listenDb, log: silentLog, systems });
  const schema = buildHubSchema(config.model);
  const server = await startServer({ db, schema, listenDb, host: '127.0.0.1', port: 0, log: silentLog, systems });
  const { key } = await createKey(db, HUB_ACTOR, { name: 'administrator (first start)', role: 'administrator' });
  const isSettled = async () =>
    ((await db.prisma.recomputeRequest.count()) === 0 &&
      (await db.prisma.delivery.count({ where: { state: { in: ['PENDING', 'IN_FLIGHT'] } } })) === 0 &&
      (await db.prisma.change.count({ where: { position: null } })) === 0) ||
    undefined;
  return {
    url: server.url,
    key,
    settled: () => eventually(isSettled, 60_000),
    close: async () => {
      await server.close();
      await syncing.stop();
      await worker.stop();
      await odoo.close();
      await database.close();
      await own.drop();
      await rm(dir, { recursive: true });
    },
  };
}

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub();
  await hub.settled();
}, 180_000);
afterAll(async () => {
  await hub.close();
});

/** Run it as a reader would, with what earlier answers gave in place of what the document shows. */
async function run({ query, variables, answer }: DocumentedQuery, shown: Shown): Promise<void> {
  await hub.settled();
  const actual = shown.inVariables(variables);
  if (Array.isArray(answer)) {
    shown.expect(answer, await follow(query, actual, answer.length));
    return;
  }
  const { body } = await post(hub.url, hub.key, query, { variables: actual });
  const told = { ...answer, ...(body.errors ? { errors: body.errors } : {}) };
  shown.expect(answer ?? {}, Object.fromEntries(Object.keys(told).map((name) => [name, body[name]])));
}

/** The first answers of a subscription. A heartbeat may come at any time. */
async function follow(query: string, variables: Record<string, unknown>, count: number): Promise<unknown[]> {
  const client = new FeedClient(hub.url, hub.key);
  client.subscribe(variables, query);
  const events = () => client.events.filter(({ heartbeat }) => heartbeat !== true);
  await client.until(() => events().length >= count || client.errors.length > 0);
  await client.close();
  expect(client.errors).toEqual([]);
  return events()
    .slice(0, count)
    .map((changes) => ({ data: { changes } }));
}

describe('README.md', () => {
  const [first, ...more] = documentedQueries(readme);

  test('has one query, the one that the first start prints', async () => {
    expect(more).toEqual([]);
    const asked = await askFirstQuestion(hub.url, hub.key, { config, log: silentLog });
    expect(oneLine(first?.query)).toBe(oneLine(asked?.query));
  });

  test('shows its answer', async () => {
    if (!first) throw new Error('README.md has no query');
    expect(first.answer).toBeDefined();
    await run(first, new Shown());
  });
});

const oneLine = (query = '') => query.replaceAll(/\s+/g, ' ').trim();

describe('docs/graphql.md', () => {
  const shown = new Shown();
  const queries = documentedQueries(cookbook);

  test('has an answer to every query', () => {
    expect(queries.length).toBeGreaterThan(30);
    expect(queries.filter(({ answer }) => answer === undefined)).toEqual([]);
  });

  test.each(queries)('$heading, line $line', async (query) => {
    await run(query, shown);
  });
});
