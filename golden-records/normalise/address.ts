import { country } from './country.js';
import { inField, isBlank, onlyFields } from './fields.js';
import { invalid, type Normalised, valid } from './normalised.js';
import { cleanLine, comparableText, foldToAscii, joinAcronyms, text, words } from './text.js';

const FIELDS = ['kind', 'line1', 'line2', 'city', 'region', 'postcode', 'country'] as const;
type AddressField = (typeof FIELDS)[number];

/** A postal address. Parts that are absent, NULL or blank are left out. */
export type Address = { [F in AddressField]?: string };

const upperText = (input: unknown): Normalised<string> => {
  const cleaned = text(input);
  // NFC once more: a few letters fall apart in upper case.
  return cleaned.ok ? valid(cleaned.value.toUpperCase().normalize('NFC')) : cleaned;
};

const NORMALISERS: Readonly<Record<AddressField, (input: unknown) => Normalised<string>>> = {
  kind: upperText,
  line1: text,
  line2: text,
  city: text,
  region: text,
  postcode: upperText,
  country,
};

/** `{ kind?, line1?, line2?, city?, region?, postcode?, country? }`, at least one of them filled. */
export function address(input: unknown): Normalised<Address> {
  const fields = onlyFields(input, FIELDS);
  if (fields === undefined) return invalid(`an address: { ${FIELDS.join(', ')} }`, input);
  const normalised: Address = {};
  for (const name of FIELDS) {
    const value = fields[name];
    if (isBlank(value)) continue;
    const part = NORMALISERS[name](value);
    if (!part.ok) return inField(name, part, input);
    normalised[name] = part.value;
  }
  const isEmpty = FIELDS.every((name) => name === 'kind' || normalised[name] === undefined);
  return isEmpty ? invalid('an address with a street, a place or a country', input) : valid(normalised);
}

type Comparable = { readonly [F in Exclude<AddressField, 'kind'>]?: string | null | undefined };

/**
 * An address as matching compares it: "street|postcode or city|country", e.g. "245 w 57th st unit 3|60621|us".
 * House number first, units last, usual abbreviations unified, names of recipients left out. Null where too little is
 * there to say that two equal ones are the same place: it takes a street line, and a postcode or a city.
 */
export function comparableAddress(parts: Comparable): string | null {
  const street = comparableStreet(parts.line1 ?? '', parts.line2 ?? '');
  const place = comparablePostcode(parts.postcode ?? '') || comparableText(cleanLine(parts.city ?? ''));
  if (street === '' || place === '') return null;
  return `${street}|${place}|${comparableText(parts.country ?? '')}`;
}

const US_ZIP_PLUS_4 = /^(\d{5})-?\d{4}$/;
const NOT_ALPHANUMERIC = /[^a-z0-9]/g;

function comparablePostcode(postcode: string): string {
  const trimmed = postcode.trim();
  const [, zip] = US_ZIP_PLUS_4.exec(trimmed) ?? [];
  return zip ?? foldToAscii(trimmed).replace(NOT_ALPHANUMERIC, '');
}

const RECIPIENT = /^\s*(?:c\/o|care of|att(?:n|ention)?\b)/i;
const POST_BOX = /\b(?:p ?o ?box|post office box|post box|postfach|boite postale|apartado(?: de correos)?|casilla) ?/;
const MAY_BE_POST_BOX = /box|post|apart|casil/;

/** "c/o Northmoor Ltd, 12 High Street": whoever takes it in is left out, not where. */
const withoutRecipient = (line: string) =>
  RECIPIENT.test(line)
    ? line
        .split(',')
        .slice(1)
        .filter((part) => HAS_DIGIT.test(part))
        .join(',')
    : line;

