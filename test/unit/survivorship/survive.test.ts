import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  attribute,
  byBusinessUnit,
  decimal,
  defineEntityType,
  defineModel,
  ENTITY_TYPES,
  type EntityTypeRules,
  field,
  integer,
  type Json,
  list,
  localDate,
  money,
  object,
  organisationName,
  reference,
  type SurvivorshipRule,
  text,
} from '../../../golden-records/index.js';
import {
  type Contributor,
  type Provenance,
  type StandingOverride,
  survive,
} from '../../../golden-records/survivorship/survive.js';
import { naiveSurvival } from '../../support/laws/survival.js';
import { NAIVE_RULES, said, trustOf, UNIVERSE_RULES, UNIVERSE_SYSTEMS } from '../../support/laws/universe.js';

const thing = defineEntityType({
  code: 'thing',
  name: 'Thing',
  plural: 'Things',
  idPrefix: 'thg',
  description: 'Something with an attribute of each sort.',
  attributes: {
    name: attribute(organisationName(), 'A name.'),
    other: attribute(text(), 'Another text.'),
    size: attribute(integer(), 'A number.'),
    rate: attribute(decimal(), 'A decimal.'),
    price: attribute(money(), 'Money.'),
    since: attribute(localDate(), 'A day.'),
    box: attribute(object('Box', { a: field(text(), 'A.'), b: field(text(), 'B.') }), 'An object.'),
    tags: attribute(list(text()), 'Some of them.'),
    terms: attribute(byBusinessUnit(text()), 'By unit.'),
    parent: attribute(reference('thing'), 'Another.'),
  },
  matching: { identifiers: {}, compared: { fields: [{ name: 'name', kind: 'text', from: ['name'] }] } },
});
type Name = keyof typeof thing.attributes;

const SYSTEMS = [
  { code: 'a', name: 'A', scopes: { main: { businessUnits: ['north'] } } },
  { code: 'b', name: 'B', scopes: { main: {}, branch: {} } },
  { code: 'c', name: 'C', scopes: { main: {} } },
];
const units = ENTITY_TYPES.find(({ code }) => code === 'business_unit');
const modelWith = (rules: EntityTypeRules) =>
  defineModel({ entityTypes: [thing, ...(units ? [units] : [])], systems: SYSTEMS, rules: { thing: rules } });

/** What one source says: its system, the attributes, and the day of each value. */
interface Source {
  system: string;
  id?: string;
  scope?: string;
  day?: number;
  says: Partial<Record<Name, Json>>;
  days?: Partial<Record<Name, number>>;
}
const asContributor = ({ system, id = system, scope = 'main', day = 1, says, days = {} }: Source): Contributor => ({
  id,
  system,
  scope,
  externalId: id,
  attributes: says as Contributor['attributes'],
  timeOf: (name) => `2026-01-${String(days[name as Name] ?? day).padStart(2, '0')}T00:00:00.000Z`,
});
const resolve = (_type: string, { id }: { id: string }) => (id.startsWith('unknown') ? null : `golden ${id}`);

function survived(
  name: Name,
  rule: SurvivorshipRule | readonly SurvivorshipRule[],
  sources: readonly Source[],
  overrides: readonly StandingOverride[] = [],
): { value: Json | undefined; provenance: Provenance | undefined; conflicts: unknown[] } {
  const model = modelWith({ attributes: { [name]: rule } });
  const result = survive(model, thing, sources.map(asContributor), overrides, resolve);
  return { value: result.attributes[name], provenance: result.provenance[name], conflicts: [...result.conflicts] };
}
const says = (system: string, name: Name, value: Json, day = 1, id = system): Source => ({
  system,
  id,
  day,
  says: { [name]: value },
});

