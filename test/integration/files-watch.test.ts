import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { HUB_ACTOR } from '../../golden-records/index.js';
import { BATCH_SIZE, FolderWatch, type ImportResult, importFile, watchFolder } from '../../sources/index.js';
import { connect } from '../../src/database.js';
import { silentLog } from '../support/log.js';
import { countRows, openTestStore, type TestStore } from '../support/store.js';
import { VENDOR_MODEL, vendorCsv, vendorRows, vendors } from '../support/vendor-files.js';

let store: TestStore;
let folder: string;
let watch: FolderWatch;
beforeAll(async () => {
  store = await openTestStore(VENDOR_MODEL);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.reset();
  folder = await mkdtemp(join(tmpdir(), 'concord-watch-'));
  watch = new FolderWatch(options());
});
afterEach(() => rm(folder, { recursive: true }));

const options = () => ({
  folder,
  actor: HUB_ACTOR,
  streams: [
    { system: 'erp', stream: vendors },
    { system: 'erp', stream: { ...vendors, pattern: 'other*.csv' } },
  ],
});
const put = (name: string, content = vendorCsv('V1,Acme,', 'V2,,')) => writeFile(join(folder, name), content);
const names = async (within = '') => (await readdir(join(folder, within))).sort();
const poll = async () => (await watch.pollOnce(store.db)).map(({ file }) => file);

test('a file is taken when it has not grown between two looks, and moves to done/ beside its rejects', async () => {
  await put('vendors.csv');
  expect(await poll()).toEqual([]);
  await appendFile(join(folder, 'vendors.csv'), 'V3,Gamma,\n');
  expect(await poll()).toEqual([]);
  expect(await poll()).toEqual(['vendors.csv']);
  expect(await names()).toEqual(['done', 'failed']);
  expect(await names('done')).toEqual(['vendors.csv', 'vendors.csv.rejects.csv']);
  expect(await countRows(store.db, 'golden_record')).toBe(2);
});

test('a marker says at once that a file is complete, and goes with it', async () => {
  await put('vendors.csv');
  await put('vendors.csv.done', '');
  expect(await poll()).toEqual(['vendors.csv']);
  expect(await names()).toEqual(['done', 'failed']);
});

test('a file being written elsewhere, a stranger, a folder and a link are left alone', async () => {
  for (const name of ['.vendors.csv', 'vendors.csv.part', 'vendors.csv.tmp', 'notes.txt']) await put(name);
  await mkdir(join(folder, 'vendors-old.csv'));
  await symlink('notes.txt', join(folder, 'vendors-link.csv'));
  await poll();
  expect(await poll()).toEqual([]);
  expect(await names()).toEqual(
    [
      '.vendors.csv',
      'done',
      'failed',
      'notes.txt',
      'vendors-link.csv',
      'vendors-old.csv',
      'vendors.csv.part',
      'vendors.csv.tmp',
    ].sort(),
  );
});

test('law 10: a file that fails goes to failed/ with its reason and holds up nobody else', async () => {
  await put('vendors-1.csv', 'no header that I know\n1\n');
  await put('other.csv', vendorCsv('V9,Other,'));
  await poll();
  expect(await poll()).toEqual(['other.csv']);
  expect(await names('failed')).toEqual(['vendors-1.csv', 'vendors-1.csv.error.txt']);
  expect(await readFile(join(folder, 'failed', 'vendors-1.csv.error.txt'), 'utf8')).toContain('no column "no"');

  await put('vendors-2.csv');
  await poll();
  expect(await poll()).toEqual(['vendors-2.csv']);
});

test('files of one stream are taken in the order of their names', async () => {
  const rows = (name: string) => vendorCsv(`V1,${name},`);
  await put('vendors-b.csv', rows('Second'));
  await put('vendors-a.csv', rows('First'));
  // Of equal age, so that only the order of the import decides.
  for (const name of ['vendors-a.csv', 'vendors-b.csv']) await utimes(join(folder, name), 1_700_000_000, 1_700_000_000);
  await poll();
  expect(await poll()).toEqual(['vendors-a.csv', 'vendors-b.csv']);
  const { rows: found } = await store.db.pool.query(`select attributes->>'name' as name from golden_record`);
  expect(found).toEqual([{ name: 'Second' }]);
});

test('an earlier file of the same name stays', async () => {
  for (const _time of [1, 2]) {
    await put('vendors.csv', vendorCsv('V1,Acme,'));
    await poll();
    await poll();
  }
  expect(await names('done')).toEqual(['vendors.2.csv', 'vendors.csv']);
});

test('stopped in the middle of a file, it is taken up again where it stopped', async () => {
  await put('vendors.csv', vendorCsv(...vendorRows(1000)));
  const stopping = new AbortController();
  await importFile(store.db, HUB_ACTOR, {
    path: join(folder, 'vendors.csv'),
    system: 'erp',
    stream: vendors,
    signal: stopping.signal,
    onProgress: ({ rows }) => rows >= 600 && stopping.abort(),
  });
  await poll();
  const [result] = await watch.pollOnce(store.db);
  expect(result).toMatchObject({ resumedAtLine: 602 - BATCH_SIZE, complete: true, counts: { CREATED: 396 } });
  expect(await names('done')).toEqual(['vendors.csv', 'vendors.csv.rejects.csv']);
  expect(await countRows(store.db, 'golden_record')).toBe(990);
});

test('while the database is away a file waits, and is not to blame', async () => {
  const away = connect('postgresql://nobody@127.0.0.1:1/nowhere', { log: silentLog });
  let now = Date.now();
  const db = { ...store.db, prisma: away.prisma, pool: away.pool, now: () => new Date(now) };
  await put('vendors.csv');
  for (let look = 0; look < 6; look++) {
    expect(await watch.pollOnce(db)).toEqual([]);
    now += 120_000;
  }
  expect(await names()).toContain('vendors.csv');
  await away.close();
  const back = { ...store.db, now: db.now };
  expect(await watch.pollOnce(back)).toMatchObject([{ file: 'vendors.csv', complete: true }]);
});

test('watching goes on until it is stopped', async () => {
  await put('vendors.csv');
  const imported = Promise.withResolvers<ImportResult>();
  const watcher = watchFolder(store.db, { ...options(), intervalMs: 5, onImported: imported.resolve });
  expect(await imported.promise).toMatchObject({ file: 'vendors.csv', complete: true });
  await watcher.stop();
  await put('vendors-later.csv');
  expect(await names()).toContain('vendors-later.csv');
});
