import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Json } from '../../golden-records/index.js';
import { connect, type Database } from '../../src/database.js';
import { createTestHub, type TestHub } from '../support/hub.js';
import { silentLog } from '../support/log.js';

// What makes a batch fast: as many statements for three hundred records as for ten. They are counted where they leave for
// PostgreSQL, so whoever sends them counts.
let hub: TestHub;
let database: Database;
let sent: string[] = [];
beforeAll(async () => {
  hub = await createTestHub();
  database = connect(hub.database.url, { log: silentLog, maxConnections: 1 });
  const client = await database.pool.connect();
  const query = client.query.bind(client) as (...all: unknown[]) => unknown;
  client.query = ((...all: unknown[]) => {
    const [first] = all;
    sent.push(typeof first === 'string' ? first : (first as { text: string }).text);
    return query(...all);
  }) as typeof client.query;
  client.release();
  Object.assign(hub.db, { prisma: database.prisma, pool: database.pool });
});
afterAll(async () => {
  await database.close();
  await hub.close();
});

const TRANSACTION = /^(begin|start transaction|commit|set transaction)/i;
interface Sent {
  statements: number;
  transactions: number;
}
async function during(work: () => Promise<unknown>): Promise<Sent> {
  sent = [];
  await work();
  const control = sent.filter((text) => TRANSACTION.test(text));
  return {
    statements: sent.length - control.length,
    transactions: control.filter((text) => /^(begin|start)/i.test(text)).length,
  };
}

/** Names that have nothing in common. */
const nameOf = (nth: number) =>
  createHash('sha256')
    .update(String(nth))
    .digest('base64')
    .replace(/[^a-z]/g, '');
const suppliers = (from: number, count: number, more: Json = {}) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => {
      const nth = from + at;
      const taxIds = [{ scheme: 'EIN', value: `20-${1_000_000 + ((nth * 738_271) % 8_000_000)}`, country: 'US' }];
      return [`V${nth}`, { name: nameOf(nth), taxIds, ...(more as object) }];
    }),
  );
const arriving = (system: string, from: number, count: number, more?: Json) =>
  during(() => hub.arrive(system, 'supplier', suppliers(from, count, more)));

test('new records: the same number for 10 and for 300', async () => {
  const few = await arriving('erp', 0, 10);
  const many = await arriving('erp', 1_000, 300);
  expect(many).toEqual(few);
  expect(few.transactions).toBe(1);
  expect(few.statements).toBeLessThanOrEqual(10);
});

test('records that link to what another system brought: the same number for 10 and for 300', async () => {
  const few = await arriving('portal', 0, 10);
  expect(await arriving('portal', 1_000, 300)).toEqual(few);
  expect(few.statements).toBeLessThanOrEqual(10);
});

test('changed records: the same number for 10 and for 300', async () => {
  const few = await arriving('erp', 0, 10, { website: 'https://vendor.example' });
  expect(await arriving('erp', 1_000, 300, { website: 'https://vendor.example' })).toEqual(few);
  expect(few.statements).toBeLessThanOrEqual(10);
});

test('deleted records: the same number for 10 and for 300', async () => {
  const deleting = (from: number, count: number) =>
    during(() => hub.arrive('portal', 'supplier', suppliers(from, count), { deleted: true }));
  expect(await deleting(1_000, 300)).toEqual(await deleting(0, 10));
});

test('unchanged records: two at most, and no transaction', async () => {
  for (const count of [10, 300]) {
    const { statements, transactions } = await arriving('erp', 1_000, count, { website: 'https://vendor.example' });
    expect(transactions).toBe(0);
    expect([1, 2]).toContain(statements);
  }
});

test('what was counted is true', () => hub.expectLawful());
