import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normaliseRecord } from '../../../golden-records/attributes.js';
import { item, supplier } from '../../../golden-records/entity-types/index.js';
import type { Json } from '../../../golden-records/json.js';
import { matcherFor, outcomeOf } from '../../../golden-records/match/matcher.js';
import { MOST_CANDIDATES, nearest } from '../../../golden-records/match/nearest.js';
import type { EntityTypeDefinition } from '../../../golden-records/model.js';
import { DEFAULT_THRESHOLDS } from '../../../golden-records/rules.js';

type Stated = Readonly<Record<string, Json>>;
const set = (entityType: string) => ({ entityType, version: 0, thresholds: DEFAULT_THRESHOLDS, parameters: null });
const sets = new Map([supplier, item].map((definition) => [definition.code, set(definition.code)]));
const matcher = (definition: EntityTypeDefinition) =>
  matcherFor(definition, sets.get(definition.code) ?? set(definition.code));

const described = (definition: EntityTypeDefinition, ...records: readonly Stated[]) =>
  matcher(definition)
    .describe(records.map((stated) => normaliseRecord(definition, stated, { system: 'a', scope: 'main' })))
    .map((one, at) => ({ id: `r${at}`, ...one }));

function told(left: Stated, right: Stated, definition: EntityTypeDefinition = supplier) {
  const features = described(definition, left, right).map((one) => one.features);
  const [score] = matcher(definition).score(features, [[0, 1]]);
  if (!score) throw new Error('a pair without a score');
  return { ...score, outcome: outcomeOf(score, DEFAULT_THRESHOLDS) };
}

const ein = (value: string): Json => [{ scheme: 'EIN', value, country: 'US' }];
const vat = (...values: string[]): Json => values.map((value) => ({ scheme: 'VAT', value }));
const main = (line1: string): Json => ({ kind: 'MAIN', line1, city: 'Springfield', postcode: '62701', country: 'US' });
const ACME = { name: 'Acme Surgical Inc.' };
const ONE = [main('1 Main Street')];
const TWO = [main('2 Side Street')];
const FAR: Json = [{ kind: 'MAIN', line1: '22 Oak Avenue', city: 'Dayton', postcode: '45402', country: 'US' }];

describe('what two suppliers come to by what the program ships', () => {
  test.each<[string, Stated, Stated, string]>([
    [
      'a shared tax number and a name that is like the other link',
      { ...ACME, taxIds: ein('12-3456788') },
      { name: 'ACME Surgical Supplies', taxIds: ein('123456788') },
      'MATCH',
    ],
    [
      'a shared tax number links under another name too',
      { ...ACME, taxIds: ein('12-3456788') },
      { name: 'Other', taxIds: ein('123456788') },
      'MATCH',
    ],
    [
      'at another address as well it asks',
      { ...ACME, addresses: ONE, taxIds: ein('12-3456788') },
      { name: 'Other', addresses: FAR, taxIds: ein('123456788') },
      'POSSIBLE_MATCH',
    ],
    [
      'two numbers that follow each other are two',
      { name: 'Larkspur Dental', taxIds: ein('20-1000001') },
      { name: 'Marlowe Textile', taxIds: ein('20-1000002') },
      'NO_MATCH',
    ],
    [
      'equal name and address link',
      { ...ACME, addresses: ONE },
      { name: 'ACME Surgical, Incorporated', addresses: [main('1 main st.')] },
      'MATCH',
    ],
    ['an equal name alone asks', ACME, ACME, 'POSSIBLE_MATCH'],
    [
      'a name that many have says nothing',
      { name: 'General Trading LLC' },
      { name: 'General Trading LLC' },
      'NO_MATCH',
    ],
    ['one address in common is enough', { ...ACME, addresses: [...ONE, ...TWO] }, { ...ACME, addresses: TWO }, 'MATCH'],
    [
      'two in one house are two',
      { name: 'Acme Surgical', addresses: ONE },
      { name: 'Northwind', addresses: ONE },
      'NO_MATCH',
    ],
    [
      'sites by number are never linked, whatever else agrees',
      { name: 'Larkspur Clinic Unit 14', addresses: ONE, phones: ['+12025550123'] },
      { name: 'Larkspur Clinic Unit 15', addresses: ONE, phones: ['+12025550123'] },
      'NO_MATCH',
    ],
    ['one name in two towns is two', { ...ACME, addresses: ONE }, { ...ACME, addresses: FAR }, 'NO_MATCH'],
    ['nothing in common', { name: 'One' }, { name: 'Two' }, 'NO_MATCH'],
    [
      'another tax number against all else',
      { ...ACME, addresses: ONE, taxIds: ein('12-3456788') },
      { ...ACME, addresses: ONE, taxIds: ein('20-1000001') },
      'NO_MATCH',
    ],
    [
      'tax numbers of other countries do not speak against each other',
      { ...ACME, addresses: ONE, taxIds: vat('DE136695976') },
      { ...ACME, addresses: ONE, taxIds: vat('FR40303265045') },
      'MATCH',
    ],
  ])('%s', (_case, left, right, outcome) => {
    expect(told(left, right).outcome).toBe(outcome);
  });

  test('another GLN is no conflict', () => {
    const weighed = told({ ...ACME, gln: '5412345000013' }, { ...ACME, gln: '4006381333931' });
    expect(weighed.conflict).toBe(false);
  });

  test('the waterfall names each comparison with what it saw, and its bars add up to the weight', () => {
    const { weight, waterfall } = told(
      { ...ACME, addresses: ONE, taxIds: ein('12-3456788') },
      { ...ACME, addresses: TWO, taxIds: ein('12-3456788') },
    );
    const levels = new Map(waterfall.map((step) => [step.comparison, step]));
    expect(levels.get('ein')).toMatchObject({ level: 'EQUAL', left: '123456788', attribute: 'taxIds' });
    expect(levels.get('name')).toMatchObject({ level: 'EQUAL', left: 'acme surgical', attribute: 'name' });
    expect(levels.get('street')).toMatchObject({ level: 'DIFFERENT', left: '1 main st', right: '2 side st' });
    expect(levels.get('prior')).toMatchObject({ level: 'OVERALL', left: '' });
    expect(waterfall.reduce((sum, step) => sum + step.weight, 0)).toBeCloseTo(weight, 1);
  });
});

