import { isJsonObject, type Json, type JsonObject } from '../../golden-records/index.js';

/** Small pure functions between Odoo's way of writing values and ours. */

/** False stands for "none" in every type but boolean; blank text says the same. */
export function plain(value: Json | undefined): Json {
  if (value === undefined || value === false || value === null) return null;
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim();
  return value;
}

export const textOf = (value: Json | undefined): string | null => {
  const found = plain(value);
  return found === null ? null : String(found);
};

/** The database id that a many2one holds. */
export function idOf(value: Json | undefined): number | null {
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value[0] : null;
  return typeof value === 'number' ? value : null;
}

export const idsOf = (value: Json | undefined): number[] =>
  Array.isArray(value) ? value.filter((id) => typeof id === 'number') : [];

/** `2026-11-23 02:34:54` (UTC, whole seconds) ↔ ISO 8601. */
export const instantOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? `${value.slice(0, 19).replace(' ', 'T')}.000Z` : undefined;
/** 19 refuses a time with `Z`, and no version keeps less than seconds in a domain. */
export const odooTime = (instant: string): string => new Date(instant).toISOString().slice(0, 19).replace('T', ' ');

/** Rounded half away from zero to a field's digits, as text without trailing zeros; decimals are never compared as floats. */
export function rounded(value: Json | undefined, digits: number): string | null {
  if (value === undefined || value === null || value === false || value === '') return null;
  const number = Number(value);
  if (!Number.isFinite(number)) return String(value);
  const text = (Math.round((number + Number.EPSILON * Math.sign(number)) * 10 ** digits) / 10 ** digits).toFixed(
    digits,
  );
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const BLOCKS = /<\/(p|div|li|tr|h[1-6])>|<br\s*\/?>/gi;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** HTML as Odoo 19 keeps notes, as plain text: one line for each block. Text without a tag comes back as it is. */
export function textOfHtml(value: Json | undefined): string | null {
  const html = textOf(value);
  if (html === null || !/<[a-z!/]/i.test(html)) return html;
  const text = html
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, '')
    .replace(BLOCKS, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#x?[\da-f]+|\w+);/gi, (whole, name: string) => entity(name) ?? whole)
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{2,}/g, '\n')
    .trim();
  return text === '' ? null : text;
}

function entity(name: string): string | undefined {
  if (name.startsWith('#')) {
    const code = name[1]?.toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : undefined;
  }
  return ENTITIES[name.toLowerCase()];
}

/** Plain text as HTML, a paragraph for each line. */
export const htmlOfText = (text: string): string =>
  text
    .split('\n')
    .map((line) => `<p>${line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</p>`)
    .join('');

/** Numbers and bar codes are the same whatever stands between their digits. */
export const alphanumeric = (value: Json | undefined): string =>
  (textOf(value) ?? '').replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();

/** A GTIN has 8, 12, 13 or 14 digits, and is one number in all of them. */
export const paddedGtin = (value: Json | undefined): string => {
  const code = alphanumeric(value);
  return /^\d{8}$|^\d{12,14}$/.test(code) ? code.padStart(14, '0') : code;
};

/** A home page without what Odoo or a browser adds to it. */
export const bareUrl = (value: Json | undefined): string =>
  (textOf(value) ?? '')
    .replace(/^https?:\/\//i, '')
    .replace(/^www\./i, '')
    .replace(/\/+$/, '')
    .toLowerCase();

/** A telephone number by its digits; `+1 312 555 0100` and `(312) 555-0100` are the same in the country of the first. */
export function samePhone(left: Json | undefined, right: Json | undefined): boolean {
  const [a, b] = [left, right].map((value) => (textOf(value) ?? '').replace(/\D/g, ''));
  if (!a || !b) return a === b;
  return a === b || (Math.min(a.length, b.length) >= 9 && (a.endsWith(b) || b.endsWith(a)));
}

/** Of a product, to tell whether it shares its template. */
export const VARIANT = ['product_tmpl_id', 'active'];

/** Does the product share its template with another that counts? What is archived counts for what is archived alone. */
export const hasSiblings = (
  { id, active }: { readonly id: number; readonly active?: Json },
  variants: readonly { readonly id: number; readonly active?: Json }[],
): boolean => variants.some((other) => other.id !== id && (other.active !== false || active === false));

export const lower = (value: Json | undefined): string => (textOf(value) ?? '').toLowerCase();

/** The objects of a list; of anything else none. */
export const objects = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];
