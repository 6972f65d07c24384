import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, contentHash } from '../../../golden-records/normalise/index.js';

describe('canonicalJson', () => {
  test.each([
    [{ b: 1, a: { d: null, c: undefined } }, '{"a":{"d":null},"b":1}'],
    [[1, undefined, 'x'], '[1,null,"x"]'],
    [{ a: undefined }, '{}'],
    ['a"\u0000\ud83d', '"a\\"\\u0000\\ud83d"'],
    [-0, '0'],
    [Number.NaN, 'null'],
    [12n, '12'],
    [undefined, 'null'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('%p → %s', (value, json) => expect(canonicalJson(value)).toBe(json));

  test('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('the order of keys does not matter, the order of lists does', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(contentHash(reversed)).toBe(contentHash(value));
      }),
    );
    expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
  });
});

describe('contentHash', () => {
  test('is SHA-256 in hexadecimal', () => {
    expect(contentHash({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });

  test.each([
    [{ a: 1 }, { a: '1' }],
    [{ a: null }, {}],
    [{ a: [] }, { a: {} }],
    [{ ab: 'c' }, { a: 'bc' }],
  ])('%p and %p differ', (left, right) => expect(contentHash(left)).not.toBe(contentHash(right)));
});
