import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normaliseRecord } from '../../../golden-records/attributes.js';
import { item, supplier } from '../../../golden-records/entity-types/index.js';
import type { Json } from '../../../golden-records/json.js';
import { blockingKeys, type Evidence, evidenceOf } from '../../../golden-records/match/evidence.js';
import { outcomeOf, score } from '../../../golden-records/match/score.js';
import type { EntityTypeDefinition } from '../../../golden-records/model.js';
import { DEFAULT_THRESHOLDS } from '../../../golden-records/rules.js';

const evidence = (stated: Readonly<Record<string, Json>>, definition: EntityTypeDefinition = supplier): Evidence => {
  const { attributes, identifiers } = normaliseRecord(definition, stated, { system: 'a', scope: 'main' });
  return evidenceOf(definition, attributes, identifiers);
};
const ein = (value: string): Json => [{ scheme: 'EIN', value, country: 'US' }];
const vat = (...values: string[]): Json => values.map((value) => ({ scheme: 'VAT', value }));
const main = (line1: string): Json => ({ kind: 'MAIN', line1, city: 'Springfield', postcode: '62701', country: 'US' });

function told(
  left: Readonly<Record<string, Json>>,
  right: Readonly<Record<string, Json>>,
  definition: EntityTypeDefinition = supplier,
) {
  const result = score(definition, evidence(left, definition), evidence(right, definition));
  return { ...result, outcome: outcomeOf(result, DEFAULT_THRESHOLDS) };
}
const ACME = { name: 'Acme Surgical Inc.' };
const ONE = [main('1 Main Street')];
const TWO = [main('2 Side Street')];

describe('what two records come to', () => {
  test.each([
    [
      'a shared strong identifier links, whatever the names',
      { ...ACME, taxIds: ein('12-3456788') },
      { name: 'Other', taxIds: ein('123456788') },
      11.5,
      'MATCH',
    ],
    [
      'equal name and address link',
      { ...ACME, addresses: ONE },
      { name: 'ACME Surgical, Incorporated', addresses: [main('1 main st.')] },
      10.5,
      'MATCH',
    ],
    ['an equal name alone asks', ACME, ACME, 4.5, 'POSSIBLE_MATCH'],
    [
      'sites of one company: name equal, address not',
      { ...ACME, addresses: ONE },
      { ...ACME, addresses: TWO },
      3,
      null,
    ],
    [
      'one address in common is enough',
      { ...ACME, addresses: [...ONE, ...TWO] },
      { ...ACME, addresses: TWO },
      10.5,
      'MATCH',
    ],
    [
      'an address alone is no evidence of being the same',
      { name: 'One', addresses: ONE },
      { name: 'Two', addresses: ONE },
      5.5,
      'POSSIBLE_MATCH',
    ],
    ['missing is no evidence', { ...ACME, addresses: ONE }, ACME, 4.5, 'POSSIBLE_MATCH'],
    ['nothing in common', { name: 'One' }, { name: 'Two' }, -0.5, null],
    [
      'a differing exclusive identifier against all else',
      { ...ACME, addresses: ONE, taxIds: ein('12-3456788') },
      { ...ACME, addresses: ONE, taxIds: ein('20-1000001') },
      -3.5,
      'NO_MATCH',
    ],
    [
      'tax ids of other countries do not speak against each other',
      { ...ACME, taxIds: vat('DE136695976') },
      { ...ACME, taxIds: vat('FR40303265045') },
      4.5,
      'POSSIBLE_MATCH',
    ],
    [
      'another GLN proves nothing',
      { ...ACME, gln: '5412345000013' },
      { ...ACME, gln: '4006381333931' },
      4.5,
      'POSSIBLE_MATCH',
    ],
  ] as [string, Record<string, Json>, Record<string, Json>, number, string | null][])(
    '%s',
    (_case, left, right, weight, outcome) => {
      expect(told(left, right)).toMatchObject({ weight, outcome });
    },
  );

  test('strong for and strong against at once is asked, never linked', () => {
    const left = { ...ACME, addresses: ONE, taxIds: ein('12-3456788'), lei: '529900T8BM49AURSDO55' };
    const result = told(left, { ...left, taxIds: ein('20-1000001') });
    expect(result).toMatchObject({ conflict: true, outcome: 'POSSIBLE_MATCH' });
    expect(result.weight).toBeGreaterThan(DEFAULT_THRESHOLDS.match);
  });

  test('the waterfall names each comparison, and its bars add up to the weight', () => {
    const { weight, waterfall } = told(
      { ...ACME, addresses: ONE, taxIds: ein('12-3456788') },
      { ...ACME, addresses: TWO, taxIds: ein('12-3456788') },
    );
    expect(waterfall.map(({ comparison, level, weight: bar }) => [comparison, level, bar])).toEqual([
      ['EIN', 'EQUAL', 12],
      ['name', 'EQUAL', 4.5],
      ['address', 'DIFFERENT', -1.5],
    ]);
    expect(weight).toBe(15);
  });

  test('manufacturer and part number count together or not at all', () => {
    const gauze = { name: 'Gauze', manufacturer: 'Acme', manufacturerPartNumber: 'AB-12' };
    const { matching } = item;
    expect(matching.together).toEqual(['manufacturer', 'manufacturerPartNumber']);
    expect(told(gauze, { ...gauze, name: 'Gauze swab', manufacturerPartNumber: 'ab 12' }, item).outcome).toBe('MATCH');
    expect(told(gauze, { name: 'Gauze', manufacturerPartNumber: 'AB-12' }, item).weight).toBe(4.5);
  });
});

