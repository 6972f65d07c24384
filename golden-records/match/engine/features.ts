import {
  cleanLine,
  comparableOrganisationName,
  comparableStreet,
  comparableText,
  countryCode,
  foldToAscii,
  IDENTIFIER_SCHEMES,
  registrableDomain,
  type SchemeCode,
} from '../../normalise/index.js';
import { AFTER_TITLE } from './derived.js';
import { withoutFractions } from './fractions.js';
import { measuresOf } from './measures.js';
import type { ColumnKind } from './schema.js';
import { isModelCode } from './units.js';

/** A value as matching sees it. Two values with the same text are equal. ASCII throughout. */
export interface Features {
  readonly text: string;
  readonly tokens: readonly string[];
  /** date: year·10,000 + month·100 + day; number, price: the amount. NaN where it is none. */
  readonly number: number;
}

// A longer cell is compared by its beginning: what makes two records the same stands there, and time stays bounded.
const MOST_CHARACTERS = 2_000;
const MOST_TOKENS = 160;

/** What is compared of a cell; undefined where nothing is left. */
export function featuresOf(
  { kind, checkedAs }: { readonly kind: ColumnKind; readonly checkedAs?: SchemeCode },
  written: string,
): Features | undefined {
  const cell = checkedAs === undefined ? written : checked(checkedAs, written);
  const cut = cell.length > MOST_CHARACTERS ? cell.slice(0, MOST_CHARACTERS) : cell;
  const features = NORMALISERS[kind](cut.includes('&') ? withoutEntities(cut) : cut);
  return features !== undefined && features.text !== '' && !PLACEHOLDERS.has(features.text) ? features : undefined;
}

/** One name after another, of one organisation. */
const OTHER_NAME =
  /[\s,;(-]+(?:d\/?b\/?a|f\/?k\/?a|a\/?k\/?a|t\/a|doing business as|trading as|formerly(?: known as)?|also known as)[.:]?\s+/i;
const BETWEEN_NUMBERS = /[;|/]|\bor\b/;
const BETWEEN_MAILBOXES = /[;,|/\s]+/;
const FEWEST_DIGITS_EACH = 7;
const UNOPENED = /^([^(]*)\)/;

/** What a cell says one after the other: former and trade names, several numbers, several mailboxes. Mostly one. */
export function valuesIn(kind: ColumnKind, cell: string): readonly string[] {
  if (kind === 'organisation-name') {
    if (!OTHER_NAME.test(cell)) return [cell];
    const names = cell.split(OTHER_NAME).map((name) => name.replace(UNOPENED, '$1').trim());
    return names.filter((name) => name !== '');
  }
  if (kind === 'phone' && BETWEEN_NUMBERS.test(cell)) {
    const numbers = cell.split(BETWEEN_NUMBERS);
    const isEachOne = numbers.every((number) => number.replace(NOT_DIGIT, '').length >= FEWEST_DIGITS_EACH);
    return isEachOne ? numbers : [cell];
  }
  if (kind === 'email' && cell.indexOf('@') !== cell.lastIndexOf('@')) {
    return cell.split(BETWEEN_MAILBOXES).filter((mailbox) => mailbox.includes('@'));
  }
  return [cell];
}

/** The features whose text this is: what was normalised once and kept isn't normalised again. */
export function featuresOfText(kind: ColumnKind, text: string): Features {
  if (SINGLE.has(kind)) return plain(text);
  if (kind === 'number' || kind === 'price') return plain(text, [text], Number(text));
  if (kind === 'date') return plain(text, [text], EIGHT_DIGITS.test(text) ? Number(text) : Number.NaN);
  if (kind === 'url') return plain(text, domainOf(text));
  if (kind === 'model-code') {
    const at = text.indexOf(':');
    return plain(text, split(text.slice(at + 1)), Number(text.slice(0, at)));
  }
  return plain(text, split(text));
}

/** Kinds of which a value is one word, whatever stands in it. */
const SINGLE: ReadonlySet<ColumnKind> = new Set([
  'house-number',
  'postcode',
  'country',
  'phone',
  'email',
  'identifier',
  'code',
]);
const EIGHT_DIGITS = /^\d{8}$/;

const COUNTRY_AND_NUMBER = /^\s*[a-z]{2}\s*:/i;

/** The identifier as the hub writes it; empty where it breaks the rules of its scheme: a mistyped one is nobody's. */
function checked(scheme: SchemeCode, cell: string): string {
  // Which country's rules hold for a tax number isn't known, unless it says so.
  if (scheme === 'TAX_ID' && !COUNTRY_AND_NUMBER.test(cell)) return cell;
  const normalised = IDENTIFIER_SCHEMES[scheme].normalise(cell);
  return normalised.ok ? normalised.value : '';
}

/** What people write where they have nothing to write. */
const PLACEHOLDERS = new Set([
  'n a',
  'n/a',
  'na',
  'nan',
  'none',
  'null',
  'nil',
  'unknown',
  'not available',
  'not applicable',
  'not known',
  'tbd',
  'tba',
  'missing',
  '-',
  '?',
]);

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi;
const LAST_CODE_POINT = 0x10ffff;

/** Text that came through a web page has letters as "&#252;". */
const withoutEntities = (text: string) =>
  text.replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED_ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code > 0 && code <= LAST_CODE_POINT ? String.fromCodePoint(code) : whole;
  });

