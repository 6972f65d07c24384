import { InvalidInput, RejectedRecord } from './errors.js';
import { isJsonObject, type Json, type JsonObject } from './json.js';
import type { IdentifierValue } from './match/identifiers.js';
import type { EntityTypeDefinition, Kind, KindName } from './model.js';
import * as normalise from './normalise/index.js';
import {
  describeFound,
  IDENTIFIER_SCHEMES,
  isSchemeCode,
  type NormaliseContext,
  type Normalised,
} from './normalise/index.js';

/** A value that was held back although the record went on. */
export interface Issue {
  attribute: string;
  expected: string;
  found: string;
}

export interface TargetReference {
  readonly entityType: string;
  readonly system: string;
  readonly scope: string;
  readonly id: string;
}

export interface NormalisedRecord {
  /** A missing key is ABSENT, a null is NULL. */
  readonly attributes: JsonObject;
  readonly issues: readonly Issue[];
  readonly identifiers: readonly IdentifierValue[];
  readonly references: readonly TargetReference[];
}

/** Where unqualified references of a record lead. */
export interface Home {
  readonly system: string;
  readonly scope: string;
}

/** Longest external id, in characters: indexes hold it, and an entry of theirs has room for 2,704 bytes. */
export const LONGEST_EXTERNAL_ID = 512;

/** Why a text can't be an external id, if it can't. */
export function externalIdFault(text: string): string | undefined {
  if (text.length > LONGEST_EXTERNAL_ID) return `${text.length} characters, where ${LONGEST_EXTERNAL_ID} are the most`;
  if (text.includes('\0') || !text.isWellFormed()) return 'a character that is not text';
  return undefined;
}

/** System and scope under which a canonical id itself is referred to. */
export const BY_CANONICAL_ID: Home = { system: 'hub', scope: 'golden' };

/**
 * Check and normalise what a mapping returned. A value of the wrong type (text where a number belongs, an unknown code)
 * rejects the record; one of the right type whose content can't be right (a wrong check digit, an impossible phone
 * number) is held back as an issue while the record goes on. Blank text is NULL.
 * Throws RejectedRecord with every problem of the record.
 */
export function normaliseRecord(
  definition: EntityTypeDefinition,
  mapped: Readonly<Record<string, unknown>>,
  home: Home,
): NormalisedRecord {
  const reader = new Reader(home, countryOf(mapped));
  const attributes: JsonObject = {};
  for (const [name, value] of Object.entries(mapped)) {
    if (value === undefined) continue;
    const attribute = Object.hasOwn(definition.attributes, name) ? definition.attributes[name] : undefined;
    if (!attribute) {
      reader.refuse(name, `an attribute of ${definition.code}`, 'an unknown name');
      continue;
    }
    const read = reader.read(attribute.kind, value, name);
    if (read !== undefined) attributes[name] = read;
  }
  if (reader.problems.length > 0) {
    throw new RejectedRecord('INVALID_ATTRIBUTE', reader.problems.map(describe).join('; '), {
      ...(reader.problems[0] ? { field: reader.problems[0].attribute } : {}),
    });
  }
  const missing = Object.entries(definition.attributes)
    .filter(([name, { required }]) => required && (attributes[name] === undefined || attributes[name] === null))
    .map(([name]) => name);
  if (missing.length > 0 && reader.identifiers.size === 0) {
    throw new RejectedRecord('RECORD_REJECTED', `expected ${missing.join(', ')} or an identifier, found neither`, {
      field: missing[0] ?? definition.code,
    });
  }
  return {
    attributes,
    issues: reader.issues,
    identifiers: [...reader.identifiers.values()],
    references: [...reader.references.values()],
  };
}

/**
 * A person's value for one attribute, normalised; references are canonical ids. Throws InvalidInput for anything that a
 * source record would only have held back: a person is there to be asked.
 */
export function normaliseAttribute(definition: EntityTypeDefinition, name: string, value: Json): Json {
  const attribute = Object.hasOwn(definition.attributes, name) ? definition.attributes[name] : undefined;
  if (!attribute) {
    throw new InvalidInput('UNKNOWN_ATTRIBUTE', `${definition.code} has no attribute "${name}"`, {
      field: 'attribute',
    });
  }
  const reader = new Reader(BY_CANONICAL_ID, undefined);
  const read = reader.read(attribute.kind, value, name);
  const problems = [...reader.problems, ...reader.issues];
  if (problems.length > 0)
    throw new InvalidInput('INVALID_ATTRIBUTE', problems.map(describe).join('; '), { field: 'value' });
  return read ?? null;
}

