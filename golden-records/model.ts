import type { EntitySchema } from './match/engine/entity-schemas.js';
import type { Thresholds } from './match/thresholds.js';
import type { SchemeCode } from './normalise/index.js';

/**
 * The words in which an entity type is defined. A definition is written once, in TypeScript; types, validation,
 * GraphQL types and filters, matching, reporting views and indexes are derived from it.
 *
 * `G` is the value in a golden record, `S` the value in a mapped source record (they differ for references).
 */
export interface Kind<G = unknown, S = G> {
  readonly kind: KindName;
  /** identifier: its scheme; qualified identifier: the schemes allowed. */
  readonly schemes?: readonly SchemeCode[];
  /** enumeration: its values. */
  readonly values?: readonly string[];
  /** object: its name in GraphQL and its fields. */
  readonly name?: string;
  readonly fields?: Readonly<Record<string, Field>>;
  /** list, byBusinessUnit: the kind of one element. */
  readonly of?: Kind;
  /** reference: the code of the entity type referred to. */
  readonly target?: string;
  /** Never set: carry the two value types. */
  readonly golden?: G;
  readonly source?: S;
}

export type KindName =
  | 'text'
  | 'multilineText'
  | 'enumeration'
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'money'
  | 'quantity'
  | 'localDate'
  | 'instant'
  | 'country'
  | 'currency'
  | 'email'
  | 'phone'
  | 'url'
  | 'timeZone'
  | 'unit'
  | 'organisationName'
  | 'identifier'
  | 'qualifiedIdentifier'
  | 'object'
  | 'list'
  | 'byBusinessUnit'
  | 'reference';

export interface Field<G = unknown, S = G> {
  readonly kind: Kind<G, S>;
  readonly description: string;
}

/** Kinds of sensitive values; masked unless an API key is granted them. */
export type Sensitivity = 'TAX_ID' | 'BANK_ACCOUNT';
export const SENSITIVITIES: readonly Sensitivity[] = ['TAX_ID', 'BANK_ACCOUNT'];

export interface AttributeOptions {
  /** A record without it is rejected. */
  readonly required?: boolean;
  readonly sensitive?: Sensitivity;
  /** Offered in GraphQL filters, with an expression index (scalar kinds). */
  readonly filter?: boolean;
  /** Offered for ordering, with an expression index. */
  readonly order?: boolean;
  /** Part of the text that `search` looks through. */
  readonly search?: boolean;
}

export interface Attribute<G = unknown, S = G> extends Field<G, S>, AttributeOptions {}

export const attribute = <G, S>(
  kind: Kind<G, S>,
  description: string,
  options: AttributeOptions = {},
): Attribute<G, S> => ({
  kind,
  description,
  ...options,
});
export const field = <G, S>(kind: Kind<G, S>, description: string): Field<G, S> => ({ kind, description });

/** Decimal in canonical text, e.g. "1234.5": never a float. */
export type DecimalText = string;
export interface Money {
  amount: DecimalText;
  currency: string;
}
export interface Quantity {
  value: DecimalText;
  unit: string;
}
export interface QualifiedIdentifier {
  scheme: SchemeCode;
  value: string;
  country?: string;
}
/** How a source refers to another record: by an external id, in its own system and scope unless said otherwise. */
export interface SourceReference {
  system?: string;
  scope?: string;
  id: string;
}
/** One value per business unit. Source side: a reference; golden side: the canonical id, null while it is not known. */
export interface ForBusinessUnit<T, R> {
  businessUnit: R | null;
  value: T;
}

type Shape = Readonly<Record<string, Field>>;
export type GoldenShape<F extends Shape> = {
  [K in keyof F]?: F[K] extends Field<infer G, infer _S> ? G | null : never;
};
export type SourceShape<F extends Shape> = {
  [K in keyof F]?: F[K] extends Field<infer _G, infer S> ? S | null : never;
};

const plain =
  <G>(kind: KindName) =>
  (): Kind<G> => ({ kind });

export const text = plain<string>('text');
export const multilineText = plain<string>('multilineText');
export const organisationName = plain<string>('organisationName');
export const bool = plain<boolean>('boolean');
export const integer = plain<number>('integer');
export const decimal = plain<DecimalText>('decimal');
export const money = plain<Money>('money');
export const quantity = plain<Quantity>('quantity');
/** A calendar day, "2026-11-23": no time zone, never shifted. */
export const localDate = plain<string>('localDate');
/** A point in time, ISO 8601 in UTC. */
export const instant = plain<string>('instant');
export const country = plain<string>('country');
export const currency = plain<string>('currency');
export const email = plain<string>('email');
export const phone = plain<string>('phone');
export const url = plain<string>('url');
export const timeZone = plain<string>('timeZone');
/** A unit of measure: UNECE Recommendation 20 code, or UCUM. */
export const unit = plain<string>('unit');
export const enumeration = <V extends string>(...values: readonly V[]): Kind<V> => ({ kind: 'enumeration', values });
export const identifier = (scheme: SchemeCode): Kind<string> => ({ kind: 'identifier', schemes: [scheme] });
export const qualifiedIdentifier = (...schemes: readonly SchemeCode[]): Kind<QualifiedIdentifier> => ({
  kind: 'qualifiedIdentifier',
  schemes,
});
export const object = <F extends Shape>(name: string, fields: F): Kind<GoldenShape<F>, SourceShape<F>> => ({
  kind: 'object',
  name,
  fields,
});
export const list = <G, S>(of: Kind<G, S>): Kind<G[], S[]> => ({ kind: 'list', of });
export const byBusinessUnit = <G, S>(
  of: Kind<G, S>,
): Kind<ForBusinessUnit<G, string>[], ForBusinessUnit<S, SourceReference | string>[]> => ({
  kind: 'byBusinessUnit',
  of,
});
/** A reference to another golden record. Source side: an external id as text, or a `SourceReference`. */
export const reference = (target: string): Kind<string, SourceReference | string> => ({ kind: 'reference', target });

/** What of a record is compared, and by which identifiers records are kept apart. How much it weighs, the matcher knows. */
export interface MatchingDefinition {
  /** EXCLUSIVE: a real thing has only one, so two different valid values keep records apart. */
  readonly identifiers: Readonly<Partial<Record<SchemeCode, 'EXCLUSIVE' | 'SHARED'>>>;
  readonly compared: EntitySchema;
  /** Where the matcher acts, unless the rules say otherwise. */
  readonly thresholds?: Partial<Thresholds>;
}

export interface EntityTypeDefinition<
  A extends Readonly<Record<string, Attribute>> = Readonly<Record<string, Attribute>>,
> {
  /** In the database and in configuration, e.g. `business_unit`. */
  readonly code: string;
  /** In GraphQL, e.g. `BusinessUnit`; its list is `plural` in camel case. */
  readonly name: string;
  readonly plural: string;
  /** Prefix of the canonical id, e.g. `bus`. */
  readonly idPrefix: string;
  readonly description: string;
  readonly attributes: A;
  readonly matching: MatchingDefinition;
}

export const defineEntityType = <A extends Readonly<Record<string, Attribute>>>(definition: EntityTypeDefinition<A>) =>
  definition;

/** Golden attributes of a definition. */
export type GoldenAttributes<D extends EntityTypeDefinition> = GoldenShape<D['attributes']>;
/** What a mapping returns: a missing key is ABSENT, null is NULL. */
export type SourceAttributes<D extends EntityTypeDefinition> = SourceShape<D['attributes']>;