describe('strategies', () => {
  test.each([
    [
      'sourcePriority: the most trusted',
      'other',
      { strategy: 'sourcePriority' },
      [
        ['b', 'x'],
        ['a', 'y'],
      ],
      'y',
    ],
    [
      'sourcePriority: the order of the rule goes first',
      'other',
      { strategy: 'sourcePriority', priority: ['c'] },
      [
        ['a', 'x'],
        ['b', 'y'],
        ['c', 'z'],
      ],
      'z',
    ],
    [
      'mostRecent',
      'other',
      { strategy: 'mostRecent' },
      [
        ['a', 'x', 1],
        ['b', 'y', 2],
      ],
      'y',
    ],
    [
      'mostRecent is the default',
      'other',
      {},
      [
        ['a', 'x', 1],
        ['b', 'y', 2],
      ],
      'y',
    ],
    [
      'mostRecent: a tie falls to trust',
      'other',
      {},
      [
        ['b', 'x', 2],
        ['a', 'y', 2],
      ],
      'y',
    ],
    [
      'a tie falls to the priority of the rule before that',
      'other',
      { priority: ['b'] },
      [
        ['a', 'x', 2],
        ['b', 'y', 2],
      ],
      'y',
    ],
    [
      'mostFrequent',
      'other',
      { strategy: 'mostFrequent' },
      [
        ['a', 'x'],
        ['b', 'y'],
        ['c', 'y'],
      ],
      'y',
    ],
    [
      'mostFrequent: a tie falls to trust',
      'other',
      { strategy: 'mostFrequent' },
      [
        ['b', 'x'],
        ['a', 'y'],
      ],
      'y',
    ],
    [
      'mostComplete',
      'box',
      { strategy: 'mostComplete' },
      [
        ['a', { a: '1' }],
        ['b', { a: '1', b: '2' }],
      ],
      { a: '1', b: '2' },
    ],
    [
      'longest',
      'other',
      { strategy: 'longest' },
      [
        ['a', 'x'],
        ['b', 'yy'],
      ],
      'yy',
    ],
    [
      'longest: a tie falls to trust',
      'other',
      { strategy: 'longest' },
      [
        ['b', 'xx'],
        ['a', 'yy'],
      ],
      'yy',
    ],
    [
      'min of numbers, not of their text',
      'size',
      { strategy: 'min' },
      [
        ['a', 10],
        ['b', 9],
      ],
      9,
    ],
    [
      'max of numbers, not of their text',
      'size',
      { strategy: 'max' },
      [
        ['a', 9],
        ['b', 10],
      ],
      10,
    ],
    [
      'min of decimals',
      'rate',
      { strategy: 'min' },
      [
        ['a', '10.5'],
        ['b', '9.75'],
      ],
      '9.75',
    ],
    [
      'max of decimals',
      'rate',
      { strategy: 'max' },
      [
        ['a', '9.75'],
        ['b', '10.5'],
      ],
      '10.5',
    ],
    [
      'max of money',
      'price',
      { strategy: 'max' },
      [
        ['a', { amount: '9', currency: 'EUR' }],
        ['b', { amount: '10', currency: 'EUR' }],
      ],
      { amount: '10', currency: 'EUR' },
    ],
    [
      'min of days',
      'since',
      { strategy: 'min' },
      [
        ['a', '2026-02-01'],
        ['b', '2025-11-30'],
      ],
      '2025-11-30',
    ],
    [
      'max: equal values fall to trust',
      'rate',
      { strategy: 'max' },
      [
        ['b', '1.50'],
        ['a', '1.5'],
      ],
      '1.5',
    ],
    [
      'union: each element once, the more trusted spelling first',
      'tags',
      { strategy: 'union' },
      [
        ['b', ['x', 'y']],
        ['a', ['Y', 'z']],
      ],
      ['Y', 'z', 'x'],
    ],
    [
      'union is the default of a list',
      'tags',
      {},
      [
        ['a', ['x']],
        ['b', ['y']],
      ],
      undefined,
    ],
  ] as [string, Name, SurvivorshipRule, [string, Json, number?][], Json | undefined][])(
    '%s',
    (_case, name, rule, stated, expected) => {
      const sources = stated.map(([system, value, day]) => says(system, name, value, day));
      if (expected === undefined) {
        const { attributes } = survive(modelWith({}), thing, sources.map(asContributor), [], resolve);
        expect(attributes[name]).toEqual(['x', 'y']);
      } else {
        expect(survived(name, rule, sources).value).toEqual(expected);
        expect(survived(name, rule, [...sources].reverse()).value).toEqual(expected);
      }
    },
  );

  test('within one system a tie falls to scope and external id', () => {
    const sources = [says('b', 'other', 'y', 1, '2'), says('b', 'other', 'x', 1, '1')];
    expect(survived('other', {}, sources).value).toBe('x');
    const branch = { ...says('b', 'other', 'z', 1, '0'), scope: 'branch' };
    expect(survived('other', {}, [...sources, branch]).value).toBe('z');
  });
});

