import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { HubFolder, SMALL_CONFIG } from '../support/hub-folder.js';

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly problems?: { path: string }[] };
}
interface Imported {
  readonly rejected: number;
  readonly files: { counts: Record<string, number>; rejectPath: string | null }[];
}

describe('commands on a database of DATABASE_URL', () => {
  let database: TestDatabase;
  let folder: HubFolder;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    folder = new HubFolder(SMALL_CONFIG, { DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await folder.remove();
    await database.drop();
  });

  test('without migrations they say what to do, and touch nothing', async () => {
    const { code, document } = await folder.json<Failed>('keys', 'list');
    expect(code).toBe(4);
    expect(document.error.code).toBe('DATABASE_NOT_READY');
    expect(document.error.message).toContain('run concord migrate');
    const check = await folder.json<{ ok: boolean; findings: { check: string; ok: boolean; advice?: string }[] }>(
      'check',
    );
    expect(check.code).toBe(3);
    expect(check.document.findings.find((finding) => finding.check === 'migrations')).toMatchObject({
      ok: false,
      advice: 'run concord migrate',
    });
  });

  test('migrate: the second run does nothing', async () => {
    const first = await folder.json<{ applied: string[] }>('migrate');
    expect(first.code).toBe(0);
    expect(first.document.applied.length).toBeGreaterThan(0);
    expect(await folder.json('migrate')).toMatchObject({ code: 0, document: { applied: [] } });
  });

  test('migrate --reset wants consent here, then empties', async () => {
    await folder.json('keys', 'create', '--name', 'x');
    expect(await folder.json('migrate', '--reset')).toMatchObject({
      code: 2,
      document: { error: { code: 'INVALID_INPUT' } },
    });
    expect((await folder.json<{ keys: unknown[] }>('keys', 'list')).document.keys).toHaveLength(1);
    expect((await folder.json('migrate', '--reset', '--yes')).code).toBe(0);
    expect((await folder.json<{ keys: unknown[] }>('keys', 'list')).document.keys).toEqual([]);
  });

  test('keys: made, listed without the secret, revoked', async () => {
    const made = await folder.json<{ key: string; prefix: string }>(
      ...['keys', 'create', '--name', 'dashboard', '--role', 'reader', '--unmask', 'TAX_ID', '--expires', '90d'],
    );
    expect(made.code).toBe(0);
    const { key, prefix } = made.document;
    expect(key).toContain(prefix);
    const { stdout } = await folder.run('keys', 'list', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      keys: [{ prefix, state: 'ACTIVE', role: 'reader', unmasked: ['TAX_ID'] }],
    });
    expect(stdout).not.toContain(key);
    expect((await folder.json('keys', 'revoke', prefix)).code).toBe(0);
    expect((await folder.json('keys', 'list')).document).toMatchObject({ keys: [{ prefix, state: 'REVOKED' }] });
    expect(await folder.json('keys', 'revoke', 'nosuchkeyx')).toMatchObject({
      code: 5,
      document: { error: { code: 'NOT_FOUND' } },
    });
  });

  test('import: rejects have line and reason, exit code 3; the same file again changes nothing', async () => {
    folder.write('suppliers.csv', 'no,name\n1,Meridian Surgical Supply Inc.\n2,Northwind Labs Ltd\n3,\n');
    const first = await folder.json<Imported>('import', 'suppliers.csv', '--system', 'erp');
    expect(first).toMatchObject({ code: 3, document: { rejected: 1 } });
    expect(first.document.files[0]?.counts).toEqual({ CREATED: 2, REJECTED: 1 });
    expect(folder.read('suppliers.csv.rejects.csv')).toMatch(/^line,external_id,code,reason\n4,3,/);
    const again = await folder.json<Imported>('import', 'suppliers.csv', '--system', 'erp');
    expect(again.document.files[0]?.counts).toMatchObject({ UNCHANGED: 2 });
  });

  test('import: a file, a system or a stream that is not there is told before anything is taken', async () => {
    folder.write('vendors.csv', 'no,name\n9,Nobody\n');
    expect(await folder.json('import', 'nowhere-suppliers.csv', '--system', 'erp')).toMatchObject({ code: 2 });
    const noSystem = await folder.json<Failed>('import', 'suppliers.csv', '--system', 'crm');
    expect(noSystem.code).toBe(2);
    expect(noSystem.document.error.message).toContain('erp');
    const noStream = await folder.json<Failed>('import', 'suppliers.csv', 'vendors.csv', '--system', 'erp');
    expect(noStream.code).toBe(2);
    expect(noStream.document.error.message).toContain('--type supplier --scope main');
    const typed = await folder.json<Imported>('import', 'vendors.csv', '--system', 'erp', '--type', 'supplier');
    expect(typed).toMatchObject({ code: 0, document: { files: [{ counts: { CREATED: 1 } }] } });
  });

  test('lineage: from the key of a system to the canonical id, the rule, the source and the arrival', async () => {
    const { code, document } = await folder.json<{ id: string; sources: object[]; arrivals: object[] }>(
      ...['lineage', 'erp:main:supplier:1', 'name'],
    );
    expect(code).toBe(0);
    expect(document).toMatchObject({ attribute: 'name', value: 'Meridian Surgical Supply Inc.', rule: 'mostRecent' });
    expect(document.sources).toMatchObject([{ sourceRecord: 'erp:main:supplier:1', wins: true }]);
    expect(document.arrivals.at(-1)).toMatchObject({ sourceRecord: 'erp:main:supplier:1', outcome: 'APPLIED' });
    const byId = await folder.json<{ attributes: { attribute: string }[]; crosswalk: object[] }>(
      'lineage',
      document.id,
    );
    expect(byId.document.crosswalk).toMatchObject([{ sourceRecord: 'erp:main:supplier:1' }]);
    const held = await folder.json('lineage', 'erp:main:supplier:3');
    expect(held.document).toMatchObject({ state: 'HELD' });
  });

  test.each([
    [['lineage', 'erp:main:supplier:999'], 5],
    [['lineage', 'erp:main:vendor:1'], 2],
    [['lineage', 'nonsense'], 2],
    [['lineage', 'erp:main:supplier:1', 'nome'], 2],
    [['recompute', '--type', 'vendor'], 2],
  ])('%p ends with exit code %p and says why', async (args, exit) => {
    const { code, document } = await folder.json<Failed>(...args);
    expect(code).toBe(exit);
    expect(document.error.message).not.toBe('');
  });

  test('recompute changes nothing that was right (law 3), and verify finds every law kept', async () => {
    const recomputed = await folder.json<{ types: { entityType: string; changed: number }[] }>(
      'recompute',
      '--type',
      'supplier',
    );
    expect(recomputed).toMatchObject({
      code: 0,
      document: { types: [{ entityType: 'supplier', recomputed: 3, changed: 0 }] },
    });
    expect(await folder.json('verify')).toMatchObject({ code: 0, document: { ok: true, findings: [] } });
  });

  test('verify ends with exit code 3 when a law is broken', async () => {
    const broken = new HubFolder(SMALL_CONFIG, { DATABASE_URL: database.url });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `update golden_record set attributes = attributes || '{"name": "Forged"}' where state = 'ACTIVE'`,
    );
    const { code, document } = await broken.json<{ ok: boolean; findings: { law: number }[] }>('verify');
    await client.end();
    await broken.remove();
    expect({ code, ok: document.ok }).toEqual({ code: 3, ok: false });
    expect(document.findings.some(({ law }) => law === 3)).toBe(true);
  });

  test('check tells the server, the grants and the keys', async () => {
    const { document } = await folder.json<{ findings: { check: string }[] }>('check');
    const checks = document.findings.map(({ check }) => check);
    expect(checks).toEqual([
      'configuration',
      'watched folder',
      'database',
      'durability',
      'grants',
      'migrations',
      'API keys',
      'systems',
    ]);
  });

  test('schema emit prints the schema', async () => {
    const { stdout } = await folder.run('schema', 'emit');
    expect(stdout).toContain('type Supplier implements');
  });
});