const plain = (text: string, tokens: readonly string[] = text === '' ? [] : [text], number = Number.NaN): Features => ({
  text,
  tokens: tokens.length > MOST_TOKENS ? tokens.slice(0, MOST_TOKENS) : tokens,
  number,
});
const split = (text: string) => (text === '' ? [] : text.split(' '));
const wordsOf = (cell: string): Features => {
  const text = comparableText(cleanLine(cell));
  return plain(text, split(text));
};

const NORMALISERS: Readonly<Record<ColumnKind, (cell: string) => Features | undefined>> = {
  'organisation-name': organisation,
  'person-name': wordsOf,
  text: textual,
  title: textual,
  address: addressLine,
  street: addressLine,
  'house-number': (cell) => plain(comparableText(cell).replaceAll(' ', '')),
  city: wordsOf,
  postcode,
  country: (cell) => plain(countryCode(cell)?.toLowerCase() ?? comparableText(cell)),
  phone,
  email: (cell) =>
    plain(
      foldToAscii((IN_BRACKETS.exec(cell)?.[1] ?? cell).trim())
        .replace(MAILTO, '')
        .replaceAll(' ', ''),
    ),
  url: webAddress,
  date: calendarDay,
  identifier: numberOf,
  code: numberOf,
  number: amount,
  price: amount,
  category: wordsOf,
  list: listed,
  'model-code': modelCodes,
  measure: measures,
  'all-words': (cell) => textual(cell.replace(AFTER_TITLE, ' ')),
};

/** Common words of company names and how they are shortened; to one spelling each. */
const SHORT_WORDS = new Map(
  Object.entries({
    international: 'intl int internat',
    manufacturing: 'mfg manuf mfrs manufacturers',
    engineering: 'eng engg engrg',
    services: 'svcs svc serv srvs service',
    industries: 'ind inds industry',
    national: 'natl nat',
    association: 'assoc assn',
    associates: 'assocs',
    center: 'ctr centre cntr',
    university: 'univ',
    institute: 'inst',
    hospital: 'hosp',
    medical: 'med',
    pharmaceuticals: 'pharma pharm pharmaceutical',
    technology: 'tech technol',
    technologies: 'techs',
    distribution: 'distr distrib',
    management: 'mgmt mgt',
    group: 'grp',
    brothers: 'bros',
    government: 'govt gov',
    laboratories: 'labs laboratory lab',
    systems: 'sys system',
    solutions: 'sol solns solution',
    trading: 'trdg trad',
    construction: 'constr const',
    transport: 'transp trans',
    holdings: 'hldgs hldg holding',
    properties: 'props property',
    electronics: 'elec electron electronic',
    consulting: 'cons consult',
    logistics: 'log logist',
    department: 'dept',
    school: 'sch',
    community: 'comm',
    development: 'dev devt',
    education: 'edu educ',
    equipment: 'equip',
    supplies: 'supp suppl supply',
    american: 'amer',
    australian: 'aust',
    enterprises: 'ent enterprise',
    company: 'co',
    corporation: 'corp',
    saint: 'st',
    products: 'prod prods product',
  }).flatMap(([long, spellings]) => spellings.split(' ').map((short) => [short, long] as const)),
);

