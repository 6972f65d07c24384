import { describe, expect, test } from '@jest/globals';
import { featuresOf, valuesIn } from '../../../../golden-records/match/engine/features.js';
import { explainPair, matchRecords, parseMatchSchema } from '../../../../golden-records/match/engine/index.js';
import type { ColumnKind } from '../../../../golden-records/match/engine/schema.js';

const textOf = (kind: ColumnKind, cell: string) => featuresOf({ kind }, cell)?.text;

describe('one thing in several spellings is one value', () => {
  test.each<[ColumnKind, string, readonly string[]]>([
    [
      'phone',
      '5551234567',
      [
        '+1 (555) 123-4567',
        '555-123-4567x12',
        '555.123.4567 x 12',
        '555-123-4567 extension 12',
        '555-123-4567 Ext: 12',
        '555 123 4567 #12',
      ],
    ],
    ['phone', '2079460958', ['+44 (0)20 7946 0958', '+44 20 7946 0958']],
    ['price', '1234.56', ['1.234,56', '1,234.56', '$1,234.56', '1 234,56 €', "1'234.56"]],
    ['price', '1234567', ['1.234.567', '1,234,567', '1.234.567,00', '1234567']],
    ['price', '0.99', ['.99', '$.99', '0,99']],
    ['price', '1.125', ['1.125', '$1.125']],
    ['number', '6.5', ['6 1/2', '6-1/2', '6½', '6.50']],
    [
      'date',
      '19800312',
      ['1980-03-12', '12.03.1980', '12 Mar 1980', 'March 12, 1980', '12-MAR-1980', '12th March 1980'],
    ],
    ['email', 'info@example.com', ['INFO@Example.com', 'mailto:info@example.com', 'Front desk <info@example.com>']],
    ['measure', 'pk=10', ['10/BX', 'box of 10', 'Box/10', '10 per box', '10-pack', 'Pack of 10']],
    ['measure', 'ml=500', ['500 mL', '500ml', '500 milliliters', '500 cc']],
    ['measure', '=6.5 number=6.5', ['size 6.5', 'size 6 1/2', 'size 6-1/2', 'size 6½']],
    ['measure', 'ml=1500', ['1.5 L', '1500 ml', '1,5 liter']],
    ['measure', 'g=0.5', ['500 mg', '0.5 g', '.5 gm']],
    ['measure', 'size=medium', ['Glove, medium', 'GLOVE MED', 'Glove size M', 'Glove M, nonslip', 'GLOVE M']],
    ['measure', 'size=xl', ['Gown x-large', 'Gown XL', 'Gown extra large', 'GOWN X-LARGE']],
    ['measure', 'powder=without', ['powder free', 'Powder-free', 'powderless']],
    ['measure', 'material=nitrile', ['nitrile', 'Nitrile, latex free', 'latex-free nitrile']],
    ['measure', 'sterility=unsterile', ['non-sterile', 'nonsterile', 'NON STERILE']],
    ['measure', 'sides2=4x8', ['4x8', '4 x 8', '8X4', '4 × 8']],
    ['measure', 'in=4 in=8 sidesi2=4x8', ['4"x8"', '4 x 8 in', '8 inch x 4 inch', '4in x 8in']],
    ['measure', 'cm=10 sidesm2=100x100', ['10x10 cm', '10 x 10cm', '10 cm x 10 cm', '10 × 10 cms']],
    ['measure', 'cm=10 m=4 sidesm2=100x4000', ['10 cm x 4 m', '4 m x 10cm']],
    ['measure', 'ml=2 perg/ml=0.002', ['4 mg/2 ml', '2 mg/ml, 2 mL', '2mg/ml 2ml']],
    ['measure', 'ml=1000 percent=0.9', ['0.9% 1,000 ml', '0,9 % 1000 ml', '.9% 1 L', '0.9 pct 1 000 ml']],
    ['measure', 'g=0.0001', ['100 μg', '100 µg', '100 mcg', '0.1 mg', '100 micrograms']],
    ['measure', 'rangeg=0.005-0.325', ['5-325 mg', '5/325mg', '5 to 325 mg']],
    ['measure', 'suture=3', ['Suture 3-0', 'suture 3/0', 'SUTURE SZ 3-0']],
    ['measure', 'ga=25 in=0.625', ['Needle 25GX5/8in', 'needle 25 gauge x 5/8"', 'Needle 25G 0.625 in']],
    ['measure', 'fr=16 ml=10', ['Foley catheter 16FR 10cc', 'Foley 16 CH 10 ml', 'foley 16F 10 mL']],
    ['measure', 'size=xxl', ['Gown XXL', 'Gown 2XL', 'Gown XX-Large', 'gown 2X-Large', 'gown extra extra large']],
    ['measure', 'size=medium size=small', ['Vest S/M', 'vest small/medium', 'VEST M/S']],
    ['measure', 'side=left', ['knee brace LT', 'Knee brace, left', 'Knee brace L left']],
    ['measure', 'pk=10 pk=100 pk=1000', ['100/bx 10bx/cs', '10 bx 100/bx']],
    ['measure', 'in=0.375', ['3/8 in', '3/8 inch', '.375 in', '0.375"']],
    ['address', '12 high st', ['12 High Street', 'c/o Northmoor Ltd, 12 High St.', 'Attn: Purchasing, 12 High St']],
  ])('%s %s', (kind, text, spellings) => {
    expect(spellings.map((spelling) => textOf(kind, spelling))).toEqual(spellings.map(() => text));
  });
});

