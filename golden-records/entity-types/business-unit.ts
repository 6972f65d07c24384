import {
  attribute,
  country,
  currency,
  defineEntityType,
  enumeration,
  type GoldenAttributes,
  identifier,
  organisationName,
  qualifiedIdentifier,
  reference,
  type SourceAttributes,
  text,
} from '../model.js';
import { ENTITY_SCHEMAS } from '../match/engine/index.js';
import { address } from './address.js';

export const businessUnit = defineEntityType({
  code: 'business_unit',
  name: 'BusinessUnit',
  plural: 'BusinessUnits',
  idPrefix: 'bus',
  description: 'A part of our own organisation that orders, keeps stock or pays: a hospital, a clinic, a laboratory.',
  attributes: {
    code: attribute(text(), 'Short code, unique in the organisation.', { filter: true, order: true, search: true }),
    name: attribute(organisationName(), 'Name.', { required: true, filter: true, order: true, search: true }),
    legalName: attribute(organisationName(), 'The name in the commercial register.', { filter: true, search: true }),
    kind: attribute(
      enumeration('HOSPITAL', 'CLINIC', 'LABORATORY', 'DISTRIBUTOR', 'SHARED_SERVICE'),
      'What sort of unit it is.',
      { filter: true, order: true },
    ),
    parent: attribute(reference('business_unit'), 'The unit that it belongs to.', { filter: true }),
    taxId: attribute(qualifiedIdentifier('VAT', 'EIN', 'TAX_ID'), 'Tax number.', { sensitive: 'TAX_ID' }),
    gln: attribute(identifier('GLN'), 'GS1 global location number.', { filter: true }),
    npi: attribute(identifier('NPI'), 'National provider identifier (US).', { filter: true }),
    country: attribute(country(), 'ISO 3166-1 alpha-2 code.', { filter: true, order: true }),
    currency: attribute(currency(), 'Currency of its books, ISO 4217.', { filter: true, order: true }),
    address: attribute(address, 'Postal address.'),
    status: attribute(enumeration('ACTIVE', 'CLOSED'), 'Is it in operation?', { filter: true, order: true }),
  },
  matching: {
    identifiers: {
      GLN: 'EXCLUSIVE',
      NPI: 'EXCLUSIVE',
      // Units of one legal entity share its tax number, and have only that one.
      VAT: 'EXCLUSIVE',
      EIN: 'EXCLUSIVE',
      TAX_ID: 'EXCLUSIVE',
    },
    compared: ENTITY_SCHEMAS.business_unit,
  },
});

export type BusinessUnitAttributes = GoldenAttributes<typeof businessUnit>;
export type BusinessUnitSourceAttributes = SourceAttributes<typeof businessUnit>;
