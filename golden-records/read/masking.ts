import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { type EntityTypeDefinition, type Kind, SENSITIVITIES, type Sensitivity } from '../model.js';

/**
 * What a caller sees of sensitive values without a grant. Pure: everything here takes values and gives values.
 */

export const DOTS = '••••';
const SHOWN = 4;
// Of a short text, four characters would be most of it.
const LEAST_LENGTH_SHOWN = 8;

/** "DE89370400440532013000" → "••••3000". */
export const maskText = (text: string): string =>
  text.length < LEAST_LENGTH_SHOWN ? DOTS : `${DOTS}${text.slice(-SHOWN)}`;

/** Kinds whose values say nothing by themselves, and which GraphQL would refuse in another form. */
const HARMLESS = new Set<Kind['kind']>(['enumeration', 'country', 'currency', 'unit', 'timeZone', 'boolean']);
const NOT_TEXT = new Set<Kind['kind']>([
  'integer',
  'decimal',
  'money',
  'quantity',
  'localDate',
  'instant',
  'reference',
]);

/** A value of a sensitive attribute as it may be shown: texts are cut, numbers and dates are withheld. */
export function maskValue(kind: Kind, value: Json): Json {
  if (value === null || HARMLESS.has(kind.kind)) return value;
  if (NOT_TEXT.has(kind.kind)) return null;
  if (kind.kind === 'list' && kind.of && Array.isArray(value)) return maskElements(kind.of, value);
  if (kind.kind === 'byBusinessUnit' && Array.isArray(value))
    return value.map((entry) =>
      isJsonObject(entry) && kind.of ? { ...entry, value: maskValue(kind.of, entry.value ?? null) } : null,
    );
  if (kind.kind === 'object' && isJsonObject(value)) return maskFields(kind, value);
  if (kind.kind === 'qualifiedIdentifier' && isJsonObject(value))
    return { ...value, value: maskText(String(value.value)) };
  return typeof value === 'string' ? maskText(value) : maskLeaves(value);
}

const maskElements = (of: Kind, values: readonly Json[]): Json[] =>
  NOT_TEXT.has(of.kind) ? [] : values.map((value) => maskValue(of, value));

function maskFields(kind: Kind, value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const fieldKind = kind.fields?.[name]?.kind;
      return [name, fieldKind ? maskValue(fieldKind, inner) : maskLeaves(inner)];
    }),
  );
}

/** Keys under which our own JSON names who says something, not what. */
const SPEAKER_KEYS: ReadonlySet<string> = new Set(['source', 'system', 'scope']);
const NO_KEYS: ReadonlySet<string> = new Set();

/** Every text and number inside, whatever the shape, but for what stands under the keys `kept`. */
function maskLeaves(value: Json, kept: ReadonlySet<string> = NO_KEYS): Json {
  if (typeof value === 'string') return maskText(value);
  if (typeof value === 'number') return null;
  if (Array.isArray(value)) return value.map((inner) => maskLeaves(inner, kept));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, kept.has(key) ? inner : maskLeaves(inner, kept)]),
  );
}

/** The sensitive attributes of a type that a caller without these grants may not read. */
export function hiddenAttributes(
  definition: EntityTypeDefinition,
  unmasked: ReadonlySet<Sensitivity>,
): ReadonlyMap<string, Kind> {
  return new Map(
    Object.entries(definition.attributes)
      .filter(([, { sensitive }]) => sensitive !== undefined && !unmasked.has(sensitive))
      .map(([name, { kind }]) => [name, kind]),
  );
}

/** The sensitive kinds that a type has and this caller may read. */
export const grantedKinds = (definition: EntityTypeDefinition, unmasked: ReadonlySet<Sensitivity>): Sensitivity[] =>
  SENSITIVITIES.filter(
    (kind) => unmasked.has(kind) && Object.values(definition.attributes).some(({ sensitive }) => sensitive === kind),
  );

/** Attributes by name: those of a golden record, a source record, or an excerpt of one. */
export function maskAttributes(hidden: ReadonlyMap<string, Kind>, attributes: JsonObject): JsonObject {
  if (hidden.size === 0) return attributes;
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const kind = hidden.get(name);
      return [name, kind ? maskValue(kind, value) : value];
    }),
  );
}

/** The identifier schemes that a kind's values may be of. */
export const schemesOf = (kind: Kind): readonly string[] => [
  ...(kind.schemes ?? []),
  ...(kind.of ? schemesOf(kind.of) : []),
  ...Object.values(kind.fields ?? {}).flatMap((field) => schemesOf(field.kind)),
];

/** Keys under which an excerpt names what it speaks of; these stay, so that a steward can still read the question. */
const NAMING_KEYS = new Set([
  'attribute',
  'scheme',
  'comparison',
  'system',
  'scope',
  'externalId',
  'sourceRecordId',
  'goldenId',
  'id',
  'kind',
  'level',
  'outcome',
  'rule',
  'code',
  'expected',
  'weight',
]);

/**
 * JSON of ours that is not shaped by a definition: details of tasks, evidence and payloads of decisions, waterfalls.
 * Masked is what stands under the name of a hidden attribute, and what stands in an object that speaks of one
 * (`attribute: "bankAccounts"`, `scheme: "IBAN"`).
 */
