import { getDomain, parse } from 'tldts';
import { invalid, type Normalised, valid } from './normalised.js';

const EXPECTED = 'a web address, e.g. https://www.example.com';
const HAS_SCHEME = /^https?:\/\//i;
const OTHER_SCHEME = /^(?:[a-z][a-z0-9+.-]*:\/\/|(?:mailto|tel|javascript|data|file|urn):)/i;
const MOST_CHARACTERS = 2_048;

/**
 * A web address: https:// added where there is no scheme, host in lower case, no slash after a bare host.
 * Without a scheme the host must end in a public suffix, so that a file name is not taken for a site.
 * An address with a user name or password is refused, and not repeated in `found`.
 */
export function url(input: unknown): Normalised<string> {
  if (typeof input !== 'string') return invalid(EXPECTED, input);
  const address = input.trim();
  const parsed = address.length <= MOST_CHARACTERS ? parseWeb(address) : undefined;
  if (parsed === undefined) return invalid(EXPECTED, withoutCredentials(address));
  if (parsed.username !== '' || parsed.password !== '') {
    return { ok: false, expected: `${EXPECTED}, without credentials`, found: '(an address with credentials)' };
  }
  const isBareHost = parsed.pathname === '/' && parsed.search === '' && parsed.hash === '';
  return valid(isBareHost ? parsed.origin : parsed.href);
}

function parseWeb(address: string): URL | undefined {
  const hasScheme = HAS_SCHEME.test(address);
  if (/\s/.test(address) || (!hasScheme && OTHER_SCHEME.test(address))) return undefined;
  const parsed = URL.canParse(hasScheme ? address : `https://${address}`)
    ? new URL(hasScheme ? address : `https://${address}`)
    : undefined;
  return parsed && (hasScheme || hasPublicSuffix(parsed.hostname)) ? parsed : undefined;
}

function hasPublicSuffix(host: string): boolean {
  const { domain, isIcann, isPrivate } = parse(host);
  return domain !== null && (isIcann === true || isPrivate === true);
}

const withoutCredentials = (address: string) => address.replace(/\/\/[^/]*@/, '//…@');

/**
 * The part of a host that somebody registered: "https://shop.example.co.uk/x" → "example.co.uk".
 * Takes a web address, a host or an e-mail address; undefined for IP addresses and what is none of these.
 */
export function registrableDomain(address: string): string | undefined {
  return getDomain(address.slice(address.lastIndexOf('@') + 1)) ?? undefined;
}
