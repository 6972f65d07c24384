import { describe, expect, test } from '@jest/globals';
import { supplier } from '../../../golden-records/entity-types/index.js';
import { cell } from '../../../sources/files/mapping.js';
import { fileStream, matchesPattern, streamProblems } from '../../../sources/files/stream.js';

const stream = fileStream(supplier, {
  scope: 'main',
  pattern: 'vendors*.csv',
  format: 'csv',
  id: 'no',
  modifiedAt: { field: 'changed', timeZone: 'America/Chicago' },
  deleted: (row) => cell(row, 'gone') === 'yes',
  map: (row) => ({ name: cell(row, 'name'), currency: cell(row, 'currency'), parent: cell(row, 'parent') }),
});

describe('a row as the pipeline takes it in', () => {
  const row = { no: 'V1', name: ' Acme ', currency: '', changed: '2026-01-05', gone: 'no' };
  test('id, time and payload', () => {
    expect(stream.record({ line: 2, row })).toEqual({
      externalId: 'V1',
      payload: row,
      sourceTime: '2026-01-05T06:00:00.000Z',
    });
  });
  test('a deletion', () => {
    expect(stream.record({ line: 2, row: { ...row, gone: 'yes' } })).toMatchObject({ externalId: 'V1', deleted: true });
  });
  test('no time: the caller says which', () => {
    expect(stream.record({ line: 2, row: { ...row, changed: '' } })).not.toHaveProperty('sourceTime');
  });
  test.each([
    ['no id', { ...row, no: ' ' }, null, 'NO_EXTERNAL_ID', 'line 2: no external id: "no" is empty'],
    ['an odd time', { ...row, changed: 'soon' }, 'V1', 'SOURCE_TIME_UNREADABLE', 'found "soon"'],
  ])('%s', (_case, odd, externalId, code, message) => {
    expect(stream.record({ line: 2, row: odd })).toMatchObject({
      externalId,
      unreadable: { code, message: expect.stringContaining(message) },
    });
  });
  test('a row that could not be read keeps its text', () => {
    const unreadable = { code: 'ROW_RAGGED', message: 'expected 2 cells, found 1', text: 'V1' } as const;
    expect(stream.record({ line: 7, unreadable })).toEqual({
      externalId: null,
      payload: { line: 7, text: 'V1' },
      unreadable: { code: 'ROW_RAGGED', message: 'line 7: expected 2 cells, found 1' },
    });
  });
});

describe('mapping', () => {
  const map = (text: string) => fileStream(supplier, { ...options, map: new Function('row', text) as () => object });
  const options = { scope: 'main', pattern: '*.csv', format: 'csv', id: 'no' } as const;

  test('keeps the three values apart', () => {
    expect(stream.mapping.map({ name: 'Acme', currency: '' })).toEqual({ name: 'Acme', currency: null });
  });
  test('a mapping that fails rejects its record, and never the batch', () => {
    const failing = map('return row.a.b.c');
    expect(() => failing.mapping.map({})).toThrow(
      expect.objectContaining({ code: 'RECORD_REJECTED', message: expect.stringMatching(/^the mapping failed: /) }),
    );
  });
  test('functions for the id that fail cost one row', () => {
    const id = () => {
      throw new Error('no such thing');
    };
    const failing = fileStream(supplier, { ...options, id, map: () => ({}) });
    expect(failing.record({ line: 3, row: {} })).toMatchObject({
      externalId: null,
      unreadable: { code: 'RECORD_REJECTED', message: 'line 3: no such thing' },
    });
  });
  test('an external id that no index could hold costs one row', () => {
    const found = [512, 513].map((length) => stream.record({ line: 3, row: { no: 'x'.repeat(length) } }));
    expect(found.map(({ externalId }) => externalId?.length ?? null)).toEqual([512, null]);
    expect(found[1]).toMatchObject({ unreadable: { code: 'NO_EXTERNAL_ID' } });
  });
  test('its version follows its text and the version given', () => {
    const versions = [
      map('return {}'),
      map('return { name: 1 }'),
      fileStream(supplier, { ...options, map: () => ({}), version: '2' }),
    ];
    expect(new Set(versions.map(({ mapping }) => mapping.version)).size).toBe(3);
    expect(map('return {}').mapping.version).toBe(map('return {}').mapping.version);
  });
  test('its attributes are checked against the definition', () => {
    fileStream(supplier, {
      ...options,
      // @ts-expect-error: `status` knows other words
      map: () => ({ status: 'FINE' }),
    });
    fileStream(supplier, {
      ...options,
      // @ts-expect-error: a supplier has no shoe size
      map: () => ({ shoeSize: '42' }),
    });
  });
});

test.each([
  ['suppliers*.csv', 'suppliers.csv', true],
  ['suppliers*.csv', 'Suppliers-2026-01.CSV', true],
  ['suppliers*.csv', 'suppliers.csv.part', false],
  ['suppliers*.csv', 'old-suppliers.csv', false],
  ['a.c?v', 'a.csv', true],
  ['a.c?v', 'abcsv', false],
  ['a+(1).csv', 'a+(1).csv', true],
])('pattern %s, file %s: %s', (pattern, name, expected) => expect(matchesPattern(pattern, name)).toBe(expected));

test('problems of a configuration are told together', () => {
  const wrong = fileStream(supplier, {
    scope: 'main',
    pattern: 'in/*.csv',
    format: 'xml' as 'csv',
    delimiter: '"',
    encoding: 'ebcdic' as 'utf-8',
    id: 'no',
    modifiedAt: { field: 'changed', timeZone: 'Mars/Olympus' },
    map: () => ({}),
  });
  expect(streamProblems(wrong, 'systems.erp.streams[0]').map(({ path, found }) => `${path}: ${found}`)).toEqual([
    'systems.erp.streams[0].pattern: "in/*.csv"',
    'systems.erp.streams[0].format: "xml"',
    'systems.erp.streams[0].delimiter: "\\""',
    'systems.erp.streams[0].encoding: "ebcdic"',
    'systems.erp.streams[0].modifiedAt.timeZone: "Mars/Olympus"',
  ]);
  expect(streamProblems(stream, 'x')).toEqual([]);
});