describe('thresholds', () => {
  test.each([
    [10, false, 'MATCH'],
    [9.99, false, 'POSSIBLE_MATCH'],
    [4, false, 'POSSIBLE_MATCH'],
    [3.99, false, null],
    [30, true, 'POSSIBLE_MATCH'],
  ] as const)('weight %d, conflict %s: %s', (weight, conflict, expected) => {
    expect(outcomeOf({ weight, conflict, waterfall: [] }, DEFAULT_THRESHOLDS)).toBe(expected);
  });
});

describe('blocking keys', () => {
  test('are the name, the name with each address, and what counts together', () => {
    expect(blockingKeys(evidence({ ...ACME, addresses: [...ONE, ...TWO] }))).toHaveLength(3);
    expect(blockingKeys(evidence({ taxIds: ein('12-3456788') }))).toEqual([]);
    expect(
      blockingKeys(evidence({ name: 'Gauze', manufacturer: 'Acme', manufacturerPartNumber: 'AB-12' }, item)),
    ).toHaveLength(2);
  });
});

describe('properties', () => {
  const stated = fc.record(
    {
      name: fc.constantFrom<Json>('Acme Surgical Inc.', 'Beta Care'),
      taxIds: fc.constantFrom<Json>(ein('12-3456788'), ein('20-1000001'), vat('DE136695976')),
      gln: fc.constantFrom<Json>('5412345000013', '4006381333931'),
      addresses: fc.constantFrom<Json>(ONE, TWO, [...ONE, ...TWO]),
    },
    { requiredKeys: ['name'] },
  );
  const RUNS = { seed: 1, numRuns: 500 };

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
    const keysOf = (record: Evidence) => [
      ...blockingKeys(record),
      ...record.identifiers.filter(({ strong }) => strong).map(({ scheme, value }) => `${scheme}:${value}`),
    ];
    fc.assert(
      fc.property(stated, stated, (left, right) => {
        if (told(left, right).outcome !== 'MATCH') return;
        const theirs = keysOf(evidence(right));
        expect(keysOf(evidence(left)).some((key) => theirs.includes(key))).toBe(true);
      }),
      RUNS,
    );
  });
});
