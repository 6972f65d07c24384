import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKey } from '../../golden-records/api-keys.js';
import { HUB_ACTOR } from '../../golden-records/index.js';
import { buildHubSchema } from '../../resolvers/schema.js';
import { connect } from '../../src/database.js';
import { Metrics } from '../../src/metrics.js';
import { exposition } from '../../src/prometheus.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { eventually } from '../support/hub.js';
import { silentLog } from '../support/log.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';

let at: SyncHub;
let server: RunningServer;
let page: URL;
const scrape = (key?: string, method = 'GET') =>
  fetch(page, { method, headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
beforeAll(async () => {
  at = await createSyncHub({ key: { createdAt: '2026-11-23T08:00:00.000Z', expiresAt: '2026-12-24T00:00:00.000Z' } });
  const { db, database, model } = at.hub;
  const schema = buildHubSchema(model);
  server = await startServer({
    db,
    schema,
    listenDb: database,
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    systems: [at.sync],
  });
  page = new URL('/metrics', server.url);
});
afterAll(async () => {
  await server.close();
  await at.close();
});

const valuesOf = (text: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
const TARGET = '{system="tiny"}';
const STREAM = '{system="tiny",stream="tiny/main/supplier"}';

test('nobody reads it without a key, a reader does; it is Prometheus text', async () => {
  expect((await scrape()).status).toBe(401);
  expect((await scrape('ck_aaaaaaaaaa_none')).status).toBe(401);
  const { key } = await createKey(at.hub.db, HUB_ACTOR, { name: 'prometheus', role: 'reader' });
  expect((await scrape(key, 'POST')).status).toBe(404);
  const answer = await scrape(key);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  for (const line of (await answer.text()).trimEnd().split('\n'))
    expect(line).toMatch(
      /^(# (HELP|TYPE) concord_\w+ .+|concord_\w+(\{(\w+="[^"]*",?)+\})? -?\d+(\.\d+)?(e[+-]\d+)?)$/,
    );
});

test('what is stuck shows: queue, dead letter, breaker, lag, pause, tasks, feed, what came and what changed', async () => {
  const metrics = new Metrics(at.hub.db, [at.sync], { settleMs: 0 });
  await metrics.read();
  at.server.refuses = ({ name }) => (name === 'Bad' ? 'name taken' : undefined);
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Good' }, V2: { name: 'Bad' } });
  await at.deliverAll();
  at.clock.advance(60_000);
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Better' } });
  at.clock.advance(30_000);
  const unstamped = valuesOf(await metrics.read());
  const { rowCount } = await at.hub.db.pool.query(`select from change where position is null`);
  expect(unstamped.concord_feed_unstamped).toBe(rowCount);
  expect(unstamped.concord_feed_lag_seconds).toBeGreaterThanOrEqual(30);
  await at.hub.settleAll();
  await at.hub.db.pool.query(`update sync_system set breaker = 'OPEN', retry_at = now()`);
  await at.hub.db.pool.query(`update sync_stream set paused_at = now()`);
  const values = valuesOf(await metrics.read());
  expect(values).toMatchObject({
    'concord_sync_target_queued{system="tiny",lane="LIVE"}': 1,
    [`concord_sync_target_oldest_seconds${TARGET}`]: 30,
    [`concord_sync_target_dead${TARGET}`]: 1,
    'concord_sync_breaker{system="tiny",state="OPEN"}': 1,
    'concord_sync_breaker{system="tiny",state="CLOSED"}': 0,
    [`concord_sync_stream_paused${STREAM}`]: 1,
    [`concord_sync_stream_failures${STREAM}`]: 0,
    'concord_steward_tasks{kind="DEAD_LETTER"}': 1,
    'concord_arrivals_total{system="erp",entity_type="supplier",outcome="APPLIED"}': 3,
    'concord_golden_changes_total{entity_type="supplier",kind="CREATED"}': 2,
    concord_feed_unstamped: 0,
    concord_feed_lag_seconds: 0,
  });
  expect(values['concord_steward_task_oldest_seconds{kind="DEAD_LETTER"}']).toBeGreaterThanOrEqual(90);
  expect(values[`concord_sync_stream_lag_seconds${STREAM}`]).toBeGreaterThan(90);
  expect(values.concord_feed_head).toBeGreaterThanOrEqual(3);
  await metrics.close();
});

test("the key's age and expiry, asked beside the scrape", async () => {
  const metrics = new Metrics(at.hub.db, [at.sync]);
  await at.hub.db.pool.query(`update sync_system set breaker = 'CLOSED', retry_at = null`);
  const age = await eventually(async () => {
    const values = valuesOf(await metrics.read());
    return values[`concord_sync_key_age_seconds${TARGET}`] === undefined ? undefined : values;
  });
  expect(age[`concord_sync_key_age_seconds${TARGET}`]).toBeGreaterThanOrEqual(86_400);
  expect(age[`concord_sync_key_expiry_timestamp_seconds${TARGET}`]).toBe(Date.parse('2026-12-24') / 1_000);
  await metrics.close();
});

test('a scrape is a handful of statements, however much there is; many at once are one', async () => {
  const database = connect(at.hub.database.url, { log: silentLog, maxConnections: 1 });
  const client = await database.pool.connect();
  let sent = 0;
  const query = client.query.bind(client) as (...all: unknown[]) => unknown;
  client.query = ((...all: unknown[]) => {
    sent++;
    return query(...all);
  }) as typeof client.query;
  client.release();
  const db = { ...at.hub.db, prisma: database.prisma, pool: database.pool };
  const metrics = new Metrics(db, [{ ...at.sync, open: { ...at.sync.open, key: undefined } as never }], {
    settleMs: 0,
  });
  const cost = async (work: () => Promise<unknown>) => {
    sent = 0;
    await work();
    return sent;
  };
  const few = await cost(() => metrics.read());
  const records = Array.from({ length: 100 }, (_, nth) => [`M${nth}`, { name: `Many ${nth}` }] as const);
  await at.hub.arrive('erp', 'supplier', Object.fromEntries(records));
  await at.hub.settleAll();
  const many = await cost(() => Promise.all([metrics.read(), metrics.read(), metrics.read()]));
  // The first finds nothing to count on from, so it may ask less; three of their own would be more than twice as many.
  for (const statements of [few, many]) expect(statements).toBeLessThanOrEqual(10);
  expect(few).toBeGreaterThan(5);
  await metrics.close();
  await database.close();
});

test('labels are escaped', () => {
  const catalogue = { m: { type: 'gauge', help: 'A\\B', labels: ['l'] } } as const;
  expect(exposition(catalogue, [{ name: 'm', labels: { l: 'a"b\\c\nd' }, value: 1 }])).toBe(
    '# HELP m A\\\\B\n# TYPE m gauge\nm{l="a\\"b\\\\c\\nd"} 1\n',
  );
});
