import { iso31661 } from 'iso-3166';
import { invalid, type Normalised, valid } from './normalised.js';
import { comparableText } from './text.js';

const EXPECTED = 'a country: ISO 3166-1 alpha-2, alpha-3 or numeric code, or its English name';

// Names that neither the standard nor CLDR spells this way, and codes that systems use without ISO's leave.
const FURTHER: Readonly<Record<string, readonly string[]>> = {
  GB: ['UK', 'Great Britain', 'England', 'Scotland', 'Wales', 'Northern Ireland', 'Britain'],
  US: ['U.S.A.', 'U.S.', 'US of A', 'America'],
  GR: ['EL', 'Hellas'],
  XK: ['XK', 'XKX', 'Kosovo'],
  AE: ['UAE', 'U.A.E.', 'Emirates'],
  BO: ['Bolivia'],
  CD: ['DR Congo', 'DRC', 'Democratic Republic of the Congo', 'Congo (DRC)'],
  CG: ['Republic of the Congo', 'Congo (Brazzaville)'],
  CI: ['Ivory Coast'],
  CN: ["People's Republic of China", 'PRC', 'PR China', 'Mainland China'],
  CZ: ['Czech Republic'],
  HK: ['Hong Kong'],
  KP: ["Democratic People's Republic of Korea", 'DPRK'],
  KR: ['Republic of Korea', 'Korea South', 'Korea'],
  MK: ['Macedonia', 'FYROM'],
  MM: ['Myanmar', 'Burma'],
  MO: ['Macau', 'Macao'],
  NL: ['Holland', 'The Netherlands'],
  PS: ['Palestine'],
  RU: ['Russia'],
  SZ: ['Swaziland'],
  TL: ['East Timor'],
  TR: ['Turkey', 'Türkiye'],
  TW: ['Taiwan', 'Taiwan ROC'],
  VA: ['Vatican', 'Vatican City State'],
  VN: ['Vietnam'],
};

const nameKey = (name: string) => comparableText(name.replaceAll('&', ' and ')).replace(/^the /, '');

const BY_KEY = new Map<string, string>();
const CODES = new Set(['XK']);
const englishNames = new Intl.DisplayNames('en', { type: 'region' });
for (const { alpha2, alpha3, numeric, name } of iso31661) {
  CODES.add(alpha2);
  const spoken = englishNames.of(alpha2) ?? name;
  const withoutQualifier = name.replace(/[,(].*$/, '');
  const keys = [alpha2, alpha3, numeric, name, spoken, spoken.replace(/^St\. /, 'Saint ')];
  // "Korea, Republic of" and "Virgin Islands (U.S.)" are not the only ones of their name.
  if (!/^(?:Korea|Congo|Virgin Islands|Saint Martin|Micronesia)/.test(name)) keys.push(withoutQualifier);
  for (const key of keys) BY_KEY.set(nameKey(key), alpha2);
}
for (const [alpha2, names] of Object.entries(FURTHER)) {
  for (const name of names) BY_KEY.set(nameKey(name), alpha2);
}

/** Alpha-2 code (XK for Kosovo). A numeric code may come as a number or without its leading zeros. */
export function country(input: unknown): Normalised<string> {
  const code = typeof input === 'number' ? numericCode(String(input)) : typeof input === 'string' && countryCode(input);
  return code ? valid(code) : invalid(EXPECTED, input);
}

/** Alpha-2 code for a code or an English name, undefined where it is none. */
export function countryCode(spelling: string): string | undefined {
  if (CODES.has(spelling)) return spelling;
  const key = nameKey(spelling);
  return BY_KEY.get(key) ?? numericCode(key);
}

const numericCode = (digits: string) => (/^\d{1,3}$/.test(digits) ? BY_KEY.get(digits.padStart(3, '0')) : undefined);