describe('three values', () => {
  test('ABSENT says nothing, NULL counts only where nobody has a value', () => {
    expect(survived('other', {}, [says('a', 'other', 'x', 1), says('b', 'other', null, 9)])).toMatchObject({
      value: 'x',
      provenance: { source: 'a' },
    });
    expect(survived('other', {}, [says('a', 'other', null)])).toMatchObject({
      value: undefined,
      provenance: { source: 'a' },
    });
    expect(survived('other', {}, [says('a', 'name', 'x')])).toMatchObject({ value: undefined, provenance: undefined });
  });

  test('law 4: NULL from the owner clears; its silence leaves nothing to others', () => {
    const rule = { owner: ['a'] };
    expect(survived('other', rule, [says('a', 'other', null), says('b', 'other', 'x')])).toMatchObject({
      value: undefined,
      provenance: { source: 'a', rule: 'owner', contested: true },
    });
    expect(survived('other', rule, [says('a', 'name', 'x'), says('b', 'other', 'x')]).value).toBeUndefined();
  });
});

describe('law 4: owners', () => {
  const rule: SurvivorshipRule = { owner: ['b', 'a'], strategy: 'longest' };
  test('until one is linked the strategy decides, provisionally', () => {
    expect(survived('other', rule, [says('c', 'other', 'x')])).toMatchObject({
      value: 'x',
      provenance: { source: 'c', rule: 'longest', provisional: true },
    });
  });

  test('the first of them that says anything decides; between its own records the strategy', () => {
    const sources = [
      says('a', 'other', 'the longest of all'),
      says('b', 'other', 'x', 1, 'b1'),
      says('b', 'other', 'yy', 1, 'b2'),
    ];
    const result = survived('other', rule, sources);
    expect(result).toMatchObject({ value: 'yy', provenance: { source: 'b2', rule: 'owner', contested: true } });
    expect(result.provenance).not.toHaveProperty('provisional');
    expect(survived('other', rule, [says('a', 'other', 'x'), says('b', 'name', 'y')]).value).toBe('x');
  });

  test.each(['propose', 'raise'] as const)('a differing value of somebody else: %s', (onConflict) => {
    const sources = [says('a', 'other', 'x'), says('b', 'other', 'y'), says('c', 'other', 'x')];
    expect(survived('other', { owner: ['a'], onConflict }, sources).conflicts).toEqual([
      { attribute: 'other', action: onConflict, ours: 'x', theirs: [{ source: 'b', system: 'b', value: 'y' }] },
    ]);
    expect(survived('other', { owner: ['a'], onConflict }, sources.slice(1)).conflicts).toEqual([]);
    expect(survived('other', { owner: ['a'] }, sources).conflicts).toEqual([]);
  });

  const unit = (id: string) => ({ system: 'a', scope: 'main', id });
  test.each<[string, Name, Json, Json, boolean]>([
    ['nothing', 'other', 'x', null, false],
    ['something where ours is nothing', 'other', null, 'x', true],
    ['an empty list', 'tags', ['x', 'y'], [], false],
    ['part of a list', 'tags', ['x', 'y'], ['x'], false],
    ['part of a list, of which another is the first', 'tags', ['x', 'y'], ['y'], true],
    ['another element', 'tags', ['x', 'y'], ['x', 'z'], true],
    ['the same in other letters', 'tags', ['x', 'y'], ['X'], false],
    [
      'another word for a unit',
      'terms',
      [{ businessUnit: unit('north'), value: 'N30' }],
      [{ businessUnit: unit('north'), value: 'N60' }],
      true,
    ],
    [
      'a word for another unit',
      'terms',
      [{ businessUnit: unit('north'), value: 'N30' }],
      [{ businessUnit: unit('south'), value: 'N60' }],
      false,
    ],
  ])('a conflict with %s', (_case, attribute, ours, theirs, isConflict) => {
    const sources = [says('a', attribute, ours), says('b', attribute, theirs)];
    const { conflicts, provenance } = survived(attribute, { owner: ['a'], onConflict: 'propose' }, sources);
    expect(conflicts).toHaveLength(isConflict ? 1 : 0);
    expect(provenance?.contested).toBe(isConflict || undefined);
  });

  test('a conflict about a reference says where it leads, and what the source has', () => {
    const [ours, theirs] = [
      { system: 'a', scope: 'main', id: '1' },
      { system: 'b', scope: 'main', id: '2' },
    ];
    const sources = [says('a', 'parent', ours), says('b', 'parent', theirs)];
    expect(survived('parent', { owner: ['a'], onConflict: 'propose' }, sources).conflicts).toMatchObject([
      { ours: 'golden 1', theirs: [{ source: 'b', value: 'golden 2', stated: theirs }] },
    ]);
  });
});