/** The street line of `comparableAddress`; empty where nothing is there. */
export function comparableStreet(line1: string, line2: string): string {
  const lines = [line1, line2]
    .map(withoutRecipient)
    .filter((line) => line !== '')
    .join(' ');
  const folded = joinAcronyms(foldToAscii(cleanLine(lines)));
  const plain = words(folded.includes('#') ? folded.replaceAll('#', ' unit ') : folded);
  if (plain === '') return '';
  const unified = MAY_BE_POST_BOX.test(plain) ? plain.replace(POST_BOX, 'pobox ') : plain;
  return inOrder(unified.split(' ')).join(' ');
}

const HAS_DIGIT = /\d/;
const STARTS_WITH_DIGIT = /^\d/;
const ORDINAL = /^\d+(?:st|nd|rd|th)$/;
const ONE_LETTER = /^[a-z]$/;

/** House number, street, then the units in alphabetical order. */
function inOrder(tokens: readonly string[]): string[] {
  const street: string[] = [];
  const units: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? '';
    const next = tokens[at + 1] ?? '';
    const designator = DESIGNATORS.get(token);
    if (designator === 'fl' && ORDINAL.test(street.at(-1) ?? '')) {
      units.push(`fl ${Number.parseInt(street.pop() ?? '', 10)}`);
    } else if (designator && (STARTS_WITH_DIGIT.test(next) || ONE_LETTER.test(next))) {
      units.push(`${designator} ${next}`);
      at++;
    } else if (!isNumberWord(token, next)) {
      street.push(unifyToken(token));
    }
  }
  return [...houseNumberFirst(street), ...[...new Set(units)].sort()];
}

const NUMBER_WORDS = new Set(['no', 'nr', 'nro', 'num', 'number', 'numero', 'n']);
const isNumberWord = (token: string, next: string) => NUMBER_WORDS.has(token) && /^\d+[a-z]?$/.test(next);

function houseNumberFirst(street: string[]): string[] {
  const at = street.findIndex((token) => STARTS_WITH_DIGIT.test(token));
  if (at <= 0 || street[0] === 'pobox') return street;
  const number = street[at] ?? '';
  return [number, ...street.slice(0, at), ...street.slice(at + 1)];
}

const STRASSE = /(?<=.)stra(?:ss|s)e$/;
const unifyToken = (token: string) =>
  ABBREVIATIONS.get(token) ?? (token.endsWith('e') ? token.replace(STRASSE, 'str') : token);

const bySpelling = (groups: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(groups).flatMap(([short, spellings]) =>
      [short, ...spellings.split(' ')].map((spelling) => [spelling, short] as const),
    ),
  );

/** Parts of a building; what follows them is their number. */
const DESIGNATORS = bySpelling({
  unit: 'suite ste apt apartment flat office ofc',
  fl: 'floor flr',
  bldg: 'building bld',
  rm: 'room',
  dept: 'department',
});

/** After USPS Publication 28, with common words of other languages. */
const ABBREVIATIONS = bySpelling({
  aly: 'alley',
  ave: 'avenue av aven avenida avda avn',
  blvd: 'boulevard boul bvd bd blv',
  brg: 'bridge',
  c: 'calle',
  cir: 'circle circ',
  cres: 'crescent',
  ct: 'court crt',
  ctr: 'center centre cntr',
  ctra: 'carretera',
  dr: 'drive drv',
  est: 'estate',
  expy: 'expressway',
  fwy: 'freeway',
  gdns: 'gardens',
  hts: 'heights',
  hwy: 'highway highwy hiway',
  ln: 'lane',
  mt: 'mount',
  pk: 'park',
  pkwy: 'parkway pkway',
  pl: 'place',
  plz: 'plaza platz',
  pza: 'piazza',
  rd: 'road',
  rte: 'route',
  sq: 'square',
  st: 'street str saint strt strasse strase',
  ter: 'terrace terr',
  trl: 'trail',
  tpke: 'turnpike',
  n: 'north',
  s: 'south',
  e: 'east',
  w: 'west',
  ne: 'northeast',
  nw: 'northwest',
  se: 'southeast',
  sw: 'southwest',
});
