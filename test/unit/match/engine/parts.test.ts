import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../../../golden-records/errors.js';
import { probabilitiesWithin } from '../../../../golden-records/match/engine/agreement.js';
import {
  ENTITY_SCHEMAS,
  type MatchSchema,
  parseMatchSchema,
  partition,
  RecordMatcher,
} from '../../../../golden-records/match/engine/index.js';
import { monotoneWeights, weightsBeside } from '../../../../golden-records/match/engine/parameters.js';
import { jaroWinkler, withinOneEdit } from '../../../../golden-records/match/engine/similarity.js';

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const similarity = (a: string, b: string) => jaroWinkler(bytes(a), 0, a.length, bytes(b), 0, b.length);
const near = (a: string, b: string) => withinOneEdit(bytes(a), 0, a.length, bytes(b), 0, b.length);

describe('similarity of words', () => {
  test.each([
    ['martha', 'marhta', 0.9611],
    ['dwayne', 'duane', 0.84],
    ['dixon', 'dicksonx', 0.8133],
    ['abc', 'abc', 1],
    ['abc', 'xyz', 0],
    ['', 'abc', 0],
  ])('Jaro-Winkler of %s and %s is %d', (a, b, expected) => {
    expect(similarity(a, b)).toBeCloseTo(expected, 3);
  });

  test.each([
    ['', '', true],
    ['a', '', true],
    ['abcd', 'abd', true],
    ['abcd', 'abxd', true],
    ['abcd', 'acbd', true],
    ['abcd', 'badc', false],
    ['abcd', 'ab', false],
    ['abcd', 'axyd', false],
  ])('%p and %p are one edit apart: %p', (a, b, expected) => {
    expect(near(a, b)).toBe(expected);
    expect(near(b, a)).toBe(expected);
  });

  test('is the same in both directions, between 0 and 1', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-e]{0,12}$/), fc.stringMatching(/^[a-e]{0,12}$/), (a, b) => {
        const found = similarity(a, b);
        expect(found).toBeGreaterThanOrEqual(0);
        expect(found).toBeLessThanOrEqual(1);
      }),
    );
  });
});

test('weights fall from level to level, whatever is estimated', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
        minLength: 1,
        maxLength: 7,
      }),
      (levels) => {
        const weights = monotoneWeights(
          levels.map(([m]) => m),
          levels.map(([, u]) => u),
        );
        expect(weights).toHaveLength(levels.length);
        for (const [at, weight] of weights.entries()) {
          expect(Number.isFinite(weight)).toBe(true);
          if (at > 0) expect(weight).toBeLessThanOrEqual((weights[at - 1] as number) + 1e-9);
        }
      },
    ),
  );
});

test('related pairs stand to pairs as their shares do, also where weights were made to fall', () => {
  const m = [0.4, 0.5, 0.1];
  const weights = monotoneWeights(m, [0.2, 0.001, 0.799]);
  expect(weights[0]).toBe(weights[1]);
  const beside = weightsBeside([0.1, 0.02, 0.88], m, weights);
  for (const [at, share] of [0.1, 0.02, 0.88].entries())
    expect((beside[at] as number) - (weights[at] as number)).toBeCloseTo(Math.log2(share / (m[at] as number)), 9);
});

const pairsOf = (pairs: readonly (readonly [number, number, number])[]) => ({
  left: Int32Array.from(pairs, ([left]) => left),
  right: Int32Array.from(pairs, ([, right]) => right),
  weight: Float32Array.from(pairs, ([, , weight]) => weight),
  length: pairs.length,
});
const options = { threshold: 0, unscored: -5, prior: -5 };

