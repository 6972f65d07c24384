import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { publicId } from '../../golden-records/ids.js';
import type { RunningServer } from '../../src/server.js';
import { type GraphQLHub, startGraphQLHub } from '../support/graphql-hub.js';
import { post } from '../support/test-server.js';

// A query that comes again is answered by compiled code, at last without Apollo. Nobody may see a difference.

let graphql: GraphQLHub;
let own: RunningServer;
let key: string;
let ids: Record<string, string>;

beforeAll(async () => {
  graphql = await startGraphQLHub();
  own = await graphql.hub.serve({ costPerSecond: 1e9, burstCost: 1e9 });
  key = (await graphql.hub.key('administrator', { unmasked: ['TAX_ID'] })).key;
  const made = await graphql.sync('supplier', {
    s1: { name: 'Acme Ltd' },
    s2: { name: 'Bolt GmbH' },
    s3: { name: 'Cure SA' },
  });
  const supplier = graphql.hub.db.model.entityTypes.get('supplier');
  if (!supplier) throw new Error('no supplier');
  ids = Object.fromEntries([...made].map(([external, uuid]) => [external, publicId(supplier, uuid)]));
});
afterAll(() => graphql.close());

const RECORD = 'fragment r on Supplier { id version attributes { name } crosswalk { system externalId } }';

describe.each<[string, () => string]>([
  ['the hub', () => graphql.server.url],
  ['the test schema', () => own.url],
])('%s', (where, url) => {
  const cases: [string, string, () => object | undefined][] = [
    ['the type itself', '{ __typename }', () => undefined],
    [
      'introspection',
      '{ __schema { queryType { name fields { name args { name defaultValue } } } } }',
      () => undefined,
    ],
    ...(where === 'the hub' ? hubCases() : testCases()),
  ];
  test.each(cases)('%s', async (_name, query, variables) => {
    const answers: [number, string | null, string][] = [];
    for (let time = 0; time < 4; time++) {
      const given = variables();
      const { status, headers, text } = await post(url(), key, query, {
        headers: { 'x-correlation-id': 'same' },
        ...(given ? { variables: given } : {}),
      });
      answers.push([status, headers.get('content-type'), text]);
    }
    const [first, ...rest] = answers;
    for (const answer of rest) expect(answer).toEqual(first);
  });
});