describe('what two items come to', () => {
  const gauze = { name: 'Gauze swab 10x10 sterile', manufacturer: 'Acme', manufacturerPartNumber: 'AB-12' };
  test('the part number of one maker links, also as somebody else writes it', () => {
    expect(told(gauze, { ...gauze, name: 'Gauze swab', manufacturerPartNumber: 'ab 12' }, item).outcome).toBe('MATCH');
  });
  test('a shared GTIN under a name in another language asks', () => {
    const packagings: Json = [{ level: 'BASE', gtin: '04012345678901' }];
    expect(told({ name: 'Gauze swab', packagings }, { name: 'Kompresse', packagings }, item).outcome).toBe(
      'POSSIBLE_MATCH',
    );
  });
});

describe('thresholds', () => {
  test.each([
    [7, false, 'MATCH'],
    [6.99, false, 'POSSIBLE_MATCH'],
    [0, false, 'POSSIBLE_MATCH'],
    [-0.01, false, 'NO_MATCH'],
    [30, true, 'POSSIBLE_MATCH'],
    [6, true, 'NO_MATCH'],
  ] as const)('weight %d, conflict %s: %s', (weight, conflict, expected) => {
    expect(outcomeOf({ weight, conflict }, DEFAULT_THRESHOLDS)).toBe(expected);
  });
});

describe('candidates among records that arrive together', () => {
  test('share keys, the rarest first, and are no more than so many', () => {
    const many = Array.from({ length: 60 }, (_, at) => ({ name: `Larkspur ${['North', 'South'][at % 2]} ${at}` }));
    const records = described(supplier, ...many, { name: 'Larkspur North 8' });
    const pairs = nearest(records, records, 1_000).filter((pair) => pair.includes(60));
    expect(pairs.length).toBeGreaterThanOrEqual(MOST_CANDIDATES);
    expect(pairs).toContainEqual([8, 60]);
  });
  test('a key that too many have brings nobody', () => {
    const records = described(supplier, ...Array.from({ length: 30 }, () => ({ name: 'Larkspur' })));
    expect(nearest(records, records, 29)).toEqual([]);
    expect(nearest(records.slice(0, 10), records.slice(0, 10), 29).length).toBeGreaterThan(0);
  });
  test('another type has other keys', () => {
    const [ofSupplier] = described(supplier, { name: 'Gauze' });
    const [ofItem] = described(item, { name: 'Gauze' });
    expect(ofSupplier?.keys.filter((key) => ofItem?.keys.includes(key))).toEqual([]);
  });
});

describe('properties', () => {
  const stated = fc.record(
    {
      name: fc.constantFrom<Json>('Acme Surgical Inc.', 'Beta Care'),
      taxIds: fc.constantFrom<Json>(ein('12-3456788'), ein('20-1000001'), vat('DE136695976')),
      gln: fc.constantFrom<Json>('5412345000013', '4006381333931'),
      addresses: fc.constantFrom<Json>(ONE, TWO, [...ONE, ...TWO]),
      website: fc.constantFrom<Json>('https://acme.example', 'https://www.beta.example/contact'),
      emails: fc.constantFrom<Json>(['info@acme.example'], ['info@beta.example', 'sales@beta.example']),
    },
    { requiredKeys: ['name'] },
  );
  const RUNS = { seed: 1, numRuns: 300 };

  test('which record is on the left does not matter', () => {
    fc.assert(
      fc.property(stated, stated, (left, right) => {
        const [there, back] = [told(left, right), told(right, left)];
        expect([back.weight, back.conflict, back.outcome]).toEqual([there.weight, there.conflict, there.outcome]);
      }),
      RUNS,
    );
  });

  test('law 3: what links always shares a key, so that looking by keys misses nothing', () => {
    fc.assert(
      fc.property(stated, stated, (left, right) => {
        if (told(left, right).outcome !== 'MATCH') return;
        const [ours, theirs] = described(supplier, left, right);
        expect(ours?.keys.some((key) => theirs?.keys.includes(key))).toBe(true);
      }),
      RUNS,
    );
  });

  test('law 3: a pair weighs the same whatever else is compared with it', () => {
    fc.assert(
      fc.property(fc.array(stated, { minLength: 2, maxLength: 8 }), (records) => {
        const all = described(supplier, ...records).map((one) => one.features);
        const [among] = matcher(supplier).score(all, [[0, 1]]);
        expect(among?.weight).toBe(told(records[0] as Stated, records[1] as Stated).weight);
      }),
      RUNS,
    );
  });
});
