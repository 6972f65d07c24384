import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HubFolder, type RunningHub, SMALL_CONFIG } from '../support/hub-folder.js';
import { type SystemPostgres, startSystemPostgres } from '../support/system-postgres.js';

let postgres: SystemPostgres;
let before: HubFolder;
let after: HubFolder;

beforeAll(async () => {
  postgres = await startSystemPostgres();
  await postgres.program('createdb', `--maintenance-db=${postgres.url('postgres')}`, 'hub');
  await postgres.program('createdb', `--maintenance-db=${postgres.url('postgres')}`, 'restored');
  before = new HubFolder(SMALL_CONFIG, { DATABASE_URL: postgres.url('hub') });
  after = new HubFolder(SMALL_CONFIG, { DATABASE_URL: postgres.url('restored') });
});
afterAll(async () => {
  await before.remove();
  await after.remove();
  await postgres.stop();
});

interface Feed {
  changes: { cursor: string; changes: unknown[] };
}
const feed = (after?: string) =>
  `{ changes(first: 10${after ? `, after: ${JSON.stringify(after)}` : ''}) { cursor changes { kind } } }`;

/** The sequencer stamps a moment after the commit. */
async function cursorAfterTwo(hub: RunningHub, key: string, start: string): Promise<string> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const { changes, cursor } = (await hub.ask<Feed>(feed(start), key)).data.changes;
    if (changes.length === 2) return cursor;
  }
  throw new Error('the two changes did not come');
}

test('a dump restores into a hub that works, keeps its keys, and refuses the cursors of the old one', async () => {
  before.write('suppliers.csv', 'no,name\n1,Meridian Surgical Supply Inc.\n2,Northwind Labs Ltd\n');
  let hub = await before.start();
  const key = hub.ready.key ?? '';
  const start = (await hub.ask<Feed>(feed(), key)).data.changes.cursor;
  expect((await before.json('import', 'suppliers.csv', '--system', 'erp')).code).toBe(0);
  const cursor = await cursorAfterTwo(hub, key, start);

  const dump = join(before.path, 'hub.dump');
  await postgres.program('pg_dump', '--format=custom', `--file=${dump}`, postgres.url('hub'));
  await hub.stop();
  await postgres.program('pg_restore', '--no-owner', `--dbname=${postgres.url('restored')}`, dump);
  expect(await after.json('migrate')).toMatchObject({ code: 0, document: { applied: [] } });
  expect(await after.json('verify')).toMatchObject({ code: 0, document: { findings: [] } });

  hub = await after.start();
  expect(hub.ready).toMatchObject({ key: null, counts: { sourceRecords: 2, goldenRecords: 2 } });
  const answer = await fetch(hub.ready.endpoint, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: feed(cursor) }),
  });
  expect(await answer.text()).toContain('CURSOR_FOREIGN_EPOCH');
  after.write('suppliers.csv', 'no,name\n1,Meridian Surgical Supply Inc.\n3,Acme Devices GmbH\n');
  expect((await after.json('import', 'suppliers.csv', '--system', 'erp')).code).toBe(0);
  await hub.stop();
  expect(await after.json('verify')).toMatchObject({ code: 0, document: { findings: [] } });
}, 180_000);