const describe = ({ attribute, expected, found }: Issue) => `\`${attribute}\` expected ${expected}, found ${found}`;

/** The country under which national numbers of a record are to be read, where it names one. */
function countryOf(mapped: Readonly<Record<string, unknown>>): string | undefined {
  const addresses = Array.isArray(mapped.addresses) ? mapped.addresses : [mapped.address];
  const stated = [mapped.country, ...addresses.map((address) => (isJsonObject(address) ? address.country : undefined))];
  return stated
    .map((text) => (typeof text === 'string' ? normalise.countryCode(text) : undefined))
    .find((code) => code !== undefined);
}

type Scalar = (input: unknown, ctx?: NormaliseContext) => Normalised<Json>;
const asJson = <T>(normaliser: (input: unknown, ctx?: NormaliseContext) => Normalised<T>): Scalar =>
  normaliser as unknown as Scalar;

const SCALARS: Readonly<Partial<Record<KindName, Scalar>>> = {
  text: asJson(normalise.text),
  multilineText: asJson(normalise.multilineText),
  organisationName: asJson(normalise.organisationName),
  boolean: asJson(normalise.boolean),
  integer: asJson(normalise.integer),
  decimal: asJson(normalise.decimal),
  money: asJson(normalise.money),
  quantity: asJson(normalise.quantity),
  localDate: asJson(normalise.localDate),
  instant: asJson(normalise.instant),
  country: asJson(normalise.country),
  currency: asJson(normalise.currency),
  email: asJson(normalise.email),
  phone: asJson(normalise.phone),
  url: asJson(normalise.url),
  timeZone: asJson(normalise.timeZone),
  unit: asJson(normalise.unit),
};

/** Kinds whose text can be of the right type and still wrong: held back as an issue, the record goes on. */
const HELD_BACK: ReadonlySet<KindName> = new Set(['country', 'currency', 'email', 'phone', 'url', 'timeZone', 'unit']);

class Reader {
  readonly problems: Issue[] = [];
  readonly issues: Issue[] = [];
  readonly identifiers = new Map<string, IdentifierValue>();
  readonly references = new Map<string, TargetReference>();

  constructor(
    private readonly home: Home,
    private readonly country: string | undefined,
  ) {}

  refuse(attribute: string, expected: string, found: string): undefined {
    this.problems.push({ attribute, expected, found });
    return undefined;
  }

  private holdBack(attribute: string, expected: string, found: string): undefined {
    this.issues.push({ attribute, expected, found });
    return undefined;
  }

  /** The normalised value; null for NULL; undefined where it was refused or held back. */
  read(kind: Kind, input: unknown, path: string): Json | undefined {
    if (input === null || (typeof input === 'string' && input.trim() === '')) return null;
    switch (kind.kind) {
      case 'enumeration':
        return this.enumeration(kind, input, path);
      case 'identifier':
        return this.identifier(kind.schemes?.[0] ?? '', input, path, this.country);
      case 'qualifiedIdentifier':
        return this.qualified(kind, input, path);
      case 'object':
        return this.object(kind, input, path);
      case 'list':
        return this.list(input, path, (element, at) => this.read(kind.of as Kind, element, at));
      case 'byBusinessUnit':
        return this.list(input, path, (element, at) => this.forBusinessUnit(kind, element, at));
      case 'reference':
        return this.reference(kind, input, path);
      default:
        return this.scalar(kind, input, path);
    }
  }

  private scalar(kind: Kind, input: unknown, path: string): Json | undefined {
    const result = SCALARS[kind.kind]?.(input, { country: this.country });
    if (!result) return this.refuse(path, 'a known kind', kind.kind);
    if (result.ok) return result.value;
    const tolerable = HELD_BACK.has(kind.kind) && typeof input === 'string';
    return tolerable
      ? this.holdBack(path, result.expected, result.found)
      : this.refuse(path, result.expected, result.found);
  }

  private enumeration(kind: Kind, input: unknown, path: string): Json | undefined {
    const result = normalise.oneOf(kind.values ?? [])(input);
    return result.ok ? result.value : this.refuse(path, result.expected, result.found);
  }

