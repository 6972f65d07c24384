import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Log } from '../../golden-records/transaction.js';
import type { RunningServer } from '../../src/server.js';
import { post, send, startTestHub, type TestHub } from '../support/test-server.js';

const logged: { level: string; fields: object; message: string }[] = [];
const note = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
const log: Log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };

let hub: TestHub;
let server: RunningServer;
let reader: string;

beforeAll(async () => {
  hub = await startTestHub({ log });
  server = await hub.serve();
  reader = (await hub.key('reader')).key;
});
afterAll(() => hub.close());
beforeEach(() => {
  logged.length = 0;
});

describe('who gets in', () => {
  test.each([
    ['no key', {}],
    ['a malformed key', { authorization: 'Bearer nonsense' }],
    ['an unknown key', { 'x-api-key': `ck_aaaaaaaaaa_${'a'.repeat(43)}` }],
    ['another scheme', { authorization: 'Basic YTpi' }],
  ])('%s: 401', async (_name, headers) => {
    const { status, body, headers: answered } = await post(server.url, undefined, '{ hello }', { headers });
    expect([status, body.errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answered.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('failed authentication is counted in the log, the key is not in it', async () => {
    await post(server.url, `ck_bbbbbbbbbb_${'b'.repeat(43)}`, '{ hello }');
    expect(JSON.stringify(logged)).not.toContain('bbbb');
  });

  test('a key in either header', async () => {
    expect((await post(server.url, reader, '{ hello }')).body.data).toEqual({ hello: 'hello world' });
    const other = await post(server.url, undefined, '{ hello }', { headers: { 'x-api-key': reader } });
    expect(other.body.data).toEqual({ hello: 'hello world' });
  });

  test('a revoked key is refused at once, an expired one too', async () => {
    const { key, id } = await hub.key('reader');
    const admin = (await hub.key('administrator')).key;
    expect((await post(server.url, key, '{ hello }')).status).toBe(200);
    const answer = await post(
      server.url,
      admin,
      'mutation ($i: RevokeApiKeyInput!) { revokeApiKey(input: $i) { apiKey { revokedAt } } }',
      {
        variables: { i: { id } },
      },
    );
    expect(answer.body.data.revokeApiKey.apiKey.revokedAt).toMatch(/^20/);
    await eventually(async () => expect((await post(server.url, key, '{ hello }')).status).toBe(401));
    const soon = await hub.key('reader', { expiresAt: new Date(Date.now() + 300) });
    await eventually(async () => expect((await post(server.url, soon.key, '{ hello }')).status).toBe(401));
  });

  test('without the permission: FORBIDDEN, and the rest of the answer stands', async () => {
    const { body } = await post(server.url, reader, '{ hello apiKeys { id } }');
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
    const guarded = await post(server.url, reader, '{ decision }');
    expect(guarded.body.errors[0]).toMatchObject({
      message: expect.stringContaining('DECIDE'),
      extensions: { code: 'FORBIDDEN' },
    });
    const steward = (await hub.key('steward')).key;
    expect((await post(server.url, steward, '{ decision }')).body.data).toEqual({ decision: 'decided' });
  });
});

describe('keys and audit over GraphQL', () => {
  test('an administrator makes a key that works and is listed without its secret', async () => {
    const admin = (await hub.key('administrator')).key;
    const made = await post(
      server.url,
      admin,
      'mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) { key apiKey { id prefix role unmasked } } }',
      { variables: { i: { name: 'a dashboard', role: 'READER', unmasked: ['TAX_ID'] } } },
    );
    const { key, apiKey } = made.body.data.createApiKey;
    expect(apiKey).toMatchObject({ role: 'READER', unmasked: ['TAX_ID'] });
    expect((await post(server.url, key, '{ me }')).body.data.me).toMatch(/^a dashboard reader/);
    const listed = await post(server.url, admin, '{ apiKeys { id name prefix createdBy revokedAt } }');
    expect(listed.text).not.toContain(key.slice(14));
    expect(listed.body.data.apiKeys[0]).toMatchObject({ id: apiKey.id, name: 'a dashboard' });
  });

  test('unmasked reads leave one entry a request, before the answer; auditors page through the trail', async () => {
    const { key, id } = await hub.key('reader', { unmasked: ['TAX_ID'] });
    const headers = { 'x-correlation-id': 'read-1' };
    for (let time = 0; time < 3; time++) {
      expect((await post(server.url, key, '{ taxId again: taxId }', { headers })).body.data.again).toBe('123456789');
    }
    const auditor = (await hub.key('auditor')).key;
    const page =
      '{ auditEntries(first: 2) { nodes { action actorId subject correlationId } pageInfo { hasNextPage endCursor } } }';
    const { body } = await post(server.url, auditor, page);
    const entry = {
      action: 'UNMASKED_READ',
      actorId: id,
      subject: { TAX_ID: ['sup_1', 'sup_2'] },
      correlationId: 'read-1',
    };
    // The auditor's own key came last.
    expect(body.data.auditEntries.nodes).toEqual([expect.objectContaining({ action: 'API_KEY_CREATED' }), entry]);
    const next = await post(
      server.url,
      auditor,
      page.replace('first: 2', `first: 2, after: "${body.data.auditEntries.pageInfo.endCursor}"`),
    );
    expect(next.body.data.auditEntries.nodes).toEqual([entry, entry]);
    expect((await post(server.url, key, '{ auditEntries { nodes { id } } }')).body.errors[0].extensions.code).toBe(
      'FORBIDDEN',
    );
  });

  test('an answer whose audit entry cannot be written does not leave', async () => {
    const { key } = await hub.key('reader', { unmasked: ['TAX_ID'] });
    await hub.db.pool.query('alter table audit_entry rename to audit_entry_away');
    try {
      for (let time = 0; time < 3; time++) {
        const { status, text } = await post(server.url, key, '{ taxId }');
        expect([status, text]).toEqual([500, expect.not.stringContaining('123456789')]);
        expect(text).not.toContain('audit_entry');
      }
    } finally {
      await hub.db.pool.query('alter table audit_entry_away rename to audit_entry');
    }
  });
});

describe('errors', () => {
  test.each([
    ['InvalidInput', 'BAD_USER_INPUT', 'INVALID_ID'],
    ['NotFound', 'NOT_FOUND', 'NOT_FOUND'],
    ['Conflict', 'CONFLICT', 'STALE_VERSION'],
    ['IllegalOperation', 'ILLEGAL_OPERATION', 'SAME_RECORD'],
  ])('%s is told with its code', async (how, code, hubCode) => {
    for (let time = 0; time < 3; time++) {
      const { status, body } = await post(server.url, reader, `{ hello failing(how: "${how}") }`);
      expect(status).toBe(200);
      expect(body.data).toEqual({ hello: 'hello world', failing: null });
      expect(body.errors).toEqual([
        expect.objectContaining({ path: ['failing'], extensions: expect.objectContaining({ code, hubCode }) }),
      ]);
    }
    expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test.each([['{ failing(how: "bug") }'], ['{ sql }'], ['{ failing(how: "GraphQLError") }']])(
    '%s: nothing of the cause leaves, all of it is logged under the correlation id',
    async (query) => {
      const { text, body } = await post(server.url, reader, query, { headers: { 'x-correlation-id': 'quote-me' } });
      expect(text).not.toMatch(/secret|select|stack|node_modules/i);
      expect(body.errors[0]).toMatchObject({
        message: 'Internal error; quote correlation id quote-me',
        extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'quote-me' },
      });
      expect(logged).toEqual([
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ correlationId: 'quote-me' }) }),
      ]);
    },
  );

  test('the correlation id comes back; an unacceptable one is replaced', async () => {
    const good = await post(server.url, reader, '{ me }', { headers: { 'x-correlation-id': 'abc-1' } });
    expect([good.headers.get('x-correlation-id'), good.body.data.me]).toEqual(['abc-1', 'a reader reader abc-1']);
    const bad = await post(server.url, reader, '{ me }', { headers: { 'x-correlation-id': 'a b\tc' } });
    expect(bad.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('requests', () => {
  const json = (extra: Record<string, string> = {}) => ({
    'content-type': 'application/json',
    authorization: `Bearer ${reader}`,
    ...extra,
  });

  test.each<[string, () => RequestInit, number, string]>([
    [
      'a body that is too large',
      () => ({ method: 'POST', headers: json(), body: JSON.stringify({ query: ' '.repeat(1_100_000) }) }),
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'another content type',
      () => ({ method: 'POST', headers: json({ 'content-type': 'text/plain' }), body: '{"query":"{hello}"}' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['no JSON', () => ({ method: 'POST', headers: json(), body: '{' }), 400, 'BAD_REQUEST'],
    ['a batch', () => ({ method: 'POST', headers: json(), body: '[{"query":"{hello}"}]' }), 400, 'BAD_REQUEST'],
    ['no query', () => ({ method: 'POST', headers: json(), body: '{"variables":{}}' }), 400, 'BAD_REQUEST'],
    [
      'variables as text',
      () => ({ method: 'POST', headers: json(), body: '{"query":"{hello}","variables":"{}"}' }),
      400,
      'BAD_REQUEST',
    ],
    ['a syntax error', () => ({ method: 'POST', headers: json(), body: '{"query":"{"}' }), 400, 'GRAPHQL_PARSE_FAILED'],
    [
      'an unknown field',
      () => ({ method: 'POST', headers: json(), body: '{"query":"{ nothing }"}' }),
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a variable of the wrong type',
      () => ({
        method: 'POST',
        headers: json(),
        body: '{"query":"query($n: Int!){ things(first: $n) { name } }","variables":{"n":"x"}}',
      }),
      400,
      'BAD_USER_INPUT',
    ],
    [
      'an unknown operation',
      () => ({ method: 'POST', headers: json(), body: '{"query":"query a {hello}","operationName":"b"}' }),
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    [
      'a persisted query',
      () => ({
        method: 'POST',
        headers: json(),
        body: '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}',
      }),
      200,
      'PERSISTED_QUERY_NOT_SUPPORTED',
    ],
    ['another method', () => ({ method: 'PUT', headers: json(), body: '{"query":"{hello}"}' }), 405, 'BAD_REQUEST'],
  ])('%s', async (_name, init, status, code) => {
    const answer = await send(server.url, init());
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([status, code]);
    expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('a chunked body is cut off at the limit too', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        server.url,
        { method: 'POST', headers: json({ 'transfer-encoding': 'chunked' }) },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on('error', reject);
      request.write(Buffer.alloc(2_000_000, 32));
    });
    expect(status).toBe(413);
  });

  test('GET takes queries only, and only what a browser would ask leave for (CSRF)', async () => {
    const ask = (query: string, headers: Record<string, string>) =>
      send(`${server.url}?query=${encodeURIComponent(query)}`, {
        headers: { authorization: `Bearer ${reader}`, ...headers },
      });
    expect((await ask('{ hello }', { 'apollo-require-preflight': 'yes' })).body.data).toEqual({ hello: 'hello world' });
    expect((await ask('{ hello }', {})).status).toBe(400);
    expect((await ask('mutation { write }', { 'apollo-require-preflight': 'yes' })).status).toBe(405);
    expect((await ask('{ hello }', { authorization: '' })).status).toBe(401);
  });

  test('a browser gets a page without a key, and nothing else', async () => {
    const { status, headers, text } = await send(server.url, { headers: { accept: 'text/html' } });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html']);
    expect(text).toContain('sharedHeaders');
    const sly = await send(`${server.url}?query={hello}`, {
      headers: { accept: 'application/json, text/html;q=0.1', 'apollo-require-preflight': 'x' },
    });
    expect(sly.status).toBe(401);
    expect((await fetch(server.url.replace('/graphql', '/'), { redirect: 'manual' })).headers.get('location')).toBe(
      '/graphql',
    );
  });

  test('health: alive, and ready with reasons', async () => {
    const at = (path: string) => send(server.url.replace('/graphql', path), {});
    expect((await at('/health/live')).body).toEqual({ status: 'ok' });
    expect(await at('/health/ready')).toMatchObject({
      status: 200,
      body: { ready: true, checks: { database: 'ok', migrations: 'ok', feed: 'ok' } },
    });
    await hub.db.pool.query('alter table feed rename to feed_away');
    await hub.db.pool.query('update _prisma_migrations set rolled_back_at = now()');
    try {
      expect(await at('/health/ready')).toMatchObject({
        status: 503,
        body: {
          ready: false,
          checks: { database: 'ok', migrations: expect.stringMatching(/pending/), feed: 'does not answer' },
        },
      });
    } finally {
      await hub.db.pool.query('alter table feed_away rename to feed');
      await hub.db.pool.query('update _prisma_migrations set rolled_back_at = null');
    }
    expect((await at('/nowhere')).status).toBe(404);
  });
});

describe('limits', () => {
  test.each([
    ['tokens', { maxTokens: 10 }, '{ a: hello b: hello c: hello d: hello }', 'QUERY_TOO_LONG'],
    ['depth', { maxDepth: 2 }, '{ things(first: 1) { inner { name } } }', 'QUERY_TOO_DEEP'],
    ['breadth', { maxBreadth: 2 }, '{ hello me __typename }', 'QUERY_TOO_WIDE'],
    ['aliases', { maxAliases: 1 }, '{ a: hello b: hello }', 'QUERY_TOO_MANY_ALIASES'],
    ['root fields', { maxRootFields: 1 }, '{ hello me }', 'QUERY_TOO_MANY_ROOT_FIELDS'],
    ['cost', { maxCost: 10 }, '{ things(first: 11) { name } }', 'QUERY_TOO_COSTLY'],
  ])('%s', async (_name, limits, query, code) => {
    const limited = await hub.serve(limits);
    const { status, body } = await post(limited.url, reader, query);
    expect([status, body.errors[0].extensions.code, body.data]).toEqual([400, code, undefined]);
  });

  test('the cost is told, counted from variables, each time', async () => {
    const query = 'query ($n: Int!) { things(first: $n) { name inner { name } } }';
    for (const n of [3, 3, 3, 5]) {
      const { body } = await post(server.url, reader, query, { variables: { n } });
      expect(body.extensions).toEqual({ cost: { requested: 2 * n, limit: 50_000 } });
      expect(body.data.things).toHaveLength(n);
    }
    const limited = await hub.serve({ maxCost: 10 });
    for (const [n, status] of [
      [5, 200],
      [5, 200],
      [5, 200],
      [6, 400],
      [6, 400],
    ] as const) {
      expect((await post(limited.url, reader, query, { variables: { n } })).status).toBe(status);
    }
  });

  test('a key that has spent its budget waits, others do not', async () => {
    const limited = await hub.serve({ costPerSecond: 1, burstCost: 5 });
    const other = (await hub.key('reader')).key;
    const statuses: number[] = [];
    for (let time = 0; time < 6; time++) statuses.push((await post(limited.url, reader, '{ hello }')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = await post(limited.url, reader, '{ hello }');
    expect([refused.headers.get('retry-after'), refused.body.errors[0].extensions.code]).toEqual(['1', 'RATE_LIMITED']);
    expect(refused.body.extensions).toEqual({ cost: { requested: 1, limit: 50_000 } });
    expect((await post(limited.url, other, '{ hello }')).status).toBe(200);
  });
});

describe('life', () => {
  test('closing lets a request under way finish, and takes no more', async () => {
    const short = await hub.serve();
    const blocker = await hub.db.pool.connect();
    await blocker.query('begin; lock table golden_record');
    const underWay = post(short.url, reader, '{ supplierName(id: "01938d5c-0000-7000-8000-000000000000") }');
    await eventually(async () => {
      const { rows } = await blocker.query(`select count(*)::int as n from pg_locks where not granted`);
      expect(rows[0].n).toBe(1);
    });
    const closing = short.close();
    await eventually(() => expect(post(short.url, reader, '{ hello }')).rejects.toThrow());
    await blocker.query('commit');
    blocker.release();
    expect((await underWay).body.data).toEqual({ supplierName: null });
    await closing;
  });

  test('a taken port is an error, and leaves nothing open', async () => {
    await expect(hub.serve({}, { port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

/** Until it holds; the test's own time limit ends a wait in vain. */
async function eventually(assertion: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
