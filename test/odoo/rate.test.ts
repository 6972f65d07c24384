import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { backfillOnce, deliverOnce, openSystem, pullOnce, type Synchronised } from '../../sources/index.js';
import { silentLog } from '../support/log.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';

const CALLS_PER_SECOND = 2;

/** Law 10, the other way round: what an Odoo bears is asked of it by all workers together, call by call. */
describe.each(odooChoices({ only: 'imitation' }))('$name', ({ start }) => {
  let odoo: OdooTarget;
  let at: OdooHub;
  /** Beside the hub's own, as another process would have it. */
  let other: Synchronised;
  let clock = Date.parse('2026-11-23T02:00:00.250Z');

  beforeAll(async () => {
    odoo = await start();
    at = await createOdooHub(odoo, { connector: { callsPerSecond: CALLS_PER_SECOND } });
    const { system, connector } = at.sync;
    other = openSystem(system, 'Odoo', connector, { log: silentLog, env: { ODOO_KEY: odoo.keys.admin } });
    Object.assign(at.hub.db, { now: () => new Date(clock) });
  });
  afterAll(async () => {
    await other.open.close();
    await at.close();
    await odoo.stop();
  });

  /** Whoever waits is there when the time has come; two that wait at once don't wait twice as long. */
  const wait = async (ms: number) => {
    const until = clock + ms;
    await new Promise((resolve) => setImmediate(resolve));
    clock = Math.max(clock, until);
  };

  async function work(sync: Synchronised): Promise<void> {
    for (const stream of sync.connector.streams)
      for (const lane of ['LIVE', 'BACKFILL'] as const) await pullOnce(at.hub.db, sync, stream, lane, { wait });
    while (await backfillOnce(at.hub.db, sync, { wait }));
    while (await deliverOnce(at.hub.db, sync, { wait, limit: 2 }));
  }

  test('two workers keep the rate of one system together, every call counted', async () => {
    const suppliers = Array.from({ length: 12 }, (_, nth) => [
      `R${nth}`,
      { name: `Rate ${nth} Ltd`, status: 'ACTIVE' },
    ]);
    await at.hub.arrive('erp', 'supplier', Object.fromEntries(suppliers));
    let calls = 0;
    if (odoo.imitation) odoo.imitation.trouble = () => void calls++;
    const began = clock;
    await Promise.all([work(at.sync), work(other)]);
    const seconds = (clock - began) / 1_000;
    expect(calls).toBeGreaterThan(60);
    // The first of all needs no wait.
    expect(calls).toBeLessThanOrEqual(seconds * CALLS_PER_SECOND + 1);
    const names = suppliers.map((_one, nth) => `Rate ${nth} Ltd`);
    expect(await odoo.client().count('res.partner', [['name', 'in', names]], { lang: 'en_US' })).toBe(12);
  });
});
