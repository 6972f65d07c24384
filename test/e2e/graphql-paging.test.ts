import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../golden-records/ids.js';
import { truncateAll } from '../support/database.js';
import { type GraphQLHub, startGraphQLHub } from '../support/graphql-hub.js';

let hub: GraphQLHub;

beforeAll(async () => {
  hub = await startGraphQLHub();
});
afterAll(() => hub.close());
beforeEach(() => hub.hub.db.pool.query('delete from golden_record').then(() => undefined));

interface Row {
  readonly id: string;
  readonly name: string | null;
  readonly status: string | null;
  readonly state: string;
}

async function insert(rows: readonly Row[]): Promise<void> {
  await hub.hub.db.pool.query(
    `insert into golden_record (id, entity_type, state, version, attributes, provenance, members, anchor_id, rules_version, operation_id, created_at, valid_from)
     select id, 'supplier', state, 1, jsonb_strip_nulls(jsonb_build_object('name', name, 'status', status)), '{}', '{}', id, 'test', id, now(), now()
     from jsonb_to_recordset($1::jsonb) as r (id uuid, name text, status text, state text)`,
    [JSON.stringify(rows)],
  );
}

const ORDERS = ['ID', 'NAME', 'STATUS', 'CREATED_AT', 'UPDATED_AT'] as const;
const LIST = `query ($first: Int, $last: Int, $after: String, $before: String, $field: SupplierOrderField!, $direction: OrderDirection) {
  suppliers(first: $first, last: $last, after: $after, before: $before, orderBy: { field: $field, direction: $direction }) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id attributes { name } } } } }`;

interface Order {
  readonly field: (typeof ORDERS)[number];
  readonly direction: 'ASC' | 'DESC';
}

/** All ids, page by page, in the order of the list. */
async function walk(
  order: Order,
  sizes: readonly number[],
  backward: boolean,
  between?: () => Promise<void>,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let at = 0; ; at++) {
    const size = sizes[at % sizes.length];
    const page = backward ? { last: size, before: cursor } : { first: size, after: cursor };
    const { suppliers } = await hub.ask(LIST, { ...order, ...page });
    const found = suppliers.edges.map(({ node }: { node: { id: string } }) => node.id);
    if (backward) ids.unshift(...found);
    else ids.push(...found);
    expect(suppliers.pageInfo[backward ? 'hasNextPage' : 'hasPreviousPage']).toBe(at > 0);
    if (!suppliers.pageInfo[backward ? 'hasPreviousPage' : 'hasNextPage']) return ids;
    cursor = suppliers.pageInfo[backward ? 'startCursor' : 'endCursor'];
    await between?.();
  }
}

// Few different values, so that ties and missing values meet page ends.
const rowsOf = fc.array(
  fc.record({
    name: fc.option(fc.constantFrom('Alpha', 'alpha', 'Beta', 'Ärzte', 'zeta', "O'Neil", '日本'), { nil: null }),
    status: fc.option(fc.constantFrom('ACTIVE', 'ON_HOLD'), { nil: null }),
    state: fc.constantFrom('ACTIVE', 'ACTIVE', 'PROVISIONAL', 'RETIRED'),
  }),
  { minLength: 1, maxLength: 40 },
);
const orderOf = fc.record({
  field: fc.constantFrom(...ORDERS),
  direction: fc.constantFrom('ASC' as const, 'DESC' as const),
});
const sizesOf = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

test('pages of any sizes, forward and backward, hold every row once and in the same order', async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf, orderOf, sizesOf, async (rows, order, sizes) => {
      await hub.hub.db.pool.query('delete from golden_record');
      const made = rows.map((row) => ({ ...row, id: newId() }));
      await insert(made);
      const shown = made.filter(({ state }) => state !== 'RETIRED').length;
      const forward = await walk(order, sizes, false);
      expect(new Set(forward).size).toBe(shown);
      expect(forward).toHaveLength(shown);
      expect(await walk(order, sizes, true)).toEqual(forward);
      expect(await walk(order, [100], false)).toEqual(forward);
    }),
    { numRuns: 25 },
  );
});

test('rows that come while somebody pages neither hide nor double the others', async () => {
  await fc.assert(
    fc.asyncProperty(orderOf, sizesOf, fc.boolean(), async (order, sizes, backward) => {
      await hub.hub.db.pool.query('delete from golden_record');
      const named = (name: string): Row => ({ id: newId(), name, status: null, state: 'ACTIVE' });
      await insert(Array.from({ length: 20 }, (_, at) => named(`row ${at % 7}`)));
      const before = await walk(order, [100], false);
      let inserted = 0;
      const during = await walk(order, sizes, backward, async () => {
        if (inserted++ < 15) await insert([named(`row ${inserted % 9}`)]);
      });
      expect(during.filter((id) => before.includes(id))).toEqual(before);
      expect(new Set(during).size).toBe(during.length);
    }),
    { numRuns: 15 },
  );
});

test('the queue of tasks: priority first, then age, page by page', async () => {
  await truncateAll(hub.hub.db.pool);
  const tasks = Array.from({ length: 25 }, (_, at) => ({ id: newId(), priority: [10, 50, 30][at % 3] ?? 0 }));
  await hub.hub.db.pool.query(
    `insert into steward_task (id, kind, entity_type, state, priority, open_key, subject_key, golden_ids, source_ids, details, created_at, due_at, operation_id, correlation_id)
     select id, 'EXCEPTION', 'supplier', 'OPEN', priority, id::text, id::text, '{}', '{}', '{}', now(), now(), id, 'test'
     from jsonb_to_recordset($1::jsonb) as t (id uuid, priority int)`,
    [JSON.stringify(tasks)],
  );
  const key = (await hub.hub.key('steward')).key;
  const seen: { id: string; priority: number }[] = [];
  for (let after: string | null = null; ; ) {
    const { stewardTasks } = await hub.ask(
      'query ($after: String) { stewardTasks(first: 4, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { id priority } } }',
      { after },
      key,
    );
    expect(stewardTasks.totalCount).toBe(25);
    seen.push(...stewardTasks.nodes);
    if (!stewardTasks.pageInfo.hasNextPage) break;
    after = stewardTasks.pageInfo.endCursor;
  }
  const sorted = [...seen].sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
  expect(new Set(seen.map(({ id }) => id)).size).toBe(25);
  expect(seen).toEqual(sorted);
});
