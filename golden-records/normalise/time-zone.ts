import { invalid, type Normalised, valid } from './normalised.js';

// Intl answers with the name a zone had before it was renamed; the world has moved on.
const RENAMED: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Coral_Harbour': 'America/Atikokan',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
};
// Keeps out bare offsets ("+02:00"), which Intl takes for zones.
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/;

// Asking Intl takes some tens of microseconds; there are some 600 names.
const MOST_REMEMBERED = 2_000;
const remembered = new Map<string, string>();

/** IANA time zone name in its present spelling: "asia/calcutta" → "Asia/Kolkata". */
export function timeZone(input: unknown): Normalised<string> {
  const name = typeof input === 'string' ? input.trim() : '';
  const zone = ZONE_NAME.test(name) ? (remembered.get(name) ?? lookUp(name)) : undefined;
  return zone === undefined ? invalid('an IANA time zone, e.g. America/Chicago', input) : valid(zone);
}

function lookUp(name: string): string | undefined {
  const canonical = ask(name);
  if (canonical === undefined) return undefined;
  const zone = RENAMED[canonical] ?? canonical;
  if (remembered.size < MOST_REMEMBERED) remembered.set(name, zone);
  return zone;
}

function ask(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // A RangeError is how Intl says that there is no such zone.
    return undefined;
  }
}
