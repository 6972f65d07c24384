import { describe, expect, test } from '@jest/globals';
import {
  cell,
  cells,
  choice,
  commaDecimal,
  day,
  each,
  listOf,
  money,
  nested,
  objectOf,
  qualified,
  quantity,
  withoutAbsent,
} from '../../../sources/files/mapping.js';

describe('three values', () => {
  test.each([
    ['no column', {}, undefined],
    ['an empty cell', { a: '' }, null],
    ['a blank cell', { a: ' \t' }, null],
    ['JSON null', { a: null }, null],
    ['text', { a: ' x ' }, 'x'],
    ['a number', { a: 5501 }, '5501'],
    ['a truth value', { a: false }, 'false'],
    ['a list, for the check to name', { a: [1] }, [1]],
  ])('%s', (_case, row, expected) => expect(cell(row, 'a')).toEqual(expected));

  test('an empty cell may be told to say nothing; words may mean NULL', () => {
    expect(cell({ a: '' }, 'a', { empty: 'ABSENT' })).toBeUndefined();
    expect(cell({ a: 'n/a' }, 'a', { nulls: ['N/A'] })).toBeNull();
  });

  test('a column named like a part of every object is absent unless it is there', () => {
    expect(cell({}, 'constructor')).toBeUndefined();
    expect(choice('constructor', { a: 'A' })).toBe('constructor');
  });

  test('lists: ABSENT, NULL, values', () => {
    expect(listOf(undefined, undefined)).toBeUndefined();
    expect(listOf(undefined, null)).toBeNull();
    expect(listOf('a', null, undefined, 'b')).toEqual(['a', 'b']);
    expect(cells({ a: 'x; y ;' }, 'a')).toEqual(['x', 'y']);
    expect(cells({ a: '' }, 'a')).toBeNull();
    expect(cells({}, 'a')).toBeUndefined();
  });

  test('objects: ABSENT, NULL, fields', () => {
    expect(objectOf<{ x?: string | null | undefined }>({ x: undefined })).toBeUndefined();
    expect(objectOf({ x: null, y: undefined })).toBeNull();
    expect(objectOf<object>({ x: 'a', y: null }, { kind: 'MAIN' })).toEqual({ kind: 'MAIN', x: 'a', y: null });
    expect(objectOf<object>({ x: null }, { kind: 'MAIN' })).toBeNull();
  });

  test('what is ABSENT leaves at every depth', () => {
    expect(withoutAbsent({ a: undefined, b: null, c: [{ d: undefined, e: 1 }, undefined] })).toEqual({
      b: null,
      c: [{ e: 1 }],
    });
  });
});

describe('JSON inside JSON', () => {
  const row = { at: { city: 'Ulm' }, prices: [{ n: 1 }, { n: 2 }], wrong: ['x'], none: null };
  test('objects and lists of them', () => {
    expect(nested(row, 'at')).toEqual({ city: 'Ulm' });
    expect(each(row, 'prices', (price) => cell(price, 'n'))).toEqual(['1', '2']);
    expect([nested(row, 'none'), each(row, 'none', cell.length as never), nested(row, 'nowhere')]).toEqual([
      null,
      null,
      undefined,
    ]);
  });
  test('another shape rejects the record with what was found', () => {
    expect(() => nested(row, 'prices')).toThrow('prices: expected an object, found [{"n":1},{"n":2}]');
    expect(() => each(row, 'at', () => 1)).toThrow('at: expected a list, found {"city":"Ulm"}');
    expect(() => each(row, 'wrong', () => 1)).toThrow('wrong: expected an object, found "x"');
  });
});

describe('words, numbers, days', () => {
  test('choice keeps an unknown word for the check to name', () => {
    expect(choice('consu', { consu: 'CONSUMABLE' })).toBe('CONSUMABLE');
    expect(choice<'CONSUMABLE'>('odd', { consu: 'CONSUMABLE' })).toBe('odd');
    expect([choice(null, {}), choice(undefined, {})]).toEqual([null, undefined]);
  });
  test('values with a companion', () => {
    expect(money('12.50', 'USD')).toEqual({ amount: '12.50', currency: 'USD' });
    expect(quantity(null, 'EA')).toBeNull();
    expect(qualified('EIN', '12-3456789')).toEqual({ scheme: 'EIN', value: '12-3456789' });
    expect(qualified('TAX_ID', '1', 'DE')).toEqual({ scheme: 'TAX_ID', value: '1', country: 'DE' });
    expect(qualified('VAT', undefined)).toBeUndefined();
  });
  test.each([
    ['1/2/2026', 'MM/DD/YYYY', '2026-01-02'],
    ['1/2/2026', 'DD/MM/YYYY', '2026-02-01'],
    ['01.02.2026', 'DD.MM.YYYY', '2026-02-01'],
    ['20260201', 'YYYYMMDD', '2026-02-01'],
    ['soon', 'MM/DD/YYYY', 'soon'],
  ] as const)('day %s as %s', (text, format, expected) => expect(day(text, format)).toBe(expected));
  test('decimals with a comma', () => expect(commaDecimal('1.234,50')).toBe('1234.50'));
});
