import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createKey } from '../../golden-records/api-keys.js';
import { HUB_ACTOR } from '../../golden-records/index.js';
import { buildHubSchema } from '../../resolvers/schema.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { silentLog } from '../support/log.js';
import { createSyncHub, type SyncHub } from '../support/tiny/hub.js';
import { post } from '../support/test-server.js';

let at: SyncHub;
let server: RunningServer;
const keys = new Map<string, string>();
beforeAll(async () => {
  at = await createSyncHub();
  const { db, database, model } = at.hub;
  const schema = buildHubSchema(model);
  server = await startServer({
    db,
    schema,
    listenDb: database,
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
    systems: [at.sync],
    limits: { costPerSecond: 1e12, burstCost: 1e12 },
  });
});
afterAll(async () => {
  await server.close();
  await at.close();
});
beforeEach(async () => {
  await at.clear();
  for (const role of ['reader', 'steward', 'integrator', 'auditor'])
    keys.set(role, (await createKey(at.hub.db, HUB_ACTOR, { name: role, role })).key);
});

const ask = async (query: string, variables: object = {}, as = 'integrator') => {
  const { body } = await post(server.url, keys.get(as), query, { variables });
  return body;
};
const refuse = (name: string) => {
  at.server.refuses = (fields) => (fields.name === name ? 'name taken' : undefined);
};
const DEAD = `query ($filter: DeadLetterFilter) { deadLetters(filter: $filter) { totalCount nodes { id state place attempts
  error { code message } record { ... on Supplier { attributes { name } } } history { action result changes { attribute after why } } } } }`;
const REDRIVE = `mutation ($input: DeadLettersInput!) { redriveDeadLetters(input: $input) { count dryRun userErrors { code field } } }`;
const DISCARD = `mutation ($input: DeadLettersInput!) { discardDeadLetters(input: $input) { count userErrors { code } } }`;

test('syncStatus says what flows and what is stuck', async () => {
  refuse('Bad');
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Good' }, V2: { name: 'Bad' } });
  await at.deliverAll();
  const { data } = await ask(
    `{ syncStatus { streams { name tier state writes lagMs lastError { code } } targets { system breaker queued dead oldestMs } } }`,
  );
  expect(data.syncStatus).toEqual({
    streams: [
      {
        name: 'tiny/main/supplier',
        tier: 'EVENT_CRITICAL',
        state: 'RUNNING',
        writes: true,
        lagMs: expect.any(Number),
        lastError: null,
      },
    ],
    targets: [{ system: 'tiny', breaker: 'CLOSED', queued: 0, dead: 1, oldestMs: null }],
  });
});

test('a dead letter tells all, is sent again by filter once its cause is gone, and its question goes', async () => {
  refuse('Bad');
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Good' }, V2: { name: 'Bad' } });
  await at.deliverAll();
  const { data } = await ask(DEAD, { filter: { code: 'VALUE_REFUSED' } });
  expect(data.deadLetters).toMatchObject({
    totalCount: 1,
    nodes: [
      {
        state: 'DEAD',
        place: 'TARGET',
        error: { code: 'VALUE_REFUSED', message: 'tiny: name taken' },
        record: { attributes: { name: 'Bad' } },
        history: [
          {
            action: 'CREATE',
            result: 'REFUSED',
            changes: [{ attribute: 'name', after: { name: 'Bad' }, why: 'CREATED' }, { attribute: '$state' }],
          },
        ],
      },
    ],
  });
  at.server.refuses = undefined;
  const input = { filter: { system: 'tiny' }, reason: 'the name is free now' };
  expect((await ask(REDRIVE, { input: { ...input, dryRun: true } })).data.redriveDeadLetters).toMatchObject({
    count: 1,
    dryRun: true,
  });
  expect((await ask(REDRIVE, { input })).data.redriveDeadLetters).toEqual({ count: 1, dryRun: false, userErrors: [] });
  await at.deliverAll();
  expect(at.server.byName('Bad')).toHaveLength(1);
  expect((await ask(DEAD, {})).data.deadLetters.totalCount).toBe(0);
  const open = await at.hub.db.prisma.stewardTask.count({ where: { kind: 'DEAD_LETTER', state: 'OPEN' } });
  expect(open).toBe(0);
});