  private identifier(scheme: string, input: unknown, path: string, country: string | undefined): Json | undefined {
    if (!isSchemeCode(scheme)) return this.refuse(path, 'a known identifier scheme', describeFound(scheme));
    if (typeof input !== 'string') return this.refuse(path, 'text', describeFound(input));
    const result = IDENTIFIER_SCHEMES[scheme].normalise(input, { country });
    if (!result.ok) return this.holdBack(path, result.expected, result.found);
    const strong = (result.strong ?? true) && IDENTIFIER_SCHEMES[scheme].strong;
    this.identifiers.set(`${scheme}:${result.value}`, { scheme, value: result.value, strong });
    return result.value;
  }

  private qualified(kind: Kind, input: unknown, path: string): Json | undefined {
    if (!isJsonObject(input)) return this.refuse(path, '{ scheme, value, country? }', describeFound(input));
    const scheme = String(input.scheme ?? '');
    if (!kind.schemes?.some((allowed) => allowed === scheme)) {
      return this.refuse(`${path}.scheme`, `one of ${kind.schemes?.join(', ')}`, describeFound(input.scheme ?? ''));
    }
    if (input.value === null || input.value === undefined || input.value === '') return null;
    const country = typeof input.country === 'string' ? normalise.countryCode(input.country) : this.country;
    const value = this.identifier(scheme, input.value, `${path}.value`, country);
    return value === undefined ? undefined : { scheme, value, ...(country === undefined ? {} : { country }) };
  }

  /** Inside an object NULL and absent are one: the object as a whole is what a source states. */
  private object(kind: Kind, input: unknown, path: string): Json | undefined {
    if (!isJsonObject(input)) return this.refuse(path, `an object (${kind.name})`, describeFound(input));
    const out: JsonObject = {};
    for (const [name, value] of Object.entries(input)) {
      const field = kind.fields && Object.hasOwn(kind.fields, name) ? kind.fields[name] : undefined;
      if (!field) {
        this.refuse(`${path}.${name}`, `a field of ${kind.name}`, 'an unknown name');
      } else if (value !== undefined) {
        const read = this.read(field.kind, value, `${path}.${name}`);
        if (read !== undefined && read !== null) out[name] = read;
      }
    }
    return Object.keys(out).length > 0 ? out : null;
  }

  private list(
    input: unknown,
    path: string,
    read: (element: unknown, path: string) => Json | undefined,
  ): Json | undefined {
    if (!Array.isArray(input)) return this.refuse(path, 'a list', describeFound(input));
    const elements = new Map<string, Json>();
    for (const [at, element] of input.entries()) {
      const value = read(element, `${path}[${at}]`);
      if (value !== undefined && value !== null) elements.set(normalise.canonicalJson(value), value);
    }
    return elements.size > 0 ? [...elements.values()] : null;
  }

  private forBusinessUnit(kind: Kind, input: unknown, path: string): Json | undefined {
    if (!isJsonObject(input)) return this.refuse(path, '{ businessUnit, value }', describeFound(input));
    const unit = this.reference(
      { kind: 'reference', target: 'business_unit' },
      input.businessUnit,
      `${path}.businessUnit`,
    );
    const value = this.read(kind.of as Kind, input.value ?? null, `${path}.value`);
    return unit === undefined || unit === null || value === undefined || value === null
      ? undefined
      : { businessUnit: unit, value };
  }

  private reference(kind: Kind, input: unknown, path: string): Json | undefined {
    const stated = typeof input === 'string' ? { id: input } : input;
    if (!isJsonObject(stated) || typeof stated.id !== 'string' || stated.id.trim() === '') {
      return this.refuse(path, 'an external id, or { system?, scope?, id }', describeFound(input));
    }
    const unfit = externalIdFault(stated.id.trim());
    if (unfit !== undefined) return this.holdBack(path, 'an external id', unfit);
    const system = typeof stated.system === 'string' ? stated.system : this.home.system;
    const scope = typeof stated.scope === 'string' ? stated.scope : this.home.scope;
    const target: TargetReference = { entityType: kind.target ?? '', system, scope, id: stated.id.trim() };
    this.references.set(`${target.entityType}\n${system}\n${scope}\n${target.id}`, target);
    return { system, scope, id: target.id };
  }
}