describe("on a PostgreSQL of one's own", () => {
  const role = `hub_${process.pid}`;
  let database: TestDatabase;
  let folder: HubFolder;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(`create role ${role} login password 'secret'`);
    await admin.query(`alter database ${new URL(database.url).pathname.slice(1)} owner to ${role}`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    folder = new HubFolder(SMALL_CONFIG, { DATABASE_URL: url.href });
  });
  afterAll(async () => {
    await folder.remove();
    await admin.query(`reassign owned by ${role} to current_user`);
    await admin.end();
    await database.drop();
  });

  test('the owner of the database needs no further right, and no bundled server is started', async () => {
    expect((await folder.json('migrate')).code).toBe(0);
    const hub = await folder.start();
    expect(hub.ready.key).not.toBeNull();
    folder.write('suppliers.csv', 'no,name\n1,Meridian Surgical Supply Inc.\n');
    expect((await folder.json('import', 'suppliers.csv', '--system', 'erp')).code).toBe(0);
    expect((await hub.stop()).code).toBe(0);
    expect((await folder.json('verify')).code).toBe(0);
    expect(await folder.json('check')).toMatchObject({ document: { findings: expect.any(Array) } });
    expect(folder.postgresProcesses()).toEqual([]);
  });

  test('a reporting role keeps its rights on the views through a migration', async () => {
    await admin.query(`create role ${role}_report`);
    await admin.query(`grant select on golden_supplier to ${role}_report`);
    await folder.json('migrate');
    const { rows } = await admin.query(`select has_table_privilege($1, 'golden_supplier', 'select') as may`, [
      `${role}_report`,
    ]);
    await admin.query(`revoke all on golden_supplier from ${role}_report`);
    await admin.query(`drop role ${role}_report`);
    expect(rows).toEqual([{ may: true }]);
  });
});

