import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { HUB_ACTOR } from '../../golden-records/index.js';
import { BATCH_SIZE, type ImportOptions, importFile } from '../../sources/index.js';
import { countRows, openTestStore, type TestStore } from '../support/store.js';
import { VENDOR_MODEL, vendorCsv, vendorRows, vendors } from '../support/vendor-files.js';

let store: TestStore;
let folder: string;
let path: string;
beforeAll(async () => {
  store = await openTestStore(VENDOR_MODEL);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.reset();
  folder = await mkdtemp(join(tmpdir(), 'concord-import-'));
  path = join(folder, 'vendors.csv');
});
afterEach(() => rm(folder, { recursive: true }));

const run = (options: Partial<ImportOptions> = {}) =>
  importFile(store.db, HUB_ACTOR, { path, system: 'erp', stream: vendors, ...options });

/** What the hub holds of each vendor, apart from ids and times. */
async function golden(): Promise<string[]> {
  const { rows } = await store.db.pool.query<{ told: string }>(
    `select s.external_id || ' ' || s.state || ' ' || coalesce(g.attributes::text, '-') as told
       from source_record s left join golden_record g on g.id = s.golden_record_id and g.entity_type = s.entity_type
      order by s.external_id`,
  );
  return rows.map(({ told }) => told);
}
const rejectedLines = async () =>
  (await readFile(`${path}.rejects.csv`, 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[0]));

