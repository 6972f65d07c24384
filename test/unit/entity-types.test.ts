import { describe, expect, test } from '@jest/globals';
import { rootOf } from '../../golden-records/match/engine/index.js';
import { ENTITY_TYPES } from '../../golden-records/entity-types/index.js';
import type { EntityTypeDefinition, Field, Kind } from '../../golden-records/model.js';

const definitions: readonly EntityTypeDefinition[] = ENTITY_TYPES;
const codes = new Set(definitions.map((definition) => definition.code));

/** Every field of a definition with its path, nested ones too. */
function* fields(of: Readonly<Record<string, Field>>, prefix = ''): Generator<{ path: string; field: Field }> {
  for (const [name, field] of Object.entries(of)) {
    yield { path: `${prefix}${name}`, field };
    yield* nested(field.kind, `${prefix}${name}`);
  }
}
function* nested(kind: Kind, path: string): Generator<{ path: string; field: Field }> {
  if (kind.fields) yield* fields(kind.fields, `${path}.`);
  if (kind.of) yield* nested(kind.of, `${path}[]`);
}
function* kinds(of: Readonly<Record<string, Field>>): Generator<Kind> {
  for (const { field } of fields(of)) {
    for (let kind: Kind | undefined = field.kind; kind; kind = kind.of) yield kind;
  }
}

const SCALARS = new Set([
  'text',
  'organisationName',
  'enumeration',
  'boolean',
  'integer',
  'decimal',
  'localDate',
  'instant',
  'country',
  'currency',
  'email',
  'phone',
  'url',
  'timeZone',
  'unit',
  'identifier',
  'reference',
]);

test('the four entity types have codes, names and id prefixes of their own', () => {
  expect(definitions.map(({ code, name, plural, idPrefix }) => [code, name, plural, idPrefix])).toEqual([
    ['supplier', 'Supplier', 'Suppliers', 'sup'],
    ['item', 'Item', 'Items', 'itm'],
    ['warehouse', 'Warehouse', 'Warehouses', 'whs'],
    ['business_unit', 'BusinessUnit', 'BusinessUnits', 'bus'],
  ]);
});

test('an object name always means the same object', () => {
  const byName = new Map<string, unknown>();
  for (const definition of definitions) {
    for (const kind of kinds(definition.attributes)) {
      if (kind.kind !== 'object') continue;
      const known = byName.get(kind.name ?? '');
      if (known === undefined) byName.set(kind.name ?? '', kind.fields);
      else expect(kind.fields).toEqual(known);
    }
  }
  expect([...byName.keys()].sort()).toEqual([
    'Address',
    'BankAccount',
    'Contact',
    'Packaging',
    'PaymentTerms',
    'SupplierItem',
    'TemperatureRange',
  ]);
});

describe.each(definitions.map((definition) => [definition.code, definition] as const))('%s', (_code, definition) => {
  const attributes = Object.entries(definition.attributes);

  test('describes itself and every field in a sentence', () => {
    expect(definition.description).toMatch(/\.$/);
    for (const { path, field } of fields(definition.attributes)) {
      expect(`${path}: ${field.description}`).toMatch(/^[\w.[\]]+: [A-Z].*[.?]$/);
    }
  });

  test('requires a name and nothing else', () => {
    expect(attributes.filter(([, attribute]) => attribute.required).map(([name]) => name)).toEqual(['name']);
  });

  test('filters and orders by scalar attributes only', () => {
    for (const [name, attribute] of attributes) {
      if (attribute.filter || attribute.order) expect([name, SCALARS.has(attribute.kind.kind)]).toEqual([name, true]);
    }
  });

  test('refers to entity types that exist', () => {
    for (const kind of kinds(definition.attributes)) {
      if (kind.kind === 'reference') expect(codes).toContain(kind.target);
    }
  });

  test('never orders, filters or searches by a masked attribute', () => {
    for (const [name, attribute] of attributes) {
      if (!attribute.sensitive) continue;
      expect([name, attribute.filter, attribute.order, attribute.search]).toEqual([
        name,
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  test('matches on attributes and identifier schemes that it has', () => {
    const { identifiers, compared } = definition.matching;
    const schemes = new Set([...kinds(definition.attributes)].flatMap((kind) => kind.schemes ?? []));
    for (const { from } of compared.fields) {
      if (from.length > 0) expect(from.map(rootOf).some((root) => root in definition.attributes)).toBe(true);
    }
    for (const scheme of Object.keys(identifiers)) expect(schemes).toContain(scheme);
  });
});

test('tax numbers and bank accounts are masked', () => {
  const sensitive = definitions.flatMap((definition) =>
    Object.entries(definition.attributes).flatMap(([name, { sensitive }]) =>
      sensitive ? [`${definition.code}.${name}: ${sensitive}`] : [],
    ),
  );
  expect(sensitive).toEqual([
    'supplier.taxIds: TAX_ID',
    'supplier.bankAccounts: BANK_ACCOUNT',
    'business_unit.taxId: TAX_ID',
  ]);
});
