import { createHash } from 'node:crypto';
import type { Attribute, EntityTypeDefinition } from '../model.js';

/**
 * The SQL that both the reads and `prepareStore` are built from: an index serves a query only when the two write the
 * very same expression. All functions are pure.
 */

/** How values of an attribute compare in filters and orders. */
export type Comparison = 'text' | 'code' | 'number' | 'boolean' | 'reference';

const COMPARISONS: Readonly<Partial<Record<Attribute['kind']['kind'], Comparison>>> = {
  text: 'text',
  organisationName: 'text',
  email: 'text',
  url: 'text',
  enumeration: 'code',
  country: 'code',
  currency: 'code',
  identifier: 'code',
  phone: 'code',
  timeZone: 'code',
  unit: 'code',
  // ISO texts in UTC sort as the days and instants that they name.
  localDate: 'code',
  instant: 'code',
  boolean: 'boolean',
  integer: 'number',
  decimal: 'number',
  reference: 'reference',
};

/** Undefined for kinds that are not scalar: these are neither filtered nor ordered by. */
export const comparisonOf = (attribute: Attribute): Comparison | undefined => COMPARISONS[attribute.kind.kind];

/** Attributes offered in filters, in the order of the definition. */
export const filterAttributes = (definition: EntityTypeDefinition): [string, Attribute][] =>
  Object.entries(definition.attributes).filter(([, a]) => a.filter === true && comparisonOf(a) !== undefined);

/** Attributes offered for ordering. Never a sensitive one: the order and the cursor would tell its value. */
export const orderAttributes = (definition: EntityTypeDefinition): [string, Attribute][] =>
  Object.entries(definition.attributes).filter(
    ([, a]) => a.order === true && a.sensitive === undefined && comparisonOf(a) !== undefined,
  );

/** Attributes that `search` looks through. Never a sensitive one. */
export const searchAttributes = (definition: EntityTypeDefinition): [string, Attribute][] =>
  Object.entries(definition.attributes).filter(([, a]) => a.search === true && a.sensitive === undefined);

// A btree entry holds at most 2,704 bytes; a character takes up to 4.
const INDEXED_CHARACTERS = 500;

/**
 * The comparable form of one attribute of `golden_record`, never null, so that a row comparison (value, id) pages
 * through an index: no value sorts first. Filters and orders share it, and with it one index.
 */
export function filterExpression(definition: EntityTypeDefinition, name: string): string {
  const text = `(attributes ->> ${quoteLiteral(name)})`;
  switch (comparisonOf(attributeOf(definition, name))) {
    case 'text':
      return `(coalesce(left(lower(${text}), ${INDEXED_CHARACTERS}), '') collate "C")`;
    case 'number':
      return `(coalesce(${text}::numeric, '-Infinity'::numeric))`;
    default:
      return `(coalesce(${text}, '') collate "C")`;
  }
}
export const orderExpression = filterExpression;

/** What the parameter of a filter goes through, to compare with `filterExpression`. */
export function filterOperand(definition: EntityTypeDefinition, name: string, parameter: string): string {
  switch (comparisonOf(attributeOf(definition, name))) {
    case 'text':
      return `left(lower(${parameter}::text), ${INDEXED_CHARACTERS})`;
    case 'number':
      return `${parameter}::numeric`;
    default:
      return `${parameter}::text`;
  }
}

/** The value that `filterExpression` has where the attribute has none. */
export const missingOperand = (definition: EntityTypeDefinition, name: string): string =>
  comparisonOf(attributeOf(definition, name)) === 'number' ? `'-Infinity'::numeric` : `''`;

// PostgreSQL's parser reads "abc-123" as a word and a negative number, and "a/b" as a path: words are what stands
// between these characters, on both sides of the comparison.
const WORD_BREAKS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\'';

/** The words of the searchable attributes, as a tsvector; undefined when the definition has none. */
export function searchExpression(definition: EntityTypeDefinition): string | undefined {
  const parts = searchAttributes(definition).map(([name, attribute]) => searchable(name, attribute));
  return parts.length === 0 ? undefined : `(${parts.join(' || ')})`;
}

function searchable(name: string, attribute: Attribute): string {
  const key = quoteLiteral(name);
  if (attribute.kind.kind === 'list' || attribute.kind.kind === 'object')
    return `jsonb_to_tsvector('simple', coalesce(attributes -> ${key}, 'null'::jsonb), '["string"]'::jsonb)`;
  const words = `translate(lower(coalesce(attributes ->> ${key}, '')), ${quoteLiteral(WORD_BREAKS)}, ${quoteLiteral(' '.repeat(WORD_BREAKS.length))})`;
  return `to_tsvector('simple', ${words})`;
}