test('records, counts, progress and a reject file with line and reason', async () => {
  await writeFile(path, vendorCsv('V1,Acme,20-1000001', 'V2,Half a row', 'V3,,', 'V4,Beta,wrong'));
  const progress: number[] = [];
  const result = await run({ onProgress: ({ rows, totalRows }) => progress.push(rows / totalRows) });
  expect(result).toMatchObject({
    file: 'vendors.csv',
    rows: 4,
    totalRows: 4,
    counts: { CREATED: 2, REJECTED: 2 },
    complete: true,
    rejected: 2,
    superseded: 0,
    resumedAtLine: null,
    rejectPath: `${path}.rejects.csv`,
  });
  expect(progress).toEqual([1]);
  const [, ragged, nameless] = (await readFile(`${path}.rejects.csv`, 'utf8')).split('\n');
  expect(ragged).toBe('3,,ROW_RAGGED,"line 3: expected 3 cells, found 2"');
  expect(nameless).toMatch(/^4,V3,RECORD_REJECTED,"?expected name or an identifier/);
});

test('the same file twice changes nothing', async () => {
  await writeFile(path, vendorCsv(...vendorRows(650)));
  await run();
  const before = [await golden(), await countRows(store.db, 'change'), await countRows(store.db, 'golden_version')];
  const again = await run();
  expect(again.counts).toEqual({ UNCHANGED: 644, REJECTED: 6 });
  expect(again.rejected).toBe(6);
  expect([await golden(), await countRows(store.db, 'change'), await countRows(store.db, 'golden_version')]).toEqual(
    before,
  );
});

test('of several rows with one id the last counts, each time that the file is imported', async () => {
  await writeFile(path, vendorCsv('V1,First,', ...vendorRows(400, 2), 'V1,Last,'));
  expect(await run()).toMatchObject({ superseded: 1, rows: 402, totalRows: 402 });
  const changes = await countRows(store.db, 'change');
  expect((await golden())[0]).toContain('"name": "Last"');
  await run();
  expect(await countRows(store.db, 'change')).toBe(changes);
});

test('stopped between two batches, it goes on there and its reject file is complete', async () => {
  await writeFile(path, vendorCsv(...vendorRows(1000)));
  const stopping = new AbortController();
  const first = await run({ signal: stopping.signal, onProgress: ({ rows }) => rows >= 600 && stopping.abort() });
  expect(first).toMatchObject({ complete: false, rows: 600, rejectPath: null });
  expect(await readdir(folder)).toEqual(['vendors.csv', 'vendors.csv.rejects.csv.part']);

  const second = await run();
  expect(second).toMatchObject({ complete: true, rows: 1000, resumedAtLine: 602 - BATCH_SIZE, rejected: 10 });
  expect(second.counts).toEqual({ CREATED: 396, UNCHANGED: 99, REJECTED: 5 });
  expect(await rejectedLines()).toEqual([101, 201, 301, 401, 501, 601, 701, 801, 901, 1001]);
});

test('stopped before it began, it has done nothing', async () => {
  await writeFile(path, vendorCsv(...vendorRows(10)));
  expect(await run({ signal: AbortSignal.abort() })).toMatchObject({ complete: false, rows: 0, rejectPath: null });
  expect(await countRows(store.db, 'inbox_event')).toBe(0);
});

test('another content under the same name begins at the beginning', async () => {
  await writeFile(path, vendorCsv(...vendorRows(400)));
  const stopping = new AbortController();
  await run({ signal: stopping.signal, onProgress: () => stopping.abort() });
  await writeFile(path, vendorCsv(...vendorRows(10, 5001)));
  expect(await run()).toMatchObject({ resumedAtLine: null, counts: { CREATED: 10 } });
});

test('an older file does not undo a newer one', async () => {
  await writeFile(path, vendorCsv('V1,New name,'));
  await run();
  const older = join(folder, 'vendors-old.csv');
  await writeFile(older, vendorCsv('V1,Old name,'));
  await utimes(older, new Date('2020-01-01'), new Date('2020-01-01'));
  expect(await run({ path: older })).toMatchObject({ counts: { STALE: 1 } });
  expect((await golden())[0]).toContain('New name');

  const arrived = await countRows(store.db, 'inbox_event');
  const operations = await countRows(store.db, 'operation');
  await utimes(older, new Date('2020-01-02'), new Date('2020-01-02'));
  expect(await run({ path: older })).toMatchObject({ counts: { STALE: 1 } });
  expect(await countRows(store.db, 'inbox_event')).toBe(arrived);
  expect(await countRows(store.db, 'operation')).toBe(operations);
});

test('a file without its id column is refused before anything of it is applied', async () => {
  await writeFile(path, 'name\nAcme\n');
  await expect(run()).rejects.toMatchObject({ name: 'Permanent', code: 'HEADER_INVALID' });
  expect(await countRows(store.db, 'inbox_event')).toBe(0);
});

test('a file that changes while it is read is to be imported again', async () => {
  await writeFile(path, vendorCsv(...vendorRows(301)));
  const grow = () => void utimes(path, new Date(0), new Date(0));
  const changed = run({ onProgress: grow });
  await expect(changed).rejects.toMatchObject({ name: 'Retryable', code: 'FILE_CHANGED' });
});

test('law 6: killed at any instant, an import ends as if nothing had happened', async () => {
  const file = vendorCsv(...vendorRows(2400));
  await writeFile(path, file);
  await run();
  const undisturbed = { golden: await golden(), rejects: await rejectedLines() };
  await store.reset();
  await rm(`${path}.rejects.csv`);

  let kills = 0;
  for (const batches of [1, 1, 2, 1]) if (await importKilledAfter(batches)) kills++;
  expect(kills).toBeGreaterThan(1);
  const last = await run();
  expect(last.complete).toBe(true);
  expect({ golden: await golden(), rejects: await rejectedLines() }).toEqual(undisturbed);
  expect(await countRows(store.db, 'change')).toBe(undisturbed.golden.length - undisturbed.rejects.length);
});

/** Import in a process of its own, killed while it is busy with the batch after `batches`. True when it was killed. */
function importKilledAfter(batches: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    ['--import', './scripts/typescript.mjs', 'test/support/import-process.ts', store.url, path],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let seen = 0;
  child.stdout.on('data', (data: Buffer) => {
    seen += data.toString().split('\n').length - 1;
    if (seen >= batches) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal === 'SIGKILL')));
}
