export interface IdentifierValue {
  readonly scheme: string;
  readonly value: string;
  readonly strong: boolean;
}

const NATIONAL_SCHEMES = new Set(['VAT', 'TAX_ID']);
/** The country that issued a national identifier ("DE123…", "US:12…"); nothing for a scheme that is valid everywhere. */
export const issuer = (scheme: string, value: string): string =>
  NATIONAL_SCHEMES.has(scheme) ? value.slice(0, 2) : '';

export const identifierKey = ({ scheme, value }: IdentifierValue) => `${scheme}:${value}`;
