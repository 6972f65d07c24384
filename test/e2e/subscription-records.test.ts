import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { advanceFeedOnce } from '../../golden-records/feed.js';
import { publicId } from '../../golden-records/ids.js';
import { FeedClient } from '../support/feed-client.js';
import { type GraphQLHub, startGraphQLHub } from '../support/graphql-hub.js';

// The feed with the real schema and the real core: what an event says of its record, and to whom.

let graphql: GraphQLHub;
const clients: FeedClient[] = [];

beforeAll(async () => {
  graphql = await startGraphQLHub();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => graphql.close());

const QUERY = `subscription ($after: String, $ids: [ID!]) { changes(after: $after, ids: $ids) { cursor heartbeat change {
  position kind id version attributes diff { attribute before after }
  record { id version ... on Supplier { attributes { name taxIds { scheme value } } } }
} } }`;

async function follow(more: { unmasked?: string[] } = {}, variables: object = {}) {
  const made = await graphql.hub.key('steward', more);
  const client = new FeedClient(graphql.server.url, made.key);
  clients.push(client);
  client.subscribe({ after: await head(), ...variables }, QUERY);
  return { client, keyId: made.id };
}

const stamp = async () => {
  while ((await advanceFeedOnce(graphql.hub.db)).changes > 0);
};

async function head(): Promise<string> {
  const { feedHead, encodeCursor } = await import('../../golden-records/feed.js');
  return encodeCursor(await feedHead(graphql.hub.db));
}

const supplierId = (uuid: string | undefined) => {
  const definition = graphql.hub.db.model.entityTypes.get('supplier');
  if (!definition || !uuid) throw new Error('no supplier');
  return publicId(definition, uuid);
};

describe('an event', () => {
  test('carries the record and what changed', async () => {
    const { client } = await follow();
    const made = await graphql.sync('supplier', { e1: { name: 'Acme Ltd' } }, '2026-01-01T00:00:00Z');
    await graphql.sync('supplier', { e1: { name: 'Acme Group Ltd' } }, '2026-01-02T00:00:00Z');
    await stamp();
    await client.until(() => client.positions.length >= 2);
    const changes = client.events.map(({ change }) => change).filter(Boolean);
    const id = supplierId(made.get('e1'));
    expect(changes.map(({ kind, version }) => [kind, version])).toEqual([
      ['CREATED', 1],
      ['UPDATED', 2],
    ]);
    expect(changes[1].diff).toContainEqual({ attribute: 'name', before: 'Acme Ltd', after: 'Acme Group Ltd' });
    expect(changes[1].record).toMatchObject({ id, version: 2, attributes: { name: 'Acme Group Ltd' } });
    expect(client.errors).toEqual([]);
  });

  test('is masked for one and not for another, who leaves an audit entry', async () => {
    const masked = await follow();
    const first = await follow({ unmasked: ['TAX_ID'] });
    const second = await follow({ unmasked: ['TAX_ID'] });
    const taxIds = [{ scheme: 'VAT', value: 'DE136695976', country: 'DE' }];
    const made = await graphql.sync('supplier', { e2: { name: 'Bolt GmbH', taxIds } });
    await stamp();
    await Promise.all([masked, first, second].map(({ client }) => client.until(() => client.positions.length > 0)));
    const value = ({ client }: typeof masked) =>
      client.events.find(({ change }) => change)?.change.record.attributes.taxIds[0].value;
    expect([value(masked), value(first), value(second)]).toEqual(['••••5976', 'DE136695976', 'DE136695976']);
    const { rows } = await graphql.hub.db.pool.query(
      `select actor_id, subject from audit_entry where action = 'UNMASKED_READ' order by actor_id`,
    );
    const subject = { TAX_ID: [supplierId(made.get('e2'))] };
    expect(rows).toEqual([first.keyId, second.keyId].sort().map((actor_id) => ({ actor_id, subject })));
  });

  test('of a record that is merged leads to the one that answers for it', async () => {
    const made = await graphql.sync('supplier', { e3: { name: 'Cure SA' }, e4: { name: 'Delta Oy' } });
    await stamp();
    const [merged, survivor] = [supplierId(made.get('e3')), supplierId(made.get('e4'))];
    const { client } = await follow({}, { ids: [merged] });
    await graphql.ask(
      'mutation ($i: MergeGoldenRecordsInput!) { mergeGoldenRecords(input: $i) { userErrors { code message } } }',
      { i: { survivorId: survivor, mergedIds: [merged], reason: 'the same company' } },
    );
    await stamp();
    await client.until(() => client.positions.length > 0);
    await graphql.sync('supplier', { e4: { name: 'Delta Group Oy' } }, '2030-01-01T00:00:00Z');
    await stamp();
    const seen = () => client.events.flatMap(({ change }) => (change ? [change] : []));
    await client.until(() => seen().some(({ diff }) => JSON.stringify(diff).includes('Delta Group Oy')));
    expect(seen().find(({ kind }) => kind === 'MERGED')).toMatchObject({ id: merged, record: { id: survivor } });
    expect(seen().at(-1)).toMatchObject({ id: survivor, record: { id: survivor } });
  });
});