describe('clusters', () => {
  test('hold together what agrees on the whole, and not what one bridge connects', () => {
    const bridged = pairsOf([
      [0, 1, 9],
      [2, 3, 9],
      [1, 2, 4],
    ]);
    expect([...partition(4, bridged, options)]).toEqual([0, 0, 2, 2]);
    const agreed = pairsOf([
      [0, 1, 9],
      [1, 2, 4],
      [0, 2, 3],
    ]);
    expect([...partition(3, agreed, options)]).toEqual([0, 0, 0]);
  });

  test('ask for what no key brought together, where the component is small', () => {
    const chained = pairsOf([
      [0, 1, 4],
      [1, 2, 4],
    ]);
    expect([...partition(3, chained, options)]).toEqual([0, 0, 2]);
    expect([...partition(3, chained, { ...options, weigh: () => -1 })]).toEqual([0, 0, 0]);
  });

  test('several pairs that agree say a little more than one', () => {
    const half = pairsOf([
      [0, 1, 9],
      [0, 2, -0.4],
      [1, 2, 0.3],
    ]);
    expect([...partition(3, half, options)]).toEqual([0, 0, 0]);
    expect([...partition(2, pairsOf([[0, 1, -0.05]]), options)]).toEqual([0, 1]);
  });

  test('make a pair as likely as the surest way through a third record', () => {
    const pairs = pairsOf([
      [0, 1, 5],
      [1, 2, 5],
      [0, 2, -1],
      [2, 3, -1],
    ]);
    const sure = 1 / (1 + 2 ** -5);
    const [first, , third, apart] = probabilitiesWithin(
      pairs,
      Int32Array.of(0, 0, 0, 3),
      Float32Array.of(sure, sure, 1 / 3, 1 / 3),
    );
    expect(first).toBeCloseTo(sure, 6);
    expect(third).toBeCloseTo(sure * sure, 6);
    expect(apart).toBeCloseTo(1 / 3, 6);
  });

  test('hold one record of each source where sources are free of duplicates', () => {
    const pairs = pairsOf([
      [0, 1, 5],
      [0, 2, 9],
    ]);
    expect([...partition(3, pairs, { ...options, sources: Uint16Array.of(0, 1, 1), oneToOne: true })]).toEqual([
      0, 1, 0,
    ]);
  });

  test('never hold two records that must stay apart', () => {
    const pairs = pairsOf([
      [0, 1, 9],
      [1, 2, 9],
      [0, 2, 9],
    ]);
    const clusters = partition(3, pairs, { ...options, apart: (a, b) => a + b === 2 });
    expect(clusters[0]).not.toBe(clusters[2]);
  });

  test('are the same whatever the order of the pairs', () => {
    const pair = fc.tuple(fc.nat(9), fc.nat(9), fc.integer({ min: -8, max: 12 })).filter(([a, b]) => a !== b);
    const distinct = fc.uniqueArray(pair, {
      selector: ([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`,
      maxLength: 30,
    });
    fc.assert(
      fc.property(
        distinct.chain((pairs) =>
          fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
        ),
        ([pairs, shuffled]) => {
          expect([...partition(10, pairsOf(shuffled), options)]).toEqual([...partition(10, pairsOf(pairs), options)]);
        },
      ),
    );
  });
});

describe("identifiers of the hub's types", () => {
  const levels = (field: string, a: string, b: string) => {
    const schema = ENTITY_SCHEMAS[field === 'gtin' ? 'item' : 'supplier'] as MatchSchema;
    const cells = (value: string) => schema.fields.map(({ name }) => (name === field ? value : null));
    const [scored] = new RecordMatcher(schema).score(cells(a), [cells(b)]);
    return scored?.steps.filter(({ comparison }) => comparison === field).map(({ level }) => level);
  };

  test.each([
    ['npi', '1234567893', '1234567893', ['equal']],
    ['npi', '1234567890', '1234567890', []],
    ['lei', '5493001KJTIIGC8Y1R12', '5493001KJTIIGC8Y1R12', ['equal']],
    ['lei', '5493001KJTIIGC8Y1R13', '5493001KJTIIGC8Y1R12', []],
    ['iban', 'GB29 NWBK 6016 1331 9268 19', 'gb29nwbk60161331926819', ['equal']],
    ['iban', 'GB28 NWBK 6016 1331 9268 19', 'GB28 NWBK 6016 1331 9268 19', []],
    ['gtin', '4006381333931', '04006381333931', ['equal']],
    ['gtin', '4006381333932', '4006381333932', []],
    ['taxId', 'DE:136695976', 'DE:136695976', ['equal']],
    ['taxId', 'DE:136695970', 'DE:136695970', []],
    ['taxId', '4711 0815', '47110815', ['equal']],
  ])('%s %s and %s: %j; what breaks the rules of its scheme is no evidence', (field, a, b, expected) => {
    expect(levels(field, a, b)).toEqual(expected);
  });
});

describe('a schema', () => {
  test('is read', () => {
    expect(parseMatchSchema({ fields: [{ name: 'a', kind: 'person-name', part: 'given' }] }).fields).toHaveLength(1);
  });
  test('tells all that is wrong with it at once', () => {
    const read = () =>
      parseMatchSchema({ fields: [{ name: 'a', kind: 'colour' }, { kind: 'text' }, { name: 'a', kind: 'text' }] });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/fields\[0\].kind: expected one of .*found "colour"/);
    expect(read).toThrow(/fields\[1\].name: expected the name of a column, found nothing/);
    expect(read).toThrow(/each column once, found "a" twice/);
  });
  test('exists for each of the four types', () => {
    expect(Object.keys(ENTITY_SCHEMAS)).toEqual(['supplier', 'item', 'warehouse', 'business_unit']);
  });
});

test('the steps of an explanation add up to the weight', () => {
  const schema = parseMatchSchema({
    fields: [
      { name: 'name', kind: 'organisation-name' },
      { name: 'city', kind: 'city' },
      { name: 'phone', kind: 'phone' },
    ],
  });
  const [scored] = new RecordMatcher(schema).score(
    ['Acme Bandages', 'Ulm', '0731 1234567'],
    [['ACME Bandages GmbH', 'Ulm', '0731/1234567']],
  );
  expect(scored?.weight).toBeGreaterThan(0);
  expect(scored?.steps.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(scored?.weight ?? Number.NaN, 0);
  expect(scored?.steps.map(({ comparison }) => comparison)).toEqual(
    expect.arrayContaining(['prior', 'name', 'city', 'phone']),
  );
});

describe('organisations that share something', () => {
  const schema = parseMatchSchema({
    fields: [
      { name: 'name', kind: 'organisation-name' },
      { name: 'address', kind: 'address' },
      { name: 'phone', kind: 'phone' },
    ],
  });
  const weigh = (left: readonly string[], right: readonly string[]) =>
    new RecordMatcher(schema).score(left, [right])[0]?.weight ?? Number.NaN;
  const site = ['Larkspur House Foundation Willowbrook', '12 Tannery Lane', '0731 1234567'];

  test('two names at one address with one phone are neighbours', () => {
    expect(weigh(site, ['Marlowe Dental', '12 Tannery Lane', '0731 1234567'])).toBeLessThan(0);
  });
  test('names that begin alike, with one phone and other addresses, are two sites', () => {
    expect(weigh(site, ['Larkspur House Foundation Hazelmere', '400 Orchard Road', '0731 1234567'])).toBeLessThan(0);
  });
  test('the same name at the same address is the same, with another phone too', () => {
    expect(weigh(site, [site[0] ?? '', site[1] ?? '', '089 7654321'])).toBeGreaterThan(0);
  });
});

describe('how names and towns agree', () => {
  const levelOf = (kind: 'organisation-name' | 'city', left: string, right: string) => {
    const schema = parseMatchSchema({ fields: [{ name: 'value', kind }] });
    const [scored] = new RecordMatcher(schema).score([left], [[right]]);
    return scored?.steps.find(({ comparison }) => comparison === 'value')?.level;
  };

  test.each([
    ['Bramley Global Solutions (France) SARL', 'Bramley Global Solutions (Germany) GmbH'],
    ['Larkspur Growth Fund IX', 'Larkspur Growth Fund VIII'],
    ['Larkspur House Centre 14', 'Larkspur House Centre 15'],
  ])('another country or number makes two of a family: %s, %s', (left, right) => {
    expect(levelOf('organisation-name', left, right)).toBe('a little');
  });
  test('a number that only one of them writes is left out, hardly another', () => {
    expect(levelOf('organisation-name', 'Larkspur House Willowbrook 2', 'Larkspur House Willowbrook')).not.toBe(
      'a little',
    );
  });
  test('a town with two slips is similar, another town is different', () => {
    expect(levelOf('city', 'Liverpool', 'Lioerpovl')).toBe('similar or in part');
    expect(levelOf('city', 'Liverpool', 'Leicester')).toBe('different');
  });
});
