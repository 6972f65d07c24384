import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openSystem } from '../../sources/index.js';
import { startSync, type SyncWorker } from '../../src/sync-worker.js';
import { createTestHub, eventually, goldenOf, type TestHub } from '../support/hub.js';
import { silentLog } from '../support/log.js';
import { TINY_SUPPLIER, tinyConnector } from '../support/tiny/connector.js';
import { tinyModel } from '../support/tiny/model.js';
import { TinyServer } from '../support/tiny/server.js';

// The loops as a started hub runs them, in real time: how long a change takes each way, and that one sick system keeps to itself.
let server: TinyServer;
let hub: TestHub;
let worker: SyncWorker;
beforeAll(async () => {
  server = await new TinyServer().start();
  server.schema = {
    supplier: Object.fromEntries(Object.values(TINY_SUPPLIER.fields).map(({ field }) => [field, 'text'])),
  };
  server.create('supplier', { name: 'There before', duns: '300000001' });
  hub = await createTestHub({ model: tinyModel({ url: server.url }) });
  const sync = openSystem('tiny', 'Tiny', tinyConnector({ url: server.url }), { log: silentLog, env: {} });
  // Nothing listens there any more.
  const gone = await new TinyServer().start();
  const { url } = gone;
  await gone.stop();
  const deaf = openSystem('portal', 'Portal', tinyConnector({ url }), { log: silentLog, env: {} });
  worker = await startSync({ db: hub.db, listenDb: hub.database, log: silentLog, systems: [deaf, sync] });
});
afterAll(async () => {
  await worker.stop();
  await server.stop();
  await hub.close();
});

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};
const known = (name: string) =>
  eventually(async () => {
    const { rows } = await hub.db.pool.query(`select 1 from golden_record where attributes->>'name' = $1`, [name]);
    return rows.length > 0 || undefined;
  });

test('what was there comes in, and what changes follows, both ways', async () => {
  await known('There before');
  server.create('supplier', { name: 'New there', duns: '300000002' });
  // A second has to be over before it can be read; the rest is ours.
  expect(await timed(() => known('New there'))).toBeLessThan(4_000);
  await hub.arrive('erp', 'supplier', { V1: { name: 'New here', duns: '300000003' } });
  const out = await timed(() => eventually(() => server.byName('New here').length > 0 || undefined));
  expect(out).toBeLessThan(3_000);
  await eventually(async () => {
    const [record] = server.byName('New here');
    const row = await hub.db.prisma.sourceRecord.findFirst({ where: { system: 'tiny', externalId: record?.id ?? '' } });
    return row?.goldenRecordId === (await goldenOf(hub, 'erp', 'V1')) || undefined;
  });
});

test('law 10: the system that is down fails by itself', async () => {
  const stream = await eventually(async () => {
    const row = await hub.db.prisma.syncStream.findUnique({ where: { name: 'portal/main/supplier' } });
    return row && row.failures > 0 ? row : undefined;
  });
  expect(stream.lastError).toMatchObject({ code: 'SYSTEM_UNREACHABLE' });
  const well = await hub.db.prisma.syncStream.findUniqueOrThrow({ where: { name: 'tiny/main/supplier' } });
  expect(well.failures).toBe(0);
});
