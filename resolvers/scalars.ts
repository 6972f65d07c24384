import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { decimal, instant, localDate, type Normalised } from '../golden-records/normalise/index.js';

function accepted<T>(name: string, read: Normalised<T>): T {
  if (read.ok) return read.value;
  throw new GraphQLError(`${name} expects ${read.expected}, found ${read.found}`);
}

const literal = (node: ValueNode): unknown =>
  node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT ? node.value : undefined;

// What is stored was normalised on its way in, so it goes out as it is: a page holds thousands of such values.
const stored = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);

export const DateTimeScalar = new GraphQLScalarType<Date, unknown>({
  name: 'DateTime',
  description: 'A point in time: ISO 8601 with an offset, answered in UTC, e.g. "2026-11-23T08:00:00.000Z".',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: stored,
  parseValue: (value) => new Date(accepted('DateTime', instant(value))),
  parseLiteral: (node) => new Date(accepted('DateTime', instant(literal(node)))),
});

export const LocalDateScalar = new GraphQLScalarType<string, unknown>({
  name: 'LocalDate',
  description: 'A calendar day without a time zone, "2026-11-23".',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/local-date.html',
  serialize: stored,
  parseValue: (value) => accepted('LocalDate', localDate(value)),
  parseLiteral: (node) => accepted('LocalDate', localDate(literal(node))),
});

export const DecimalScalar = new GraphQLScalarType<string, unknown>({
  name: 'Decimal',
  description: 'A decimal number as text, "1234.5": never a float.',
  serialize: stored,
  parseValue: (value) => accepted('Decimal', decimal(value)),
  parseLiteral: (node) => accepted('Decimal', decimal(literal(node))),
});

export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value: where a value has no type of ours.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});
