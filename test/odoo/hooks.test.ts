import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { setupOdoo, teardownOdoo } from '../../sources/index.js';
import { createHooks, hookPath, isHookPath } from '../../src/hooks.js';
import { setScene } from '../support/odoo/each.js';
import type { OdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';

const SECRET_ENV = 'ODOO_HOOK_SECRET';
const context = { lang: 'en_US' };

describe.each(odooChoices().filter(({ major }) => major === 19))('$name', ({ start, isReal }) => {
  let odoo: OdooTarget;
  let at: OdooHub;
  setScene(
    { start },
    async (scene) => {
      ({ odoo, at } = scene);
      await at.settle();
    },
    { connector: { hookSecretEnv: SECRET_ENV } },
  );

  const hooks = (secrets: string) =>
    createHooks(at.hub.db, [{ system: 'odoo', name: 'Odoo', connector: at.sync.connector }], { [SECRET_ENV]: secrets });
  const putOff = () => at.query(`update sync_stream set due_at = now() + interval '1 year'`);
  const due = async () => {
    const rows = await at.query<{ name: string }>(
      `select name from sync_stream where due_at < now() + interval '100 days' order by name`,
    );
    return rows.map(({ name }) => name);
  };

  test('a post makes the streams of its model due; one that says nothing makes all of them', async () => {
    await putOff();
    const path = hookPath('odoo', 'new');
    expect(await hooks('new old').take(path, { _model: 'res.partner.bank', id: 7, acc_number: 'ignored' })).toBe(true);
    expect(await due()).toEqual(['odoo/main/supplier-banks']);
    await putOff();
    expect(await hooks('new old').take(path, null)).toBe(true);
    expect(await due()).toHaveLength(at.sync.connector.streams.length);
  });

  test('the path is the secret: an older one is taken while it stands beside the new one, another one never', async () => {
    await putOff();
    expect(await hooks('new old').take(hookPath('odoo', 'old'), {})).toBe(true);
    await putOff();
    for (const path of [hookPath('odoo', 'gone'), hookPath('other', 'new'), '/hooks/odoo/', '/hooks/odoo/guess']) {
      expect(await hooks('new old').take(path, { _model: 'res.partner' })).toBe(false);
    }
    expect(await hooks('').take(hookPath('odoo', ''), {})).toBe(false);
    expect(await due()).toEqual([]);
    expect(hookPath('odoo', 'new')).not.toContain('new');
  });

  if (isReal) {
    test('26 and 27: Odoo posts once for a change, and within a second its stream is due', async () => {
      const posts: { path: string; body: string }[] = [];
      const taken = hooks('secret');
      const server = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        request.on('end', () => {
          posts.push({ path: request.url ?? '', body });
          void taken.take(request.url ?? '', JSON.parse(body)).then(() => response.writeHead(204).end());
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${hookPath('odoo', 'secret')}`;
      const admin = odoo.client('admin');
      await setupOdoo(admin, context, url);
      await putOff();
      await admin.create('res.partner', [{ name: 'Posted Ltd', is_company: true, supplier_rank: 1 }], context);
      const committedAt = Date.now();
      while ((await due()).length === 0 && Date.now() - committedAt < 5_000) await odoo.pass(20);
      expect(Date.now() - committedAt).toBeLessThan(1_000);
      expect(await due()).toContain('odoo/main/supplier');
      expect(posts).toHaveLength(1);
      expect(isHookPath(posts[0]?.path ?? '')).toBe(true);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });

    test('28: a post that failed is not sent again, and the polling finds what it would have told', async () => {
      let posts = 0;
      const server = createServer((request, response) => {
        posts++;
        request.resume();
        response.writeHead(500).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const admin = odoo.client('admin');
      await teardownOdoo(admin, context);
      await setupOdoo(admin, context, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await admin.create('res.partner', [{ name: 'Told Once Ltd', is_company: true, supplier_rank: 1 }], context);
      await odoo.pass(3_000);
      expect(posts).toBe(1);
      await at.settle();
      const found = await at.query(`select 1 from golden_record where attributes->>'name' = 'Told Once Ltd'`);
      expect(found).toHaveLength(1);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });

    test('30: a rule with an address of its own takes posts of others', async () => {
      const admin = odoo.client('admin');
      const [model = 0] = await admin.searchIds('ir.model', [['model', '=', 'res.partner']], context);
      const rule = { name: 'inbound', model_id: model, trigger: 'on_webhook' };
      const [id = 0] = await admin.create('base.automation', [rule], context);
      const [row] = await admin.read('base.automation', [id], ['webhook_uuid'], context);
      const [partner = 0] = await admin.searchIds('res.partner', [], context, 1);
      const post = (uuid: string) =>
        fetch(new URL(`/web/hook/${uuid}`, odoo.url), {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-odoo-database': odoo.database },
          body: JSON.stringify({ _model: 'res.partner', _id: partner }),
        });
      const taken = await post(String(row?.webhook_uuid));
      expect([taken.status, await taken.json()]).toEqual([200, { status: 'ok' }]);
      expect((await post('00000000-0000-0000-0000-000000000000')).status).toBe(404);
      await admin.unlink('base.automation', [id], context);
    });
  } else {
    test('28: a change that no post tells of is found by polling', async () => {
      await odoo.client().create('res.partner', [{ name: 'Untold Ltd', is_company: true, supplier_rank: 1 }], context);
      await putOff();
      expect(await due()).toEqual([]);
      await at.settle();
      const found = await at.query(`select 1 from golden_record where attributes->>'name' = 'Untold Ltd'`);
      expect(found).toHaveLength(1);
    });

    test('30: nothing of the hub uses an address of Odoo that takes posts: the imitation has none', async () => {
      const answer = await fetch(new URL('/web/hook/00000000-0000-0000-0000-000000000000', odoo.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(answer.status).toBe(404);
    });
  }
});
