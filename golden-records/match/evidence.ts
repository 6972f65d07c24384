import { createHash } from 'node:crypto';
import type { JsonObject } from '../json.js';
import type { EntityTypeDefinition } from '../model.js';
import { type Address, comparableAddress, comparableOrganisationName, comparableText } from '../normalise/index.js';

export interface IdentifierValue {
  readonly scheme: string;
  readonly value: string;
  readonly strong: boolean;
}

/** What of a record takes part in matching, in comparable form. Computed once per record, compared many times. */
export interface Evidence {
  readonly identifiers: readonly IdentifierValue[];
  readonly name: string | null;
  readonly addresses: readonly string[];
  /** All of the attributes that count together, or null when one is missing. */
  readonly together: string | null;
}

/** The comparable form of a normalised record. Missing attributes give no evidence. */
export function evidenceOf(
  definition: EntityTypeDefinition,
  attributes: JsonObject,
  identifiers: readonly IdentifierValue[],
): Evidence {
  const { name, address, together } = definition.matching;
  return {
    identifiers,
    name: comparableName(definition, attributes[name]),
    addresses: address === undefined ? [] : comparableAddresses(attributes[address]),
    together: together === undefined ? null : allTogether(definition, together, attributes),
  };
}

function comparableName(definition: EntityTypeDefinition, value: unknown): string | null {
  return typeof value === 'string' ? comparable(definition, definition.matching.name, value) || null : null;
}

const comparable = (definition: EntityTypeDefinition, attribute: string, value: string): string =>
  definition.attributes[attribute]?.kind.kind === 'organisationName'
    ? comparableOrganisationName(value)
    : comparableText(value);

function comparableAddresses(value: unknown): string[] {
  const addresses = Array.isArray(value) ? value : value ? [value] : [];
  const comparable = addresses.map((address) => comparableAddress(address as Address)).filter((text) => text !== null);
  return [...new Set(comparable)];
}

/** A reference says nothing here: two systems know the same record under different ids. */
function allTogether(
  definition: EntityTypeDefinition,
  names: readonly string[],
  attributes: JsonObject,
): string | null {
  const parts = names.map((name) => attributes[name]);
  if (!parts.every((part) => typeof part === 'string' && part !== '')) return null;
  return names.map((name) => comparable(definition, name, String(attributes[name])).replaceAll(' ', '')).join('|');
}

/**
 * Blocking keys: two records that share one are compared. Identifiers are looked up in their own table; these are the
 * others. The name alone and the name with an address are both keys, so that a name which too many share (see the cap)
 * still finds its records by address.
 */
export function blockingKeys(evidence: Evidence): string[] {
  const keys: string[] = [];
  if (evidence.name !== null) {
    keys.push(`n:${evidence.name}`);
    for (const address of evidence.addresses) keys.push(`a:${evidence.name}|${address}`);
  }
  if (evidence.together !== null) keys.push(`t:${evidence.together}`);
  return keys.map(bounded);
}

/** An entry of an index has room for 2,704 bytes. Keys are ASCII; what is longer is known by its hash. */
const LONGEST_KEY = 500;
const bounded = (key: string): string =>
  key.length <= LONGEST_KEY ? key : `${key.slice(0, 2)}#${createHash('sha256').update(key).digest('hex')}`;
