import type { JsonObject } from '../../json.js';
import type { Cell } from './columns.js';
import type { FieldSpec, MatchSchema } from './schema.js';

/** A field that says where in a record's attributes its values lie. */
export interface ComparedField extends FieldSpec {
  /** Paths go into lists and objects (`addresses.city`), join lines (`line1+line2`), or take one scheme (`taxIds:VAT`). */
  readonly from: readonly string[];
}

/** What is compared of an entity type: the same live and in batch. */
export interface EntitySchema extends MatchSchema {
  readonly fields: readonly ComparedField[];
}

const ADDRESS = [
  { name: 'street', kind: 'address', from: ['addresses.line1+line2', 'address.line1+line2'] },
  { name: 'city', kind: 'city', from: ['addresses.city', 'address.city'] },
  { name: 'postcode', kind: 'postcode', from: ['addresses.postcode', 'address.postcode'] },
  { name: 'country', kind: 'country', from: ['addresses.country', 'address.country', 'country'] },
] as const;

/** Of the types that come with the hub. In a file, a column of the field's name holds the value. */
export const ENTITY_SCHEMAS = {
  supplier: {
    fields: [
      { name: 'name', kind: 'organisation-name', from: ['name', 'legalName'] },
      ...ADDRESS,
      { name: 'phone', kind: 'phone', from: ['phones'] },
      { name: 'email', kind: 'email', from: ['emails'] },
      { name: 'website', kind: 'url', from: ['website'] },
      { name: 'vat', kind: 'identifier', scheme: 'VAT', checkedAs: 'VAT', from: ['taxIds:VAT'] },
      { name: 'ein', kind: 'identifier', scheme: 'EIN', checkedAs: 'EIN', from: ['taxIds:EIN'] },
      { name: 'taxId', kind: 'identifier', scheme: 'TAX_ID', checkedAs: 'TAX_ID', from: ['taxIds:TAX_ID'] },
      { name: 'lei', kind: 'identifier', scheme: 'LEI', checkedAs: 'LEI', from: ['lei'] },
      { name: 'npi', kind: 'identifier', scheme: 'NPI', checkedAs: 'NPI', from: ['npi'] },
      { name: 'duns', kind: 'identifier', scheme: 'DUNS', exclusive: true, checkedAs: 'DUNS', from: ['duns'] },
      { name: 'gln', kind: 'code', checkedAs: 'GLN', from: ['gln'] },
      { name: 'iban', kind: 'code', checkedAs: 'IBAN', from: ['bankAccounts.iban'] },
    ],
  },
  item: {
    fields: [
      { name: 'name', kind: 'title', from: ['name'] },
      { name: 'description', kind: 'text', from: ['description'] },
      { name: 'manufacturer', kind: 'organisation-name', from: ['manufacturer'] },
      { name: 'partNumber', kind: 'code', from: ['manufacturerPartNumber'] },
      { name: 'gtin', kind: 'code', checkedAs: 'GTIN', from: ['packagings.gtin'] },
      { name: 'udiDi', kind: 'code', checkedAs: 'UDI_DI', from: ['udiDi'] },
      { name: 'ndc', kind: 'code', checkedAs: 'NDC', from: ['ndc'] },
      { name: 'unspsc', kind: 'category', from: ['unspsc'] },
      { name: 'price', kind: 'price', from: ['listPrice.amount'] },
    ],
  },
  warehouse: {
    fields: [
      { name: 'name', kind: 'organisation-name', from: ['name'] },
      ...ADDRESS,
      { name: 'code', kind: 'code', from: [] },
      { name: 'gln', kind: 'identifier', scheme: 'GLN', exclusive: true, checkedAs: 'GLN', from: ['gln'] },
    ],
  },
  business_unit: {
    fields: [
      { name: 'name', kind: 'organisation-name', from: ['name', 'legalName'] },
      ...ADDRESS,
      { name: 'code', kind: 'code', from: ['code'] },
      { name: 'taxId', kind: 'identifier', scheme: 'tax', exclusive: false, checkedAs: 'TAX_ID', from: ['taxId'] },
      { name: 'gln', kind: 'identifier', scheme: 'GLN', exclusive: true, checkedAs: 'GLN', from: ['gln'] },
      { name: 'npi', kind: 'identifier', scheme: 'NPI', checkedAs: 'NPI', from: ['npi'] },
    ],
  },
} as const satisfies Readonly<Record<string, EntitySchema>>;

/**
 * The cells of a normalised record, in the order of its type's schema. `weak` are values that identify nothing by
 * themselves, as "scheme:value": a number beside the one that a tax office knows everybody by.
 */
export const cellsOfAttributes = (
  { fields }: EntitySchema,
  attributes: JsonObject,
  weak: ReadonlySet<string>,
): Cell[] =>
  fields.map(({ from, checkedAs }) =>
    from
      .flatMap((path) => valuesAt(attributes, path.split('.')))
      .filter((value) => checkedAs === undefined || !weak.has(`${checkedAs}:${value}`)),
  );

/** The attribute that a path begins with. */
export const rootOf = (path: string): string => path.split(/[.:+]/)[0] ?? '';

function valuesAt(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  const [step, ...rest] = path;
  if (step === undefined) return texts(value);
  if (typeof value !== 'object' || value === null) return [];
  const [attribute, scheme] = step.split(':');
  if (scheme !== undefined) {
    const inner = (value as Record<string, unknown>)[attribute ?? ''];
    const ofScheme = (Array.isArray(inner) ? inner : [inner]).filter((one) => one?.scheme === scheme);
    return valuesAt(ofScheme, rest);
  }
  if (step.includes('+')) {
    const parts = step.split('+').map((key) => (value as Record<string, unknown>)[key]);
    return texts(parts.filter((part) => typeof part === 'string' && part !== '').join(' '));
  }
  return valuesAt((value as Record<string, unknown>)[step], rest);
}

/** A qualified identifier begins with the country that issued it, where it is a national one. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (typeof value === 'number') return [String(value)];
  const qualified = value as { value?: unknown } | null | undefined;
  return typeof qualified?.value === 'string' ? [qualified.value] : [];
}
