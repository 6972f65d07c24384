import type { Random } from './random.js';
import { OTHER_FORMS } from './vocabulary.js';
import { type Address, type Company, MERIDIAN } from './world.js';

/** How other people write the same thing. */

/** The company's name with its legal form, in one of the ways that people write it. */
export function companySpelling(random: Random, { no, name, legalForm }: Company): string {
  if (no === MERIDIAN) return `${name}, ${legalForm}`;
  const form = OTHER_FORMS[legalForm] ?? legalForm;
  return random.pick([
    `${name} ${legalForm}`,
    `${name}, ${legalForm}`,
    `${name} ${form}`,
    `${name} ${legalForm}`.toUpperCase(),
    `THE ${name} ${form}`.toUpperCase(),
    name,
  ]);
}

const SHORT_STREETS: Readonly<Record<string, string>> = {
  Drive: 'Dr',
  Street: 'St.',
  Avenue: 'Ave',
  Road: 'Rd',
  Boulevard: 'Blvd',
  Lane: 'Ln',
};

export function streetSpelling(random: Random, { street, place }: Address): string {
  if (place.country !== 'US' || random.chance(0.5)) return street;
  return street.replace(/\w+$/, (last) => SHORT_STREETS[last] ?? last);
}

const PREFIX = { US: '+1', DE: '+49', FR: '+33', GB: '+44' } as const;

/** A number as dialled at home, with country code, or dressed up. */
export function phoneSpelling(random: Random, { phone, address }: Company): string {
  const { country } = address.place;
  const international = `${PREFIX[country]}${phone.replace(/^0/, '')}`;
  if (country !== 'US') return random.pick([international, `${international.slice(0, 3)} ${international.slice(3)}`]);
  const [area, exchange, line] = [phone.slice(0, 3), phone.slice(3, 6), phone.slice(6)];
  return random.pick([
    international,
    `(${area}) ${exchange}-${line}`,
    `${area}.${exchange}.${line}`,
    `1-${area}-${exchange}-${line}`,
  ]);
}