/** Each word of `search` as a prefix, all of them needed, as text for `to_tsquery`; undefined when it has no word. */
export function searchQuery(search: string): string | undefined {
  const words = search
    .normalize('NFC')
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== '')
    .slice(0, MOST_SEARCH_WORDS);
  return words.length === 0 ? undefined : words.map((word) => `'${word}':*`).join(' & ');
}
const MOST_SEARCH_WORDS = 12;

export interface IndexDefinition {
  readonly name: string;
  /** The whole statement, to be run once, on the partition of the type. */
  readonly sql: string;
}

/** The expression indexes of the type's partition of `golden_record`. */
export function indexDefinitions(definition: EntityTypeDefinition): IndexDefinition[] {
  const keyed = new Set([...filterAttributes(definition), ...orderAttributes(definition)].map(([name]) => name));
  const search = searchExpression(definition);
  return [
    ...[...keyed].map((name) => index(definition, name, `(${filterExpression(definition, name)}, id)`)),
    index(definition, 'createdAt', '(created_at, id)'),
    index(definition, 'updatedAt', '(valid_from, id)'),
    ...(search === undefined ? [] : [index(definition, 'search', `using gin (${search})`)]),
  ];
}

/** The name carries a hash of the statement: another expression is another index. PostgreSQL cuts names at 63 bytes. */
function index(definition: EntityTypeDefinition, name: string, columns: string): IndexDefinition {
  const on = `on ${partitionName('golden_record', definition)} ${columns}`;
  const hash = createHash('sha256').update(on).digest('hex').slice(0, 8);
  const indexName = `${`derived_${definition.code}_${snakeCase(name)}`.slice(0, 54)}_${hash}`;
  return { name: indexName, sql: `create index ${indexName} ${on}` };
}

export const partitionName = (table: 'golden_record' | 'source_record', definition: EntityTypeDefinition): string =>
  `${table}_${definition.code}`;
export const viewName = (definition: EntityTypeDefinition): string => `golden_${definition.code}`;

const FIXED_COLUMNS = ['id', 'state', 'version', 'created_at', 'updated_at'];

/**
 * The reporting view of a type: one column for each attribute, typed where SQL has the type. Merged records are left
 * out, and so are sensitive attributes: a reporting tool has no grant that could be asked.
 */
export function viewDefinition(definition: EntityTypeDefinition): string {
  const columns = Object.entries(definition.attributes)
    .filter(([, attribute]) => attribute.sensitive === undefined)
    .flatMap(([name, attribute]) => viewColumns(name, attribute));
  return [
    `create view ${viewName(definition)} as`,
    `select ${['id', 'state', 'version', 'created_at', 'valid_from as updated_at', ...columns].join(',\n  ')}`,
    `from golden_record where entity_type = ${quoteLiteral(definition.code)} and state <> 'MERGED'`,
  ].join('\n');
}

function viewColumns(name: string, { kind }: Attribute): string[] {
  const key = quoteLiteral(name);
  const text = `attributes ->> ${key}`;
  const column = FIXED_COLUMNS.includes(snakeCase(name)) ? `${snakeCase(name)}_value` : snakeCase(name);
  const part = (field: string, type: string) =>
    `(attributes -> ${key} ->> ${quoteLiteral(field)})${type} as "${column}_${field}"`;
  switch (kind.kind) {
    case 'money':
      return [part('amount', '::numeric'), part('currency', '')];
    case 'quantity':
      return [part('value', '::numeric'), part('unit', '')];
    case 'object':
    case 'list':
    case 'byBusinessUnit':
    case 'qualifiedIdentifier':
      return [`attributes -> ${key} as "${column}"`];
    default:
      return [`(${text})${SQL_TYPES[kind.kind] ?? ''} as "${column}"`];
  }
}

const SQL_TYPES: Readonly<Partial<Record<Attribute['kind']['kind'], string>>> = {
  boolean: '::boolean',
  integer: '::bigint',
  decimal: '::numeric',
  localDate: '::date',
  instant: '::timestamptz',
  reference: '::uuid',
};

export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function attributeOf(definition: EntityTypeDefinition, name: string): Attribute {
  const attribute = definition.attributes[name];
  if (!attribute) throw new Error(`${definition.code} has no attribute ${name}`);
  return attribute;
}
