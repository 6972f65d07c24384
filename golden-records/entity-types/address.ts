import { country, enumeration, field, object, text } from '../model.js';

/** A postal address; the same shape wherever a record has one. */
export const address = object('Address', {
  kind: field(
    enumeration('MAIN', 'LEGAL', 'BILLING', 'REMITTANCE', 'SHIPPING', 'RETURNS'),
    'What the address is for. MAIN where a source has only one.',
  ),
  line1: field(text(), 'House number and street, or the post box.'),
  line2: field(text(), 'Suite, unit, floor, building or department.'),
  city: field(text(), 'City or town.'),
  region: field(text(), 'State, province or county, as written in addresses of the country (e.g. IL).'),
  postcode: field(text(), 'Postcode or ZIP code.'),
  country: field(country(), 'ISO 3166-1 alpha-2 code.'),
});
