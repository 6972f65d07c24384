import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SyncStream } from '../../sources/connector.js';
import { Down } from '../../sources/errors.js';
import { pullDueOnce, type StreamStep } from '../../sources/index.js';
import { type OpenOdoo, odoo as odooConnector } from '../../sources/odoo/connector.js';
import { silentLog } from '../support/log.js';
import { createOdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';

/** A company that the configuration names and Odoo doesn't have, or doesn't show: another one must not take its place. */
const context = { lang: 'en_US' };
const signal = new AbortController().signal;

describe.each(odooChoices())('$name', ({ start }) => {
  let odoo: OdooTarget;
  beforeAll(async () => {
    odoo = await start();
  }, 240_000);
  afterAll(() => odoo.stop());

  const opened = (companies: readonly (string | number)[]) => {
    const { url, database, keys } = odoo;
    const connector = odooConnector({ url, database, login: 'admin', keyEnv: 'ODOO_KEY', companies });
    const open = connector.open({ system: 'odoo', log: silentLog, env: { ODOO_KEY: keys.admin } });
    const stream = (name: string): SyncStream => {
      const found = connector.streams.find((one) => one.name === name);
      if (!found) throw new Error(`no stream ${name}`);
      return found;
    };
    return { open, stream };
  };
  const errorOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  test.each([
    ['none of them', ['Nobody Inc.', 77]],
    ['not all of them', ['My Company', 'Nobody Inc.']],
  ])(
    '%s is there: nothing is read or written, and it says what is missing and what is there',
    async (_name, companies) => {
      const { open, stream } = opened(companies);
      const to = await open.pull.now(signal);
      const row = { key: 'nobody-1', externalId: null, fields: { name: 'Nobody', is_company: true }, before: null };
      const before = await odoo.client().count('res.partner', [], context);
      const calls: (() => Promise<unknown>)[] = [
        () => open.pull.page(stream('supplier'), { from: null, to }, null, 10, signal),
        () => open.pull.page(stream('business_unit'), { from: null, to }, null, 10, signal),
        () => open.pull.read(stream('item'), ['1'], signal),
        () => open.pull.list?.(stream('supplier'), null, 10, signal) ?? Promise.resolve(),
        () => open.push?.find(stream('supplier'), ['nobody-1'], signal) ?? Promise.resolve(),
        () =>
          open.push?.write(
            stream('supplier'),
            { action: 'CREATE', fields: ['name', 'is_company'], rows: [row] },
            signal,
          ) ?? Promise.resolve(),
      ];
      for (const call of calls) {
        const error = await errorOf(call());
        expect(error).toBeInstanceOf(Down);
        expect(error).toMatchObject({ code: 'COMPANY_MISSING', message: expect.stringContaining('"Nobody Inc."') });
        expect(error).toMatchObject({ message: expect.stringContaining('the companies there are "My Company" (1)') });
      }
      expect(await odoo.client().count('res.partner', [], context)).toBe(before);
    },
  );

  test('a company by its name or its id is there', async () => {
    for (const companies of [['My Company'], [1]]) {
      const { open, stream } = opened(companies);
      const to = await open.pull.now(signal);
      const page = await open.pull.page(stream('business_unit'), { from: null, to }, null, 10, signal);
      expect(page.records.map(({ externalId }) => externalId)).toEqual(['1']);
    }
  });

  test('streams and deliveries say so, no delivery dies of it, and both go on once it is mended', async () => {
    const admin = odoo.client();
    const at = await createOdooHub(odoo, { connector: { companies: ['My Company'] } });
    try {
      const name = `Waiting ${Date.now() % 100_000}`;
      await at.settle();
      await admin.write('res.company', [1], { name: 'Renamed Inc.' }, context);
      // As minutes later.
      (at.sync.open as OpenOdoo).session.forgetLists();
      await at.hub.arrive('erp', 'supplier', { 'W-1': { name, status: 'ACTIVE', emails: ['a@waiting.example.com'] } });
      const steps: StreamStep[] = [];
      const deadline = performance.now() + 60_000;
      while (steps.length < 3 && performance.now() < deadline) {
        await odoo.nextSecond();
        await at.query(`update sync_stream set due_at = $1::timestamptz`, at.hub.db.now().toISOString());
        const step = await pullDueOnce(at.hub.db, at.sync);
        if (step) steps.push(step);
      }
      const failed = { kind: 'FAILED', error: { code: 'COMPANY_MISSING' } };
      expect(steps).toMatchObject([failed, failed, failed]);
      await at.deliver();
      const waiting = await at.query<{ state: string; error: { code: string; message: string } }>(
        `select state, error from delivery where error is not null`,
      );
      const error = { code: 'COMPANY_MISSING', message: expect.stringContaining('"Renamed Inc." (1)') };
      expect(waiting).toMatchObject([{ state: 'PENDING', error }]);
      expect(await admin.count('res.partner', [['name', '=', name]], context)).toBe(0);

      await admin.write('res.company', [1], { name: 'My Company' }, context);
      await at.settle();
      expect(await admin.count('res.partner', [['name', '=', name]], context)).toBe(1);
    } finally {
      await admin.write('res.company', [1], { name: 'My Company' }, context);
      await at.close();
    }
  });
});

test('an empty list of companies is no list', () => {
  const options = { url: 'https://odoo.example.com', database: 'x', login: 'x', keyEnv: 'ODOO_KEY' };
  const paths = (companies: unknown) =>
    odooConnector({ ...options, companies: companies as string[] })
      .problems?.('connector')
      .map(({ path }) => path);
  expect(['one', [], [''], [1, 'two']].map(paths)).toEqual([
    ['connector.companies'],
    ['connector.companies'],
    ['connector.companies'],
    [],
  ]);
});
