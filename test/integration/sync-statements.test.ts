import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, type Database } from '../../src/database.js';
import { silentLog } from '../support/log.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';

// What makes a delivery cheap: as many statements for a hundred records as for ten.
let at: SyncHub;
let database: Database;
let sent = 0;
beforeAll(async () => {
  at = await createSyncHub();
  database = connect(at.hub.database.url, { log: silentLog, maxConnections: 1 });
  const client = await database.pool.connect();
  const query = client.query.bind(client) as (...all: unknown[]) => unknown;
  client.query = ((...all: unknown[]) => {
    sent++;
    return query(...all);
  }) as typeof client.query;
  client.release();
  Object.assign(at.hub.db, { prisma: database.prisma, pool: database.pool });
});
afterAll(async () => {
  await database.close();
  await at.close();
});

const suppliers = (from: number, count: number, currency: string) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, nth) => [
      `V${from + nth}`,
      { name: `Vendor ${from + nth}`, duns: String(100_000_000 + from + nth), currency },
    ]),
  );
const deliveryOf = async (from: number, count: number, currency: string): Promise<number> => {
  at.clock.advance(10_000);
  await at.hub.arrive('erp', 'supplier', suppliers(from, count, currency));
  sent = 0;
  expect(await at.deliver()).toMatchObject({ claimed: count });
  const statements = sent;
  while (await at.deliver());
  return statements;
};

test('creates, changes, and what needs no write: the same number for 10 and for 100', async () => {
  expect(await deliveryOf(1_000, 100, 'USD')).toBe(await deliveryOf(0, 10, 'USD'));
  expect(await deliveryOf(1_000, 100, 'EUR')).toBe(await deliveryOf(0, 10, 'EUR'));
  for (const record of at.server.of('supplier')) record.fields.currency = 'CHF';
  const [few, many] = [await deliveryOf(0, 10, 'CHF'), await deliveryOf(1_000, 100, 'CHF')];
  expect(many).toBe(few);
});

test('without a target of the type an arrival costs what it did', async () => {
  sent = 0;
  await at.hub.arrive('erp', 'business_unit', { N: { name: 'North' } });
  const first = sent;
  sent = 0;
  await at.hub.arrive('erp', 'supplier', suppliers(5_000, 1, 'USD'));
  // One to look for links that the hub made, one to queue.
  expect(sent - first).toBe(2);
});
