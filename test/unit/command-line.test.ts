import { describe, expect, test } from '@jest/globals';
import { supplier, warehouse } from '../../golden-records/entity-types/index.js';
import { InvalidInput } from '../../golden-records/errors.js';
import { fileStream } from '../../sources/index.js';
import { findStream } from '../../src/commands/import.js';
import { parseExpiry } from '../../src/commands/keys.js';
import { parseKey } from '../../src/commands/lineage.js';
import { progressOn } from '../../src/commands/progress.js';
import { table } from '../../src/commands/table.js';
import type { ConfiguredStream } from '../../src/define-config.js';
import { compactJson } from '../../src/first-question.js';
import { placeOf } from '../../src/store.js';

describe('import finds its stream', () => {
  const of = (definition: typeof supplier | typeof warehouse, system: string, scope: string, pattern: string) => ({
    system,
    stream: fileStream(definition as typeof supplier, { scope, pattern, format: 'csv', id: 'no', map: () => ({}) }),
  });
  const streams: ConfiguredStream[] = [
    of(supplier, 'erp', 'eu', 'eu-suppliers*.csv'),
    of(supplier, 'erp', 'us', 'us-suppliers*.csv'),
    of(warehouse, 'erp', 'eu', 'warehouses.csv'),
    of(supplier, 'crm', 'main', '*.csv'),
  ];
  const find = (file: string, options: { system: string; type?: string; scope?: string }) => {
    const found = findStream(streams, file, options);
    return `${found.system} ${found.stream.scope} ${found.stream.entityType}`;
  };

  test.each([
    ['by the name of the file', '/in/us-suppliers-2.csv', { system: 'erp' }, 'erp us supplier'],
    ['whatever its case', 'WAREHOUSES.CSV', { system: 'erp' }, 'erp eu warehouse'],
    ['by type, where the name tells nothing', 'x.txt', { system: 'erp', type: 'warehouse' }, 'erp eu warehouse'],
    ['by type and scope', 'x.csv', { system: 'erp', type: 'supplier', scope: 'eu' }, 'erp eu supplier'],
    ['on a path of Windows', 'C:\\in\\eu-suppliers.csv', { system: 'erp' }, 'erp eu supplier'],
  ])('%s', (_how, file, options, expected) => {
    expect(find(file, options)).toBe(expected);
  });

  test.each([
    ['an unknown system', 'x.csv', { system: 'sap' }, /systems with streams: erp, crm/],
    ['a name of no stream', 'x.csv', { system: 'erp' }, /no stream fits; choose one of: --type supplier --scope eu, /],
    ['several', 'x.csv', { system: 'erp', type: 'supplier' }, /several streams fit; choose one of: .*--scope us/],
  ])('%s is told with what there is', (_what, file, options, message) => {
    expect(() => find(file, options)).toThrow(InvalidInput);
    expect(() => find(file, options)).toThrow(message);
  });
});

describe('keys create --expires', () => {
  const now = new Date('2026-11-23T08:00:00Z');
  test.each([
    ['90d', '2027-02-21T08:00:00.000Z'],
    ['12h', '2026-11-23T20:00:00.000Z'],
    ['2027-06-30', '2027-06-30T00:00:00.000Z'],
    ['2027-06-30T12:00:00+02:00', '2027-06-30T10:00:00.000Z'],
  ])('%s', (text, expected) => {
    expect(parseExpiry(text, undefined, now).toISOString()).toBe(expected);
  });
  test.each(['', '90', '90m', 'tomorrow', '2027-13-01', '1'])('%p is refused', (text) => {
    expect(() => parseExpiry(text, undefined, now)).toThrow('Expected 90d');
  });
});

test('the key of a source record may end in colons of its own', () => {
  expect(parseKey('erp:main:supplier:urn:x:1')).toEqual({
    system: 'erp',
    scope: 'main',
    entityType: 'supplier',
    externalId: 'urn:x:1',
  });
  expect(() => parseKey('erp:main:supplier:')).toThrow(InvalidInput);
});

describe('progress', () => {
  const recorder = (isTTY: boolean) => {
    const written: string[] = [];
    return { written, isTTY, columns: 20, write: (text: string) => written.push(text) };
  };

  test('at a terminal one line is written over, and never wraps', () => {
    const stream = recorder(true);
    const progress = progressOn(stream);
    progress.show('1 of 2');
    progress.show('2 of 2 with a text that is longer');
    progress.end();
    progress.end();
    expect(stream.written).toEqual(['\r\u001b[2K1 of 2', '\r\u001b[2K2 of 2 with a text ', '\n']);
  });

  test('elsewhere there is a line every two seconds, and the last; none for what is over at once', () => {
    const stream = recorder(false);
    let now = 0;
    const progress = progressOn(stream, () => now);
    progress.show('at 0 s');
    progress.end();
    now = 2_000;
    progress.show('at 2 s');
    now = 3_000;
    progress.show('at 3 s');
    progress.end();
    expect(stream.written).toEqual(['at 2 s\n', 'at 3 s\n']);
  });
});

test('a table lines up', () => {
  expect(table([['A', 'LONG', 'X'], ['aaa', 'b', 'x y'], ['c']], ' ')).toBe(' A    LONG  X\n aaa  b     x y\n c');
  expect(table([])).toBe('');
});

test('compact JSON is JSON, with short parts on one line', () => {
  const value = { a: [1, 2, { b: null }], long: ['x'.repeat(60), 'y'.repeat(60)], empty: {} };
  const text = compactJson(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text.split('\n')).toContain('  "a": [1,2,{"b":null}],');
});

test('a database is named without user and password', () => {
  expect(placeOf('postgresql://hub:hunter2@db.example/hub?sslmode=require')).toBe('db.example:5432/hub');
});
