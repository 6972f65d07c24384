import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { defineModel, ENTITY_TYPES } from '../../golden-records/index.js';
import { odoo, openSystem, targetsOf } from '../../sources/index.js';
import { type OdooImitation, startOdooImitation } from '../../src/demo/odoo/index.js';
import { type SyncWorker, startSync } from '../../src/sync-worker.js';
import { createTestHub, eventually, type TestHub } from '../support/hub.js';
import { silentLog } from '../support/log.js';
import { ODOO_SYSTEMS } from '../support/odoo/model.js';

// Law 10 in real time, by the loops that a started hub runs: two Odoos, of which one, or one stream of it, is sick.
let office: OdooImitation;
let depot: OdooImitation;
let hub: TestHub;
let worker: SyncWorker;
let made = 0;

beforeAll(async () => {
  office = await startOdooImitation({ version: 19 });
  depot = await startOdooImitation({ version: 14 });
  const connect = ({ url, database }: OdooImitation) =>
    odoo({ url, database, login: 'admin', keyEnv: 'ODOO_KEY', pollMs: 250, timeoutMs: 4_000 });
  const connectors = { odoo: connect(office), depot: connect(depot) };
  hub = await createTestHub({
    model: defineModel({
      entityTypes: ENTITY_TYPES,
      systems: [...ODOO_SYSTEMS, { code: 'depot', name: 'Depot', scopes: { main: {} } }],
      rules: { supplier: { attributes: { name: { owner: ['erp'] }, emails: { owner: ['erp'] } } } },
      targets: Object.entries(connectors).flatMap(([system, connector]) => targetsOf(system, connector)),
    }),
  });
  const systems = Object.entries(connectors).map(([system, connector]) =>
    openSystem(system, system, connector, { log: silentLog, env: { ODOO_KEY: office.keys.admin } }),
  );
  worker = await startSync({ db: hub.db, listenDb: hub.database, log: silentLog, systems });
  await arrived(office);
  await arrived(depot);
});
afterEach(() => {
  office.trouble = undefined;
});
afterAll(async () => {
  await worker.stop();
  await office.close();
  await depot.close();
  await hub.close();
});

/** Milliseconds until a vendor that is made there is known here. */
async function arrived({ world }: OdooImitation): Promise<number> {
  const name = `Vendor no ${++made}`;
  world.as('admin', (call) => world.create(call, 'res.partner', { name, is_company: true, supplier_rank: 1 }));
  const startedAt = performance.now();
  await eventually(async () => {
    const { rows } = await hub.db.pool.query(`select 1 from golden_record where attributes->>'name' = $1`, [name]);
    return rows.length > 0 || undefined;
  });
  return performance.now() - startedAt;
}

const streams = async (system: string) => {
  const { rows } = await hub.db.pool.query<{ name: string; failures: number; lagMs: number }>(
    `select name, failures, extract(epoch from now() - caught_up_to)::float8 * 1000 as "lagMs" from sync_stream where system = $1`,
    [system],
  );
  return new Map(rows.map((row) => [row.name, row]));
};
const LIVE = ['supplier', 'supplier-contacts', 'supplier-banks', 'item', 'item-templates', 'item-prices'];
const FRESH_MS = 5_000;

test('an Odoo that answers too late, or with an error page, leaves another one fresh in both directions', async () => {
  let calls = 0;
  const page = { status: 502, body: '<html>502 Bad Gateway</html>' };
  office.trouble = () => (++calls % 2 === 0 ? { delayMs: 6_000 } : { instead: page });
  await eventually(async () => ((await streams('odoo')).get('odoo/main/supplier')?.failures ?? 0) > 0 || undefined);
  const before = await streams('odoo');
  for (let round = 0; round < 4; round++) {
    expect(await arrived(depot)).toBeLessThan(FRESH_MS);
    const email = `sick-${round}@example.com`;
    await hub.arrive('erp', 'supplier', { [`V-${round}`]: { name: `Of the ERP ${round}`, emails: [email] } });
    const there = () => [...depot.world.table('res.partner').rows.values()].some((row) => row.email === email);
    await eventually(() => there() || undefined);
  }
  const well = await streams('depot');
  for (const name of LIVE) {
    const stream = well.get(`depot/main/${name}`);
    expect(stream).toMatchObject({ failures: 0 });
    expect(stream?.lagMs).toBeLessThan(FRESH_MS);
  }
  // The sick one has not moved all the while.
  const after = (await streams('odoo')).get('odoo/main/supplier');
  expect(after?.failures).toBeGreaterThan(0);
  expect(after?.lagMs).toBeGreaterThan(before.get('odoo/main/supplier')?.lagMs ?? Number.POSITIVE_INFINITY);
});

test('a model that hangs leaves the other streams of the same Odoo fresh', async () => {
  await arrived(office);
  office.trouble = (model) => (model === 'product.product' ? { delayMs: 6_000 } : undefined);
  await eventually(async () => ((await streams('odoo')).get('odoo/main/item')?.failures ?? 0) > 0 || undefined);
  for (let round = 0; round < 4; round++) expect(await arrived(office)).toBeLessThan(FRESH_MS);
  const all = await streams('odoo');
  for (const name of ['supplier', 'supplier-contacts', 'supplier-banks']) {
    expect(all.get(`odoo/main/${name}`)).toMatchObject({ failures: 0 });
    expect(all.get(`odoo/main/${name}`)?.lagMs).toBeLessThan(FRESH_MS);
  }
  expect(all.get('odoo/main/item')?.failures).toBeGreaterThan(0);
});
