import { once } from 'node:events';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type ConnectOptions, connect, type Database } from '../../src/database.js';
import { startListening } from '../../src/listen.js';
import { createTestDatabase, type TestDatabase, truncateAll } from '../support/database.js';
import { silentLog } from '../support/log.js';

let test: TestDatabase;
let admin: pg.Pool;
const open: Database[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  admin = new pg.Pool({ connectionString: test.url, application_name: 'admin' });
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((database) => database.close()));
});

afterAll(async () => {
  await admin.end();
  await test.drop();
});

function connected(options: Partial<ConnectOptions> = {}): Database {
  const database = connect(test.url, { log: silentLog, applicationName: 'test', ...options });
  open.push(database);
  return database;
}

/** Ends every connection of that name, as a restarting server would. */
async function cut(applicationName: string): Promise<number> {
  const { rowCount } = await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
    [applicationName],
  );
  return rowCount ?? 0;
}

/** Collects what a listener receives; `next` waits for as much as it takes. */
function inbox(): { receive(payload: string): void; next(): Promise<string> } {
  const arrived: string[] = [];
  const waiting: ((payload: string) => void)[] = [];
  return {
    receive: (payload) => {
      const waiter = waiting.shift();
      if (waiter) waiter(payload);
      else arrived.push(payload);
    },
    next: async () => arrived.shift() ?? new Promise((done) => waiting.push(done)),
  };
}

describe('connect', () => {
  it('gives Prisma and SQL the same connections', async () => {
    const { prisma, pool } = connected({ maxConnections: 1 });
    const [viaPrisma] = await prisma.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const viaPool = await pool.query('select pg_backend_pid() as pid');
    expect(viaPrisma).toEqual(viaPool.rows[0]);
  });

  it('reads what JavaScript numbers and dates would spoil, without touching the driver for others', async () => {
    const sql = `select 9007199254740993::int8 as big, '{1,NULL,9007199254740993}'::int8[] as bigs,
      1.10::numeric as decimal, '{1.10,{2}}'::text is not null as text, '{{1.10},{2.0}}'::numeric[] as decimals,
      '2026-03-29'::date as day, '{2026-03-29}'::date[] as days,
      '2026-03-29 02:30'::timestamp as local, '2026-03-29 02:30+02'::timestamptz as instant,
      null::int8 as nothing, '{"a": 1}'::jsonb as json`;
    const { rows } = await connected().pool.query(sql);
    expect(rows).toEqual([
      {
        big: 9007199254740993n,
        bigs: [1n, null, 9007199254740993n],
        decimal: '1.10',
        text: true,
        decimals: [['1.10'], ['2.0']],
        day: '2026-03-29',
        days: ['2026-03-29'],
        local: new Date('2026-03-29T02:30:00Z'),
        instant: new Date('2026-03-29T00:30:00Z'),
        nothing: null,
        json: { a: 1 },
      },
    ]);
    expect((await admin.query('select 1::int8 as big')).rows).toEqual([{ big: '1' }]);
  });

  it('ends a statement that takes too long', async () => {
    const { pool } = connected({ statementTimeoutMs: 50 });
    await expect(pool.query('select pg_sleep(30)')).rejects.toMatchObject({ code: '57014' });
  });

  it("ends Prisma's transactions after our limit, not its own", async () => {
    const { prisma } = connected({ transaction: { maxWaitMs: 1_000, timeoutMs: 50 } });
    const tooLong = prisma.$transaction((tx) => tx.$executeRaw`select pg_sleep(0.3)`.then(() => tx.system.count()));
    await expect(tooLong).rejects.toMatchObject({ code: 'P2028' });
  });

  it('outlives the loss of its connections', async () => {
    const { pool, prisma } = connected({ applicationName: 'lossy' });
    await prisma.system.count();
    const lost = once(pool, 'error');
    expect(await cut('lossy')).toBe(1);
    await lost;
    expect(await prisma.system.count()).toBe(0);
  });

  it('leaves no connection open after close', async () => {
    const { prisma, listen, close } = connect(test.url, { log: silentLog, applicationName: 'closing' });
    await prisma.system.count();
    await listen('closing', () => undefined);
    await close();
    const { rows } = await admin.query(
      "select application_name from pg_stat_activity where application_name in ('closing', 'concord listen closing')",
    );
    expect(rows).toEqual([]);
  });
});

describe('listen', () => {
  it('hands over each payload', async () => {
    const { receive, next } = inbox();
    await connected().listen('news', receive);
    await admin.query("select pg_notify('news', 'one'), pg_notify('other', 'not ours'), pg_notify('news', 'two')");
    expect([await next(), await next()]).toEqual(['one', 'two']);
  });

  it('comes back after a lost connection, and says that something may have been missed', async () => {
    const { receive, next } = inbox();
    await connected().listen('news', receive);
    expect(await cut('concord listen news')).toBe(1);
    expect(await next()).toBe('');
    await admin.query("notify news, 'after'");
    expect(await next()).toBe('after');
  });

  it('notices a connection that died without a word', async () => {
    const { receive, next } = inbox();
    const proxy = await startProxy(Number(new URL(test.url).port));
    const url = new URL(test.url);
    url.port = String(proxy.port);
    const listening = await startListening({ url: url.href, channel: 'news', receive, log: silentLog, pingMs: 50 });
    proxy.silence();
    expect(await next()).toBe('');
    await admin.query("notify news, 'after'");
    expect(await next()).toBe('after');
    await listening.stop();
    await proxy.close();
  });

  it('is quiet once stopped', async () => {
    const heard: string[] = [];
    const { receive, next } = inbox();
    const database = connected();
    const stopped = await database.listen('news', (payload) => heard.push(payload));
    await database.listen('news', receive);
    await stopped.stop();
    await admin.query("notify news, 'late'");
    expect(await next()).toBe('late');
    expect(heard).toEqual([]);
  });

  it('rejects when there is no server to listen to', async () => {
    const proxy = await startProxy(0);
    await proxy.close();
    const database = connect(`postgresql://x:y@127.0.0.1:${proxy.port}/none`, { log: silentLog });
    await expect(database.listen('news', () => undefined)).rejects.toThrow('ECONNREFUSED');
    await database.close();
  });
});

describe('truncateAll', () => {
  it('empties every table and starts the sequences again, but keeps the record of migrations', async () => {
    const { prisma, pool } = connected();
    await prisma.system.create({ data: { code: 'erp', name: 'ERP', scopes: [] } });
    await pool.query("select nextval('change_seq_seq'), nextval('change_seq_seq')");
    await truncateAll(pool);
    expect(await prisma.system.count()).toBe(0);
    expect((await pool.query("select nextval('change_seq_seq') as seq")).rows).toEqual([{ seq: 1n }]);
    expect((await pool.query('select 1 from _prisma_migrations')).rowCount).toBeGreaterThan(0);
    await truncateAll(test.url);
  });
});

/** Stands between client and server, and can leave the connections of the moment open but dead. */
async function startProxy(target: number): Promise<{ port: number; silence(): void; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectSocket(target, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
