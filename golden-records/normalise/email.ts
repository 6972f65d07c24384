import { domainToASCII } from 'node:url';
import { invalid, type Normalised, valid } from './normalised.js';
import { isAscii } from './text.js';

const LOCAL_PART = /^[^\s@<>()[\]\\,;:"\p{C}]{1,64}$/u;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})$/;
const MISPLACED_DOT = /^\.|\.\.|\.$/;
const MOST_CHARACTERS = 254;
const EXPECTED = 'an e-mail address, e.g. orders@example.com';

/**
 * An e-mail address in lower case; an international domain in its ASCII form. Only the syntax is checked.
 * The part before the @ is lower-cased too: no mail provider in use tells its case apart, but people do type it both ways.
 */
export function email(input: unknown): Normalised<string> {
  const address = typeof input === 'string' ? input.trim().toLowerCase().normalize('NFC') : '';
  const at = address.lastIndexOf('@');
  if (at < 1 || address.length > MOST_CHARACTERS) return invalid(EXPECTED, input);
  const local = address.slice(0, at);
  const domain = asciiDomain(address.slice(at + 1));
  const isValid = LOCAL_PART.test(local) && !MISPLACED_DOT.test(local) && DOMAIN.test(domain);
  return isValid ? valid(`${local}@${domain}`) : invalid(EXPECTED, input);
}

const asciiDomain = (domain: string) => (isAscii(domain) ? domain : domainToASCII(domain));