describe('what goes wrong is told without a stack', () => {
  let folder: HubFolder;
  beforeAll(() => {
    folder = new HubFolder(SMALL_CONFIG);
  });
  afterAll(() => folder.remove());

  test('a broken configuration: every problem of file and environment at once', async () => {
    const broken = new HubFolder(
      `export default { systems: { erp: { name: 'ERP', scopes: {} } }, rules: { supplier: { attributes: { nome: {} } } } };`,
      { PORT: 'x', CONCORD_DATADIR: '/data' },
    );
    const { code, document } = await broken.json<Failed>('check');
    const { stderr } = await broken.run('check');
    await broken.remove();
    expect(code).toBe(2);
    const paths = document.error.problems?.map(({ path }) => path).sort();
    expect(paths).toEqual(['CONCORD_DATADIR', 'PORT', 'rules.supplier.attributes.nome', 'systems.erp.scopes']);
    for (const path of paths ?? []) expect(stderr).toContain(`${path}: expected`);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test.each([
    ['a syntax error', 'export default {', 'SyntaxError'],
    ['no default export', 'export const config = {};', 'no default export'],
    ['an import that is not there', `import './nowhere.js'; export default {};`, 'nowhere.js'],
  ])('%s in hub.config.ts', async (_name, text, found) => {
    const broken = new HubFolder(text);
    const { code, stderr } = await broken.run('check');
    await broken.remove();
    expect(code).toBe(2);
    expect(stderr).toContain(found);
  });

  test('no configuration at all', async () => {
    const { code, document } = await folder.json<Failed>('check', '--config', 'nowhere.ts');
    expect(code).toBe(2);
    expect(document.error.problems).toMatchObject([{ path: '--config' }]);
  });

  test.each([
    ['nothing listens', 'postgresql://hub@127.0.0.1:1/hub', 'Is PostgreSQL running'],
    ['no such host', 'postgresql://hub:hunter2@nowhere.invalid/hub', 'host'],
  ])('a database that does not answer: %s', async (_name, url, advice) => {
    const away = new HubFolder(SMALL_CONFIG, { DATABASE_URL: url });
    const { code, document } = await away.json<Failed>('verify');
    const { stderr } = await away.run('check');
    await away.remove();
    expect({ code, error: document.error.code }).toEqual({ code: 4, error: 'DATABASE_UNREACHABLE' });
    expect(stderr).toContain(advice);
    expect(stderr).not.toContain('hunter2');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('wrong usage ends with exit code 2 and points to --help', async () => {
    for (const args of [
      ['improt'],
      ['import'],
      ['keys', 'create'],
      ['keys', 'create', '--name', 'x', '--role', 'king'],
    ]) {
      const { code, stderr } = await folder.run(...args);
      expect({ args, code }).toEqual({ args, code: 2 });
      expect(stderr).toContain('--help');
    }
    const { document } = await folder.json('improt');
    expect(document).toMatchObject({ error: { code: 'USAGE' } });
  });

  test('every command explains itself, with an example', async () => {
    const commands = ['start', 'check', 'migrate', 'import', 'keys create', 'keys list', 'keys revoke'];
    for (const command of [...commands, 'lineage', 'verify', 'recompute', 'schema emit']) {
      const { code, stdout } = await folder.run(...command.split(' '), '--help');
      expect({ command, code }).toEqual({ command, code: 0 });
      expect(stdout).toMatch(/Examples?:\n {2}.*concord /);
      expect(stdout).toContain('--json');
    }
  });
});
