import type { JsonObject } from '../../json.js';
import type { Cell } from './columns.js';
import type { MatchSchema } from './schema.js';

/**
 * What is compared of each entity type: one configuration for live and batch. `from` says where a value lies in a record's
 * attributes; in a file, a column of the field's name holds it.
 */
interface EntityField {
  readonly from: readonly string[];
}
type EntitySchema = MatchSchema & { readonly from: Readonly<Record<string, EntityField['from']>> };

const entity = (fields: readonly (MatchSchema['fields'][number] & EntityField)[]): EntitySchema => ({
  fields: fields.map(({ from: _, ...spec }) => spec),
  from: Object.fromEntries(fields.map(({ name, from }) => [name, from])),
});

const ADDRESS = [
  { name: 'street', kind: 'address', from: ['addresses.line1+line2', 'address.line1+line2'] },
  { name: 'city', kind: 'city', from: ['addresses.city', 'address.city'] },
  { name: 'postcode', kind: 'postcode', from: ['addresses.postcode', 'address.postcode'] },
  { name: 'country', kind: 'country', from: ['addresses.country', 'address.country', 'country'] },
] as const;

/** A company may have tax numbers of several countries, but one of each: the number carries its country. */
const TAX = { kind: 'identifier', scheme: 'tax', checkedAs: 'TAX_ID' } as const;

export const ENTITY_SCHEMAS: Readonly<Record<string, EntitySchema>> = {
  supplier: entity([
    { name: 'name', kind: 'organisation-name', from: ['name', 'legalName'] },
    ...ADDRESS,
    { name: 'phone', kind: 'phone', from: ['phones'] },
    { name: 'email', kind: 'email', from: ['emails'] },
    { name: 'website', kind: 'url', from: ['website'] },
    { name: 'taxId', ...TAX, from: ['taxIds'] },
    { name: 'lei', kind: 'identifier', scheme: 'LEI', checkedAs: 'LEI', from: ['lei'] },
    { name: 'npi', kind: 'identifier', scheme: 'NPI', checkedAs: 'NPI', from: ['npi'] },
    { name: 'duns', kind: 'identifier', scheme: 'DUNS', checkedAs: 'DUNS', from: ['duns'] },
    { name: 'gln', kind: 'code', checkedAs: 'GLN', from: ['gln'] },
    { name: 'iban', kind: 'code', checkedAs: 'IBAN', from: ['bankAccounts.iban'] },
  ]),
  item: entity([
    { name: 'name', kind: 'title', from: ['name'] },
    { name: 'description', kind: 'text', from: ['description'] },
    { name: 'manufacturer', kind: 'organisation-name', from: ['manufacturer'] },
    { name: 'partNumber', kind: 'code', from: ['manufacturerPartNumber'] },
    { name: 'gtin', kind: 'code', checkedAs: 'GTIN', from: ['packagings.gtin'] },
    { name: 'udiDi', kind: 'code', checkedAs: 'UDI_DI', from: ['udiDi'] },
    { name: 'ndc', kind: 'code', checkedAs: 'NDC', from: ['ndc'] },
    { name: 'unspsc', kind: 'category', from: ['unspsc'] },
    { name: 'price', kind: 'price', from: ['listPrice.amount'] },
  ]),
  warehouse: entity([
    { name: 'name', kind: 'organisation-name', from: ['name'] },
    ...ADDRESS,
    { name: 'code', kind: 'code', from: [] },
    { name: 'gln', kind: 'identifier', scheme: 'GLN', exclusive: true, checkedAs: 'GLN', from: ['gln'] },
  ]),
  business_unit: entity([
    { name: 'name', kind: 'organisation-name', from: ['name', 'legalName'] },
    ...ADDRESS,
    { name: 'code', kind: 'code', from: ['code'] },
    { name: 'taxId', kind: 'identifier', scheme: 'tax', exclusive: false, checkedAs: 'TAX_ID', from: ['taxId'] },
    { name: 'gln', kind: 'identifier', scheme: 'GLN', exclusive: true, checkedAs: 'GLN', from: ['gln'] },
    { name: 'npi', kind: 'identifier', scheme: 'NPI', checkedAs: 'NPI', from: ['npi'] },
  ]),
};

/** The cells of a normalised record, in the order of its type's schema. */
export function cellsOfAttributes({ fields, from }: EntitySchema, attributes: JsonObject): Cell[] {
  return fields.map(({ name }) => (from[name] ?? []).flatMap((path) => valuesAt(attributes, path.split('.'))));
}

function valuesAt(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  const [step, ...rest] = path;
  if (step === undefined) return texts(value);
  if (typeof value !== 'object' || value === null) return [];
  if (step.includes('+')) {
    const parts = step.split('+').map((key) => (value as Record<string, unknown>)[key]);
    return texts(parts.filter((part) => typeof part === 'string' && part !== '').join(' '));
  }
  return valuesAt((value as Record<string, unknown>)[step], rest);
}

/** A qualified identifier carries who issued it: numbers of two countries are two numbers. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (typeof value === 'number') return [String(value)];
  const qualified = value as { value?: unknown; country?: unknown } | null | undefined;
  return typeof qualified?.value === 'string' ? [`${qualified.country ?? ''}${qualified.value}`] : [];
}
