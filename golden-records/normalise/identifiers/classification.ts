import { invalid, type Normalised, valid } from '../normalised.js';
import { codeText, isPlaceholder } from './code-text.js';
import { refusedPlaceholder } from './scheme.js';

const UNSPSC = /^[1-9]\d(?:\d{2}){0,3}$/;
// A level that is not given leaves all below it open too: 42000000 is a segment, 42001500 is nothing.
const UNSPSC_GAP = /^(?:\d{2})*?00(?:00)*(?!00)\d{2}/;
const HCPCS = /^[A-V]\d{4}$/;

const EXPECTED_UNSPSC = 'a UNSPSC code: 8 digits, two for each of segment, family, class and commodity';
const EXPECTED_HCPCS = 'a HCPCS level II code: a letter A to V and 4 digits';

/** UNSPSC code: 8 digits. A segment, family or class given by its own 2, 4 or 6 digits is filled up with zeros. */
export function unspsc(input: unknown): Normalised<string> {
  const digits = codeText(input);
  if (!UNSPSC.test(digits)) return invalid(EXPECTED_UNSPSC, input);
  if (digits.length > 2 && isPlaceholder(digits)) return refusedPlaceholder(EXPECTED_UNSPSC, input);
  return UNSPSC_GAP.test(digits) ? invalid(EXPECTED_UNSPSC, input) : valid(digits.padEnd(8, '0'));
}

/** Healthcare Common Procedure Coding System, level II (United States). */
export function hcpcs(input: unknown): Normalised<string> {
  const code = codeText(input);
  return HCPCS.test(code) ? valid(code) : invalid(EXPECTED_HCPCS, input);
}
