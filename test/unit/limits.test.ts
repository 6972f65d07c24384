import { describe, expect, test } from '@jest/globals';
import { buildSchema, getOperationAST, parse } from 'graphql';
import { checkLimits, DEFAULT_QUERY_LIMITS, measureOperation, type QueryLimits } from '../../resolvers/limits.js';
import { RateLimiter } from '../../resolvers/rate-limit.js';

const schema = buildSchema(`
  type Query {
    supplier(id: ID): Supplier
    suppliers(first: Int = 20, last: Int): SupplierConnection!
    nodes(ids: [ID!]!): [Node]!
    version: String
  }
  type Mutation { retire(id: ID): Supplier }
  interface Node { id: ID! }
  type Supplier implements Node { id: ID! name: String partner: Supplier crosswalk: [Source!]! items(first: Int): SupplierConnection! }
  type SupplierConnection { totalCount: Int edges: [Edge!]! nodes: [Supplier!]! pageInfo: PageInfo! }
  type Edge { cursor: String node: Supplier! }
  type PageInfo { endCursor: String }
  type Source { id: ID! }
`);

function check(source: string, variables: Record<string, unknown> = {}, limits: Partial<QueryLimits> = {}) {
  const all = { ...DEFAULT_QUERY_LIMITS, ...limits };
  const document = parse(source, { noLocation: true });
  const operation = getOperationAST(document);
  if (!operation) throw new Error('no operation');
  const measured = measureOperation(schema, document, operation, all);
  const { refusals, cost } = checkLimits(measured, variables, all);
  return { codes: refusals.map(({ extensions }) => extensions.code), cost: cost.requested, measured };
}

describe('cost', () => {
  test.each<[string, string, Record<string, unknown>, number]>([
    ['a scalar is the least', '{ version }', {}, 1],
    ['an object', '{ supplier { id name } }', {}, 1],
    ['an object in an object', '{ supplier { partner { id } } }', {}, 2],
    ['a page: connection, edges and nodes', '{ suppliers(first: 50) { edges { node { id } } } }', {}, 101],
    [
      'what is beside the list is not multiplied',
      '{ suppliers(first: 50) { totalCount pageInfo { endCursor } } }',
      {},
      2,
    ],
    ['the default page', '{ suppliers { nodes { id } } }', {}, 21],
    ['last', '{ suppliers(last: 30) { nodes { id } } }', {}, 31],
    ['a list without size', '{ supplier { crosswalk { id } } }', {}, 11],
    ['pages in pages', '{ suppliers(first: 10) { nodes { items(first: 5) { nodes { id } } } } }', {}, 71],
    ['a variable', 'query ($n: Int) { suppliers(first: $n) { nodes { id } } }', { n: 7 }, 8],
    ['the default of a variable', 'query ($n: Int = 3) { suppliers(first: $n) { nodes { id } } }', {}, 4],
    ['ids that are asked for', '{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 3],
    ['ids in a variable', 'query ($i: [ID!]!) { nodes(ids: $i) { id } }', { i: ['a', 'b'] }, 2],
    [
      'fragments',
      '{ suppliers(first: 4) { ...p } } fragment p on SupplierConnection { nodes { ...s } } fragment s on Supplier { partner { id } }',
      {},
      9,
    ],
    ['inline fragments', '{ nodes(ids: ["a"]) { ... on Supplier { partner { id } } } }', {}, 2],
    ['a mutation', 'mutation { retire { id } }', {}, 21],
  ])('%s', (_name, source, variables, cost) => {
    expect(check(source, variables).cost).toBe(cost);
  });

  test('is counted again for other page sizes of one document', () => {
    const { measured } = check('query ($n: Int) { suppliers(first: $n) { nodes { id } } }');
    expect([measured.cost({ n: 1 }), measured.cost({ n: 2 }), measured.cost({ n: 1 })]).toEqual([2, 3, 2]);
  });

  test('beyond the limit is refused', () => {
    expect(check('{ suppliers(first: 100) { nodes { id } } }', {}, { maxCost: 100 }).codes).toEqual([
      'QUERY_TOO_COSTLY',
    ]);
  });

  test.each([[Number.MAX_VALUE], [1e308], [-5], ['x'], [null]])('a page size of %p does not break it', (n) => {
    const { cost } = check('query ($n: Int) { suppliers(first: $n) { nodes { items(first: $n) { nodes { id } } } } }', {
      n,
    });
    expect(Number.isSafeInteger(cost)).toBe(true);
  });

  test('fragments that double each other are counted in no time', () => {
    const levels = Array.from(
      { length: 60 },
      (_, i) => `fragment f${i} on Supplier { a: partner { ...f${i + 1} } b: partner { ...f${i + 1} } }`,
    );
    const source = `{ supplier { ...f0 } } ${levels.join(' ')} fragment f60 on Supplier { id }`;
    const started = performance.now();
    const { codes } = check(source);
    expect(performance.now() - started).toBeLessThan(100);
    expect(codes).toContain('QUERY_TOO_DEEP');
    expect(codes).toContain('QUERY_TOO_MANY_ALIASES');
  });
});

describe('shape', () => {
  test.each<[string, string, Partial<QueryLimits>, string[]]>([
    ['as deep as allowed', '{ supplier { partner { id } } }', { maxDepth: 3 }, []],
    ['deeper', '{ supplier { partner { id } } }', { maxDepth: 2 }, ['QUERY_TOO_DEEP']],
    [
      'deeper through a fragment',
      '{ supplier { ...s } } fragment s on Supplier { partner { id } }',
      { maxDepth: 2 },
      ['QUERY_TOO_DEEP'],
    ],
    [
      'introspection does not count',
      '{ __schema { types { fields { type { ofType { ofType { name } } } } } } }',
      { maxDepth: 2 },
      [],
    ],
    ['wide', '{ supplier { a: id b: id c: id } }', { maxBreadth: 2 }, ['QUERY_TOO_WIDE']],
    [
      'wide through fragments',
      '{ supplier { ...s ...s ...s } } fragment s on Supplier { id }',
      { maxBreadth: 2 },
      ['QUERY_TOO_WIDE'],
    ],
    ['aliases', '{ supplier { a: id b: name } }', { maxAliases: 1 }, ['QUERY_TOO_MANY_ALIASES']],
    ['root fields', '{ a: version b: version }', { maxRootFields: 1 }, ['QUERY_TOO_MANY_ROOT_FIELDS']],
  ])('%s', (_name, source, limits, codes) => {
    expect(check(source, {}, limits).codes).toEqual(codes);
  });
});

describe('budget of a key', () => {
  test('is spent, refilled with time, and told', () => {
    let now = 0;
    const rate = new RateLimiter({ costPerSecond: 10, burstCost: 20 }, () => now);
    expect(rate.spend('a', 20)).toEqual({ ok: true });
    expect(rate.spend('a', 15)).toEqual({ ok: false, retryAfterSeconds: 2 });
    expect(rate.spend('b', 15)).toEqual({ ok: true });
    now = 1_500;
    expect(rate.spend('a', 15)).toEqual({ ok: true });
    now = 60_000;
    expect(rate.spend('a', 1_000)).toEqual({ ok: true });
    expect(rate.spend('a', 1).ok).toBe(false);
  });
});
