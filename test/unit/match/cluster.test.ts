import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ClusterEdge, type ClusterNode, cluster, type Word } from '../../../golden-records/match/cluster.js';
import { DEFAULT_THRESHOLDS } from '../../../golden-records/rules.js';
import { type NaiveWord, naiveLinks } from '../../support/laws/links.js';

type NodeOptions = Partial<Pick<ClusterNode, 'deleted' | 'uniqueWithin'>> & {
  ein?: readonly string[];
  identifiers?: readonly string[];
};
const node = (id: string, { ein = [], identifiers = ein, ...rest }: NodeOptions = {}): ClusterNode => ({
  id,
  key: `key ${id}`,
  deleted: false,
  uniqueWithin: null,
  identifiers: identifiers.map((value) => ({ scheme: 'EIN', value, strong: true })),
  exclusive: new Map(ein.length > 0 ? [['EIN', new Set(ein)]] : []),
  ...rest,
});
const edge = (left: string, right: string, weight = 12, outcome: ClusterEdge['outcome'] = 'MATCH'): ClusterEdge => ({
  left,
  right,
  weight,
  outcome,
});
let seq = 0n;
const word = (says: Word['says'], left: string, right: string, known: readonly string[] = []): Word => {
  seq += 1n;
  return { decisionId: `d${seq}`, seq, says, left: [...left], right: [...right], known };
};
const together = (left: string, right = '', known: readonly string[] = []) => word('TOGETHER', left, right, known);
const apart = (left: string, right: string, known: readonly string[] = []) => word('APART', left, right, known);

function decided(nodes: readonly (ClusterNode | string)[], edges: readonly ClusterEdge[], words: readonly Word[] = []) {
  const full = nodes.map((one) => (typeof one === 'string' ? node(one) : one));
  const { clusters, asks, ...rest } = cluster(full, edges, words, DEFAULT_THRESHOLDS);
  return {
    clusters: clusters.map((ids) => ids.join('')).sort(),
    asks: asks.map(({ left, right, reason }) => `${left}${right} ${reason}`).sort(),
    ...rest,
  };
}

describe('evidence alone', () => {
  test('records that match are one cluster, through others too; what is possible is asked', () => {
    const result = decided(['a', 'b', 'c', 'd'], [edge('a', 'b'), edge('b', 'c'), edge('c', 'd', 5, 'POSSIBLE_MATCH')]);
    expect(result).toMatchObject({ clusters: ['abc', 'd'], asks: ['cd REVIEW'] });
  });

  test('a pair that speaks against itself is neither linked nor asked', () => {
    expect(decided(['a', 'b'], [edge('a', 'b', 1, 'NO_MATCH')])).toMatchObject({ clusters: ['a', 'b'], asks: [] });
  });

  test('the weight of a link is that of the best match which holds it', () => {
    const { weights } = decided(['a', 'b', 'c'], [edge('a', 'b', 10.5), edge('b', 'c', 16)]);
    expect(Object.fromEntries(weights)).toEqual({ a: 10.5, b: 16, c: 16 });
  });

  test('a chain never brings two values of an exclusive identifier together: the stronger link wins', () => {
    const nodes = [node('a', { ein: ['1'] }), node('b'), node('c', { ein: ['2'] })];
    const result = decided(nodes, [edge('a', 'b', 16), edge('b', 'c', 12)]);
    expect(result).toMatchObject({ clusters: ['ab', 'c'], asks: ['bc CONFLICT'] });
  });

  test('values that overlap do not clash', () => {
    const nodes = [node('a', { ein: ['1', '2'] }), node('b', { ein: ['2', '3'] })];
    expect(decided(nodes, [edge('a', 'b')]).clusters).toEqual(['ab']);
  });

  test('two live records of a system that promises unique ones do not meet, not even through a third', () => {
    const erp = { uniqueWithin: 'erp' };
    const edges = [edge('a', 'c', 16), edge('b', 'c', 12)];
    expect(decided([node('a', erp), node('b', erp), 'c'], edges)).toMatchObject({
      clusters: ['ac', 'b'],
      asks: ['bc UNIQUE'],
    });
    expect(decided([node('a', { ...erp, deleted: true }), node('b', erp), 'c'], edges).clusters).toEqual(['abc']);
  });

  test('two good places within the margin: asked instead of picked', () => {
    const nodes = [node('a', { ein: ['1'] }), node('b'), node('c', { ein: ['2'] })];
    const result = decided(nodes, [edge('a', 'b', 12.5), edge('b', 'c', 12)]);
    expect(result).toMatchObject({ clusters: ['a', 'b', 'c'], asks: ['ab AMBIGUOUS', 'bc AMBIGUOUS'] });
  });

  test('one pair chains no clusters that disagree on the whole; nearly as good as what holds it, it is asked', () => {
    const two = [edge('a', 'b', 20), edge('c', 'd', 20)];
    const bridge = decided(['a', 'b', 'c', 'd'], [...two, edge('b', 'c', 11)]);
    expect(bridge).toMatchObject({ clusters: ['ab', 'cd'], asks: ['bc CHAIN'] });
    const agreed = [edge('b', 'c', 11), edge('a', 'c', 5, 'POSSIBLE_MATCH'), edge('b', 'd', 6, 'POSSIBLE_MATCH')];
    expect(decided(['a', 'b', 'c', 'd'], [...two, ...agreed]).clusters).toEqual(['abcd']);
    const close = decided(['a', 'b', 'c', 'd'], [...two, edge('b', 'c', 19)]);
    expect(close).toMatchObject({ clusters: ['a', 'b', 'c', 'd'] });
  });

  test('a second place in the same cluster is no second place', () => {
    // c is refused by a alone, then taken in by a and d together: nothing is left to pick between.
    const nodes = [node('a', { ein: ['1'] }), node('b', { ein: ['1', '2'] }), node('c', { ein: ['2'] })];
    const result = decided(nodes, [edge('a', 'c', 14), edge('a', 'b', 13), edge('b', 'c', 12.5)]);
    expect(result.clusters).toEqual(['abc']);
  });

  test('nothing is asked about a record that is gone', () => {
    expect(decided([node('a', { deleted: true }), 'b'], [edge('a', 'b', 5, 'POSSIBLE_MATCH')]).asks).toEqual([]);
  });
});

