import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKey } from '../../golden-records/api-keys.js';
import { defineModel, ENTITY_TYPES, HUB_ACTOR, publicId } from '../../golden-records/index.js';
import { goldenByExternalId } from '../../golden-records/read/index.js';
import { buildHubSchema } from '../../resolvers/schema.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { carrier } from '../support/carrier/definition.js';
import { billedCarriers } from '../support/carrier/graphql.js';
import { attributesOf, createTestHub, goldenOf, readGolden, SYSTEMS, type TestHub } from '../support/hub.js';
import { silentLog } from '../support/log.js';
import { post } from '../support/test-server.js';

// A type is a definition, not a migration: one file for the core and the API, one more for what a query can follow.
const TYPE = 'carrier';
const model = defineModel({
  entityTypes: [...ENTITY_TYPES, carrier],
  systems: SYSTEMS,
  rules: { carrier: { attributes: { name: { owner: ['erp'] } } } },
});
let hub: TestHub;
let server: RunningServer;
let key: string;
beforeAll(async () => {
  hub = await createTestHub({ model });
  const schema = buildHubSchema(model, [billedCarriers]);
  const { db, database } = hub;
  const common = { db, schema, listenDb: database, log: silentLog, host: '127.0.0.1', port: 0 };
  server = await startServer({ ...common, limits: {} });
  ({ key } = await createKey(db, HUB_ACTOR, { name: 'steward', role: 'administrator' }));
});
afterAll(async () => {
  await server.close();
  await hub.close();
});

async function ask(query: string, variables: object = {}) {
  const { body } = await post(server.url, key, query, { variables });
  expect(body.errors).toBeUndefined();
  return body.data;
}

const SWIFT = { name: 'Swift Haulage Inc.', lei: '529900T8BM49AURSDO55', mode: 'ROAD' };

test('records of several systems become one golden record, under rules of its own', async () => {
  await hub.arrive('erp', 'supplier', { V7: { name: 'Swift Holding' } });
  await hub.arrive('portal', TYPE, { C9: { ...SWIFT, name: 'SWIFT haulage', phones: ['+1 415 555 2671'] } });
  await hub.arrive('erp', TYPE, { C1: { ...SWIFT, billedAs: 'V7' }, C2: { name: 'North Rail', alphaCode: 'NRLX' } });
  const id = await goldenOf(hub, 'erp', 'C1', TYPE);
  expect(await goldenOf(hub, 'portal', 'C9', TYPE)).toBe(id);
  expect(await attributesOf(hub, id, TYPE)).toEqual({
    ...SWIFT,
    name: 'Swift Haulage Inc.',
    phones: ['+14155552671'],
    billedAs: await goldenOf(hub, 'erp', 'V7'),
  });
  const found = await goldenByExternalId(hub.db, carrier, { system: 'portal', scope: 'main', externalId: 'C9' });
  expect(found?.id).toBe(id);
  const { rows } = await hub.db.pool.query('select name, mode from golden_carrier order by name');
  expect(rows).toEqual([
    { name: 'North Rail', mode: null },
    { name: 'Swift Haulage Inc.', mode: 'ROAD' },
  ]);
});

test('what it is matched by works for it too', async () => {
  const result = await hub.arrive('procurement', TYPE, { P1: { name: 'north rail', alphaCode: 'NRLX' } });
  expect(result.counts.LINKED).toBe(1);
  const doubtful = await hub.arrive('procurement', TYPE, { P2: { name: 'North Rail' } });
  expect(doubtful.counts.PROVISIONAL).toBe(1);
});

test('GraphQL has it: by external id, identifier and filter, and from where it is referred to', async () => {
  const data = await ask(`{
    carrierByExternalId(system: "portal", id: "C9") { id attributes { name mode billedAs { attributes { name } } } crosswalk { id } }
    carrierByIdentifier(scheme: LEI, value: "529900T8BM49AURSDO55") { attributes { name } }
    carriers(filter: { mode: { eq: ROAD } }) { totalCount nodes { attributes { name } } }
    supplierByExternalId(system: "erp", id: "V7") { carriers(first: 5) { nodes { attributes { name } } } }
  }`);
  const swift = { attributes: { name: 'Swift Haulage Inc.' } };
  expect(data).toMatchObject({
    carrierByExternalId: {
      id: expect.stringMatching(/^car_/),
      attributes: { name: 'Swift Haulage Inc.', mode: 'ROAD', billedAs: { attributes: { name: 'Swift Holding' } } },
    },
    carrierByIdentifier: [swift],
    carriers: { totalCount: 1, nodes: [swift] },
    supplierByExternalId: { carriers: { nodes: [swift] } },
  });
  expect(data.carrierByExternalId.crosswalk).toHaveLength(2);
});

test('it is created, merged, followed by its old id, and unmerged through GraphQL', async () => {
  const created = await ask(
    `mutation { createCarrier(input: { attributes: { name: "Swift Road", mode: ROAD } }) { outcome carrier { id } userErrors { code message } } }`,
  );
  expect(created.createCarrier).toMatchObject({ outcome: 'CREATED', userErrors: [] });
  const old: string = created.createCarrier.carrier.id;
  const survivor = publicId(carrier, await goldenOf(hub, 'erp', 'C1', TYPE));
  const merged = await ask(
    'mutation ($i: MergeGoldenRecordsInput!) { mergeGoldenRecords(input: $i) { operation { id } userErrors { code message } } }',
    { i: { survivorId: survivor, mergedIds: [old], reason: 'the same lorries' } },
  );
  expect(merged.mergeGoldenRecords.userErrors).toEqual([]);
  expect(await ask('query ($id: ID!) { carrier(id: $id) { id } }', { id: old })).toEqual({ carrier: { id: survivor } });
  await ask('mutation ($i: UndoInput!) { undo(input: $i) { userErrors { code } } }', {
    i: { operationId: merged.mergeGoldenRecords.operation.id, reason: 'they are not' },
  });
  expect(await ask('query ($id: ID!) { carrier(id: $id) { id } }', { id: old })).toEqual({ carrier: { id: old } });
});

test('the laws hold for it', async () => {
  const id = await goldenOf(hub, 'erp', 'C2', TYPE);
  await hub.decide('RETIRE', { entityType: TYPE, id });
  expect((await readGolden(hub, id, TYPE)).state).toBe('RETIRED');
  await hub.expectLawful();
});

test('docs/add-an-entity-type.md shows these very files', () => {
  const guide = readFileSync('docs/add-an-entity-type.md', 'utf8');
  const shown = (file: string) =>
    readFileSync(`test/support/carrier/${file}`, 'utf8').replace('../../../resolvers/', './').trim();
  expect(guide).toContain(`\`\`\`ts\n${shown('definition.ts')}\n\`\`\``);
  expect(guide).toContain(`\`\`\`ts\n${shown('graphql.ts')}\n\`\`\``);
});