function hubCases(): [string, string, () => object | undefined][] {
  const byId = (fields: string) => `query ($id: ID!) { supplier(id: $id) { ${fields} } }`;
  return [
    [
      'a record',
      byId('id version state createdAt attributes { name taxIds { scheme value } }'),
      () => ({ id: ids.s1 }),
    ],
    ['a record that is not there', byId('id'), () => ({ id: ids.s1?.replace(/...$/, '000') })],
    ['an id that is none', byId('id'), () => ({ id: 'nonsense' })],
    ['a missing variable', byId('id'), () => ({})],
    ['null for what must be', byId('id'), () => ({ id: null })],
    [
      'a page',
      `{ suppliers(first: 2) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { ...r } } } } ${RECORD}`,
      () => undefined,
    ],
    [
      'a page by variables',
      'query ($n: Int = 2, $f: SupplierFilter) { suppliers(first: $n, filter: $f) { nodes { id } } }',
      () => ({ f: { name: { startsWith: 'A' } } }),
    ],
    [
      'an unknown field in a variable',
      'query ($f: SupplierFilter) { suppliers(filter: $f) { nodes { id } } }',
      () => ({ f: { nothing: 1 } }),
    ],
    ['a page that is too large', '{ suppliers(first: 1000) { nodes { id } } }', () => undefined],
    [
      'interfaces',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on GoldenRecord { version } ... on Supplier { attributes { name } } } }',
      () => ({ ids: [ids.s2, ids.s1] }),
    ],
    [
      'include and skip',
      'query ($id: ID!, $a: Boolean!, $b: Boolean!) { supplier(id: $id) { id @include(if: $a) version @skip(if: $b) ...r @include(if: $b) } } fragment r on Supplier { state attributes { name @skip(if: $a) } }',
      () => ({ id: ids.s1, a: true, b: true }),
    ],
    [
      'include and skip, the other way',
      'query ($id: ID!, $a: Boolean!, $b: Boolean!) { supplier(id: $id) { id @include(if: $a) version @skip(if: $b) ...r @include(if: $b) } } fragment r on Supplier { state attributes { name @skip(if: $a) } }',
      () => ({ id: ids.s1, a: false, b: false }),
    ],
    [
      'the same fragment, once skipped',
      'query ($id: ID!, $a: Boolean!) { supplier(id: $id) { ...r @skip(if: $a) } again: supplier(id: $id) { ...r } } fragment r on Supplier { id attributes { name } }',
      () => ({ id: ids.s1, a: true }),
    ],
    [
      'an inline fragment, once skipped',
      'query ($id: ID!, $a: Boolean!) { supplier(id: $id) { ... @skip(if: $a) { id } ... { version } } }',
      () => ({ id: ids.s1, a: true }),
    ],
    [
      'a field, once skipped',
      'query ($id: ID!, $a: Boolean!) { supplier(id: $id) { id @skip(if: $a) id attributes @skip(if: $a) { name } attributes { website } } }',
      () => ({ id: ids.s1, a: true }),
    ],
    [
      'a field of a fragment, skipped',
      'query ($id: ID!, $a: Boolean!) { a: supplier(id: $id) { ...r } b: supplier(id: $id) { ...r id } } fragment r on Supplier { id @skip(if: $a) version @include(if: $a) }',
      () => ({ id: ids.s1, a: true }),
    ],
    [
      'skipped within skipped',
      'query ($id: ID!, $a: Boolean!) { supplier(id: $id) @skip(if: $a) { id } again: supplier(id: $id) @include(if: $a) { attributes { name @include(if: $a) } } }',
      () => ({ id: ids.s1, a: true }),
    ],
    [
      'aliases and merged selections',
      'query ($id: ID!) { a: supplier(id: $id) { attributes { n: name } attributes { name } } }',
      () => ({ id: ids.s3 }),
    ],
    [
      'history and provenance',
      byId(
        'history(first: 3) { nodes { version diff { attribute before after } } } provenance { attribute rule value source { system externalId } }',
      ),
      () => ({ id: ids.s2 }),
    ],
    [
      'by external id',
      'query ($id: String!) { supplierByExternalId(system: "odoo", id: $id) { id attributes { name } } }',
      () => ({ id: 's1' }),
    ],
    ['the queue', '{ stewardTasks(first: 5) { totalCount nodes { id kind priority } } }', () => undefined],
    [
      'the feed',
      '{ changes(first: 10) { nodes { cursor kind id diff { attribute after } record { id } } } }',
      () => undefined,
    ],
  ];
}

function testCases(): [string, string, () => object | undefined][] {
  return [
    ['an argument with a default', '{ hello }', () => undefined],
    ['an explicit null for it', '{ hello(name: null) }', () => undefined],
    ['a default in an input object, in a variable', 'query ($o: Options!) { echo(options: $o) }', () => ({ o: {} })],
    ['a default in an input object, in the text', '{ echo(options: {}) }', () => undefined],
    ['an error beside data', '{ hello failing(how: "NotFound") }', () => undefined],
    ['an internal error', '{ failing(how: "bug") }', () => undefined],
    ['a list', 'query ($n: Int!) { things(first: $n) { name inner { name inner { name } } } }', () => ({ n: 3 })],
    ['a number that is too large', 'query ($n: Int!) { things(first: $n) { name } }', () => ({ n: 1e12 })],
    ['the wrong type', 'query ($n: Int!) { things(first: $n) { name } }', () => ({ n: '3' })],
    ['more variables than declared', 'query ($n: Int!) { things(first: $n) { name } }', () => ({ n: 1, m: 2 })],
    ['unmasked values', '{ taxId }', () => undefined],
    ['what a mutation answers', 'mutation { write }', () => undefined],
  ];
}