test('one is discarded with a reason; the next change is delivered all the same', async () => {
  refuse('Bad');
  await at.hub.arrive('erp', 'supplier', { V2: { name: 'Bad' } });
  await at.deliverAll();
  const [{ id }] = (await ask(DEAD, {})).data.deadLetters.nodes;
  expect(
    (await ask(DISCARD, { input: { filter: { ids: [id] }, reason: ' ' } })).data.discardDeadLetters.userErrors,
  ).toEqual([{ code: 'INVALID_INPUT' }]);
  const input = { filter: { ids: [id] }, reason: 'not wanted there' };
  expect((await ask(DISCARD, { input })).data.discardDeadLetters).toEqual({ count: 1, userErrors: [] });
  expect((await ask(REDRIVE, { input })).data.redriveDeadLetters.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  const found = await ask(`{ deliveries(filter: { state: [DISCARDED] }) { nodes { id reason } } }`);
  expect(found.data.deliveries.nodes).toEqual([{ id, reason: 'not wanted there' }]);
  await at.hub.arrive('erp', 'supplier', { V2: { name: 'Better' } });
  await at.deliverAll();
  expect(at.server.byName('Better')).toHaveLength(1);
});

test('a stream is paused in both directions and resumed, and replayed', async () => {
  const stream = 'tiny/main/supplier';
  const command = (name: string) =>
    ask(`mutation ($input: StreamInput!) { ${name}(input: $input) { count userErrors { code } } }`, {
      input: { stream, reason: 'maintenance there' },
    });
  expect((await command('pauseStream')).data.pauseStream).toEqual({ count: 1, userErrors: [] });
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Waiting' } });
  at.server.create('supplier', { name: 'Unseen' });
  await at.pullAll();
  expect(await at.deliver()).toBeNull();
  const status = await ask(`{ syncStatus { streams { state pauseReason } targets { queued } } }`);
  expect(status.data.syncStatus).toEqual({
    streams: [{ state: 'PAUSED', pauseReason: 'maintenance there' }],
    targets: [{ queued: 1 }],
  });
  await command('resumeStream');
  await at.pullAll();
  await at.deliverAll();
  expect(at.server.byName('Waiting')).toHaveLength(1);
  const replayed = await ask(
    `mutation ($input: ReplayInput!) { replayStream(input: $input) { count changedCount userErrors { code } } }`,
    { input: { stream, from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z', reason: 'test' } },
  );
  expect(replayed.data.replayStream).toEqual({ count: 2, changedCount: 0, userErrors: [] });
  const unknown = await ask(
    `mutation { pauseStream(input: { stream: "no/such/stream", reason: "x" }) { userErrors { code field } } }`,
  );
  expect(unknown.data.pauseStream.userErrors).toEqual([{ code: 'NOT_FOUND', field: 'stream' }]);
});

test('a whole system is paused and resumed; a stream that was paused by itself stays so', async () => {
  const command = async (name: string, system = 'tiny') => {
    const query = `mutation ($input: SyncSystemInput!) { ${name}(input: $input) { count userErrors { code field } } }`;
    return (await ask(query, { input: { system, reason: 'moving house' } })).data[name];
  };
  const status = async () =>
    (await ask(`{ syncStatus { streams { state pausedBy pauseReason } targets { queued pauseReason } } }`)).data
      .syncStatus;
  expect(await command('pauseSystem')).toEqual({ count: 1, userErrors: [] });
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Waiting' } });
  at.server.create('supplier', { name: 'Unseen' });
  expect(await at.pullAll()).toEqual([]);
  expect(await at.deliver()).toBeNull();
  expect(await status()).toEqual({
    streams: [{ state: 'PAUSED', pausedBy: expect.any(String), pauseReason: 'moving house' }],
    targets: [{ queued: 1, pauseReason: 'moving house' }],
  });
  await ask(`mutation { pauseStream(input: { stream: "tiny/main/supplier", reason: "by itself" }) { count } }`);
  await command('resumeSystem');
  expect(await status()).toMatchObject({ streams: [{ pauseReason: 'by itself' }], targets: [{ pauseReason: null }] });
  await ask(`mutation { resumeStream(input: { stream: "tiny/main/supplier", reason: "go on" }) { count } }`);
  await at.pullAll();
  await at.deliverAll();
  expect(at.server.byName('Waiting')).toHaveLength(1);
  expect(await command('pauseSystem', 'erp')).toEqual({
    count: 0,
    userErrors: [{ code: 'NOT_FOUND', field: 'system' }],
  });
});

test('another installation of a system is accepted, by who may operate', async () => {
  const ACCEPT = `mutation ($input: SyncSystemInput!) { acceptSystem(input: $input) { count userErrors { code field } } }`;
  const accept = (system: string, as?: string) => ask(ACCEPT, { input: { system, reason: 'renamed' } }, as);
  const identity = async () => (await at.hub.db.pool.query(`select identity from sync_system`)).rows;
  await at.hub.db.pool.query(`insert into sync_system (system, identity) values ('tiny', 'the old one')
    on conflict (system) do update set identity = excluded.identity`);
  expect((await accept('tiny', 'reader')).errors[0].extensions.code).toBe('FORBIDDEN');
  expect((await accept('erp')).data.acceptSystem).toEqual({
    count: 0,
    userErrors: [{ code: 'NOT_FOUND', field: 'system' }],
  });
  expect(await identity()).toEqual([{ identity: 'the old one' }]);
  expect((await accept('tiny')).data.acceptSystem).toEqual({ count: 1, userErrors: [] });
  expect(await identity()).toEqual([{ identity: null }]);
});

const LINEAGE = `query ($id: ID!, $attribute: String!) { lineage(id: $id, attribute: $attribute) { value deliveries {
  delivery { system externalId state } writes { number action before after why result error { code message } startedAt finishedAt } } } }`;
const lineage = async (id: string, attribute: string, as?: string) => {
  const { data, errors } = await ask(LINEAGE, { id, attribute }, as);
  return errors ? errors[0].extensions.code : data.lineage.deliveries;
};
const onlyId = async () => (await ask(`{ suppliers { nodes { id } } }`)).data.suppliers.nodes[0].id;

test('lineage goes on to what was written there: fields before and after, why, what came of it', async () => {
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme', duns: '100000001' } });
  await at.deliverAll();
  at.clock.advance(10_000);
  refuse('Taken');
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Taken', duns: '100000001' } });
  await at.deliverAll();
  const [{ id: externalId = '' } = {}] = at.server.of('supplier');
  const id = await onlyId();
  const times = { startedAt: expect.any(String), finishedAt: expect.any(String) };
  expect(await lineage(id, 'name')).toEqual([
    {
      delivery: { system: 'tiny', externalId, state: 'DEAD' },
      writes: [
        {
          number: 1,
          action: 'UPDATE',
          before: { name: 'Acme' },
          after: { name: 'Taken' },
          why: 'OURS',
          result: 'REFUSED',
          error: { code: 'VALUE_REFUSED', message: 'tiny: name taken' },
          ...times,
        },
        {
          number: 1,
          action: 'CREATE',
          before: null,
          after: { name: 'Acme' },
          why: 'CREATED',
          result: 'WRITTEN',
          error: null,
          ...times,
        },
      ],
    },
  ]);
  expect((await lineage(id, 'duns'))[0].writes).toHaveLength(1);
  expect(await lineage(id, 'website')).toMatchObject([{ delivery: { system: 'tiny' }, writes: [] }]);
  expect(await lineage(id, 'bankAccounts')).toEqual([]);
  expect(await lineage(id, 'name', 'reader')).toBe('FORBIDDEN');
});

test('lineage of a sensitive attribute masks what went out, but for a key that was granted it', async () => {
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Acme' } });
  await at.deliverAll();
  const account = 'DE89370400440532013000';
  await at.hub.db.pool.query(`update delivery_attempt set result = 'REFUSED', error = $1, changes = $2`, [
    { code: 'VALUE_REFUSED', message: `no bank of ${account}` },
    JSON.stringify([{ attribute: 'bankAccounts', before: { bank: '1' }, after: { bank: account }, why: 'OURS' }]),
  ]);
  const id = await onlyId();
  const [masked] = await lineage(id, 'bankAccounts');
  expect(masked.writes).toMatchObject([
    { before: '•••', after: '•••', error: { code: 'VALUE_REFUSED', message: '•••' } },
  ]);
  expect(JSON.stringify(masked)).not.toContain(account);
  const { key } = await createKey(at.hub.db, HUB_ACTOR, { name: 'u', role: 'auditor', unmasked: ['BANK_ACCOUNT'] });
  keys.set('unmasked', key);
  expect((await lineage(id, 'bankAccounts', 'unmasked'))[0].writes).toMatchObject([{ after: { bank: account } }]);
  const noted = await at.hub.db.pool.query(`select from audit_entry where action = 'UNMASKED_READ'`);
  expect(noted.rowCount).toBeGreaterThan(0);
});

test('roles: readers see nothing of it, stewards and auditors look, integrators act', async () => {
  const status = `{ syncStatus { at } }`;
  const pause = `mutation { pauseStream(input: { stream: "tiny/main/supplier", reason: "x" }) { count } }`;
  const code = async (query: string, as: string) => (await ask(query, {}, as)).errors?.[0]?.extensions.code ?? 'OK';
  expect(await code(status, 'reader')).toBe('FORBIDDEN');
  expect(await code(status, 'steward')).toBe('OK');
  expect(await code(status, 'auditor')).toBe('OK');
  expect(await code(pause, 'steward')).toBe('FORBIDDEN');
  expect(await code(pause, 'integrator')).toBe('OK');
});

test('subscriptions: status when it changes, each write, each dead letter', async () => {
  const client = createClient({
    url: server.url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${keys.get('integrator')}` },
  });
  // biome-ignore lint/suspicious/noExplicitAny: as selected
  const first = async (query: string, fits: (data: any) => boolean) => {
    for await (const { data } of client.iterate({ query })) if (fits(data)) return data;
    return undefined;
  };
  const status = first(
    `subscription { syncStatus { targets { dead } } }`,
    (data) => data.syncStatus.targets[0]?.dead === 1,
  );
  const write = first(
    `subscription { deliveries { action result record { ... on Supplier { attributes { name } } } } }`,
    (data) => data.deliveries.result === 'WRITTEN',
  );
  const dead = first(
    `subscription { deadLetters { error { code } record { ... on Supplier { attributes { name } } } } }`,
    () => true,
  );
  await first(`subscription { syncStatus { at } }`, () => true);
  refuse('Bad');
  at.clock.advance(60_000);
  await at.hub.arrive('erp', 'supplier', { V1: { name: 'Good' }, V2: { name: 'Bad' } });
  await at.deliverAll();
  expect(await write).toEqual({
    deliveries: { action: 'CREATE', result: 'WRITTEN', record: { attributes: { name: 'Good' } } },
  });
  expect(await dead).toEqual({
    deadLetters: { error: { code: 'VALUE_REFUSED' }, record: { attributes: { name: 'Bad' } } },
  });
  expect(await status).toEqual({ syncStatus: { targets: [{ dead: 1 }] } });
  await client.dispose();
});
