import { describe, expect, test } from '@jest/globals';
import { matchRecords, parseMatchSchema, RecordMatcher } from '../../../../golden-records/match/engine/index.js';
import {
  clusterSets,
  generateSuppliers,
  pairQuality,
  randomOf,
  supplierCells,
  supplierSchema,
} from '../../../support/match-suppliers.js';

/** What goes wrong elsewhere. All records are generated from a seed; no other data are needed. */
const generated = generateSuppliers(800, 7);
const matched = matchRecords(supplierSchema, generated.records, { ids: generated.ids });

test('duplicates are found, and hardly anything else', async () => {
  const { clusters, parameters } = await matched;
  const { precision, recall } = pairQuality(generated.entity, clusters);
  expect(precision).toBeGreaterThanOrEqual(0.995);
  expect(recall).toBeGreaterThanOrEqual(0.9);
  expect(parameters.notes).toEqual([]);
});

test('shuffled input gives the same clusters', async () => {
  const random = randomOf(3);
  const order = generated.ids.map((_, at) => at);
  for (let at = order.length - 1; at > 0; at--) {
    const other = random(at + 1);
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  const ids = order.map((at) => generated.ids[at] as string);
  const shuffled = await matchRecords(
    supplierSchema,
    order.map((at) => generated.records[at] as never),
    { ids },
  );
  expect(clusterSets(ids, shuffled.clusters)).toEqual(clusterSets(generated.ids, (await matched).clusters));
});

test('one by one, with the parameters of the batch, the same pairs are linked', async () => {
  const { parameters, pairs } = await matched;
  const matcher = new RecordMatcher(supplierSchema, parameters);
  let agreed = 0;
  let compared = 0;
  for (let pair = 0; pair < pairs.length; pair += 2) {
    const left = generated.records[pairs.left[pair] as number] as never;
    const right = generated.records[pairs.right[pair] as number] as never;
    const [scored] = matcher.score(left, [right]);
    compared++;
    if ((scored?.weight ?? 0) >= 0 === (pairs.weight[pair] as number) >= 0) agreed++;
  }
  expect(compared).toBeGreaterThan(100);
  expect(agreed / compared).toBeGreaterThanOrEqual(0.99);
});

test('few duplicates among many neighbours: what is learnt is who is the same, not who lives nearby', async () => {
  const random = randomOf(5);
  const syllables = [
    'ba',
    'dru',
    'fin',
    'gor',
    'hel',
    'jas',
    'kem',
    'lot',
    'mur',
    'nis',
    'pol',
    'rad',
    'sev',
    'tan',
    'vok',
  ];
  const word = (length: number) => Array.from({ length }, () => syllables[random(syllables.length)]).join('');
  const towns = Array.from({ length: 1_000 }, (_, at) => [word(3), String(10_000 + 37 * at)] as const);
  const companies = Array.from({ length: 4_000 }, () => {
    const [town, postcode] = towns[random(towns.length)] as readonly [string, string];
    return [`${word(4)} ${word(2)}`, `${1 + random(300)} ${word(3)} street`, town, postcode];
  });
  const repeated = companies.slice(0, 60);
  const records = [...companies, ...repeated.map(([name, ...rest]) => [`${name} ltd`, ...rest])];
  const schema = parseMatchSchema({
    fields: [
      { name: 'name', kind: 'organisation-name' },
      { name: 'street', kind: 'address' },
      { name: 'city', kind: 'city' },
      { name: 'postcode', kind: 'postcode' },
    ],
  });
  const { clusters } = await matchRecords(schema, records, { ids: records.map((_, at) => `r${at}`) });
  const entity = records.map((_, at) => (at < companies.length ? at : at - companies.length));
  const { precision, recall } = pairQuality(entity, clusters);
  expect(precision).toBeGreaterThanOrEqual(0.95);
  expect(recall).toBeGreaterThanOrEqual(0.95);
});

test('30 % of the cells blanked: precision falls by no more than .01', async () => {
  const blanked = generateSuppliers(800, 7, 0.3);
  const { clusters } = await matchRecords(supplierSchema, blanked.records, { ids: blanked.ids });
  const before = pairQuality(generated.entity, (await matched).clusters).precision;
  expect(pairQuality(blanked.entity, clusters).precision).toBeGreaterThanOrEqual(before - 0.01);
});

describe('among other suppliers', () => {
  const others = generateSuppliers(150, 11);
  async function clustersOf(own: readonly (readonly [id: string, cells: ReturnType<typeof supplierCells>])[]) {
    const ids = [...others.ids, ...own.map(([id]) => id)];
    const { clusters, candidates } = await matchRecords(
      supplierSchema,
      [...others.records, ...own.map(([, cells]) => cells)],
      { ids },
    );
    const clusterOf = new Map(ids.map((id, at) => [id, clusters[at] as number]));
    return {
      together: (a: string, b: string) => clusterOf.get(a) === clusterOf.get(b),
      clusterOf,
      candidates,
      records: ids.length,
    };
  }

  /** Suppliers of different names in different towns that all have the phone of one agency. */
  const onOnePhone = (count: number) => {
    const random = randomOf(5);
    const syllables = 'ba ke lo mi nu ra se to vi wa zen tor mel dra fin gul har jon kas lip'.split(' ');
    const word = (length: number) => Array.from({ length }, () => syllables[random(20)]).join('');
    const stems = [...new Set(Array.from({ length: count * 2 }, () => word(4)))].slice(0, count);
    return stems.map((stem, at) => {
      const cells = supplierCells({
        name: `${stem} ${['medical', 'trading', 'logistics'][random(3)]} GmbH`,
        phone: '4930123456',
        postcode: String(10_000 + random(80_000)),
        city: `${word(2)}ton`,
      });
      return [`phone ${at}`, cells] as const;
    });
  };

  test('500 records on one phone: none merged, and no quadratic block', async () => {
    const own = onOnePhone(500);
    const { clusterOf, candidates } = await clustersOf(own);
    expect(new Set(own.map(([id]) => clusterOf.get(id))).size).toBe(500);
    const twice = await clustersOf(onOnePhone(1000));
    const alone = await clustersOf([]);
    const growth = (twice.candidates - alone.candidates) / (candidates - alone.candidates);
    expect(growth).toBeLessThanOrEqual(2.4);
    expect((candidates - alone.candidates) / 500).toBeLessThanOrEqual(60);
  });

  test('records without any value stay single', async () => {
    const own = Array.from({ length: 20 }, (_, at) => [`blank ${at}`, supplierCells({})] as const);
    const { clusterOf } = await clustersOf(own);
    expect(new Set(own.map(([id]) => clusterOf.get(id))).size).toBe(20);
  });

  test('"General Trading LLC" twice is no match, a rare name twice is', async () => {
    const { together } = await clustersOf([
      ['common 1', supplierCells({ name: 'General Trading LLC' })],
      ['common 2', supplierCells({ name: 'General Trading LLC' })],
      ['rare 1', supplierCells({ name: 'Xyloquent Przybylski Vandermeer LLC' })],
      ['rare 2', supplierCells({ name: 'Xyloquent Przybylski Vandermeer LLC' })],
    ]);
    expect(together('common 1', 'common 2')).toBe(false);
    expect(together('rare 1', 'rare 2')).toBe(true);
  });

  test('differing tax ids never link, whatever else agrees, nor through a third record', async () => {
    const base = {
      name: 'Ostrava Bandage Works',
      street: '12 Mill Lane',
      city: 'Ostrava',
      postcode: '70200',
      phone: '420596111222',
    };
    const { together } = await clustersOf([
      ['a', supplierCells({ ...base, taxId: '25829670111' })],
      ['b', supplierCells({ ...base, taxId: '60193336999' })],
      ['bridge', supplierCells(base)],
    ]);
    expect(together('a', 'b')).toBe(false);
  });

  test('a bridge record chains no two known suppliers', async () => {
    const left = {
      name: 'Halden Orthopaedics',
      street: '5 Fjord Road',
      city: 'Halden',
      postcode: '17710',
      phone: '4769111222',
    };
    const right = {
      name: 'Moss Cardiology Supplies',
      street: '88 Harbour Street',
      city: 'Moss',
      postcode: '15330',
      phone: '4769333444',
    };
    const { together } = await clustersOf([
      ['l1', supplierCells(left)],
      ['l2', supplierCells({ ...left, name: 'Halden Orthopaedics Ltd' })],
      ['r1', supplierCells(right)],
      ['r2', supplierCells({ ...right, name: 'Moss Cardiology Supplies Ltd' })],
      [
        'bridge',
        supplierCells({
          name: 'Halden Orthopaedics',
          street: right.street,
          city: 'Moss',
          postcode: '15330',
          phone: right.phone,
        }),
      ],
    ]);
    expect(together('l1', 'l2')).toBe(true);
    expect(together('r1', 'r2')).toBe(true);
    expect(together('l1', 'r1')).toBe(false);
  });
});

describe('too little to learn from', () => {
  test.each([
    ['none', 0],
    ['one', 1],
    ['a handful', 5],
  ])('%s: the shipped parameters are used, and it is said why', async (_what, count) => {
    const few = generateSuppliers(Math.max(count, 1), 3);
    const { parameters, clusters } = await matchRecords(supplierSchema, few.records.slice(0, count));
    expect(parameters.comparisons.every(({ origin }) => origin === 'shipped')).toBe(true);
    expect(parameters.notes.join()).toMatch(/too few to learn from .*the shipped parameters are used/);
    expect(clusters).toHaveLength(count);
  });

  test('all records equal: one cluster or none, and no hang', async () => {
    const cells = supplierCells({ name: 'Always The Same Clinic', phone: '4930987654', city: 'Ulm' });
    const { clusters } = await matchRecords(
      supplierSchema,
      Array.from({ length: 300 }, () => cells),
    );
    expect(clusters).toHaveLength(300);
  });
});

const NUMERALS = [
  'vorsen',
  'worm',
  'moor',
  'stle',
  'quill',
  'dant',
  'ston',
  'xton',
  'ford',
  'brick',
  'hollow',
  'marsh',
  'gate',
];

describe('an export of bookings, in which every supplier stands a hundred times', () => {
  const schema = parseMatchSchema({
    fields: [
      { name: 'name', kind: 'organisation-name' },
      { name: 'street', kind: 'address' },
      { name: 'phone', kind: 'phone' },
    ],
  });
  const names = Array.from(
    { length: 350 },
    (_, at) =>
      `${String.fromCharCode(65 + (at % 26))}el${NUMERALS[at % 7]}${NUMERALS[at % 11]}${NUMERALS[at % 13]} Surgical`,
  );
  const records = Array.from({ length: 35_000 }, (_, at) => {
    const supplier = at % names.length;
    return [names[supplier], `${supplier + 1} ${NUMERALS[supplier % 13]} Street`, `555${1_000_000 + supplier * 7919}`];
  });

  test('is one cluster for each, each record with a pair', async () => {
    const { clusters, pairs } = await matchRecords(schema, records, { threads: 1 });
    expect([...clusters].every((cluster, at) => cluster === at % names.length)).toBe(true);
    expect(new Set([...pairs.left, ...pairs.right]).size).toBe(records.length);
  });

  test('whose names alone say too little stays as it is', async () => {
    const { clusters } = await matchRecords(
      schema,
      records.map(() => ['General Trading LLC', '', '']),
      { threads: 1 },
    );
    expect(new Set(clusters).size).toBe(records.length);
  });
});
