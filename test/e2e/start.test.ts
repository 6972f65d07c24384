import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HubFolder, type RunningHub } from '../support/hub-folder.js';

const SUPPLIERS = '{ suppliers(first: 5) { totalCount nodes { attributes { name } } } }';
interface Suppliers {
  suppliers: { totalCount: number; nodes: { attributes: { name: string } }[] };
}

describe('a hub on the bundled PostgreSQL', () => {
  let folder: HubFolder;
  let hub: RunningHub;
  let key: string;

  beforeAll(async () => {
    folder = new HubFolder();
    hub = await folder.start();
    key = hub.ready.key ?? '';
  });
  afterAll(() => folder.remove());

  test('the first start makes an administrator key, and the key works', async () => {
    expect(key).toMatch(/^ck_[a-z0-9]{10}_/);
    const { status, data } = await hub.ask<Suppliers>(SUPPLIERS, key);
    expect(status).toBe(200);
    expect(data.suppliers.totalCount).toBe(0);
    expect((await hub.ask(SUPPLIERS, 'ck_0000000000_x')).status).toBe(401);
  });

  test('the question of the first screen was answered by the hub itself', async () => {
    const { query = '', answer } = hub.ready.question ?? {};
    const { data } = await hub.ask(query, key);
    expect(answer).toEqual({ data });
  });

  test('commands join the database of the running hub', async () => {
    folder.write('suppliers.csv', 'no,name\n1,Meridian Surgical Supply Inc.\n');
    const { code } = await folder.json('import', 'suppliers.csv', '--system', 'erp');
    expect(code).toBe(0);
    const { data } = await hub.ask<Suppliers>(SUPPLIERS, key);
    expect(data.suppliers.nodes).toEqual([{ attributes: { name: 'Meridian Surgical Supply Inc.' } }]);
    expect(folder.postgresProcesses()).not.toEqual([]);
  });

  test('a second start on the same folder is refused, and harms nothing', async () => {
    const { code, stdout, stderr } = await folder.run('start', '--port', '0', '--json');
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ALREADY_RUNNING' } });
    expect(stderr).toContain(`process ${hub.ready.pid}, at ${hub.ready.endpoint}`);
    expect((await hub.ask(SUPPLIERS, key)).status).toBe(200);
  });

  test('a database that is in use is not deleted', async () => {
    const { code, document } = await folder.json<{ error: { code: string } }>('migrate', '--reset');
    expect({ code, error: document.error.code }).toEqual({ code: 5, error: 'ALREADY_RUNNING' });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s stops everything, and the next start goes on with the data',
    async (signal) => {
      const { code, stderr } = await hub.stop(signal);
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('Stopping') });
      expect(folder.postgresProcesses()).toEqual([]);
      hub = await folder.start();
      expect(hub.ready.key).toBeNull();
      expect(hub.ready.counts).toMatchObject({ sourceRecords: 1, goldenRecords: 1 });
      expect((await hub.ask(SUPPLIERS, key)).status).toBe(200);
    },
  );

  test('killed with -9, it starts again with its data', async () => {
    expect((await hub.stop('SIGKILL')).code).toBeNull();
    hub = await folder.start();
    expect(hub.ready.counts).toMatchObject({ sourceRecords: 1, goldenRecords: 1 });
    expect((await hub.ask(SUPPLIERS, key)).status).toBe(200);
    expect((await hub.stop()).code).toBe(0);
    expect(folder.postgresProcesses()).toEqual([]);
  });
});

test('a second Ctrl-C does not wait for a request that does not end, and the data is safe', async () => {
  const folder = new HubFolder();
  const hub = await folder.start();
  const { hostname, port } = new URL(hub.ready.endpoint);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => socket.destroy());
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${hub.ready.key}\r\ncontent-type: application/json`;
  socket.write(`${head}\r\ncontent-length: 100\r\n\r\n{`);
  await new Promise((done) => socket.once('ready', done));
  // Ctrl-C reaches a child of npm twice at once: only a later one is a second wish.
  const again = setInterval(() => process.kill(hub.ready.pid, 'SIGINT'), 100);
  const { code } = await hub.stop().finally(() => clearInterval(again));
  expect(code).toBe(130);
  await folder.waitForPostgresToEnd();
  const next = await folder.start();
  expect((await next.ask(SUPPLIERS, hub.ready.key ?? '')).status).toBe(200);
  expect((await next.stop()).code).toBe(0);
  await folder.remove();
});

describe('a start that can not be', () => {
  let folder: HubFolder;
  beforeAll(() => {
    folder = new HubFolder();
  });
  afterAll(() => folder.remove());

  test('on a port that is taken says which, and leaves nothing running', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { code, stdout, stderr } = await folder.run('start', '--json', '--port', String(port));
    await new Promise((done) => other.close(done));
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'PORT_UNAVAILABLE' } });
    expect(stderr).toContain(`port ${port} on 127.0.0.1: another program listens there`);
    expect(folder.postgresProcesses()).toEqual([]);
  });

  test('stopped while it starts, it stops the database too', async () => {
    const child = folder.spawn(['start', '--port', '0', '--json']);
    const started = new Promise<void>((done) => {
      child.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('bundled PostgreSQL started')) done();
      });
    });
    await started;
    child.kill('SIGINT');
    const code = await new Promise((done) => child.once('close', done));
    expect([0, 130]).toContain(code);
    expect(folder.postgresProcesses()).toEqual([]);
  });
});
