import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { type OdooImitation, startOdooImitation } from '../../src/demo/odoo/index.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { HubFolder } from '../support/hub-folder.js';

const ROLE = `vendor_reader_${process.pid}`;

/** Every kind of system in every kind of trouble; `map` is never called. */
const CONFIG = `
import { defineConfig, odoo, sqlConnector, sqlStream, supplier } from '@concord-mdm/hub';

const { OFFICE, GONE, SILENT } = process.env;
const at = (url: string, login = 'admin', keyEnv = 'ADMIN_KEY') => odoo({ url, database: 'demo', login, keyEnv });
const vendors = (table: string, write?: { columns: Record<string, string> }) =>
  sqlStream(supplier, { scope: 'main', name: table, table, id: 'no', reads: ['name'], map: () => ({}), write });
const write = { columns: { name: 'name' } };
const system = (name: string, connector) => ({ name, scopes: { main: {} }, connector });
// Whoever writes a connector needn't write a check.
const plain = { ...sqlConnector({ urlFrom: 'VENDORS', streams: [] }), kind: 'plain', streams: [], problems: () => [] };
const clock = (now) => ({ ...plain, open: () => ({ pull: { now }, close: async () => undefined }) });

export default defineConfig({
  systems: {
    office: system('Office', at(OFFICE ?? '')),
    guest: system('Guest', at(OFFICE ?? '', 'reader', 'READER_KEY')),
    keyless: system('Keyless', at(OFFICE ?? '', 'admin', 'NO_SUCH_KEY')),
    gone: system('Gone', at(GONE ?? '')),
    silent: system('Silent', at(SILENT ?? '')),
    vendors: system('Vendors', sqlConnector({ urlFrom: 'VENDORS', streams: [vendors('vendor', write)] })),
    strangers: system('Strangers', sqlConnector({ urlFrom: 'VENDORS', streams: [vendors('locked', write), vendors('absent')] })),
    custom: system('Custom', clock(async () => '2026-11-24T00:00:00.000Z')),
    broken: system('Broken', clock(async () => { throw new TypeError('no such thing'); })),
  },
});
`;

interface Checked {
  readonly ok: boolean;
  readonly findings: readonly {
    readonly check: string;
    readonly ok: boolean;
    readonly found: string;
    readonly advice?: string;
  }[];
}

let office: OdooImitation;
let silent: Server;
let vendors: TestDatabase;
let admin: pg.Client;
let folder: HubFolder;

const listening = (server: Server) =>
  new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });

beforeAll(async () => {
  office = await startOdooImitation({ version: 19 });
  const gone = await startOdooImitation({ version: 14 });
  await gone.close();
  silent = createServer();
  vendors = await createEmptyDatabase();
  admin = new pg.Client({ connectionString: vendors.url });
  await admin.connect();
  await admin.query(`create role ${ROLE} login password 'x'`);
  await admin.query('create table vendor (no text primary key, name text)');
  await admin.query('create table locked (no text primary key, title text)');
  await admin.query(`grant select, update on vendor to ${ROLE}`);
  await admin.query(`grant select on locked to ${ROLE}`);
  const url = new URL(vendors.url);
  url.username = ROLE;
  url.password = 'x';
  folder = new HubFolder(CONFIG, {
    OFFICE: office.url,
    GONE: gone.url,
    SILENT: await listening(silent),
    ADMIN_KEY: office.keys.admin ?? '',
    READER_KEY: office.keys.reader ?? '',
    VENDORS: url.href,
  });
});
afterAll(async () => {
  await folder.remove();
  await office.close();
  silent.close();
  await admin.query(`drop owned by ${ROLE}`);
  await admin.query(`drop role ${ROLE}`);
  await admin.end();
  await vendors.drop();
});

test('check calls every system at once: version, rights, what is missing, who does not answer', async () => {
  const startedAt = performance.now();
  const { code, document } = await folder.json<Checked>('check');
  // Whoever never answers is waited for 15 s, once.
  expect(performance.now() - startedAt).toBeLessThan(30_000);
  expect({ code, ok: document.ok }).toEqual({ code: 3, ok: false });
  const by = new Map(document.findings.map(({ check, ...finding }) => [check, finding]));
  const { host } = new URL(office.url);
  expect(by.get('system office')).toEqual({
    ok: true,
    found: `Odoo 19.0 by JSON-2 at ${host}, database demo, as admin`,
  });
  expect(by.get('system guest')).toMatchObject({
    ok: false,
    found: `Odoo 19.0 by JSON-2 at ${host}, database demo, as reader`,
    advice: expect.stringContaining('res.partner: the user may not write, create'),
  });
  expect(by.get('system keyless')).toMatchObject({
    ok: false,
    found: 'ACCESS_DENIED',
    advice: expect.stringContaining('expected an API key in NO_SUCH_KEY'),
  });
  expect(by.get('system gone')).toMatchObject({ ok: false, found: 'SYSTEM_UNREACHABLE' });
  expect(by.get('system silent')).toMatchObject({ ok: false, found: 'SYSTEM_TIMED_OUT' });
  expect(by.get('system vendors')).toMatchObject({ ok: true, found: expect.stringMatching(/^PostgreSQL \d+.*, as /) });
  expect(by.get('system strangers')).toMatchObject({
    ok: false,
    advice:
      'stream locked: locked has no name; stream locked: grant update on locked; stream absent: there is no absent, or it has no columns; is the schema in its name?',
  });
  expect(by.get('system custom')).toEqual({ ok: true, found: 'answers; its clock says 2026-11-24T00:00:00.000Z' });
  expect(by.get('system broken')).toEqual({
    ok: false,
    found: 'CONNECTOR_FAILED',
    advice: 'the connector failed: no such thing',
  });
});

test('on request it calls none of them', async () => {
  const { code, document } = await folder.json<Checked>('check', '--no-systems');
  expect(code).toBe(0);
  expect(document.findings.filter(({ check }) => check.startsWith('system '))).toEqual([]);
});