export function maskDetails(hidden: ReadonlyMap<string, Kind>, details: Json): Json {
  if (hidden.size === 0) return details;
  const schemes = new Set([...hidden.values()].flatMap(schemesOf));
  const visit = (value: Json): Json => {
    if (typeof value === 'string') return maskMessage(hidden, maskIdentifierKey(schemes, value));
    if (Array.isArray(value)) return value.map(visit);
    if (!isJsonObject(value)) return value;
    const about = [value.attribute, value.scheme, value.comparison, value.name];
    const speaksOfHidden = about.some((word) => typeof word === 'string' && (hidden.has(word) || schemes.has(word)));
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        if (hidden.has(key) || schemes.has(key)) return [key, maskLeaves(inner)];
        return [key, speaksOfHidden && !NAMING_KEYS.has(key) ? maskLeaves(inner, SPEAKER_KEYS) : visit(inner)];
      }),
    );
  };
  return visit(details);
}

/** Evidence names identifiers as "IBAN:DE89370400440532013000". */
function maskIdentifierKey(schemes: ReadonlySet<string>, text: string): string {
  const at = text.indexOf(':');
  return at > 0 && schemes.has(text.slice(0, at)) ? `${text.slice(0, at)}:${maskText(text.slice(at + 1))}` : text;
}

/** Messages say what was found: "`taxIds` expected nine digits, found 12-34". */
function maskMessage(hidden: ReadonlyMap<string, Kind>, text: string): string {
  const speaksOfHidden = [...hidden.keys()].some((name) => text.includes(`\`${name}`));
  return speaksOfHidden ? text.replace(/found [^`]*/g, `found ${DOTS} `).trimEnd() : text;
}

/** What a mapping found in a payload, to find it there again. */
export interface ReadFromPayload {
  readonly attributes: JsonObject;
  readonly issues: Json;
  /** False where the mapping stopped half-way, so that nobody knows what the payload holds. */
  readonly complete: boolean;
}

/**
 * A system's own payload: its field names are not ours, so hidden values are found by what the mapping read from it,
 * in any spelling. Where the mapping did not get through, every text with seven digits or more is masked.
 */
export function maskPayload(hidden: ReadonlyMap<string, Kind>, payload: Json, read: ReadFromPayload): Json {
  if (hidden.size === 0) return payload;
  const secrets = hiddenTexts(hidden, read);
  const isSecret = (text: string): boolean => {
    const plain = comparable(text);
    if (!read.complete && MANY_DIGITS.test(plain)) return true;
    return (
      plain !== '' &&
      secrets.some((secret) => plain.includes(secret) || (plain.length >= LEAST_PART && secret.includes(plain)))
    );
  };
  const visit = (value: Json): Json => {
    if (typeof value === 'string') return isSecret(value) ? maskText(value) : value;
    if (typeof value === 'number') return isSecret(String(value)) ? null : value;
    if (Array.isArray(value)) return value.map(visit);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, hidden.has(key) ? maskLeaves(inner) : visit(inner)]),
    );
  };
  return visit(payload);
}

const MANY_DIGITS = /(?:\d.*){7}/s;
// Shorter parts of a secret are found everywhere: a country code, a year.
export const LEAST_PART = 6;

export function hiddenTexts(
  hidden: ReadonlyMap<string, Kind>,
  read: Pick<ReadFromPayload, 'attributes' | 'issues'>,
): string[] {
  const texts: string[] = [];
  for (const [name, kind] of hidden) collect(kind, read.attributes[name] ?? null, texts);
  for (const issue of Array.isArray(read.issues) ? read.issues : []) {
    if (isJsonObject(issue) && typeof issue.attribute === 'string' && hidden.has(attributeName(issue.attribute)))
      if (typeof issue.found === 'string') texts.push(issue.found.replace(/…$/, ''));
  }
  // What stands openly elsewhere in the record is no secret: the holder of an account is mostly the supplier itself.
  const open: string[] = [];
  for (const [name, value] of Object.entries(read.attributes))
    if (!hidden.has(name)) collect({ kind: 'text' }, value, open);
  const openly = open.map(comparable);
  return [...new Set(texts.map(comparable))].filter(
    (text) => text.length >= SHOWN && !openly.some((shown) => shown.includes(text)),
  );
}

/** "bankAccounts[0].iban" speaks of bankAccounts. */
const attributeName = (path: string): string => path.split(/[.[]/, 1)[0] ?? path;

export function collect(kind: Kind, value: Json, into: string[]): void {
  if (value === null || HARMLESS.has(kind.kind)) return;
  if (typeof value === 'string') {
    into.push(value);
    // A tax number is kept as "DE:123456789"; the system wrote it without the country.
    const [, rest] = value.split(':');
    if (rest !== undefined) into.push(rest);
  } else if (Array.isArray(value)) for (const inner of value) collect(kind.of ?? kind, inner, into);
  else if (isJsonObject(value))
    for (const [name, inner] of Object.entries(value)) {
      if (kind.kind === 'qualifiedIdentifier' && name !== 'value') continue;
      if (kind.kind === 'byBusinessUnit' && name === 'businessUnit') continue;
      collect(kind.fields?.[name]?.kind ?? { kind: 'text' }, inner, into);
    }
}

export const comparable = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
