import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkOdoo } from '../../sources/odoo/check.js';
import { odoo as odooConnector } from '../../sources/odoo/connector.js';
import { setupOdoo, TOMBSTONES, teardownOdoo } from '../../sources/odoo/setup.js';
import { silentLog } from '../support/log.js';
import { describeReal } from '../support/odoo/each.js';
import { type Login, type OdooTarget, odooChoices } from '../support/odoo/targets.js';

const context = { lang: 'en_US' };

describe.each(odooChoices())('$name', ({ start, isReal }) => {
  let odoo: OdooTarget;
  beforeAll(async () => {
    odoo = await start();
  }, 240_000);
  afterAll(() => odoo.stop());

  const report = async (login: Login, options: { companies?: string[] } = {}) => {
    const { url, database, keys } = odoo;
    const connector = odooConnector({ url, database, login, keyEnv: 'ODOO_KEY', ...options });
    const open = connector.open({ system: 'odoo', log: silentLog, env: { ODOO_KEY: keys[login] } });
    return checkOdoo(connector, open.session, () => new Date());
  };

  test('with an administrator nothing is missing, and it is told what would be read and written', async () => {
    const found = await report('admin');
    expect(found.problems.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
    expect(found.server).toMatchObject({
      version: `${odoo.major}.0`,
      protocol: odoo.major === 19 ? 'JSON-2' : 'JSON-RPC',
    });
    expect(found.companies).toEqual([{ id: 1, name: 'My Company', included: true }]);
    const suppliers = found.streams.find(({ name }) => name === 'supplier');
    expect(suppliers).toMatchObject({
      model: 'res.partner',
      creates: true,
      writes: { name: ['name'], taxIds: ['vat'] },
    });
    expect(suppliers?.records).toBeGreaterThanOrEqual(1);
    if (isReal) expect(found.keys).toMatchObject([{ name: 'lab', ageDays: expect.any(Number) }]);
  });

  test('of a user without rights each right that is missing is named, by model', async () => {
    const found = await report('reader');
    const partner = found.models.find(({ model }) => model === 'res.partner');
    expect(partner?.missingRights).toEqual(['write', 'create']);
    const messages = found.problems.map(({ message }) => message).join('\n');
    expect(messages).toContain('res.partner: the user may not write, create');
    expect(messages).toContain('product.supplierinfo: the user may not write, create, unlink');
  });

  test('a company that is not there is named with those that are', async () => {
    const found = await report('admin', { companies: ['Nobody Inc.'] });
    expect(found.problems).toContainEqual({
      severity: 'ERROR',
      message: 'companies: expected one of "My Company", found "Nobody Inc.": nothing is read or written there',
    });
    // The rest is told all the same, but for what would be another company's.
    expect(found.companies).toEqual([{ id: 1, name: 'My Company', included: false }]);
    expect(found.models.flatMap(({ missingRights, missingFields }) => [...missingRights, ...missingFields])).toEqual(
      [],
    );
    expect(found.streams.map(({ records }) => records).filter((records) => records !== null)).toEqual([]);
  });
});

describeReal(({ start, major }) => {
  let odoo: OdooTarget;
  beforeAll(async () => {
    odoo = await start();
  }, 240_000);
  afterAll(() => odoo.stop());

  test('31: what is set up leaves tombstones of what is deleted, for a user without rights too, and goes without a trace', async () => {
    const admin = odoo.client('admin');
    const first = await setupOdoo(admin, context, 'http://127.0.0.1:9/hooks/none');
    expect(first.done).toContain(`model ${TOMBSTONES}`);
    expect(first.done.filter((name) => name.startsWith('Concord: hint'))).toHaveLength(major === 19 ? 5 : 0);
    expect((await setupOdoo(admin, context, 'http://127.0.0.1:9/hooks/none')).done).toEqual([]);
    const sync = odoo.client('sync');
    const [partner = 0] = await sync.create('res.partner', [{ name: 'Short-lived', is_company: true }], context);
    const [bank = 0] = await sync.create('res.partner.bank', [{ acc_number: 'TOMB-1', partner_id: partner }], context);
    await sync.unlink('res.partner.bank', [bank], context);
    await sync.unlink('res.partner', [partner], context);
    const stones = await sync.searchRead(TOMBSTONES, [], ['x_model', 'x_res_id', 'x_owner_id'], context);
    expect(stones.map(({ x_model, x_res_id, x_owner_id }) => [x_model, x_res_id, x_owner_id])).toEqual([
      ['res.partner.bank', bank, partner],
      ['res.partner', partner, 0],
    ]);
    const { done } = await teardownOdoo(admin, context);
    expect(done).toContain(`model ${TOMBSTONES}`);
    expect(await admin.count('base.automation', [['name', '=like', 'Concord: %']], context)).toBe(0);
    expect(await admin.count('ir.model', [['model', '=', TOMBSTONES]], context)).toBe(0);
    const [left = 0] = await sync.create('res.partner', [{ name: 'Left', is_company: true }], context);
    await sync.unlink('res.partner', [left], context);
  });
});
