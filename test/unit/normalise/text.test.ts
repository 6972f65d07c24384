import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  comparableText,
  describeFound,
  multilineText,
  nameTokens,
  text,
} from '../../../golden-records/normalise/index.js';
import { expectIdempotent, expectInvalid, expectValue, ODD_INPUTS } from './expectations.js';

describe('text', () => {
  test.each([
    ['plain', 'Gauze pad', 'Gauze pad'],
    ['blanks at the ends and between', '  Gauze \t pad\r\n', 'Gauze pad'],
    ['no-break and ideographic blanks', 'Gauze\u00a0pad\u30001', 'Gauze pad 1'],
    ['NUL and control characters', 'Ga\u0000u\u0007ze', 'Gauze'],
    ['zero-width and direction marks', '\ufeffGau\u200bze\u200e pad\u202c', 'Gauze pad'],
    ['a control character between blanks', 'a \u0001 b', 'a b'],
    ['combining accents', 'Mu\u0308ller', 'M\u00fcller'],
    ['an accent behind a removed character', 'u\u200b\u0308', '\u00fc'],
    ['zero-width non-joiner stays', 'می\u200cخواهم', 'می\u200cخواهم'],
    ['emoji stay', '👩\u200d⚕️ kit', '👩\u200d⚕️ kit'],
    ['a lone surrogate', 'a\ud83db', 'a\ufffdb'],
  ])('%s', (_, input, expected) => expectValue(text(input), expected));

  test.each(['', ' ', '\u0000', '\u200b', ...ODD_INPUTS])('refuses %p', (input) => expectInvalid(text(input)));

  test('is idempotent and storable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (input) => {
        const once = text(input);
        if (!once.ok) return;
        expectIdempotent(text, once.value);
        expect(once.value).not.toMatch(/\p{Cc}|^\s|\s$|\s\s/u);
        expect(once.value.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('multilineText', () => {
  test('keeps line breaks, one blank line at most', () => {
    expectValue(multilineText(' a  b \r\n c\r\n\r\n\r\n\r\nd\u2028e \n'), 'a b\nc\n\nd\ne');
  });

  test.each(['', ' \n ', ...ODD_INPUTS])('refuses %p', (input) => expectInvalid(multilineText(input)));

  test('is idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (input) => {
        const once = multilineText(input);
        if (once.ok) expectIdempotent(multilineText, once.value);
      }),
    );
  });
});

describe('comparableText', () => {
  test.each([
    ["Beesley's of Buckhead", 'beesleys of buckhead'],
    ['Hewlett-Packard', 'hewlett packard'],
    ['Ærø Sygehus', 'aero sygehus'],
    ['Straße', 'strasse'],
    ['Газпром', 'gazprom'],
    ['３Ｍ', '3m'],
    ['  !?  ', ''],
  ])('%s → %s', (input, expected) => expect(comparableText(input)).toBe(expected));

  test('is idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (input) => {
        expect(comparableText(comparableText(input))).toBe(comparableText(input));
      }),
    );
  });

  test('nameTokens are its words in their order', () => {
    expect(nameTokens('St. Mary’s Hospital')).toEqual(['st', 'marys', 'hospital']);
    expect(nameTokens('—')).toEqual([]);
  });
});

describe('describeFound', () => {
  test.each([
    [12, '12'],
    [12n, '12'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    ['  ', '(blank)'],
    [[1, 2], 'a list of 2'],
    [{ a: 1, b: 2 }, 'an object with a, b'],
    [{}, 'an object with no fields'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    ['a\u0000b\ud83d', 'a\ufffdb\ufffd'],
  ])('%p → %s', (input, expected) => expect(describeFound(input)).toBe(expected));

  test('is at most 80 characters and never cuts one in half', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 60, maxLength: 300 }), (input) => {
        const found = describeFound(input);
        expect(found.length).toBeLessThanOrEqual(80);
        expect(found.isWellFormed()).toBe(true);
      }),
    );
    expect(describeFound('x'.repeat(81))).toBe(`${'x'.repeat(79)}…`);
  });
});