describe('law 5: a person outranks the machine', () => {
  test.each([
    ['together without any evidence', ['a', 'b'], [], [together('a', 'b')], ['ab']],
    ['apart against evidence', ['a', 'b'], [edge('a', 'b', 30)], [apart('a', 'b')], ['a', 'b']],
    ['the later word wins: apart', ['a', 'b'], [], [together('a', 'b'), apart('a', 'b')], ['a', 'b']],
    ['the later word wins: together', ['a', 'b'], [], [apart('a', 'b'), together('a', 'b')], ['ab']],
    [
      'of an older word the part that a later one leaves',
      ['a', 'b', 'c'],
      [],
      [together('abc'), apart('a', 'b')],
      ['ac', 'b'],
    ],
    [
      'a chain of words is no way round a later one',
      ['a', 'b', 'c'],
      [],
      [together('a', 'c'), together('c', 'b'), apart('a', 'b')],
      ['a', 'bc'],
    ],
    [
      'evidence does not join what was set apart through a third',
      ['a', 'b', 'c'],
      [edge('a', 'c', 16), edge('c', 'b', 13)],
      [apart('a', 'b')],
      ['ac', 'b'],
    ],
    ['a word on records that are not there says nothing', ['a', 'b'], [edge('a', 'b')], [apart('a', 'x')], ['ab']],
  ] as const)('%s', (_case, nodes, edges, words, clusters) => {
    expect(decided(nodes, edges, words).clusters).toEqual(clusters);
  });

  test('the words of one decision apply in their order: who divided a record saw what stays together', () => {
    // ab | cd was split, then a was linked to c: d stays with c although it was once set apart from a.
    const split = [together('', 'ab'), together('', 'cd'), apart('ab', 'cd')].map((part) => ({ ...part, seq: 1n }));
    const link = [together('a', 'c'), apart('a', 'b')].map((part) => ({ ...part, seq: 2n }));
    expect(decided(['a', 'b', 'c', 'd'], [], [...split, ...link]).clusters).toEqual(['acd', 'b']);
  });

  test('a confirmed record takes others by itself only over the higher bar', () => {
    const words = [together('a', 'b')];
    const whole = edge('a', 'c', 8);
    const low = decided(['a', 'b', 'c'], [edge('b', 'c', 9.9), whole], words);
    expect(low).toMatchObject({ clusters: ['ab', 'c'], asks: ['ac CONFIRMED', 'bc CONFIRMED'] });
    expect(decided(['a', 'b', 'c'], [edge('b', 'c', 10), whole], words).clusters).toEqual(['abc']);
    expect([...low.confirmed].sort()).toEqual(['a', 'b']);
    expect([...low.manual].sort()).toEqual(['a', 'b']);
  });

  test('two confirmed records are never joined by the machine', () => {
    const result = decided(['a', 'b', 'c', 'd'], [edge('b', 'c', 40)], [together('a', 'b'), together('c', 'd')]);
    expect(result).toMatchObject({ clusters: ['ab', 'cd'], asks: ['bc CONFIRMED'] });
  });

  test('apart silences the question; an identifier that was not known then asks again and never acts', () => {
    const shared = [node('a', { identifiers: ['1'] }), node('b', { identifiers: ['1'] })];
    const edges = [edge('a', 'b', 20)];
    expect(decided(shared, edges, [apart('a', 'b', ['EIN:1'])])).toMatchObject({ clusters: ['a', 'b'], asks: [] });
    expect(decided(shared, edges, [apart('a', 'b')])).toMatchObject({ clusters: ['a', 'b'], asks: ['ab REOPENED'] });
  });

  test('a merge whose exclusive identifiers come to clash is questioned, unless that was known', () => {
    const nodes = [node('a', { ein: ['1'] }), node('b', { ein: ['2'] })];
    expect(decided(nodes, [], [together('a', 'b')])).toMatchObject({ clusters: ['ab'], asks: ['ab QUESTIONED'] });
    expect(decided(nodes, [], [together('a', 'b', ['EIN'])])).toMatchObject({ clusters: ['ab'], asks: [] });
  });
});

