import { createHash } from 'node:crypto';

let made = 0;

/** A name that no other test, and no earlier run on the same database, has given. */
export const unique = (word: string): string => `${word} ${++made}-${Date.now() % 100_000}`;

/** The number of the name that was made last, for a record's own number. */
export const nthMade = (): number => made;

/** A word of letters alone: names that differ in digits only resemble each other, and are asked about. */
export const lettersOf = (text: string): string =>
  createHash('sha256')
    .update(text)
    .digest('base64')
    .replace(/[^a-z]/g, '');

/** With its check digit. */
export function gtinOf(digits: string): string {
  const sum = [...digits].reduce((all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 1 : 3), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** A German VAT number that no other has (ISO 7064, mod 11,10). */
export function uniqueVat(): string {
  const digits = `2${String(++made).padStart(2, '0')}${String(Date.now() % 100_000).padStart(5, '0')}`;
  const product = [...digits].reduce((sofar, digit) => (((Number(digit) + sofar) % 10 || 10) * 2) % 11, 10);
  return `DE${digits}${(11 - product) % 10}`;
}
