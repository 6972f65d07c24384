/**
 * What a normaliser answers: the canonical value, or what was expected and what came instead.
 * `strong` is set by identifier schemes where this one value counts differently from its scheme
 * (a store-internal GTIN is valid, but says nothing about identity).
 */
export type Normalised<T> = { ok: true; value: T; strong?: boolean } | { ok: false; expected: string; found: string };

/** `country` is the ISO 3166-1 alpha-2 code under which a national value is to be read. */
export interface NormaliseContext {
  country?: string | undefined;
}

/** Pure and total: never throws, whatever comes in. Callers keep null and undefined away. */
export type Normaliser<T> = (input: unknown, ctx?: NormaliseContext) => Normalised<T>;

export const valid = <T>(value: T): Normalised<T> => ({ ok: true, value });

/** Well formed, but no evidence of identity by itself. */
export const weak = <T>(value: T): Normalised<T> => ({ ok: true, value, strong: false });

export const invalid = (expected: string, input: unknown): { ok: false; expected: string; found: string } => ({
  ok: false,
  expected,
  found: describeFound(input),
});

const FOUND_LENGTH = 80;
// PostgreSQL refuses NUL in text, and a lone surrogate in jsonb.
const UNSTORABLE = /\p{Cc}|[\ud800-\udfff]/gu;

/** What came in, at most 80 characters, safe to store and to print. */
export function describeFound(input: unknown): string {
  const described = describe(input)
    .slice(0, FOUND_LENGTH * 2)
    .replace(UNSTORABLE, '\ufffd');
  if (described.length <= FOUND_LENGTH) return described;
  return `${described.slice(0, FOUND_LENGTH - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function describe(input: unknown): string {
  if (typeof input === 'string') return input.trim() === '' ? '(blank)' : input;
  if (typeof input === 'function') return 'a function';
  if (typeof input !== 'object' || input === null) return String(input);
  if (Array.isArray(input)) return `a list of ${input.length}`;
  return `an object with ${Object.keys(input).join(', ') || 'no fields'}`;
}