const IDS = [...'abcdef'];
const subset = fc.subarray(IDS, { maxLength: 4 });
const nodes = fc.tuple(
  ...IDS.map((id) =>
    fc.record({
      id: fc.constant(id),
      deleted: fc.boolean(),
      unique: fc.constantFrom(null, null, 'erp', 'portal'),
      ein: fc.subarray(['1', '2']),
      duns: fc.constantFrom([], [], ['7'], ['8']),
    }),
  ),
);
const weights = fc.constantFrom(10.5, 11, 12, 13, 14.5, 16);
const edges = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...IDS), fc.constantFrom(...IDS), weights, fc.boolean()), {
    selector: ([a, b]) => [a, b].sort().join(''),
    maxLength: 10,
  })
  .map((all) => all.filter(([a, b]) => a !== b));
const words = fc.array(fc.tuple(fc.constantFrom('TOGETHER', 'APART', 'SPLIT'), subset, subset), { maxLength: 4 });
const component = fc.record({ nodes, edges, words });
type Generated = typeof component extends fc.Arbitrary<infer T> ? T : never;

const asNodes = (generated: Generated['nodes']): ClusterNode[] =>
  generated.map(({ id, deleted, unique, ein, duns }) => ({
    ...node(id, { deleted, uniqueWithin: unique, identifiers: [...ein, ...duns] }),
    exclusive: new Map(
      Object.entries({ EIN: new Set<string>(ein), DUNS: new Set<string>(duns) }).filter(([, { size }]) => size > 0),
    ),
  }));
const asEdges = (generated: Generated['edges']): ClusterEdge[] =>
  generated.map(([left, right, weight, match]) => edge(left, right, weight, match ? 'MATCH' : 'POSSIBLE_MATCH'));
const asWords = (generated: Generated['words']): Word[] =>
  generated.flatMap(([kind, left, right], at) =>
    spoken(kind, left, right).map((part) => ({ ...part, decisionId: `w${at}`, seq: BigInt(at), known: [] })),
  );
/** A split keeps its sides together before it sets them apart. */
function spoken(kind: 'TOGETHER' | 'APART' | 'SPLIT', left: string[], right: string[]): NaiveWord[] {
  if (kind !== 'SPLIT') return [{ says: kind, left, right }];
  const rest = right.filter((id) => !left.includes(id));
  return [
    { says: 'TOGETHER', left, right: [] },
    { says: 'TOGETHER', left: [], right: rest },
    { says: 'APART', left, right: rest },
  ];
}
const told = (clusters: readonly (readonly string[])[]) => clusters.map((ids) => [...ids].sort().join('')).sort();
const RUNS = { seed: 1, numRuns: 1_000 };

