import anyAscii from 'any-ascii';
import { invalid, type Normalised, valid } from './normalised.js';

const CLEAN_ASCII_LINE = /^[!-~]+(?: [!-~]+)*$/;
const ASCII = /^[\x20-\x7e]*$/;
// Zero-width and direction marks travel along with copied text and make equal values differ.
// The zero-width joiners stay: Persian, Indic scripts and emoji need them.
const INVISIBLE = /(?![\s\u0085])\p{Cc}|[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;
const LONE_SURROGATE = /[\ud800-\udfff]/gu;
const WHITESPACE = /[\s\u0085]+/g;
const BLANKS_IN_LINE = /[^\S\n]+/g;
const LINE_BREAK = /\r\n?|[\u0085\u2028\u2029\v\f]/g;
const MANY_LINE_BREAKS = /\n{3,}/g;

/**
 * One line of text: NFC, without control and invisible characters, whitespace collapsed to one blank, trimmed.
 * A lone surrogate becomes U+FFFD, because PostgreSQL refuses it.
 */
export function text(input: unknown): Normalised<string> {
  if (typeof input !== 'string') return invalid('text', input);
  const cleaned = cleanLine(input);
  return cleaned === '' ? invalid('text that is not blank', input) : valid(cleaned);
}

/** Like `text`, but keeps line breaks (as \n), at most one blank line between paragraphs. */
export function multilineText(input: unknown): Normalised<string> {
  if (typeof input !== 'string') return invalid('text', input);
  const cleaned = wellFormed(input.replace(LINE_BREAK, '\n'))
    .replace(INVISIBLE, '')
    .replace(BLANKS_IN_LINE, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(MANY_LINE_BREAKS, '\n\n')
    .normalize('NFC')
    .trim();
  return cleaned === '' ? invalid('text that is not blank', input) : valid(cleaned);
}

/** The cleaned line, empty where nothing is left. */
export function cleanLine(input: string): string {
  if (CLEAN_ASCII_LINE.test(input)) return input;
  // Removing a character can bring a letter and its accent together, so NFC comes last.
  return wellFormed(input).replace(INVISIBLE, '').replace(WHITESPACE, ' ').trim().normalize('NFC');
}

const wellFormed = (input: string) => input.replace(LONE_SURROGATE, '\ufffd');

export const isAscii = (input: string) => ASCII.test(input);

// "Kleenex™" is "Kleenex": transliterated, a trade mark sign would be letters, and an emoji a word.
const SYMBOLS = /\p{So}/gu;

/** Latin letters of any script's text, lower case: "Ærø" → "aero". Punctuation stays, symbols go. */
export const foldToAscii = (input: string) =>
  (ASCII.test(input) ? input : anyAscii(input.replace(SYMBOLS, ''))).toLowerCase();

const APOSTROPHES = /['`]/g;
const NOT_ALPHANUMERIC = /[^a-z0-9]+/g;

/** Lower-case ASCII words with single blanks between them, from text already folded. */
export const words = (folded: string) => folded.replace(APOSTROPHES, '').replace(NOT_ALPHANUMERIC, ' ').trim();

/**
 * Text as matching compares it: transliterated, lower case, apostrophes dropped, other punctuation a blank.
 * Empty where nothing is left.
 */
export const comparableText = (input: string) => words(foldToAscii(input));

/** The words of `comparableText`, in their order. */
export function nameTokens(input: string): string[] {
  const comparable = comparableText(input);
  return comparable === '' ? [] : comparable.split(' ');
}

const DOT_IN_ACRONYM = /\b([a-z])\.(?=[a-z]\b)/g;

/** "n.w. 3rd" → "nw. 3rd": the letters of a dotted acronym belong together. Expects folded text. */
export const joinAcronyms = (folded: string) => (folded.includes('.') ? folded.replace(DOT_IN_ACRONYM, '$1') : folded);
