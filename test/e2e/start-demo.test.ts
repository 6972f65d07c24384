import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startOdooImitation } from '../../src/demo/odoo/index.js';
import { exitOf, HubFolder, type RunningHub, SMALL_DEMO } from '../support/hub-folder.js';

let undisturbed: HubFolder;
let killed: HubFolder;
let hub: RunningHub;

beforeAll(async () => {
  expect(SMALL_DEMO).toContain('scale: 0.1');
  undisturbed = new HubFolder(SMALL_DEMO);
  killed = new HubFolder(SMALL_DEMO);
  hub = await undisturbed.start();
}, 180_000);
afterAll(async () => {
  await undisturbed.remove();
  await killed.remove();
});

test('the first start loads five systems, and answers with one record that four of them know', () => {
  expect(hub.ready.counts.sourceRecords).toBeGreaterThan(300);
  expect(hub.ready.counts.goldenRecords).toBeLessThan(hub.ready.counts.sourceRecords);
  expect(hub.ready.counts.openTasks).toBeGreaterThan(0);
  expect(hub.ready.question?.answer).toMatchObject({
    data: {
      supplierByExternalId: {
        id: expect.stringMatching(/^sup_/),
        crosswalk: expect.arrayContaining([
          { system: 'erp', externalId: 'V1001' },
          { system: 'procurement', externalId: 'SUP-77' },
          { system: 'portal', externalId: '5501' },
          { system: 'odoo', externalId: expect.stringMatching(/^\d+$/) },
        ]),
      },
    },
  });
});

test('every law holds in it', async () => {
  expect(await undisturbed.json('verify')).toMatchObject({ code: 0, document: { findings: [] } });
});

test('the second start loads nothing again', async () => {
  const { counts } = hub.ready;
  expect((await hub.stop()).code).toBe(0);
  hub = await undisturbed.start();
  expect(hub.ready).toMatchObject({ key: null, counts });
});

test('killed while it loads, the next start goes on, and ends with the same', async () => {
  const child = killed.spawn(['start', '--port', '0', '--json']);
  const written = join(killed.path, '.concord', 'demo');
  while (!existsSync(written)) await pause(5);
  child.kill('SIGKILL');
  await exitOf(child);
  const resumed = await killed.start();
  expect(resumed.ready.key).not.toBeNull();
  expect(resumed.ready.counts).toEqual(hub.ready.counts);
  expect((await resumed.stop()).code).toBe(0);
}, 180_000);

test('a hub that was started empty stays so', async () => {
  const empty = new HubFolder(SMALL_DEMO);
  const first = await empty.start('--no-demo');
  expect(first.ready).toMatchObject({ counts: { sourceRecords: 0 }, odoo: null });
  await first.stop();
  const second = await empty.start();
  expect(second.ready).toMatchObject({ counts: { sourceRecords: 0 }, odoo: null });
  await second.stop();
  await empty.remove();
}, 180_000);

test('with ODOO_URL a real Odoo is the fifth system: what it has comes in, and nothing made up goes there', async () => {
  const imitation = await startOdooImitation({ version: 19 });
  const vendor = imitation.world.as('admin', (call) =>
    imitation.world.create(call, 'res.partner', { name: 'Vendor of the Odoo', is_company: true, supplier_rank: 1 }),
  );
  const partners = imitation.world.table('res.partner').rows.size;
  const folder = new HubFolder(SMALL_DEMO, {
    ODOO_URL: imitation.url,
    ODOO_DB: imitation.database,
    ODOO_API_KEY: imitation.keys.admin ?? '',
  });
  const started = await folder.start();
  const query = `{ supplierByExternalId(system: "odoo", id: "${vendor}") { attributes { name } } }`;
  const known = { supplierByExternalId: { attributes: { name: 'Vendor of the Odoo' } } };
  let data: unknown;
  for (const until = Date.now() + 60_000; Date.now() < until; await pause(200)) {
    ({ data } = await started.ask<unknown>(query, started.ready.key ?? ''));
    if (JSON.stringify(data) === JSON.stringify(known)) break;
  }
  expect(data).toEqual(known);
  expect((await started.stop()).code).toBe(0);
  expect(imitation.world.table('res.partner').rows.size).toBe(partners);
  await imitation.close();
  await folder.remove();
}, 180_000);