describe('properties', () => {
  test('laws 3 and 5: links are what brute force over all partitions gives', () => {
    fc.assert(
      fc.property(component, (generated) => {
        const { clusters } = cluster(
          asNodes(generated.nodes),
          asEdges(generated.edges),
          asWords(generated.words),
          DEFAULT_THRESHOLDS,
        );
        const naive = naiveLinks(
          generated.nodes.map(({ id, deleted, unique, ein, duns }) => ({
            id,
            key: `key ${id}`,
            deleted,
            unique,
            exclusive: {
              ...(ein.length > 0 ? { EIN: ein } : {}),
              ...(duns.length > 0 ? { DUNS: duns } : {}),
            },
          })),
          generated.edges.map(([a, b, weight, match]) => ({ a, b, weight, match })),
          // The oldest first; of one decision the weakest first.
          generated.words.flatMap(([kind, left, right]) => spoken(kind, left, right).reverse()),
          DEFAULT_THRESHOLDS,
        );
        expect(told(clusters)).toEqual(told(naive));
      }),
      RUNS,
    );
  });

  test('law 3: the order in which records, scores and decisions come from the database does not matter', () => {
    const shuffled = component.chain((generated) =>
      fc.record({
        generated: fc.constant(generated),
        nodes: fc.shuffledSubarray([...asNodes(generated.nodes)], { minLength: IDS.length }),
        edges: fc.shuffledSubarray(asEdges(generated.edges), { minLength: generated.edges.length }),
        words: fc
          .shuffledSubarray([...generated.words.keys()], { minLength: generated.words.length })
          .map((order) => order.flatMap((at) => asWords(generated.words).filter(({ seq }) => seq === BigInt(at)))),
      }),
    );
    const outcome = (n: readonly ClusterNode[], e: readonly ClusterEdge[], w: readonly Word[]) => {
      const result = cluster(n, e, w, DEFAULT_THRESHOLDS);
      return {
        clusters: told(result.clusters),
        asks: result.asks.map(({ left, right, reason }) => `${left}${right} ${reason}`).sort(),
        weights: [...result.weights].sort(),
        manual: [...result.manual].sort(),
        confirmed: [...result.confirmed].sort(),
      };
    };
    fc.assert(
      fc.property(shuffled, (given) => {
        const { generated } = given;
        expect(outcome(given.nodes, given.edges, given.words)).toEqual(
          outcome(asNodes(generated.nodes), asEdges(generated.edges), asWords(generated.words)),
        );
      }),
      RUNS,
    );
  });
});

describe('what is kept in agreement', () => {
  const kept = (left: string, right: string, weight = -5) => edge(left, right, weight, 'KEPT');

  test('stays together, and is asked about where evidence speaks against it', () => {
    expect(decided(['a', 'b'], [kept('a', 'b')])).toMatchObject({ clusters: ['ab'], asks: ['ab QUESTIONED'] });
    expect(decided(['a', 'b'], [kept('a', 'b', 4)])).toMatchObject({ clusters: ['ab'], asks: [] });
  });
  test('more than two stay together whole', () => {
    const edges = [edge('a', 'b'), kept('a', 'c', 1), kept('b', 'c', 1)];
    expect(decided(['a', 'b', 'c'], edges)).toMatchObject({ clusters: ['abc'], asks: [] });
  });
  test('who has come to resemble another goes there, and glues nothing together', () => {
    const result = decided(['a', 'b', 'c'], [kept('a', 'b'), edge('b', 'c', 8)]);
    expect(result).toMatchObject({ clusters: ['a', 'bc'], asks: ['ab CHAIN'] });
  });
  test('exclusive identifiers that clash, and two of a system of unique records, divide it', () => {
    const [one, two] = [node('a', { ein: ['1'] }), node('b', { ein: ['2'] })];
    expect(decided([one, two], [kept('a', 'b')])).toMatchObject({ clusters: ['a', 'b'], asks: ['ab CONFLICT'] });
    const [a, b] = [node('a', { uniqueWithin: 'odoo' }), node('b', { uniqueWithin: 'odoo' })];
    expect(decided([a, b], [kept('a', 'b')])).toMatchObject({ clusters: ['a', 'b'], asks: ['ab UNIQUE'] });
  });
  test('law 5: a person divides it, or keeps it without being asked', () => {
    expect(decided(['a', 'b'], [kept('a', 'b')], [apart('a', 'b')])).toMatchObject({ clusters: ['a', 'b'], asks: [] });
    expect(decided(['a', 'b'], [kept('a', 'b')], [together('a', 'b')])).toMatchObject({ clusters: ['ab'], asks: [] });
  });
  test('a record that looks like two others stays where it is kept', () => {
    const nodes = [node('a'), node('b', { uniqueWithin: 'odoo' }), node('c', { uniqueWithin: 'odoo' }), node('d')];
    const result = decided(nodes, [kept('a', 'b'), edge('c', 'd', 16), edge('b', 'd', 12)]);
    expect(result).toMatchObject({ clusters: ['ab', 'cd'], asks: ['ab QUESTIONED', 'bd UNIQUE'] });
  });
});
