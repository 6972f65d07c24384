import type { UnitPayload } from './payloads.js';

/**
 * The units that Odoo brings, by their English name, and the hub's code for each: what these mean needs nobody's
 * answer. The others are asked for, in the code list `units`. A test holds the codes to the hub's table.
 */
export const STANDARD_UNITS: Readonly<Record<string, string>> = {
  Units: 'C62',
  Dozens: 'DZN',
  Hours: 'HUR',
  Days: 'DAY',
  Minutes: 'MIN',
  mm: 'MMT',
  cm: 'CMT',
  m: 'MTR',
  ml: 'MLT',
  L: 'LTR',
  g: 'GRM',
  kg: 'KGM',
  lb: 'LBR',
  oz: 'ONZ',
};
const NAMES = new Map(Object.entries(STANDARD_UNITS).map(([name, code]) => [code, name]));

/** In English, whatever the language that the hub reads names in. */
export const englishName = ({ name, english }: UnitPayload): string => english ?? name;

export const unitOfName = (name: string): string | undefined =>
  Object.hasOwn(STANDARD_UNITS, name) ? STANDARD_UNITS[name] : undefined;
/** How Odoo calls a unit of the hub's, where it brings it. */
export const nameOfUnit = (code: string): string | undefined => NAMES.get(code);
