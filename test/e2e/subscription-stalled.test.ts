import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { advanceFeedOnce, encodeCursor, feedHead } from '../../golden-records/feed.js';
import type { RunningServer } from '../../src/server.js';
import { FeedClient } from '../support/feed-client.js';
import { startTestHub, type TestHub } from '../support/test-server.js';

let hub: TestHub;
let server: RunningServer;
let key: string;
const clients: FeedClient[] = [];
const originalSend = WebSocket.prototype.send;

beforeAll(async () => {
  hub = await startTestHub();
  server = await hub.serve({ ringSize: 64, keepAliveMs: 60_000 });
  key = (await hub.key('reader')).key;
});
afterEach(async () => {
  WebSocket.prototype.send = originalSend;
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => hub.close());

const QUERY =
  'subscription ($after: String) { changes(after: $after) { cursor heartbeat change { position attributes } } }';

/** Subscribed from here on, nothing is missed that is written before the server has taken the subscription. */
const now = async () => ({ after: encodeCursor(await feedHead(hub.db)) });

function client(at: RunningServer = server): FeedClient {
  const made = new FeedClient(at.url, key);
  clients.push(made);
  return made;
}

/** Changes of 8 kB each: what a stalled socket can't take has to stay with us. */
async function writeLarge(count: number): Promise<void> {
  await hub.db.pool.query(
    `insert into change (entity_type, golden_id, version, kind, attributes, operation_id, at)
     select 'supplier', gen_random_uuid(), 1, 'CREATED', array(select repeat('x', 80) from generate_series(1, 100)), gen_random_uuid(), now()
     from generate_series(1, $1)`,
    [count],
  );
  while ((await advanceFeedOnce(hub.db)).changes > 0);
}

test('a client that stops reading holds one message in flight, holds up nobody, and misses nothing', async () => {
  const sends = countSends();
  const from = await now();
  const stalled = client();
  const others = [client(), client(), client()];
  for (const one of [stalled, ...others]) one.subscribe(from, QUERY);
  await writeLarge(1);
  await Promise.all([stalled, ...others].map((one) => one.until(() => one.positions.length > 0)));
  stalled.socket?.pause();

  await writeLarge(1_600);
  await Promise.all(others.map((other) => other.until(() => other.positions.length > 1_600)));
  // 13 MB were sent to each of the others. What the stalled one got is in the buffers of the operating system.
  expect(stalled.positions.length).toBeLessThan(1_600);
  expect(sends.most()).toBe(1);
  expect(sends.waiting()).toBe(1);

  await writeLarge(10);
  await Promise.all(others.map((other) => other.until(() => other.positions.length > 1_610)));
  stalled.socket?.resume();
  await stalled.until(() => stalled.positions.length > 1_610);
  expect(stalled.positions).toEqual(Array.from({ length: 1_611 }, (_, at) => at + 1));
});

test('a client that is gone without a word is cut off', async () => {
  const brisk = await hub.serve({ keepAliveMs: 150 });
  const gone = client(brisk);
  gone.subscribe({}, QUERY);
  await gone.until(() => gone.socket !== undefined);
  gone.socket?.pause();
  const sends = countSends();
  await hub.db.pool.query('select pg_sleep(0.6)');
  await writeLarge(1);
  gone.socket?.resume();
  await gone.until(() => gone.closed !== undefined);
  expect(gone.closed?.code).toBe(1006);
  expect(sends.waiting()).toBe(0);
});

/** Messages handed to a socket of the server and not yet taken by the operating system. */
function countSends() {
  const inFlight = new Map<WebSocket, number>();
  let most = 0;
  type Callback = (error?: Error) => void;
  WebSocket.prototype.send = function send(this: WebSocket, data: unknown, ...rest: unknown[]) {
    const done = rest.at(-1);
    // Clients in this process send without asking when it went out.
    if (typeof done !== 'function') return Reflect.apply(originalSend, this, [data, ...rest]);
    const now = (inFlight.get(this) ?? 0) + 1;
    inFlight.set(this, now);
    most = Math.max(most, now);
    const counted: Callback = (error) => {
      inFlight.set(this, (inFlight.get(this) ?? 1) - 1);
      (done as Callback)(error);
    };
    return Reflect.apply(originalSend, this, [data, counted]);
  } as typeof originalSend;
  return { most: () => most, waiting: () => [...inFlight.values()].filter((count) => count > 0).length };
}
