import { attribute, defineEntityType, kinds } from '@concord-mdm/hub';

export const carrier = defineEntityType({
  code: 'carrier',
  name: 'Carrier',
  plural: 'Carriers',
  idPrefix: 'car',
  description: 'An organisation that brings goods to our warehouses.',
  attributes: {
    name: attribute(kinds.organisationName(), 'The name that it trades under.', {
      required: true,
      filter: true,
      order: true,
      search: true,
    }),
    alphaCode: attribute(kinds.text(), 'Standard carrier alpha code (SCAC), two to four letters.', { filter: true }),
    lei: attribute(kinds.identifier('LEI'), 'Legal entity identifier (ISO 17442).', { filter: true }),
    country: attribute(kinds.country(), 'Where it is at home.', { filter: true }),
    phones: attribute(kinds.list(kinds.phone()), 'Telephone numbers of its dispatchers, E.164.'),
    mode: attribute(kinds.enumeration('ROAD', 'RAIL', 'AIR', 'SEA'), 'How it mostly travels.', { filter: true }),
    billedAs: attribute(kinds.reference('supplier'), 'The supplier whose invoices we pay for it.', { filter: true }),
  },
  matching: {
    identifiers: { LEI: 'EXCLUSIVE' },
    compared: {
      fields: [
        { name: 'name', kind: 'organisation-name', from: ['name'] },
        { name: 'alphaCode', kind: 'code', from: ['alphaCode'] },
        { name: 'lei', kind: 'identifier', scheme: 'LEI', from: ['lei'] },
        { name: 'phone', kind: 'phone', from: ['phones'] },
      ],
    },
  },
});
