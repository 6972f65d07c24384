import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { address, comparableAddress } from '../../../golden-records/normalise/index.js';
import { expectIdempotent, expectInvalid, expectValue, ODD_INPUTS } from './expectations.js';

describe('address', () => {
  test('cleans each part', () => {
    expectValue(
      address({
        kind: 'billing',
        line1: ' 245  W 57th St ',
        line2: '',
        city: 'Chicago',
        region: null,
        postcode: ' sw1a  1aa ',
        country: 'germany',
      }),
      { kind: 'BILLING', line1: '245 W 57th St', city: 'Chicago', postcode: 'SW1A 1AA', country: 'DE' },
    );
  });

  test.each([
    [{}, /street/],
    [{ kind: 'MAIN', line1: ' ' }, /street/],
    [{ line1: 'x', zip: '1' }, /line1, line2/],
    [{ line1: 'x', country: 'Atlantis' }, /^country: /],
    [{ line1: 12 }, /^line1: text/],
    ['245 W 57th St', /an address/],
  ])('refuses %p', (input, expected) => expectInvalid(address(input), expected));

  test.each(ODD_INPUTS.map((input) => [input]))('refuses %p', (input) => expectInvalid(address(input)));

  test('upper case of a letter that falls apart in it is composed again', () => {
    const once = address({ line1: 'x', postcode: 'a\u0390' });
    if (once.ok) expectIdempotent(address, once.value);
    expect(once.ok).toBe(true);
  });

  test('is idempotent', () => {
    const part = fc.option(fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.record({ line1: part, line2: part, city: part, region: part, postcode: part }), (input) => {
        const once = address(input);
        if (once.ok) expectIdempotent(address, once.value);
      }),
    );
  });
});

describe('comparableAddress', () => {
  const us = { postcode: '60621', country: 'US' };

  test.each([
    [
      'suite, direction and ZIP+4',
      { line1: '245 West 57th Street', line2: 'Suite 200', postcode: '60621-1234', country: 'US' },
      { line1: '245 W. 57th St., Ste 200', ...us },
    ],
    ['number sign', { line1: '500 Third Ave #4B', ...us }, { line1: '500 Third Avenue, Unit 4b', ...us }],
    ['dotted direction', { line1: '500 N.W. Third Ave', ...us }, { line1: '500 NW Third Avenue', ...us }],
    [
      'building before or after',
      { line1: 'Building 5, 100 Main St', ...us },
      { line1: '100 Main Street Bldg 5', ...us },
    ],
    ['floor', { line1: '5th Floor, 1 Market Place', ...us }, { line1: '1 Market Pl', line2: 'Fl 5', ...us }],
    ['post box', { line1: 'P.O. Box 123', ...us }, { line1: 'PO BOX 123', ...us }],
    ['recipient', { line1: 'c/o Dr. Bob', line2: '1 Main Rd', ...us }, { line1: '1 Main Road', ...us }],
    ['attention', { line1: '1 Main Rd', line2: 'Attn: Receiving', ...us }, { line1: '1 Main Road', ...us }],
    [
      'German street',
      { line1: 'Hauptstraße 5', postcode: '10115', country: 'DE' },
      { line1: 'Hauptstr. 5', postcode: '10115', country: 'DE' },
    ],
    [
      'British postcode',
      { line1: '10 Downing St', postcode: 'SW1A 2AA' },
      { line1: '10 Downing Street', postcode: 'sw1a2aa' },
    ],
    ['number word', { line1: 'Calle Mayor no. 5', city: 'Madrid' }, { line1: '5 Calle Mayor', city: 'MADRID' }],
  ])('%s', (_, left, right) => {
    expect(comparableAddress(left)).toBe(comparableAddress(right));
    expect(comparableAddress(left)).not.toBeNull();
  });

  test.each([
    ['house number', { line1: '245 Main St', ...us }, { line1: '247 Main St', ...us }],
    ['unit', { line1: '245 Main St Ste 1', ...us }, { line1: '245 Main St Ste 2', ...us }],
    ['country', { line1: '245 Main St', ...us }, { line1: '245 Main St', postcode: '60621', country: 'DE' }],
  ])('tells apart by %s', (_, left, right) => expect(comparableAddress(left)).not.toBe(comparableAddress(right)));

  test('reads as street, place and country', () => {
    expect(comparableAddress({ line1: '245 West 57th Street', line2: 'Suite 200', ...us })).toBe(
      '245 w 57th st unit 200|60621|us',
    );
    expect(comparableAddress({ line1: '1 Main St', city: 'São Paulo' })).toBe('1 main st|sao paulo|');
  });

  test.each([
    ['no street', { city: 'Chicago', postcode: '60621' }],
    ['no place', { line1: '245 Main St', country: 'US' }],
    ['only a recipient', { line1: 'c/o Bob', ...us }],
    ['nothing', {}],
    ['nulls', { line1: null, postcode: null }],
    ['punctuation', { line1: '—', postcode: '60621' }],
  ])('null with %s', (_, parts) => expect(comparableAddress(parts)).toBeNull());

  test('takes any text', () => {
    const part = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(part, part, part, (line1, line2, postcode) => {
        const comparable = comparableAddress({ line1, line2, postcode });
        expect(comparable ?? 'x|x|').toMatch(/^[a-z0-9 ]+\|[a-z0-9 ]+\|$/);
      }),
    );
  });
});
