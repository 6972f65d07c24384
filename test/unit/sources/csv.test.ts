import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { splitRecord } from '../../../sources/files/csv.js';

describe('splitting one record', () => {
  test.each([
    ['a,b,c', ['a', 'b', 'c']],
    ['', ['']],
    [',', ['', '']],
    ['"a","b"', ['a', 'b']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",c', ['say "hi"', 'c']],
    ['"",x', ['', 'x']],
    ['"two\nlines",x', ['two\nlines', 'x']],
    ['12" drape,x', ['12" drape', 'x']],
    ['x,"', undefined],
  ])('%j', (text, cells) => {
    expect(splitRecord(text, ',')).toEqual(cells ? { cells } : { open: true });
  });

  test.each([
    ['"a"b,c', 'text after the closing quote of cell 1'],
    ['a, "b"', 'a blank before an opening quote'],
  ])('%j is refused', (text, problem) => {
    expect(splitRecord(text, ',')).toEqual({ problem });
  });

  test('other delimiters, also of several characters', () => {
    expect(splitRecord('a;"b;c"', ';')).toEqual({ cells: ['a', 'b;c'] });
    expect(splitRecord('a||"b||c"', '||')).toEqual({ cells: ['a', 'b||c'] });
  });

  test('agrees with csv-parse on everything that csv-stringify writes', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', ' ', '\n', ';') });
    fc.assert(
      fc.property(fc.array(texts, { minLength: 2, maxLength: 6 }), fc.constantFrom(',', ';'), (cells, delimiter) => {
        const text = stringify([cells], { delimiter, quoted: true }).replace(/\n$/, '');
        expect(splitRecord(text, delimiter)).toEqual({ cells: parse(text, { delimiter })[0] });
      }),
    );
  });
});
