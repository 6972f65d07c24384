import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HUB_ACTOR, type JsonObject, verify } from '../../golden-records/index.js';
import hub from '../../hub.config.js';
import { type ImportResult, importFile, matchesPattern } from '../../sources/index.js';
import { checkConfig } from '../../src/define-config.js';
import { generateDemo } from '../../src/demo/index.js';
import { countRows, openTestStore, type TestStore } from '../support/store.js';

const config = checkConfig(hub);
let store: TestStore;
let dir: string;
let results: ImportResult[];
beforeAll(async () => {
  store = await openTestStore({
    entityTypes: [...config.model.entityTypes.values()],
    systems: [...config.model.systems.values()].filter(({ code }) => code !== 'hub'),
    rules: hub.rules,
  });
  dir = await mkdtemp(join(tmpdir(), 'concord-demo-'));
  results = await importAll();
});
afterAll(async () => {
  await rm(dir, { recursive: true });
  await store.close();
});

async function importAll(): Promise<ImportResult[]> {
  const done: ImportResult[] = [];
  for (const { path, name, system } of await generateDemo({ dir, seed: 2026 })) {
    const found = config.streams.find(({ stream }) => matchesPattern(stream.pattern, name));
    if (!found) throw new Error(`no stream for ${name}`);
    done.push(await importFile(store.db, HUB_ACTOR, { path, system, stream: found.stream }));
  }
  return done;
}

interface Golden {
  id: string;
  attributes: JsonObject;
  ids: string[];
}
/** The golden record of a source record, with every system's id for it. */
async function goldenOf(system: string, externalId: string): Promise<Golden | undefined> {
  const { rows } = await store.db.pool.query<Golden>(
    `select g.id, g.attributes, array_agg(s.system || ' ' || s.external_id order by s.system) as ids
       from golden_record g join source_record s on s.golden_record_id = g.id and s.state = 'ACTIVE'
      where g.id = (select golden_record_id from source_record where system = $1 and external_id = $2)
      group by g.id, g.attributes`,
    [system, externalId],
  );
  return rows[0];
}
async function countsBy(sql: string): Promise<Record<string, number>> {
  const { rows } = await store.db.pool.query<{ key: string; count: number }>(sql);
  return Object.fromEntries(rows.map(({ key, count }) => [key, count]));
}

test('some 6,000 records become the real number of things', async () => {
  const golden = await countsBy(
    `select entity_type as key, count(*)::int from golden_record where state in ('ACTIVE', 'PROVISIONAL') group by 1`,
  );
  expect(golden.supplier).toBeGreaterThan(395);
  expect(golden.supplier).toBeLessThan(440);
  expect(golden.item).toBeGreaterThan(1450);
  expect(golden.item).toBeLessThan(1750);
  expect(golden.warehouse).toBeGreaterThanOrEqual(39);
  expect(golden.warehouse).toBeLessThan(43);
  expect(golden.business_unit).toBe(12);
});

test('every outcome occurs', () => {
  const all = new Set(results.flatMap(({ counts }) => Object.keys(counts)));
  expect([...all].sort()).toEqual(
    ['CREATED', 'DELETED', 'LINKED', 'PROVISIONAL', 'REJECTED', 'STALE', 'UNCHANGED', 'UPDATED'].sort(),
  );
  expect(results.reduce((sum, { rejected }) => sum + rejected, 0)).toBe(7);
});

test('ERP V1001 = procurement SUP-77 = portal 5501: one golden record with the best of each', async () => {
  const meridian = await goldenOf('erp', 'V1001');
  expect(meridian?.ids).toEqual(['erp V1001', 'portal 5501', 'procurement SUP-77']);
  expect(meridian?.attributes).toMatchObject({
    // Two of three spell it so; the ERP writes MERIDIAN SURGICAL SUPPLY INC, and still has the former address.
    name: 'Meridian Surgical Supply, Inc.',
    addresses: [{ kind: 'LEGAL', line1: '42 Lake Street', city: 'Milwaukee' }],
    status: 'ACTIVE',
    currency: 'USD',
    contacts: [{ role: expect.any(String) }],
    paymentTerms: expect.arrayContaining([
      { businessUnit: (await goldenOf('erp', 'LH'))?.id, value: expect.anything() },
    ]),
  });
});

test('P10001 = ITEM-20001 = INV-50001, sold by the golden Meridian', async () => {
  const glove = await goldenOf('erp', 'P10001');
  expect(glove?.ids).toEqual(['erp P10001', 'inventory INV-50001', 'procurement ITEM-20001']);
  const meridian = await goldenOf('erp', 'V1001');
  expect(glove?.attributes).toMatchObject({
    preferredSupplier: meridian?.id,
    supplierItems: expect.arrayContaining([expect.objectContaining({ supplier: meridian?.id })]),
  });
});

test('doubt is a question, and there are not too many', async () => {
  const tasks = await countsBy(`select kind as key, count(*)::int from steward_task where state = 'OPEN' group by 1`);
  expect(tasks.POSSIBLE_MATCH ?? 0).toBeGreaterThan(5);
  expect(tasks.REJECTED_RECORD).toBeGreaterThan(3);
  expect(Object.values(tasks).reduce((sum, count) => sum + count, 0)).toBeLessThan(200);
});

test('all of it again changes nothing', async () => {
  const before = await countRows(store.db, 'change');
  const again = await importAll();
  expect(await countRows(store.db, 'change')).toBe(before);
  const outcomes = new Set(again.flatMap(({ counts }) => Object.keys(counts)));
  expect([...outcomes].filter((outcome) => !['UNCHANGED', 'STALE', 'REJECTED'].includes(outcome))).toEqual([]);
});

test('the laws hold over all of it', async () => {
  expect((await verify(store.db)).findings).toEqual([]);
});
