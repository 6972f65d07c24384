import { LEGAL_FORMS, type LegalForm, NATIVE_LEGAL_FORMS, PUNCTUATED_ONLY } from './legal-forms.js';
import { cleanLine, foldToAscii, isAscii, joinAcronyms, text, words } from './text.js';

export type { LegalForm } from './legal-forms.js';

/** A name of an organisation is kept as written; only its whitespace and invisible characters are cleaned. */
export const organisationName = text;

export interface SplitName {
  /** The name without the legal form, otherwise as written. Never empty where the name isn't. */
  stem: string;
  legalForm?: LegalForm;
}

interface Found {
  stem: string;
  legalForm: LegalForm;
}

/** Take the outermost legal form off a name: "Müller GmbH & Co. KG" → "Müller" and GMBH_CO_KG. */
export function splitLegalForm(name: string): SplitName {
  const clean = cleanLine(name);
  return takeOff(clean) ?? { stem: clean };
}

// "JSC Tactical Missiles Corp." carries two; more than three are no legal forms any longer.
const MOST_FORMS = 3;
const LEADING_THE = /^the (?=.)/;
const TRAILING_THE = /(?<=.) the$/;
const SPACED_INITIALS = /\b[a-z](?: [a-z]\b)+/g;
const LONE_LETTER = /(?:^| )[a-z](?: |$)/;

/**
 * An organisation's name as matching compares it: transliterated, lower case, without legal forms, "&" read as "and",
 * initials joined, "the" at either end dropped. Falls back to the whole name where only a legal form is there.
 */
export function comparableOrganisationName(name: string): string {
  let stem = cleanLine(name);
  for (let taken = 0; taken < MOST_FORMS; taken++) {
    const found = takeOff(stem);
    if (found === undefined) break;
    stem = found.stem;
  }
  return comparable(stem) || comparable(name);
}

function comparable(name: string): string {
  const folded = joinAcronyms(foldToAscii(name));
  const plain = words(folded.includes('&') ? folded.replaceAll('&', ' and ') : folded);
  return joinInitials(plain).replace(LEADING_THE, '').replace(TRAILING_THE, '');
}

const joinInitials = (plain: string) =>
  LONE_LETTER.test(plain) ? plain.replace(SPACED_INITIALS, (initials) => initials.replaceAll(' ', '')) : plain;

const takeOff = (name: string): Found | undefined => takeOffNative(name) ?? takeOffEnd(name) ?? takeOffStart(name);

const NOT_KEY = /[^a-z0-9&]/g;

/** A spelling or a word of a name, as it is looked up: dots, slashes, accents and case don't matter. */
function lookupKey(word: string): string {
  const key = foldToAscii(word).replace(NOT_KEY, '');
  return key === 'and' || key === 'und' ? '&' : key;
}
const spellingKey = (spelling: string) => spelling.split(/\s+/).map(lookupKey).join('');

const BY_END = new Map<string, LegalForm>();
const BY_START = new Map<string, LegalForm>();
/** Everything a known key can end or begin with, so that most names are dismissed after one word. */
const ENDINGS = new Set<string>();
const BEGINNINGS = new Set<string>();

for (const { code, label, spellings, position } of LEGAL_FORMS) {
  for (const key of spellings.map(spellingKey)) {
    BY_END.set(key, { code, label });
    for (let i = 0; i < key.length; i++) ENDINGS.add(key.slice(i));
    if (position === 'end') continue;
    BY_START.set(key, { code, label });
    for (let i = 1; i <= key.length; i++) BEGINNINGS.add(key.slice(0, i));
  }
}

const CLOSING_PUNCTUATION = ' ,;:/(-–—';
const OPENING_PUNCTUATION = /^[ ,;:/)\-–—]+/;

/** By hand, because a regular expression that looks for its end takes quadratic time on a name of nothing but dashes. */
function withoutClosingPunctuation(name: string): string {
  let end = name.length;
  while (end > 0 && CLOSING_PUNCTUATION.includes(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}

// The longest spelling has six words; a lone dash between them counts as one.
const MOST_WORDS = 10;

function takeOffEnd(name: string): Found | undefined {
  let longest: Found | undefined;
  let key = '';
  for (let end = name.length, taken = 0; end > 0 && taken < MOST_WORDS; taken++) {
    const start = name.lastIndexOf(' ', end - 1) + 1;
    if (start === 0) break;
    key = lookupKey(name.slice(start, end)) + key;
    if (!ENDINGS.has(key) && key !== '') break;
    const legalForm = isWrittenAsForm(key, name.slice(start)) ? BY_END.get(key) : undefined;
    const stem = legalForm && withoutClosingPunctuation(name.slice(0, start));
    if (legalForm && stem) longest = { stem, legalForm };
    end = start - 1;
  }
  return longest;
}

const DOT_OR_SLASH = /[./]/;
const isWrittenAsForm = (key: string, written: string) => !PUNCTUATED_ONLY.has(key) || DOT_OR_SLASH.test(written);

function takeOffStart(name: string): Found | undefined {
  let longest: Found | undefined;
  let key = '';
  for (let start = 0, taken = 0; start < name.length && taken < MOST_WORDS; taken++) {
    const end = name.indexOf(' ', start);
    if (end === -1) break;
    key += lookupKey(name.slice(start, end));
    if (!BEGINNINGS.has(key) && key !== '') break;
    const legalForm = BY_START.get(key);
    const stem = legalForm && name.slice(end).replace(OPENING_PUNCTUATION, '');
    if (legalForm && stem) longest = { stem, legalForm };
    start = end + 1;
  }
  return longest;
}

const NATIVE = NATIVE_LEGAL_FORMS.map(({ code, label, pattern }) => ({
  legalForm: { code, label },
  atEnd: new RegExp(`(?:${pattern})$`, 'u'),
  atStart: new RegExp(`^(?:${pattern})\\s*`, 'u'),
}));

function takeOffNative(name: string): Found | undefined {
  if (isAscii(name)) return undefined;
  for (const { legalForm, atEnd, atStart } of NATIVE) {
    const rest = name.replace(atEnd, '').replace(atStart, '');
    const stem = rest === name ? '' : withoutClosingPunctuation(rest);
    if (stem !== '') return { stem, legalForm };
  }
  return undefined;
}
