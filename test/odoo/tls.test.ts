import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createOdooHub } from '../support/odoo/hub.js';
import { type OdooTarget, odooChoices } from '../support/odoo/targets.js';
import { CERTIFICATE, startTlsFront, type TlsFront } from '../support/odoo/tls.js';

const context = { lang: 'en_US' };
const root = fileURLToPath(new URL('../..', import.meta.url));

describe.each(odooChoices())('$name behind a certificate that nobody signed', ({ start }) => {
  let odoo: OdooTarget;
  let front: TlsFront;
  beforeAll(async () => {
    odoo = await start();
    front = await startTlsFront(odoo.url);
  }, 240_000);
  afterAll(async () => {
    await front.close();
    await odoo.stop();
  });

  const client = (unverifiedHosts?: readonly string[]) =>
    odoo.client('admin', { url: front.url, ...(unverifiedHosts ? { unverifiedHosts } : {}) });

  test.each([[undefined], [['odoo.example.com', 'localhost']]])(
    'nothing is told to it, and it is said what to do: unverifiedHosts %j',
    async (hosts) => {
      const failed = client(hosts).count('res.partner', [], context);
      await expect(failed).rejects.toMatchObject({ failure: { code: 'ODOO_UNREACHABLE', kind: 'TARGET_DOWN' } });
      await expect(client(hosts).version()).rejects.toThrow(/certificate.*NODE_EXTRA_CA_CERTS.*unverifiedHosts/);
      expect(front.seen).toBe('');
    },
  );

  test('where the configuration names that host its records come', async () => {
    expect(await client(['127.0.0.1']).count('res.partner', [], context)).toBeGreaterThan(0);
    const at = await createOdooHub(odoo, { connector: { url: front.url, unverifiedHosts: ['127.0.0.1'] } });
    try {
      await at.pull();
      const [found] = await at.query<{ count: number }>(`select count(*)::int as count from source_record`);
      expect(found?.count).toBeGreaterThan(0);
    } finally {
      await at.close();
    }
  });

  test('where its authority is trusted nothing else is needed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'concord-tls-'));
    try {
      const authority = join(folder, 'authority.pem');
      await writeFile(authority, CERTIFICATE);
      const options = { url: front.url, database: odoo.database, login: 'admin' };
      const script = `import { OdooClient } from './sources/odoo/client.ts';
        const client = new OdooClient({ ...${JSON.stringify(options)}, key: process.env.ODOO_KEY });
        console.log(await client.count('res.partner', [], { lang: 'en_US' }));`;
      const args = ['--import', './scripts/typescript.mjs', '--input-type=module', '--eval', script];
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority, ODOO_KEY: odoo.keys.admin };
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
      expect(Number(stdout)).toBeGreaterThan(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