test('what somebody writes who has nothing to write is no value', () => {
  expect(['000000000', '00-0000000', '99999999', 'XXXX', 'N/A'].map((cell) => textOf('identifier', cell))).toEqual(
    new Array(5).fill(undefined),
  );
  expect(textOf('email', 'n/a')).toBeUndefined();
  expect(textOf('date', '00/00/0000')).toBeUndefined();
  expect(textOf('address', 'c/o Northmoor Ltd')).toBeUndefined();
});

test('sizes are read as a buyer reads them, and no more than that', () => {
  expect(textOf('measure', 'Suture vicryl 3-0')).toContain('suture=3');
  expect(textOf('measure', 'SUTURE VICRYL 3/0')).toContain('suture=3');
  expect(textOf('measure', 'Bandage 4 in x 5 yd')).toBe('in=4 sidesi2=4x180 yd=5');
  expect(textOf('measure', 'Balloon 3.0 x 140 cm')).toBeUndefined();
  expect(textOf('measure', 'Amoxicillin 28 x 500 mg')).toBe('g=0.5 x=28');
  expect(textOf('measure', 'Glove, latex free, not made with natural rubber latex')).toBeUndefined();
  expect(textOf('measure', 'Glove vinyl non-powdered')).toBe('material=vinyl powder=without');
  expect(textOf('measure', 'Dextrose 5% in water, 5 in 1')).toBe('=1 =5 percent=5');
  expect(textOf('measure', '2-piece pouch, size constructor')).toBeUndefined();
  expect(textOf('measure', 'Solution 10 L')).toBe('ml=10000');
  expect(textOf('measure', 'MODEL S PUMP')).toBeUndefined();
  expect(textOf('measure', "Women's gown, B&L, S-hook")).toBeUndefined();
  expect(textOf('model-code', 'Gauze sponge 10x10cm')).toBeUndefined();
});

test('a date, a model and a share of something else are no fractions', () => {
  expect(textOf('title', 'Catalogue 1/2/2020')).toBe('catalogue 1 2 2020');
  expect(textOf('title', 'Suture 2/0 24/7')).toBe('suture 2 0 24 7');
  expect(textOf('title', 'CS 3 Suite')).toBe('cs 3 suite');
  expect(textOf('measure', 'CS 3 Suite')).toBe('=3');
});

describe('several values of a cell', () => {
  test.each<[ColumnKind, string, readonly string[]]>([
    ['organisation-name', 'Acme Inc. d/b/a Beta Labs', ['Acme Inc.', 'Beta Labs']],
    ['organisation-name', 'Acme, Inc. (DBA: Beta Labs)', ['Acme, Inc.', 'Beta Labs']],
    ['organisation-name', 'Beta Labs, formerly known as Acme', ['Beta Labs', 'Acme']],
    ['organisation-name', 'Beta Labs f/k/a Acme t/a Gamma', ['Beta Labs', 'Acme', 'Gamma']],
    ['organisation-name', 'Akamai Technologies', ['Akamai Technologies']],
    ['phone', '555-123-4567 / 555-123-9999', ['555-123-4567 ', ' 555-123-9999']],
    ['phone', '555-123-4567/8', ['555-123-4567/8']],
    ['email', 'a@example.com; b@example.com', ['a@example.com', 'b@example.com']],
    ['email', 'Ann <a@example.com>', ['Ann <a@example.com>']],
  ])('%s %s', (kind, cell, values) => {
    expect(valuesIn(kind, cell)).toEqual(values);
  });

  test('are each compared', async () => {
    const schema = parseMatchSchema({
      fields: [
        { name: 'name', kind: 'organisation-name' },
        { name: 'phone', kind: 'phone' },
      ],
    });
    const result = await matchRecords(schema, [
      ['Halvorsen Imaging LLC d/b/a Pellworm Diagnostics', '555-123-4567 / 555-123-9999'],
      ['Pellworm Diagnostics', '(555) 123-4567'],
    ]);
    const { steps } = explainPair(result, 0, 1);
    expect(steps.filter(({ level }) => level === 'equal').map(({ comparison }) => comparison)).toEqual([
      'name',
      'phone',
    ]);
    expect(result.clusters[0]).toBe(result.clusters[1]);
  });
});
