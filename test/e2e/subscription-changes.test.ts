import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { advanceFeedOnce, decodeCursor, encodeCursor } from '../../golden-records/feed.js';
import { publicId } from '../../golden-records/ids.js';
import type { RunningServer } from '../../src/server.js';
import { type ChangeWriter, changeWriter } from '../support/change-writer.js';
import { CHANGES, FeedClient } from '../support/feed-client.js';
import { startTestHub, type TestHub } from '../support/test-server.js';

let hub: TestHub;
let server: RunningServer;
let key: string;
let writer: ChangeWriter;
const clients: FeedClient[] = [];

beforeAll(async () => {
  hub = await startTestHub();
  server = await hub.serve({ heartbeatMs: 300, recheckKeysMs: 100 });
  key = (await hub.key('reader')).key;
  writer = changeWriter(hub.db);
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => hub.close());

function client(at: RunningServer = server, withKey: string | undefined = key): FeedClient {
  const made = new FeedClient(at.url, withKey);
  clients.push(made);
  return made;
}

const supplierId = (uuid: string) => {
  const definition = hub.db.model.entityTypes.get('supplier');
  if (!definition) throw new Error('no supplier');
  return publicId(definition, uuid);
};

async function head(): Promise<{ cursor: string; position: number }> {
  const { rows } = await hub.db.pool.query<{ epoch: string; head: bigint }>('select epoch, head from feed');
  const { epoch, head: position } = rows[0] as { epoch: string; head: bigint };
  return { cursor: encodeCursor({ epoch, position: BigInt(position) }), position: Number(position) };
}

/** Write and stamp `count` changes; answers the last position. */
async function write(count: number): Promise<number> {
  for (let at = 0; at < count; at++) await writer.create();
  while ((await advanceFeedOnce(hub.db)).changes > 0);
  return (await head()).position;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('following', () => {
  test('replays from the cursor, then goes on live', async () => {
    const { cursor, position } = await head();
    const replayed = await write(250);
    const follower = client();
    follower.subscribe({ after: cursor });
    await follower.until(() => follower.positions.length >= 250);
    const live = await write(30);
    await follower.until(() => follower.positions.length >= 280);
    expect(follower.positions).toEqual(range(position + 1, live));
    expect(live).toBe(replayed + 30);
  });

  test('without a cursor: from now on', async () => {
    await write(3);
    const follower = client();
    follower.subscribe();
    await follower.until(() => follower.events.some(({ heartbeat }) => heartbeat));
    const last = await write(2);
    await follower.until(() => follower.positions.length >= 2);
    expect(follower.positions).toEqual([last - 1, last]);
  });

  test('no gap and no double where replay meets live, while eight write and the sequencer stamps', async () => {
    const { cursor, position } = await head();
    await write(150);
    let writing = true;
    const records = await Promise.all(range(1, 8).map(() => writer.create()));
    const writers = records.map(async (id) => {
      for (let at = 0; at < 100; at++) await (at % 3 === 0 ? writer.create() : writer.update(id));
    });
    const sequencer = (async () => {
      while (writing) await advanceFeedOnce(hub.db);
    })();
    // They come one after the other, each at another moment of the writing, from the same old cursor.
    const followers: FeedClient[] = [];
    for (let at = 0; at < 6; at++) {
      const follower = client();
      follower.subscribe({ after: cursor });
      await follower.until(() => follower.positions.length >= 20 * (at + 1));
      followers.push(follower);
    }
    await Promise.all(writers);
    writing = false;
    await sequencer;
    const last = await write(1);
    for (const follower of followers) {
      await follower.until(() => follower.positions.at(-1) === last);
      expect(follower.positions).toEqual(range(position + 1, last));
      expect(inOrderPerRecord(follower)).toBe(true);
    }
  });

  test('a heartbeat carries a cursor from which nothing is lost', async () => {
    const before = await head();
    const follower = client();
    follower.subscribe({ after: before.cursor, types: ['WAREHOUSE'] });
    const last = await write(5);
    await follower.until(() =>
      follower.events.some((event) => event.heartbeat && Number(decodeCursor(event.cursor).position) >= last),
    );
    expect(follower.positions).toEqual([]);
    const beat = follower.events.at(-1);
    await writer.create('warehouse');
    const next = await write(0);
    const back = client();
    back.subscribe({ after: beat?.cursor, types: ['WAREHOUSE'] });
    await back.until(() => back.positions.length > 0);
    expect(back.positions).toEqual([next]);
  });

  test('after a restart of the server, the last cursor leads on', async () => {
    const short = await hub.serve();
    const { cursor, position } = await head();
    const follower = client(short);
    follower.subscribe({ after: cursor });
    await write(4);
    await follower.until(() => follower.positions.length >= 4);
    await short.close();
    await follower.until(() => follower.closed !== undefined);
    expect(follower.closed?.code).toBe(1001);
    expect(follower.completed).toBe(false);
    const last = await write(3);
    const again = await hub.serve();
    const back = client(again);
    back.subscribe({ after: follower.events.at(-1)?.cursor });
    await back.until(() => back.positions.length >= 3);
    expect([...follower.positions, ...back.positions]).toEqual(range(position + 1, last));
  });

  test('notices lost: the poll finds what was stamped', async () => {
    const follower = client();
    follower.subscribe();
    await follower.until(() => follower.events.length > 0);
    await writer.create();
    await hub.db.pool.query(`
      with head as (select head from feed), ready as (select seq, row_number() over (order by seq) as nth from change where position is null),
      stamped as (update change c set position = h.head + r.nth from ready r, head h where c.seq = r.seq)
      update feed set head = head + (select count(*) from ready)`);
    await follower.until(() => follower.positions.length > 0);
    expect(follower.positions).toEqual([(await head()).position]);
  });

  test('more than a thousand changes at once, to many subscribers', async () => {
    const { cursor, position } = await head();
    const followers = range(1, 5).map(() => client());
    for (const follower of followers) follower.subscribe({ after: cursor });
    await Promise.all(followers.map((follower) => follower.until(() => follower.events.length > 0)));
    const last = await write(1_500);
    for (const follower of followers) {
      await follower.until(() => follower.positions.length >= 1_500);
      expect(follower.positions).toEqual(range(position + 1, last));
    }
  });
});

describe('what is asked for', () => {
  test('types', async () => {
    const { cursor } = await head();
    const follower = client();
    follower.subscribe({ after: cursor, types: ['ITEM', 'WAREHOUSE'] });
    await writer.create('supplier');
    await writer.create('item');
    await writer.create('warehouse');
    await writer.create('business_unit');
    await write(0);
    await follower.until(() => follower.positions.length >= 2);
    expect(follower.events.filter(({ change }) => change).map(({ change }) => change.entityType)).toEqual([
      'ITEM',
      'WAREHOUSE',
    ]);
  });

  test.each([
    ['live', true],
    ['replayed', false],
  ])('ids, and who answers for them after a merge, %s', async (_name, live) => {
    const [followed, survivor, other] = await Promise.all([writer.create(), writer.create(), writer.create()]);
    await write(0);
    const { cursor } = await head();
    const follower = client();
    const subscribe = () => follower.subscribe({ after: cursor, ids: [supplierId(followed)] });
    if (live) {
      subscribe();
      await follower.until(() => follower.events.length > 0);
    }
    await writer.update(other);
    await writer.update(followed);
    await writer.merge(followed, survivor);
    await write(0);
    await writer.update(survivor);
    await writer.update(other);
    await write(0);
    if (!live) subscribe();
    const seen = () => follower.events.flatMap(({ change }) => (change ? [`${change.kind} ${change.id}`] : []));
    await follower.until(() => seen().length >= 3);
    expect(seen()).toEqual([
      `UPDATED ${supplierId(followed)}`,
      `MERGED ${supplierId(followed)}`,
      `UPDATED ${supplierId(survivor)}`,
    ]);
  });

  test('the record and the operation, loaded together for changes that come together', async () => {
    const { cursor } = await head();
    await write(60);
    const statements = await countStatements('golden_record', async () => {
      const follower = client();
      follower.subscribe(
        { after: cursor },
        'subscription ($after: String) { changes(after: $after) { change { id kind record { id version } operationId attributes at } } }',
      );
      await follower.until(() => follower.events.length >= 60);
      const [first] = follower.events;
      expect(first?.change.record).toEqual({ id: first?.change.id, version: 1 });
      expect(first?.change.operationId).toMatch(/^opr_/);
    });
    expect(statements).toBeLessThanOrEqual(4);
  });

  test('subscriptions that differ only in their cursor or filter are executed once', async () => {
    const { cursor } = await head();
    const followers = range(1, 10).map(() => client());
    const query =
      'subscription ($after: String, $types: [EntityType!]) { changes(after: $after, types: $types) { change { record { version } } } }';
    for (const [at, follower] of followers.entries())
      follower.subscribe(at % 2 === 0 ? { after: cursor } : { after: cursor, types: ['SUPPLIER'] }, query);
    await Promise.all(followers.map((follower) => follower.until(() => follower.events.length > 0)));
    const statements = await countStatements('golden_record', async () => {
      await writer.create();
      await write(0);
      await Promise.all(
        followers.map((follower) => follower.until(() => follower.events.some(({ change }) => change))),
      );
    });
    // One to write it, one to load it.
    expect(statements).toBeLessThanOrEqual(2);
  });
});

describe('refused', () => {
  test.each<[string, () => Promise<string>, string]>([
    [
      'of another database',
      async () => encodeCursor({ epoch: '00000000-0000-4000-8000-000000000000', position: 1n }),
      'CURSOR_FOREIGN_EPOCH',
    ],
    [
      'beyond the head',
      async () => encodeCursor({ epoch: decodeCursor((await head()).cursor).epoch, position: 999_999n }),
      'CURSOR_BEYOND_HEAD',
    ],
    ['malformed', async () => 'nonsense', 'INVALID_CURSOR'],
    ['empty', async () => '', 'INVALID_CURSOR'],
  ])('a cursor %s', async (_name, cursor, hubCode) => {
    const follower = client();
    follower.subscribe({ after: await cursor() });
    await follower.until(() => follower.errors.length > 0);
    expect(follower.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', hubCode });
  });

  test.each<[string, string, string]>([
    ['a syntax error', 'subscription { changes {', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { changes { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a query', '{ hello }', 'BAD_REQUEST'],
    ['a mutation', 'mutation { write }', 'BAD_REQUEST'],
    [
      'two operations and no name',
      'subscription a { changes { cursor } } subscription b { changes { cursor } }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'too many aliases',
      `subscription { changes { ${range(1, 60)
        .map((n) => `a${n}: cursor`)
        .join(' ')} } }`,
      'QUERY_TOO_MANY_ALIASES',
    ],
    ['too long', `subscription { changes { ${'cursor '.repeat(5_000)} } }`, 'QUERY_TOO_LONG'],
  ])('%s, and the connection stays', async (_name, query, code) => {
    const follower = client();
    follower.subscribe();
    await follower.until(() => follower.events.length > 0);
    follower.subscribe({}, query);
    await follower.until(() => follower.errors.length > 0);
    expect(follower.errors[0].extensions.code).toBe(code);
    expect(follower.closed).toBeUndefined();
  });

  test('a variable of the wrong type', async () => {
    const follower = client();
    follower.subscribe({ types: ['NOTHING'] });
    await follower.until(() => follower.errors.length > 0);
    expect(follower.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('no key, and a wrong one', async () => {
    for (const params of [undefined, 'Bearer nonsense']) {
      const follower = new FeedClient(server.url, undefined, params === undefined ? {} : { authorization: params });
      clients.push(follower);
      follower.subscribe();
      await follower.until(() => follower.closed !== undefined);
      expect(follower.closed?.code).toBe(4401);
    }
  });

  test('more subscriptions than a connection may have', async () => {
    const short = await hub.serve({ maxSubscriptionsPerConnection: 2 });
    const follower = client(short);
    for (let at = 0; at < 3; at++) follower.subscribe();
    await follower.until(() => follower.errors.length > 0);
    expect(follower.errors[0].extensions.code).toBe('RATE_LIMITED');
  });
});

describe('keys of open connections', () => {
  test('a revoked key ends them', async () => {
    const own = await hub.key('reader');
    const follower = client(server, own.key);
    follower.subscribe();
    await follower.until(() => follower.events.length > 0);
    const { revokeKey } = await import('../../golden-records/api-keys.js');
    await revokeKey(hub.db, { kind: 'HUB', id: 'hub', name: 'test' }, { idOrPrefix: own.id });
    await follower.until(() => follower.closed !== undefined);
    expect(follower.closed).toEqual({ code: 4401, reason: expect.stringContaining('revoked') });
  });

  test('an expired key ends them', async () => {
    const own = await hub.key('reader', { expiresAt: new Date(Date.now() + 500) });
    const follower = client(server, own.key);
    follower.subscribe();
    await follower.until(() => follower.closed !== undefined);
    expect(follower.closed?.code).toBe(4401);
  });
});

describe('a database that was put back', () => {
  test('ends every stream with CURSOR_FOREIGN_EPOCH', async () => {
    const follower = client();
    follower.subscribe({}, CHANGES);
    await follower.until(() => follower.events.length > 0);
    await hub.db.pool.query('update feed set epoch = gen_random_uuid()');
    await follower.until(() => follower.errors.length > 0);
    expect(follower.errors[0].extensions.hubCode).toBe('CURSOR_FOREIGN_EPOCH');
    const again = client();
    again.subscribe();
    await again.until(() => again.events.length > 0);
  });
});

/** `seq` follows versions: each record's versions come in order. */
function inOrderPerRecord(follower: FeedClient): boolean {
  const seen = new Map<string, number>();
  return follower.events.every(({ change }) => {
    if (!change) return true;
    const before = seen.get(change.id) ?? 0;
    seen.set(change.id, change.version);
    return change.version > before;
  });
}

/** Statements that name `table`, sent through the pool while `work` runs. */
async function countStatements(table: string, work: () => Promise<void>): Promise<number> {
  const { pool } = hub.db;
  const original = pool.query.bind(pool);
  let count = 0;
  const spy = (first: unknown, ...rest: unknown[]) => {
    const text = typeof first === 'string' ? first : (first as { text: string }).text;
    if (text.includes(table)) count++;
    return (original as (...all: unknown[]) => unknown)(first, ...rest);
  };
  pool.query = spy as typeof pool.query;
  try {
    await work();
  } finally {
    pool.query = original;
  }
  return count;
}
