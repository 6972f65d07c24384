import {
  attribute,
  defineEntityType,
  enumeration,
  type GoldenAttributes,
  identifier,
  reference,
  type SourceAttributes,
  text,
  timeZone,
} from '../model.js';
import { ENTITY_SCHEMAS } from '../match/engine/index.js';
import { address } from './address.js';

export const warehouse = defineEntityType({
  code: 'warehouse',
  name: 'Warehouse',
  plural: 'Warehouses',
  idPrefix: 'whs',
  description: 'A place where stock is kept: a central store, a ward cupboard, a pharmacy, a theatre.',
  attributes: {
    code: attribute(text(), 'Short code, unique within its business unit.', {
      filter: true,
      order: true,
      search: true,
    }),
    name: attribute(text(), 'Name.', { required: true, filter: true, order: true, search: true }),
    kind: attribute(
      enumeration('CENTRAL', 'WARD', 'PHARMACY', 'THEATRE', 'CONSIGNMENT', 'TRANSIT'),
      'What sort of place it is.',
      { filter: true, order: true },
    ),
    address: attribute(address, 'Where goods for it are delivered.'),
    gln: attribute(identifier('GLN'), 'GS1 global location number of the place.', { filter: true }),
    businessUnit: attribute(reference('business_unit'), 'To whom it belongs.', { filter: true }),
    parent: attribute(reference('warehouse'), 'The warehouse that it is part of or supplied from.', { filter: true }),
    timeZone: attribute(timeZone(), 'IANA time zone of its working hours.', { filter: true }),
    status: attribute(enumeration('ACTIVE', 'CLOSED'), 'Is it in use?', { filter: true, order: true }),
  },
  matching: {
    // One place has one GLN.
    identifiers: { GLN: 'EXCLUSIVE' },
    compared: ENTITY_SCHEMAS.warehouse,
  },
});

export type WarehouseAttributes = GoldenAttributes<typeof warehouse>;
export type WarehouseSourceAttributes = SourceAttributes<typeof warehouse>;