describe('conditions', () => {
  const rules: SurvivorshipRule[] = [
    { when: { system: ['c'] }, strategy: 'longest' },
    { when: { businessUnit: ['north'] }, owner: ['b'] },
    { strategy: 'sourcePriority' },
  ];
  test('the first rule whose condition the linked records meet', () => {
    const a = says('a', 'other', 'a value', 1);
    const b = says('b', 'other', 'b', 2);
    expect(survived('other', rules, [a, b, says('c', 'name', 'x')]).provenance).toMatchObject({
      source: 'a',
      rule: 'longest',
    });
    expect(survived('other', rules, [a, b]).provenance).toMatchObject({ source: 'b', rule: 'owner' });
    expect(survived('other', rules, [b]).provenance).toMatchObject({ source: 'b', rule: 'sourcePriority' });
  });
});

describe('follows', () => {
  const model = modelWith({ attributes: { name: { strategy: 'longest' }, other: { follows: 'name' } } });
  const both = (sources: readonly Source[], overrides: readonly StandingOverride[] = []) =>
    survive(model, thing, sources.map(asContributor), overrides, resolve);
  const a: Source = { system: 'a', says: { name: 'x', other: 'of a' } };
  const b: Source = { system: 'b', says: { name: 'yy', other: 'of b' } };

  test('a group wins together', () => {
    expect(both([a, b]).attributes).toMatchObject({ name: 'yy', other: 'of b' });
    expect(both([a, b]).provenance.other).toMatchObject({ source: 'b', rule: 'follows' });
  });
  test('what the leader does not have is not filled from elsewhere', () => {
    expect(both([a, { system: 'b', says: { name: 'yy' } }]).attributes).not.toHaveProperty('other');
  });
  test('where nobody leads the attribute stands for itself', () => {
    expect(both([{ system: 'a', says: { other: 'of a' } }]).attributes).toEqual({ other: 'of a' });
    const told: StandingOverride = {
      decisionId: 'd',
      attribute: 'name',
      value: 'told',
      at: '2026-01-05T00:00:00.000Z',
    };
    expect(both([a], [told]).attributes).toEqual({ name: 'told', other: 'of a' });
  });
  test('a circle ends', () => {
    const circle = modelWith({ attributes: { name: { follows: 'other' }, other: { follows: 'name' } } });
    expect(survive(circle, thing, [asContributor(a)], [], resolve).attributes).toEqual({ name: 'x', other: 'of a' });
  });
});

describe('law 5: overrides', () => {
  const told: StandingOverride = {
    decisionId: 'd1',
    attribute: 'other',
    value: 'told',
    at: '2026-01-05T00:00:00.000Z',
  };
  test('win over everybody, the owner too, and say whose word it is', () => {
    const result = survived('other', { owner: ['a'] }, [says('a', 'other', 'x', 9)], [told]);
    expect(result).toMatchObject({
      value: 'told',
      provenance: { source: null, rule: 'override', decision: 'd1', at: told.at, contested: true },
    });
  });
  test('can be emptiness', () => {
    expect(survived('other', {}, [says('a', 'other', 'x')], [{ ...told, value: null }]).value).toBeUndefined();
  });
  test('are without effect where the rules allow none', () => {
    expect(survived('other', { override: false }, [says('a', 'other', 'x')], [told]).value).toBe('x');
  });
});

