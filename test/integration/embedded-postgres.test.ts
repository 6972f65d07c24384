import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres.js';
import { eventually } from '../support/hub.js';
import { silentLog } from '../support/log.js';

// A folder of mode 0700: run as root, the server's own account may not enter it by itself.
const closed = mkdtempSync(join(tmpdir(), 'concord-embedded-'));
const dataDir = join(closed, 'postgres');
const children: ChildProcess[] = [];

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  // Whatever a failed test left behind.
  await (await start()).stop();
  rmSync(closed, { recursive: true });
});

const start = (settings: Record<string, string> = {}) => startEmbeddedPostgres({ dataDir, log: silentLog, settings });
const postmasterFile = () => join(dataDir, 'cluster', 'postmaster.pid');
const postmasterPid = () => Number(readFileSync(postmasterFile(), 'utf8').split('\n')[0]);
const portOf = ({ url }: { url: string }) => Number(new URL(url).port);

async function during(work: (server: EmbeddedPostgres) => Promise<void>): Promise<void> {
  const server = await start();
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row | undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Row>(sql);
  await client.end();
  return rows[0];
}

/** A process of its own that uses the server, as a hub would, until it is ended. */
async function startInAnotherProcess(): Promise<{ url: string; kill(): Promise<void>; end(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    ['--import', './scripts/typescript.mjs', 'test/support/embedded-postgres-user.mjs', dataDir],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  children.push(child);
  const exited = once(child, 'exit');
  const [url] = await once(createInterface(child.stdout), 'line');
  return {
    url,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    end: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

it('is a durable UTF-8 PostgreSQL 18 that only this machine can reach', async () => {
  await during(async ({ url }) => {
    const found = await query(
      url,
      `select current_setting('server_version_num')::int / 10000 as version, current_setting('fsync') as fsync,
         current_setting('synchronous_commit') as synchronous_commit, current_setting('listen_addresses') as addresses,
         current_setting('unix_socket_directories') as sockets, current_setting('server_encoding') as encoding,
         (select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()) as locale,
         lower('ÀÉ') as lowered`,
    );
    expect(found).toEqual({
      version: 18,
      fsync: 'on',
      synchronous_commit: 'on',
      addresses: '127.0.0.1',
      sockets: '',
      encoding: 'UTF8',
      locale: 'b C.UTF-8',
      lowered: 'àé',
    });
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
  });
});

it('keeps its data and its port from one start to the next', async () => {
  let port = 0;
  await during(async (server) => {
    port = portOf(server);
    await query(server.url, 'create table kept (id int)');
  });
  expect(existsSync(postmasterFile())).toBe(false);
  await during(async (server) => {
    expect(portOf(server)).toBe(port);
    expect(await query(server.url, 'select count(*)::int as kept from kept')).toEqual({ kept: 0 });
  });
});

it('takes another port when somebody else has the last one', async () => {
  const taken = Number(readFileSync(join(dataDir, 'port'), 'utf8'));
  const squatter = createServer().listen(taken, '127.0.0.1');
  await once(squatter, 'listening');
  try {
    await during(async (server) => {
      expect(portOf(server)).not.toBe(taken);
      await query(server.url, 'select 1');
    });
  } finally {
    squatter.close();
  }
});

it('joins the server that a killed hub left running, and stops it in the end', async () => {
  const hub = await startInAnotherProcess();
  await hub.kill();
  const orphan = postmasterPid();
  await during(async (server) => {
    expect(server.url).toBe(hub.url);
    expect(postmasterPid()).toBe(orphan);
  });
  expect(existsSync(postmasterFile())).toBe(false);
});

it('starts again when hub and server were both killed', async () => {
  const hub = await startInAnotherProcess();
  await query(hub.url, 'create table survivor (id int)');
  const before = postmasterPid();
  await hub.kill();
  process.kill(before, 'SIGKILL');
  await during(async (server) => {
    expect(postmasterPid()).not.toBe(before);
    await query(server.url, 'select from survivor');
  });
});

it('is not held up by a pid that now belongs to another program', async () => {
  const stranger = spawn('sleep', ['60']);
  children.push(stranger);
  const lines = [stranger.pid, join(dataDir, 'cluster'), 0, 1, '', '127.0.0.1', '', 'ready'];
  writeFileSync(postmasterFile(), lines.join('\n'));
  await during(async (server) => {
    await query(server.url, 'select 1');
  });
  stranger.kill();
  await once(stranger, 'exit');
});

it('serves two processes, and stops when the last one leaves', async () => {
  const hub = await startInAnotherProcess();
  await during(async (server) => {
    expect(server.url).toBe(hub.url);
  });
  await query(hub.url, 'select 1');
  await hub.end();
  expect(existsSync(postmasterFile())).toBe(false);
});

it('is started once when two processes start together', async () => {
  const hubs = await Promise.all([startInAnotherProcess(), startInAnotherProcess()]);
  expect(hubs[0].url).toBe(hubs[1].url);
  await Promise.all(hubs.map((hub) => hub.end()));
  expect(existsSync(postmasterFile())).toBe(false);
});

it('says why it does not start', async () => {
  await expect(start({ shared_buffers: 'many' })).rejects.toMatchObject({
    name: 'EmbeddedPostgresError',
    message: expect.stringContaining('invalid value for parameter "shared_buffers": "many"'),
  });
});

it('refuses a cluster that another major version wrote', async () => {
  const version = join(dataDir, 'cluster', 'PG_VERSION');
  writeFileSync(version, '17\n');
  await expect(start()).rejects.toThrow('was written by PostgreSQL 17, the bundled one is 18');
  writeFileSync(version, '18\n');
});

it('starts a server again that ended under it, on the same port', async () => {
  await during(async (server) => {
    const killed = postmasterPid();
    process.kill(killed, 'SIGKILL');
    const answer = async () => {
      try {
        return await query<{ up: number }>(server.url, 'select 1 as up');
      } catch {
        return undefined;
      }
    };
    expect(await eventually(answer, 30_000)).toEqual({ up: 1 });
    expect(postmasterPid()).not.toBe(killed);
  });
  expect(existsSync(postmasterFile())).toBe(false);
});