function organisation(cell: string): Features {
  const text = comparableOrganisationName(cell);
  const tokens = inDigits(split(text).map((token) => SHORT_WORDS.get(token) ?? token)).flatMap(
    (token) => INITIALS.get(token) ?? token,
  );
  return plain(tokens.join(' '), tokens);
}

/** States that are written by their initials. */
const INITIALS: ReadonlyMap<string, readonly string[]> = new Map([
  ['us', ['united', 'states']],
  ['usa', ['united', 'states']],
  ['uk', ['united', 'kingdom']],
  ['uae', ['united', 'arab', 'emirates']],
]);

const ORDINALS = new Map(
  '1st first 2nd second 3rd third 4th fourth 5th fifth 6th sixth 7th seventh 8th eighth 9th ninth 10th tenth'
    .split(' ')
    .flatMap((word, at, all) => (at % 2 === 0 ? [[word, all[at + 1] as string] as const] : [])),
);
const numbered = (line: string, from: number, step: number) =>
  line.split(' ').map((word, at) => [word, from + at * step] as const);
const UP_TO_NINETEEN = new Map(
  numbered(
    'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
    1,
    1,
  ),
);
const TENS = new Map([...numbered('twenty thirty forty fifty sixty seventy eighty ninety', 20, 10), ['fourty', 40]]);

/** "Brigade Forty-Four" is "Brigade 44", and the "1st Bank" is the "First Bank". */
function inDigits(words: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const tens = TENS.get(word);
    const ones = UP_TO_NINETEEN.get(words[at + 1] ?? '') ?? 0;
    if (tens !== undefined && ones > 0 && ones < 10) {
      result.push(String(tens + ones));
      at++;
    } else result.push(String(tens ?? UP_TO_NINETEEN.get(word) ?? ORDINALS.get(word) ?? word));
  }
  return result;
}

