import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ENTITY_TYPES, supplier } from '../../golden-records/entity-types/index.js';
import { newId } from '../../golden-records/ids.js';
import { prepareStore } from '../../golden-records/prepare-store.js';
import {
  filterAttributes,
  type GoldenQuery,
  indexDefinitions,
  listGolden,
  orderAttributes,
  viewName,
} from '../../golden-records/read/index.js';
import type { Db } from '../../golden-records/transaction.js';
import { startTestHub, type TestHub } from '../support/test-server.js';

let hub: TestHub;

beforeAll(async () => {
  hub = await startTestHub();
  await hub.db.pool.query(
    `insert into golden_record (id, entity_type, state, version, attributes, provenance, members, anchor_id, rules_version, operation_id, created_at, valid_from)
     select r, 'supplier', 'ACTIVE', 1, jsonb_build_object('name', 'Supplier ' || md5(r::text), 'currency', 'EUR', 'legalName', md5(r::text)), '{}', '{}', r, 'test', r, now(), now()
     from jsonb_array_elements_text($1::jsonb) t (x), lateral (select x::uuid as r) u`,
    [JSON.stringify(Array.from({ length: 3000 }, newId))],
  );
  await hub.db.pool.query('analyze golden_record');
});
afterAll(() => hub.close());

/** The plan of the statement that a list runs. */
async function planOf(query: GoldenQuery): Promise<string> {
  let plan = '';
  const pool = {
    query: async ({ text, values }: { text: string; values: unknown[] }) => {
      const { rows } = await hub.db.pool.query(`explain ${text}`, values);
      plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      return { rows: [] };
    },
  };
  await listGolden({ ...hub.db, pool } as unknown as Db, supplier, query);
  return plan;
}
const indexOf = (name: string) =>
  indexDefinitions(supplier).find((index) => index.name.includes(`_supplier_${name}_`))?.name;

test.each(['name', 'legal_name', 'gln', 'parent'])('a filter on %s goes through its index', async (column) => {
  const attribute = column.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  const value = column === 'parent' ? newId() : 'Supplier X';
  expect(await planOf({ first: 10, filter: { [attribute]: { eq: value } } as never })).toContain(indexOf(column));
});

test('the beginning of a text too', async () => {
  expect(await planOf({ first: 10, filter: { name: { startsWith: 'supplier abc' } } })).toContain(indexOf('name'));
});

test.each([false, true])('an order walks its index, descending: %s, without sorting', async (descending) => {
  const plan = await planOf({ first: 10, order: { by: { attribute: 'name' }, descending } });
  expect(plan).toContain(indexOf('name'));
  expect(plan).not.toContain('Sort');
  expect(await planOf({ last: 10, order: { by: 'UPDATED_AT', descending } })).toContain(indexOf('updated_at'));
});

test('a page in the middle starts where the cursor is', async () => {
  const { rows } = await listGolden(hub.db, supplier, {
    first: 5,
    order: { by: { attribute: 'name' }, descending: false },
  });
  const plan = await planOf({
    first: 5,
    after: rows.at(-1)?.cursor,
    order: { by: { attribute: 'name' }, descending: false },
  });
  expect(plan).toMatch(/Index Cond: \(ROW\(/);
});

test('search goes through its index', async () => {
  expect(await planOf({ first: 10, search: 'abcd ef' })).toContain(indexOf('search'));
});

test('every index that the definitions ask for is there, once, and preparing again changes nothing', async () => {
  const present = async () =>
    (
      await hub.db.pool.query<{ name: string }>(
        `select indexname as name from pg_indexes where indexname like 'derived%' order by 1`,
      )
    ).rows.map(({ name }) => name);
  const before = await present();
  expect(before).toEqual(
    ENTITY_TYPES.flatMap((definition) => indexDefinitions(definition).map(({ name }) => name)).sort(),
  );
  await prepareStore(hub.db);
  expect(await present()).toEqual(before);
});

test('the reporting views can be read, with a column for each attribute that is not sensitive', async () => {
  for (const definition of ENTITY_TYPES) {
    const { fields } = await hub.db.pool.query(`select * from ${viewName(definition)} limit 1`);
    expect(fields.length).toBeGreaterThan(5);
    for (const [name] of [...filterAttributes(definition), ...orderAttributes(definition)])
      expect(fields.map((field) => field.name).join(' ')).toContain(
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      );
  }
  const { rows } = await hub.db.pool.query('select name, currency from golden_supplier limit 1');
  expect(rows[0]).toMatchObject({ currency: 'EUR' });
});