describe('gathered and referring values', () => {
  const terms = (unit: string, value: string): Json => ({
    businessUnit: { system: 'a', scope: 'main', id: unit },
    value,
  });
  test('each business unit has a winner of its own', () => {
    const sources = [
      says('a', 'terms', [terms('north', 'N30')], 1),
      says('b', 'terms', [terms('north', 'N60'), terms('south', 'N14')], 2),
    ];
    const result = survived('terms', { strategy: 'mostRecent' }, sources);
    expect(result.value).toEqual([
      { businessUnit: 'golden north', value: 'N60' },
      { businessUnit: 'golden south', value: 'N14' },
    ]);
    expect(survived('terms', { strategy: 'sourcePriority' }, sources)).toMatchObject({
      value: [{ value: 'N30' }, { value: 'N14' }],
      provenance: { sources: ['a', 'b'] },
    });
  });
  test('a business unit and a reference that are not known yet stay pending', () => {
    const pending = [{ entityType: 'business_unit', system: 'a', scope: 'main', id: 'unknown' }];
    expect(survived('terms', {}, [says('a', 'terms', [terms('unknown', 'N30')])])).toMatchObject({
      value: [{ businessUnit: null, value: 'N30' }],
      provenance: { pending },
    });
    const parent = { system: 'b', scope: 'main', id: 'unknown 7' };
    expect(survived('parent', {}, [says('b', 'parent', parent)])).toMatchObject({
      value: undefined,
      provenance: { source: 'b', pending: [{ entityType: 'thing', ...parent }] },
    });
    expect(survived('parent', {}, [says('b', 'parent', { ...parent, id: '7' })]).value).toBe('golden 7');
  });
});

describe('properties', () => {
  const model = defineModel({
    entityTypes: ENTITY_TYPES.filter(({ code }) => code === 'supplier' || code === 'business_unit'),
    systems: UNIVERSE_SYSTEMS,
    rules: UNIVERSE_RULES,
  });
  const supplier = model.entityTypes.get('supplier');
  const source = fc.record({
    system: fc.constantFrom('erp', 'procurement', 'portal'),
    attributes: said,
    days: fc.array(fc.integer({ min: 10, max: 13 }), { minLength: 10, maxLength: 10 }),
  });
  const sources = fc.array(source, { minLength: 1, maxLength: 6 }).map((all) =>
    all.map(({ system, attributes, days }, at): Contributor & { times: Record<string, string> } => {
      const times = Object.fromEntries(
        Object.keys(NAIVE_RULES).map((name, nth) => [name, `2026-01-${days[nth]}T00:00:00.000Z`]),
      );
      return {
        id: `r${at}`,
        system,
        scope: 'main',
        externalId: `r${at}`,
        attributes,
        times,
        timeOf: (name) => times[name] ?? '',
      };
    }),
  );
  const outcome = (contributors: readonly Contributor[]) => {
    if (!supplier) throw new Error('no supplier');
    return survive(model, supplier, contributors, [], resolve);
  };

  test('law 3: the order in which sources come does not matter', () => {
    const shuffled = sources.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(outcome(other)).toEqual(outcome(all));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('laws 3 and 4: values and where they come from are what the naive rules give', () => {
    fc.assert(
      fc.property(sources, (all) => {
        const naive = naiveSurvival(
          NAIVE_RULES,
          all.map(({ id, system, attributes, times }) => ({
            key: id,
            system,
            trust: trustOf(system),
            attributes,
            times,
          })),
          new Map(),
        );
        const { attributes, provenance } = outcome(all);
        const values = [...naive].filter(([, { value }]) => value !== null);
        expect(attributes).toEqual(Object.fromEntries(values.map(([name, { value }]) => [name, value])));
        expect(
          Object.entries(provenance)
            .map(([name, { source: from }]) => [name, from])
            .sort(),
        ).toEqual([...naive].map(([name, { from }]) => [name, from]).sort());
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
