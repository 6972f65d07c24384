import {
  attribute,
  bool,
  defineEntityType,
  enumeration,
  field,
  type GoldenAttributes,
  identifier,
  list,
  localDate,
  money,
  multilineText,
  object,
  organisationName,
  quantity,
  reference,
  type SourceAttributes,
  text,
  unit,
} from '../model.js';
import { ENTITY_SCHEMAS } from '../match/engine/index.js';

const packaging = object('Packaging', {
  level: field(
    enumeration('BASE', 'INNER', 'CASE', 'PALLET'),
    'Where it stands in the hierarchy: BASE is the smallest.',
  ),
  unit: field(unit(), 'Unit of this level, e.g. BX for a box.'),
  contains: field(quantity(), 'How much of the base unit one of it contains.'),
  gtin: field(identifier('GTIN'), 'GTIN of this level, padded to 14 digits.'),
});

const temperatureRange = object('TemperatureRange', {
  minimum: field(quantity(), 'Lowest temperature allowed, e.g. 2 CEL.'),
  maximum: field(quantity(), 'Highest temperature allowed, e.g. 8 CEL.'),
});

const supplierItem = object('SupplierItem', {
  supplier: field(reference('supplier'), 'Who sells it.'),
  number: field(text(), "The supplier's own number for it."),
  businessUnit: field(reference('business_unit'), 'For whom the price was agreed; empty: for all.'),
  price: field(money(), 'Price of one price unit.'),
  priceUnit: field(unit(), 'What the price is for.'),
  minimumQuantity: field(quantity(), 'Smallest amount that may be ordered at this price.'),
  validFrom: field(localDate(), 'First day of the price.'),
  validTo: field(localDate(), 'Last day of the price.'),
});

export const item = defineEntityType({
  code: 'item',
  name: 'Item',
  plural: 'Items',
  idPrefix: 'itm',
  description: 'Something that we buy, keep or use: goods, consumables, drugs, devices and services.',
  attributes: {
    name: attribute(text(), 'Short name, as on a shelf label.', {
      required: true,
      filter: true,
      order: true,
      search: true,
    }),
    description: attribute(multilineText(), 'Long description.', { search: true }),
    kind: attribute(enumeration('GOODS', 'CONSUMABLE', 'SERVICE', 'DRUG', 'DEVICE'), 'What sort of thing it is.', {
      filter: true,
      order: true,
    }),
    manufacturer: attribute(organisationName(), 'Who makes it, as the sources write it.', {
      filter: true,
      order: true,
      search: true,
    }),
    manufacturerPartNumber: attribute(text(), "The maker's own number for it.", { filter: true, search: true }),
    udiDi: attribute(identifier('UDI_DI'), 'Device identifier of the UDI (GS1, HIBCC or ICCBBA).', { filter: true }),
    ndc: attribute(identifier('NDC'), 'National drug code (US), 11 or 12 digits; 10 digits where ambiguous.', {
      filter: true,
    }),
    hcpcs: attribute(identifier('HCPCS'), 'Billing code (US), a letter and four digits.', { filter: true }),
    unspsc: attribute(identifier('UNSPSC'), 'UNSPSC code, eight digits.', { filter: true, order: true }),
    category: attribute(text(), "The organisation's own category, levels separated by ' / '.", {
      filter: true,
      order: true,
    }),
    baseUnit: attribute(unit(), 'Unit in which stock is counted: UNECE Recommendation 20, or UCUM.', { filter: true }),
    packagings: attribute(list(packaging), 'Packaging levels with their GTIN and what they contain.'),
    tracking: attribute(enumeration('NONE', 'LOT', 'SERIAL'), 'How single pieces are followed.', { filter: true }),
    shelfLife: attribute(quantity(), 'How long it keeps from manufacture.'),
    storageTemperature: attribute(temperatureRange, 'Temperatures between which it is to be kept.'),
    hazardous: attribute(bool(), 'Needs handling as a hazardous good.', { filter: true }),
    containsLatex: attribute(bool(), 'Contains natural rubber latex.', { filter: true }),
    sterile: attribute(bool(), 'Supplied sterile.', { filter: true }),
    listPrice: attribute(money(), "The maker's list price of one base unit."),
    preferredSupplier: attribute(reference('supplier'), 'From whom we order it first.', { filter: true }),
    supplierItems: attribute(list(supplierItem), 'Who sells it, under which number and at what price.'),
    status: attribute(enumeration('ACTIVE', 'ON_HOLD', 'DISCONTINUED'), 'May it be ordered?', {
      filter: true,
      order: true,
    }),
    replacedBy: attribute(reference('item'), 'The item to order instead.', { filter: true }),
  },
  matching: {
    identifiers: {
      // An item has one GTIN and one UDI-DI per packaging level, so another one proves nothing.
      GTIN: 'SHARED',
      UDI_DI: 'SHARED',
      NDC: 'SHARED',
    },
    compared: ENTITY_SCHEMAS.item,
    // A catalogue is full of variants: sizes, pack sizes and makers of the same thing.
    thresholds: { match: 8, review: 2, confirmed: 11 },
  },
});

export type ItemAttributes = GoldenAttributes<typeof item>;
export type ItemSourceAttributes = SourceAttributes<typeof item>;
