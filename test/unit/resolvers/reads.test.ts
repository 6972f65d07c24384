import { describe, expect, test } from '@jest/globals';
import { ENTITY_TYPES, item, supplier } from '../../../golden-records/entity-types/index.js';
import { attribute, defineEntityType, identifier, text } from '../../../golden-records/model.js';
import {
  indexDefinitions,
  orderAttributes,
  searchAttributes,
  viewDefinition,
} from '../../../golden-records/read/index.js';
import { searchQuery } from '../../../golden-records/read/expressions.js';
import { compileFilter, type GoldenFilter } from '../../../golden-records/read/filter.js';
import { decodePosition, encodePosition, Parameters } from '../../../golden-records/read/keyset.js';
import { isoInstant } from '../../../golden-records/read/rows.js';

describe('filters', () => {
  const compile = (filter: GoldenFilter) => {
    const parameters = new Parameters();
    return { sql: compileFilter(supplier, filter, parameters), values: parameters.values };
  };

  test('values never stand in the statement', () => {
    const evil = `'; drop table change; --`;
    const { sql, values } = compile({ name: { eq: evil, contains: evil }, or: [{ currency: { in: [evil] } }] });
    expect(sql).not.toContain('drop');
    expect(values).toEqual([evil, `%${evil}%`, evil]);
  });

  test('wild cards are taken literally', () => {
    expect(compile({ name: { startsWith: '50%_\\' } }).values).toEqual(['50\\%\\_\\\\%']);
  });

  test('an unknown attribute and too many conditions are refused', () => {
    expect(() => compile({ nonsense: { eq: 1 } })).toThrow(/no attribute nonsense/);
    const many = { or: Array.from({ length: 101 }, () => ({ name: { eq: 'x' } })) };
    expect(() => compile(many)).toThrow(/at most 100/);
  });

  test('without a state, retired and merged records stay away; merged ones always do', () => {
    expect(compile({}).sql).toContain(`state in ('ACTIVE', 'PROVISIONAL')`);
    expect(compile({ state: ['RETIRED'] }).sql).toContain(`state <> 'MERGED'`);
  });
});

describe('what is built from a definition', () => {
  test('sensitive attributes are neither ordered by, searched, nor shown in the view', () => {
    const definition = defineEntityType({
      ...supplier,
      attributes: {
        secret: attribute(identifier('IBAN'), '', {
          sensitive: 'BANK_ACCOUNT',
          filter: true,
          order: true,
          search: true,
        }),
        name: attribute(text(), ''),
      },
    });
    expect(orderAttributes(definition)).toEqual([]);
    expect(searchAttributes(definition)).toEqual([]);
    expect(viewDefinition(definition)).not.toContain('secret');
    expect(viewDefinition(supplier)).not.toMatch(/bank|tax_ids/);
  });

  test('names of indexes are unique, short enough and change with their statement', () => {
    const indexes = ENTITY_TYPES.flatMap((definition) => indexDefinitions(definition));
    expect(new Set(indexes.map(({ name }) => name)).size).toBe(indexes.length);
    for (const { name, sql } of indexes) {
      expect(name.length).toBeLessThanOrEqual(63);
      expect(sql).toContain(`create index ${name} on golden_record_`);
    }
    const renamed = defineEntityType({
      ...item,
      attributes: { name: attribute(identifier('GTIN'), '', { filter: true }) },
    });
    expect(indexDefinitions(renamed)[0]?.name).not.toBe(indexDefinitions(item)[0]?.name);
  });
});

test.each([
  ['Acme med', `'Acme':* & 'med':*`],
  [`a'b|c & !d`, `'a':* & 'b':* & 'c':* & 'd':*`],
  ['Ärzte-Bedarf 3M', `'Ärzte':* & 'Bedarf':* & '3M':*`],
  ['  --  ', undefined],
])('search "%s"', (words, query) => expect(searchQuery(words)).toBe(query));

test.each([
  ['2026-11-23 08:00:00+00', '2026-11-23T08:00:00.000Z'],
  ['2026-11-23 08:00:00.5+00', '2026-11-23T08:00:00.500Z'],
  ['2026-11-23 08:00:00.12+00', '2026-11-23T08:00:00.120Z'],
  ['2026-11-23 08:00:00.123+00', '2026-11-23T08:00:00.123Z'],
  ['2026-11-23 10:00:00.123+02', '2026-11-23T08:00:00.123Z'],
  ['2026-11-23 13:30:00+05:30', '2026-11-23T08:00:00.000Z'],
])('the instant %s', (stored, iso) => expect(isoInstant(stored)).toBe(iso));

test('a cursor reads back, and only under its own order', () => {
  const position = { order: 'name-', value: "Ärzte'", id: '018f0000-0000-7000-8000-000000000000' };
  expect(decodePosition(encodePosition(position), 'name-')).toEqual(position);
  expect(() => decodePosition(encodePosition(position), 'name')).toThrow(/belongs to the order/);
  for (const text of [
    '',
    'x',
    Buffer.from('[1,2,3]').toString('base64url'),
    Buffer.from('["a","b","c"]').toString('base64url'),
  ])
    expect(() => decodePosition(text, 'name-')).toThrow(/not a cursor/);
});