const TRIM_PUNCTUATION = /^[^a-z0-9]+|[^a-z0-9]+$/g;
const INNER_PUNCTUATION = /[^a-z0-9]+/;
const HAS_DIGIT = /\d/;
const DECIMAL = /^(\d+)[.,](\d+)([a-z]*)$/;
/** ".375" */
const NO_ZERO = /^\.\d/;
const APOSTROPHES = /['`]/g;
/** Of a registered trade mark. */
const MARKS = /\((?:r|tm|c)\)/g;

/**
 * Words; what is written together around digits stays together, since it is a model number ("CDP-CX355" → "cdpcx355")
 * or a decimal ("7.4V" → "7.4v").
 */
function textual(cell: string): Features {
  const tokens: string[] = [];
  for (const chunk of foldToAscii(cleanLine(withoutFractions(cell)))
    .replace(MARKS, ' ')
    .replace(APOSTROPHES, '')
    .split(' ')) {
    const word = (NO_ZERO.test(chunk) ? `0${chunk}` : chunk).replace(TRIM_PUNCTUATION, '');
    if (word === '') continue;
    if (!INNER_PUNCTUATION.test(word)) tokens.push(word);
    else if (!HAS_DIGIT.test(word)) for (const part of word.split(INNER_PUNCTUATION)) tokens.push(part);
    else tokens.push(...aroundDigits(word));
  }
  return plain(tokens.join(' '), tokens);
}

function aroundDigits(word: string): string[] {
  const [, whole, fraction, unit] = DECIMAL.exec(word) ?? [];
  if (whole !== undefined && fraction !== undefined) {
    const trimmed = fraction.replace(/0+$/, '');
    return [trimmed === '' ? `${whole}${unit}` : `${whole}.${trimmed}${unit}`];
  }
  const parts = word.split('/').map((part) => part.replace(TRIM_PUNCTUATION, ''));
  return parts.filter((part) => part !== '').map((part) => part.replaceAll(/[^a-z0-9]+/g, ''));
}

function addressLine(cell: string): Features {
  const tokens = split(comparableStreet(cell, '')).map((token) => ORDINALS.get(token) ?? token);
  return plain(tokens.join(' '), tokens);
}

const US_ZIP_PLUS_4 = /^(\d{5})-?\d{4}$/;
const NOT_ALPHANUMERIC = /[^a-z0-9]/g;

function postcode(cell: string): Features {
  const [, zip] = US_ZIP_PLUS_4.exec(cell.trim()) ?? [];
  return plain(zip ?? foldToAscii(cell).replace(NOT_ALPHANUMERIC, ''));
}

const EXTENSION = /(?:;ext=|(?<![a-z])(?:ext(?:n|ension)?|x)[.: ]*|#)\s*\d+\s*$/i;
/** "+44 (0)20": who dials the country code leaves the 0 out. */
const TRUNK_ZERO = /\(0\)/;
const NOT_DIGIT = /\D/g;
const LEADING_ZEROS = /^0+/;
/** Country code and trunk prefix are written or not; the last ten digits are what two spellings have in common. */
const SIGNIFICANT_DIGITS = 10;

function phone(cell: string): Features {
  const digits = cell
    .replace(EXTENSION, '')
    .replace(TRUNK_ZERO, '')
    .replace(NOT_DIGIT, '')
    .slice(-SIGNIFICANT_DIGITS)
    .replace(LEADING_ZEROS, '');
  return plain(digits.length < 4 || /^(\d)\1*$/.test(digits) ? '' : digits);
}

const IN_BRACKETS = /<([^<>@]+@[^<>]+)>/;
const MAILTO = /^mailto:/;
const SCHEME_AND_WWW = /^(?:[a-z]+:\/\/)?(?:www\d?\.)?/;

function webAddress(cell: string): Features {
  const folded = foldToAscii(cell.trim());
  const rest = folded.replace(SCHEME_AND_WWW, '').replace(/\/+$/, '');
  return domainOf(rest)[0]?.includes('.') ? plain(rest, domainOf(rest)) : plain('');
}

/** The part of a web address that belongs to one organisation. */
function domainOf(address: string): string[] {
  const host = address.split(/[/?#:]/)[0] ?? '';
  return [registrableDomain(host) ?? host];
}

const NOTHING_BUT_ZEROS = /^[0\W]+$/;
const YEAR_FIRST = /^(\d{4})[-/. ]?(\d{1,2})?[-/. ]?(\d{1,2})?(?:[T ].*)?$/;
const YEAR_LAST = /^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$/;

const DAYS_AND_POINTS = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})$/;
const DAY_BY_NAME = /^(\d{1,2})(?:st|nd|rd|th)?[-/.\s]+([a-z]{3,})\.?,?[-/\s]+(\d{4})$/;
const MONTH_BY_NAME = /^([a-z]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const monthOf = (name: string) => MONTHS.indexOf(name.slice(0, 3)) + 1;

/** A day in the order in which it is written; where day and month can't be told apart, the first is the month, unless points part them. */
function calendarDay(cell: string): Features {
  const written = cell.trim();
  if (NOTHING_BUT_ZEROS.test(written)) return plain('');
  const [, dayFirst, monthSecond, yearLast] = DAYS_AND_POINTS.exec(written) ?? [];
  if (yearLast !== undefined && Number(monthSecond) <= 12)
    return day(Number(yearLast), Number(monthSecond), Number(dayFirst));
  const folded = foldToAscii(written);
  const [, d2, name2 = '', y3] = DAY_BY_NAME.exec(folded) ?? [];
  if (monthOf(name2) > 0) return day(Number(y3), monthOf(name2), Number(d2));
  const [, name3 = '', d3, y4] = MONTH_BY_NAME.exec(folded) ?? [];
  if (monthOf(name3) > 0) return day(Number(y4), monthOf(name3), Number(d3));
  const [, y1, m1, d1] = YEAR_FIRST.exec(written) ?? [];
  if (y1 !== undefined) return day(Number(y1), Number(m1 ?? 0), Number(d1 ?? 0));
  const [, first, second, y2] = YEAR_LAST.exec(written) ?? [];
  if (y2 === undefined) return plain(comparableText(written));
  return Number(first) > 12
    ? day(Number(y2), Number(second), Number(first))
    : day(Number(y2), Number(first), Number(second));
}

function day(year: number, month: number, date: number): Features {
  const number = year * 10_000 + month * 100 + date;
  const text = String(number).padStart(8, '0');
  return plain(text, [text], number);
}

function compact(cell: string): Features {
  return plain(foldToAscii(cell).replace(NOT_ALPHANUMERIC, ''));
}

const THOUSANDS = /(\d)[,'\s](?=\d{3}(?:\D|$))/g;
/** "1.234,56", "1.234.567": the points part thousands. One alone may be a decimal point. */
const THOUSANDS_BY_POINTS = /(?<![\d.])\d{1,3}(?:\.\d{3})+(?:,\d+(?!\d)|(?<=\.\d{3}\.\d{3})(?![\d,.]))/;
const AMOUNT = /-?(?:\d+(?:[.,]\d+)?|[.,]\d+)/;

function amount(cell: string): Features {
  const written = withoutFractions(cell).replace(THOUSANDS_BY_POINTS, (points) => points.replaceAll('.', ''));
  const found = AMOUNT.exec(written.replace(THOUSANDS, '$1'))?.[0];
  if (found === undefined) return plain('');
  const number = Number(found.replace(',', '.'));
  return plain(String(number), [String(number)], number);
}

/** "00-0000000", "99999", "xxxx": who must write a number and has none. */
const FILLED_UP = /^(?:0+|(.)\1{3,})$/;

function numberOf(cell: string): Features {
  const number = compact(cell);
  return FILLED_UP.test(number.text) ? plain('') : number;
}

const BETWEEN_ELEMENTS = /[,;|]/;

/** Every element's words, in the order of the elements. */
function listed(cell: string): Features {
  const elements = cell.split(BETWEEN_ELEMENTS).map((element) => comparableText(cleanLine(element)));
  const filled = elements.filter((element) => element !== '');
  return plain(
    filled.join(' '),
    filled.flatMap((element) => element.split(' ')),
  );
}

/** Model numbers of the title, then those of the texts; `number` says how many are the title's. */
function modelCodes(cell: string): Features {
  const [title = '', rest = ''] = cell.split(AFTER_TITLE);
  const ofTitle = [...new Set(textual(title).tokens.filter(isModelCode))];
  const others = [...new Set(textual(rest).tokens.filter(isModelCode))].filter((code) => !ofTitle.includes(code));
  const codes = [...ofTitle, ...others.slice(0, 12)];
  return plain(codes.length === 0 ? '' : `${ofTitle.length}:${codes.join(' ')}`, codes, ofTitle.length);
}

function measures(cell: string): Features {
  const found = measuresOf(cell);
  return plain(found.join(' '), found);
}
