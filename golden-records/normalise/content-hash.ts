import { hash } from 'node:crypto';

/**
 * JSON with sorted keys and without undefined: equal values give equal text, whatever order their keys came in.
 * Dates and the like go through their toJSON; a bigint is written as its digits; what JSON has no word for is null.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? 'null' : canonicalObject(value);
    default:
      return 'null';
  }
}

function canonicalObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (hasToJson(value)) return canonicalJson(value.toJSON());
  let members = '';
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(fields).sort()) {
    const member = fields[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function';

/** SHA-256 of `canonicalJson(value)`, 64 hexadecimal digits. */
export const contentHash = (value: unknown): string => hash('sha256', canonicalJson(value), 'hex');
