import type { Random } from './random.js';

/** Identifiers that are made up and yet right: each has the check digits that its scheme asks for. */

/** GTIN-13, GLN and their kind: digits and the GS1 check digit. */
export function gs1(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** The GTIN-14 of an outer packaging: indicator digit, then the base GTIN-13 without its check digit. */
export const outerGtin = (gtin13: string, indicator: number) => gs1(`${indicator}${gtin13.slice(0, 12)}`);

/** NPI: Luhn over 80840 and the number. */
export function npi(random: Random): string {
  const digits = `1${random.digits(8)}`;
  const sum = [...`80840${digits}`].reverse().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

const EIN_PREFIXES = ['20', '26', '27', '36', '37', '41', '45', '46', '47', '61', '81', '82', '83', '84'] as const;
export const ein = (random: Random) => `${random.pick(EIN_PREFIXES)}-${random.integer(1_000_000, 9_899_999)}`;

export const duns = (random: Random) => `${random.integer(10, 98)}${random.digits(7)}`;

/** German VAT number: ISO 7064 mod 11,10. */
export function germanVat(random: Random): string {
  const digits = `${random.integer(1, 9)}${random.digits(7)}`;
  let product = 10;
  for (const digit of digits) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (2 * sum) % 11;
  }
  return `DE${digits}${(11 - product) % 10}`;
}

/** French VAT number: two check digits over the SIREN, which ends in a Luhn digit itself. */
export function frenchVat(random: Random): string {
  const stem = `${random.integer(3, 8)}${random.digits(7)}`;
  const sum = [...stem].reverse().reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  const siren = `${stem}${(10 - (sum % 10)) % 10}`;
  return `FR${String((12 + 3 * (Number(siren) % 97)) % 97).padStart(2, '0')}${siren}`;
}

/** British VAT number: mod 97 over weights 8 to 2. */
export function britishVat(random: Random): string {
  const digits = `${random.integer(1, 9)}${random.digits(6)}`;
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (8 - at), 0);
  return `GB${digits}${String(97 - (sum % 97)).padStart(2, '0')}`;
}

const lettersAsNumbers = (text: string) => text.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
const mod97 = (digits: string) => Number(BigInt(digits) % 97n);

/** LEI: 18 characters and two check digits, mod 97 = 1. */
export function lei(random: Random): string {
  const stem = `5493${random.pick(['00', '01', '02'])}${random.pick(LETTERS)}${random.pick(LETTERS)}${random.digits(10)}`;
  return `${stem}${String(98 - mod97(`${lettersAsNumbers(stem)}00`)).padStart(2, '0')}`;
}
const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'K', 'L', 'M', 'N', 'P', 'R', 'T', 'V', 'W', 'X'] as const;

/** IBAN of a bank code and account number: mod 97 = 1. */
function iban(country: string, bban: string): string {
  const check = 98 - mod97(lettersAsNumbers(`${bban}${country}00`));
  return `${country}${String(check).padStart(2, '0')}${bban}`;
}
export const germanIban = (random: Random) => iban('DE', `50010517${random.digits(10)}`);
export const britishIban = (random: Random) => iban('GB', `MIDL400515${random.digits(8)}`);
/** With the national check key over bank, branch and account. */
export function frenchIban(random: Random): string {
  const [bank, branch, account] = ['30006', '00001', `1${random.digits(10)}`];
  const key = 97 - ((89 * Number(bank) + 15 * Number(branch) + 3 * Number(account)) % 97);
  return iban('FR', `${bank}${branch}${account}${String(key).padStart(2, '0')}`);
}

/** Routing number of a bank in the United States: weights 3, 7, 1. */
export function aba(random: Random): string {
  const digits = `0${random.integer(1, 9)}${random.digits(6)}`;
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * ([3, 7, 1][at % 3] ?? 0), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** National drug code in the form 5-4-2. */
export const ndc = (random: Random) =>
  `${random.integer(10_000, 79_999)}-${String(random.integer(1, 9998)).padStart(4, '0')}-${random.pick(['01', '05', '10', '25'])}`;
