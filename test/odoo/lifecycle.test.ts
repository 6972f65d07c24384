import { describe, expect, test } from '@jest/globals';
import { HUB_ACTOR, newId } from '../../golden-records/index.js';
import {
  acceptSystem,
  checkDrift,
  deliverOnce,
  odoo as odooConnector,
  openSystem,
  pullDueOnce,
  pullOnce,
  streamOf,
  sweep,
} from '../../sources/index.js';
import type { OdooClient } from '../../sources/odoo/client.js';
import { startOdooImitation } from '../../src/demo/odoo/index.js';
import { silentLog } from '../support/log.js';
import { describeReal, setScene } from '../support/odoo/each.js';
import { createOdooHub, type OdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';

/** What happens to an Odoo in the course of its life. */
const context = { lang: 'en_US' };
const TWIN = { taxIds: [{ scheme: 'VAT', value: 'NO123456785' }] };
const vendor = (name: string) => ({ name, is_company: true, supplier_rank: 1 });

describeReal(({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let at: OdooHub;
  setScene(
    { start },
    async (scene) => {
      ({ odoo, admin, at } = scene);
      await at.settle();
    },
    { connector: { timeoutMs: 3_000 } },
  );

  const hurry = () =>
    at.query(
      `with d as (update delivery set due_at = now() where state = 'PENDING' returning 1)
       update sync_system set retry_at = now() where breaker = 'OPEN'`,
    );
  const goldenPhones = async (name: string) => {
    const [found] = await at.query<{ phones: unknown }>(
      `select attributes->'phones' as phones from golden_record where attributes->>'name' = $1 and state <> 'MERGED'`,
      name,
    );
    return found?.phones;
  };

  test('a record that somebody holds locked: the write is given up, tried again, and neither edit is lost', async () => {
    const [id = 0] = await admin.create('res.partner', [{ ...vendor('Locked Ltd'), vat: 'NO123456785' }], context);
    await at.settle();
    const locking = { name: 'Locked Ltd', taxIds: [{ scheme: 'VAT', value: 'NO123456785' }] };
    await at.hub.arrive('erp', 'supplier', { L1: locking });
    await at.settle();
    const locked = await odoo.beginLate(id, { phone: '+47 55 21 00 03' });
    await at.hub.arrive('erp', 'supplier', { L1: { ...locking, emails: ['locked@example.com'] } });
    const steps = await at.deliver();
    expect(steps.reduce((sum, { updated }) => sum + updated, 0)).toBe(0);
    await locked.commit();
    for (let round = 0; round < 10; round++) {
      await hurry();
      await at.settle();
      const [row] = await admin.read('res.partner', [id], ['email'], context);
      if (row?.email === 'locked@example.com') break;
    }
    const [row] = await admin.read('res.partner', [id], ['email', 'phone'], context);
    expect(row).toMatchObject({ email: 'locked@example.com', phone: '+47 55 21 00 03' });
    expect(await goldenPhones('Locked Ltd')).toEqual(['+4755210003']);
    expect(await at.query(`select 1 from delivery where state = 'DEAD'`)).toEqual([]);
  }, 180_000);

  test('restarted: what waited meanwhile goes through', async () => {
    await at.hub.arrive('erp', 'supplier', { R1: { name: 'Restart Ltd' } });
    await odoo.restart(async () => {
      await at.deliver();
      await at.pull().catch(() => 0);
    });
    for (let round = 0; round < 10; round++) {
      await hurry();
      await at.settle().catch(() => undefined);
      if ((await admin.count('res.partner', [['name', '=', 'Restart Ltd']], context)) > 0) break;
    }
    expect(await admin.count('res.partner', [['name', '=', 'Restart Ltd']], context)).toBe(1);
    expect(await at.query(`select 1 from delivery where state = 'DEAD'`)).toEqual([]);
  }, 180_000);

  test('reset to an older state: the hub does not believe that everything was deleted, and asks', async () => {
    const names = Array.from({ length: 30 }, (_, nth) => vendor(`Before Reset ${nth}`));
    const known = { ...vendor('Known Before Ltd'), vat: 'NO987654325' };
    const given = await admin.create('res.partner', [known, ...names], context);
    await at.settle();
    // The ERP owns their names.
    const [kept = 0] = given;
    const linked = await at.query<{ golden: string }>(
      `select golden_record_id::text as golden from source_record where system = 'odoo' and external_id = $1`,
      String(kept),
    );
    const erp = (name: string) =>
      at.hub.arrive('erp', 'supplier', {
        OLD: { name, taxIds: [{ scheme: 'VAT', value: known.vat }], status: 'ACTIVE' },
      });
    await erp('Known Before Ltd');
    await at.settle();
    const active = () =>
      at.query(`select 1 from source_record where system = 'odoo' and entity_type = 'supplier' and state = 'ACTIVE'`);
    const before = (await active()).length;
    expect(before).toBeGreaterThanOrEqual(30);
    await odoo.reset();
    await at.sweep();
    expect(await active()).toHaveLength(before);
    const tasks = await at.query<{ details: { missing: number } }>(
      `select details from steward_task where kind = 'MASS_DELETE' and state = 'OPEN'`,
    );
    expect(tasks[0]?.details.missing).toBeGreaterThanOrEqual(30);
    // What it has now comes in all the same, also where it has an id that another one had before.
    const now = odoo.client('admin');
    let id = 0;
    for (let nth = 0; id < kept && nth < 200; nth++)
      [id = 0] = await now.create('res.partner', [vendor(`After Reset ${nth}`)], context);
    expect(id).toBe(kept);
    const [{ name: stranger } = { name: '' }] = await now.read('res.partner', [id], ['name'], context);
    // It isn't quiet before somebody answers: what is missing there waits for that.
    const look = async () => {
      await at.pull();
      await at.hub.settleAll();
      await at.deliver();
      await at.hub.settleAll();
    };
    await look();
    await erp('Renamed since');
    await look();
    const found = await at.query<{ name: string; golden: string }>(
      `select attributes->>'name' as name, golden_record_id::text as golden from source_record where system = 'odoo' and external_id = $1`,
      String(id),
    );
    expect(found).toMatchObject([{ name: stranger }]);
    expect(found[0]?.golden).not.toBe(linked[0]?.golden);
    expect(await now.read('res.partner', [id], ['name'], context)).toMatchObject([{ name: stranger }]);
    expect(
      await at.query(`select attributes->>'name' as name from golden_record where id = $1::uuid`, linked[0]?.golden),
    ).toEqual([{ name: 'Renamed since' }]);
    expect(await at.query(`select 1 from operation where kind = 'REUSED_IDS'`)).not.toEqual([]);
  }, 180_000);
});

describe.each(odooChoices())('$name', ({ start, major }) => {
  test('another Odoo at its place: refused, untouched, until somebody says that it is the right one', async () => {
    const odoo = await start();
    const at = await createOdooHub(odoo);
    const twin = { ...vendor('Twin Ltd'), vat: 'NO123456785' };
    const [id = 0] = await odoo.client('admin').create('res.partner', [twin], context);
    await at.settle();
    const stranger = await startOdooImitation({ version: major });
    const other = stranger.world.as('admin', (call) => stranger.world.create(call, 'res.partner', vendor('Stranger')));
    const { url, database, keys } = stranger;
    const connector = odooConnector({ url, database, login: 'admin', keyEnv: 'ODOO_KEY' });
    const sync = openSystem('odoo', 'Odoo', connector, { log: silentLog, env: { ODOO_KEY: keys.admin } });
    try {
      await at.hub.arrive('erp', 'supplier', { T1: { name: 'Twin Ltd', emails: ['new@example.com'], ...TWIN } });
      await at.query(`update sync_stream set due_at = $1::timestamptz`, at.hub.db.now().toISOString());
      for (const stream of ['odoo/main/supplier', 'odoo/main/supplier-banks']) {
        const step = await pullDueOnce(at.hub.db, sync, { streams: [stream] });
        expect(step).toMatchObject({ kind: 'FAILED', error: { code: 'OTHER_SYSTEM' } });
      }
      expect(await deliverOnce(at.hub.db, sync)).toMatchObject({ failed: 1, updated: 0, created: 0, dead: 0 });
      const [{ error } = { error: {} }] = await at.query<{ error: { message?: string } }>(
        `select last_error as error from sync_system where system = 'odoo'`,
      );
      for (const word of [`"${odoo.database}" made at`, `"${database}" made at`, 'concord sync accept odoo'])
        expect(error.message).toContain(word);
      expect(await at.query(`select 1 from source_record where attributes->>'name' = 'Stranger'`)).toEqual([]);
      // The right one goes on, by itself.
      await at.query(`update sync_system set retry_at = now() where breaker = 'OPEN'`);
      await at.query(`update delivery set due_at = now() where state = 'PENDING'`);
      await at.settle();
      const [row] = await odoo.client('admin').read('res.partner', [id], ['email'], context);
      expect(row?.email).toBe('new@example.com');
      await acceptSystem(at.hub.db, HUB_ACTOR, newId(), { system: 'odoo', reason: 'moved' });
      for (const stream of connector.streams) await pullOnce(at.hub.db, sync, stream);
      await sweep(at.hub.db, sync, streamOf(sync, 'odoo/main/supplier'));
      expect(
        await at.query(
          `select 1 from source_record where external_id = $1 and attributes->>'name' = 'Stranger'`,
          String(other),
        ),
      ).toHaveLength(1);
      const [again] = await at.query(`select 1 from operation where kind = 'ACCEPT_SYSTEM' and reason = 'moved'`);
      expect(again).toBeDefined();
    } finally {
      await stranger.close();
      await at.close();
      await odoo.stop();
    }
  }, 240_000);
});

describeReal(({ start }) => {
  let odoo: OdooTarget;
  let admin: OdooClient;
  let at: OdooHub;
  setScene({ start }, async (scene) => {
    ({ odoo, admin, at } = scene);
    await at.settle();
  });

  test('a module that is uninstalled stops the stream of its model, with a task that names it; a field that went with it costs itself alone', async () => {
    const item = { name: 'Drift Drape', tracking: 'NONE', packagings: [{ level: 'BASE', gtin: '4006381333931' }] };
    await at.hub.arrive('erp', 'item', { I1: item });
    await at.settle();
    await checkDrift(at.hub.db, at.sync);
    const patient = odoo.client('admin', { timeoutMs: 150_000 });
    const modules = await patient.searchIds('ir.module.module', [['name', '=', 'stock']], context);
    await patient.call('ir.module.module', 'button_immediate_uninstall', { ids: modules, context });
    // The hub doesn't know yet, and asks for what is gone.
    const poll = async () => {
      await odoo.nextSecond();
      await at.query(`update sync_stream set due_at = now()`);
      while (await pullDueOnce(at.hub.db, at.sync));
      await at.hub.settleAll();
    };
    await poll();
    const streams = await at.query<{ name: string }>(`select name from sync_stream where drift is not null`);
    expect(streams).toEqual([{ name: 'odoo/main/warehouse' }]);
    const [task] = await at.query<{ details: unknown }>(
      `select details from steward_task where kind = 'SCHEMA_DRIFT' and state = 'OPEN'`,
    );
    expect(task?.details).toMatchObject({
      stream: 'odoo/main/warehouse',
      fields: expect.arrayContaining([expect.objectContaining({ model: 'stock.warehouse', field: 'code', is: null })]),
    });

    // Everything else goes on, both ways.
    await admin.create('res.partner', [vendor('Undisturbed Ltd')], context);
    await at.hub.arrive('erp', 'supplier', { S1: { name: 'Also Undisturbed Ltd' } });
    await at.hub.arrive('erp', 'item', {
      I1: { ...item, name: 'Drift Drape II' },
      I2: { name: 'New Drape', tracking: 'LOT' },
    });
    await poll();
    await at.deliver();
    await poll();
    expect(await at.query(`select 1 from golden_record where attributes->>'name' = 'Undisturbed Ltd'`)).toHaveLength(1);
    expect(await admin.count('res.partner', [['name', '=', 'Also Undisturbed Ltd']], context)).toBe(1);
    for (const name of ['Drift Drape II', 'New Drape'])
      expect(await admin.count('product.product', [['name', '=', name]], context)).toBe(1);
    expect(await at.query(`select entity_type, error from delivery where state <> 'DONE'`)).toEqual([]);
    const failing = await at.query<{ name: string }>(`select name from sync_stream where failures > 0`);
    expect(failing).toEqual([{ name: 'odoo/main/warehouse' }]);
  }, 240_000);
});

describe.each(odooChoices({ only: 'imitation' }))('$name', ({ start }) => {
  test('a field that is gone pauses the streams that it broke, with a task that names it; the others go on', async () => {
    const odoo = await start();
    const at = await createOdooHub(odoo);
    const { signal } = new AbortController();
    await checkDrift(at.hub.db, at.sync, signal);
    const world = odoo.imitation?.world;
    const fields = world?.recorded.fields['res.partner'];
    if (!world || !fields) throw new Error('no imitation');
    const { website: _gone, ...left } = fields;
    Object.assign(world, {
      recorded: { ...world.recorded, fields: { ...world.recorded.fields, 'res.partner': left } },
    });
    await checkDrift(at.hub.db, at.sync, signal);
    const tasks = await at.query<{ details: unknown }>(`select details from steward_task where kind = 'SCHEMA_DRIFT'`);
    expect(JSON.stringify(tasks)).toContain('website');
    const broken = await at.query<{ name: string }>(
      `select name from sync_stream where drift is not null order by name`,
    );
    expect(broken.map(({ name }) => name)).toContain('odoo/main/supplier');
    expect(broken.map(({ name }) => name)).not.toContain('odoo/main/item');
    await at.close();
    await odoo.stop();
  });

  test('a module that is missing costs what it brings, and nothing else', async () => {
    const odoo = await start();
    const world = odoo.imitation?.world;
    if (!world) throw new Error('no imitation');
    const { 'account.payment.term': _terms, 'account.payment.term.line': _lines, ...left } = world.recorded.fields;
    Object.assign(world, { recorded: { ...world.recorded, fields: left } });
    world.forget('account.payment.term');
    world.forget('account.payment.term.line');
    const at = await createOdooHub(odoo);
    await odoo.client('admin').create('res.partner', [vendor('No Accounting Ltd')], context);
    await at.settle();
    const found = await at.query(`select 1 from golden_record where attributes->>'name' = 'No Accounting Ltd'`);
    expect(found).toHaveLength(1);
    await at.close();
    await odoo.stop();
  });
});
