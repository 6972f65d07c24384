import {
  attribute,
  byBusinessUnit,
  country,
  currency,
  decimal,
  defineEntityType,
  email,
  enumeration,
  field,
  type GoldenAttributes,
  identifier,
  integer,
  list,
  object,
  organisationName,
  phone,
  qualifiedIdentifier,
  reference,
  type SourceAttributes,
  text,
  url,
} from '../model.js';
import { ENTITY_SCHEMAS } from '../match/engine/index.js';
import { address } from './address.js';

const bankAccount = object('BankAccount', {
  iban: field(identifier('IBAN'), 'International bank account number, checked by mod 97.'),
  bic: field(identifier('BIC'), 'Business identifier code of the bank (ISO 9362).'),
  aba: field(identifier('ABA'), 'Routing number of a bank in the United States.'),
  accountNumber: field(text(), 'National account number, where there is no IBAN.'),
  holder: field(text(), 'Who the account belongs to, as the bank spells it.'),
  bankName: field(text(), 'Name of the bank.'),
  country: field(country(), 'Country of the bank.'),
  currency: field(currency(), 'Currency of the account.'),
});

const paymentTerms = object('PaymentTerms', {
  code: field(text(), "The system's own code, e.g. NET30."),
  description: field(text(), 'The terms in words.'),
  netDays: field(integer(), 'Days after the invoice date on which the full amount is due.'),
  discountDays: field(integer(), 'Days within which the discount is granted.'),
  discountPercent: field(decimal(), 'Discount for early payment, in per cent.'),
});

const contact = object('Contact', {
  name: field(text(), "The person's name."),
  role: field(text(), 'What the person answers for, e.g. Accounts receivable.'),
  email: field(email(), 'E-mail address.'),
  phone: field(phone(), 'Telephone number, E.164.'),
});

export const supplier = defineEntityType({
  code: 'supplier',
  name: 'Supplier',
  plural: 'Suppliers',
  idPrefix: 'sup',
  description: 'An organisation or person that we buy from: manufacturer, distributor, wholesaler or service provider.',
  attributes: {
    name: attribute(organisationName(), 'The name that it trades under.', {
      required: true,
      filter: true,
      order: true,
      search: true,
    }),
    legalName: attribute(organisationName(), 'The name in the commercial register.', { filter: true, search: true }),
    legalForm: attribute(text(), 'Legal form as written in the register, e.g. Inc. or GmbH.', { filter: true }),
    taxIds: attribute(
      list(qualifiedIdentifier('VAT', 'EIN', 'TAX_ID')),
      'Tax numbers: VAT, EIN (United States), or the national number of another country.',
      { sensitive: 'TAX_ID' },
    ),
    gln: attribute(identifier('GLN'), 'GS1 global location number of the company.', { filter: true }),
    duns: attribute(identifier('DUNS'), 'Dun & Bradstreet number, nine digits.', { filter: true }),
    lei: attribute(identifier('LEI'), 'Legal entity identifier (ISO 17442).', { filter: true }),
    npi: attribute(identifier('NPI'), 'National provider identifier, for suppliers that also give care (US).', {
      filter: true,
    }),
    addresses: attribute(list(address), 'Postal addresses by kind.'),
    phones: attribute(list(phone()), 'Telephone numbers, E.164.'),
    emails: attribute(list(email()), 'E-mail addresses of the company, not of a person.'),
    website: attribute(url(), 'Home page.'),
    bankAccounts: attribute(list(bankAccount), 'Accounts that we pay to.', { sensitive: 'BANK_ACCOUNT' }),
    paymentTerms: attribute(byBusinessUnit(paymentTerms), 'When we pay; agreed with each business unit.'),
    currency: attribute(currency(), 'Currency in which it invoices, ISO 4217.', { filter: true, order: true }),
    categories: attribute(list(identifier('UNSPSC')), 'What it sells: UNSPSC codes, eight digits.'),
    parent: attribute(reference('supplier'), 'The supplier that it belongs to.', { filter: true }),
    contacts: attribute(list(contact), 'People to talk to.'),
    status: attribute(enumeration('ACTIVE', 'ON_HOLD', 'BLOCKED'), 'May we order from it, and pay it?', {
      filter: true,
      order: true,
    }),
    statusReason: attribute(text(), 'Why it is on hold or blocked.'),
  },
  matching: {
    identifiers: {
      LEI: 'EXCLUSIVE',
      NPI: 'EXCLUSIVE',
      VAT: 'EXCLUSIVE',
      EIN: 'EXCLUSIVE',
      TAX_ID: 'EXCLUSIVE',
      DUNS: 'EXCLUSIVE',
      // A company may have a GLN per location, so another one proves nothing.
      GLN: 'SHARED',
      // Sister companies share an account, and most companies have several.
      IBAN: 'SHARED',
    },
    compared: ENTITY_SCHEMAS.supplier,
  },
});

export type SupplierAttributes = GoldenAttributes<typeof supplier>;
export type SupplierSourceAttributes = SourceAttributes<typeof supplier>;
