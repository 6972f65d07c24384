import { describe, expect, test } from '@jest/globals';
import { normaliseRecord, supplier, UNITS } from '../../../golden-records/index.js';
import type { InwardCodes, OutwardContext } from '../../../sources/connector.js';
import { failureOfException, readJson2, readJsonRpc } from '../../../sources/odoo/failure.js';
import {
  businessUnitOutward,
  itemOf,
  itemOutward,
  supplierOf,
  supplierOutward,
} from '../../../sources/odoo/mapping.js';
import type { PartnerPayload, ProductPayload } from '../../../sources/odoo/payloads.js';
import { STANDARD_UNITS } from '../../../sources/odoo/unit-names.js';
import {
  bareUrl,
  htmlOfText,
  paddedGtin,
  plain,
  rounded,
  samePhone,
  textOfHtml,
} from '../../../sources/odoo/values.js';

const NO_CODES: InwardCodes = { inward: (_list, _code, _label, otherwise) => otherwise };
const partner = (more: Partial<PartnerPayload> = {}): PartnerPayload => ({
  id: '7',
  born: '2026-11-01 08:00:00',
  name: 'Nordic Gloves',
  active: true,
  isCompany: true,
  parent: null,
  ref: null,
  vat: null,
  gln: null,
  street: null,
  street2: null,
  city: null,
  zip: null,
  state: null,
  country: null,
  stateless: false,
  phone: null,
  mobile: null,
  email: null,
  website: null,
  comment: null,
  currency: null,
  terms: {},
  children: [],
  banks: [],
  ...more,
});
const outwardContext = (codes: Record<string, string> = {}): OutwardContext => ({
  system: 'odoo',
  scope: 'main',
  golden: { id: 'g', entityType: 'supplier', state: 'ACTIVE', attributes: {} },
  theirs: undefined,
  reference: (_type, id) => (id === 'unknown' ? undefined : `of ${id}`),
  // As an Odoo that has all countries and currencies says.
  code: (list, word) => codes[`${list} ${word}`] ?? (['countries', 'currencies'].includes(list) ? word : undefined),
});

describe('values', () => {
  test.each([
    [false, null],
    ['', null],
    ['  ', null],
    [' a ', 'a'],
    [0, 0],
    [true, true],
  ])('%p is %p', (given, expected) => expect(plain(given)).toBe(expected));

  test.each([
    [1.23456, 2, '1.23'],
    [0.005, 2, '0.01'],
    ['0.333333', 2, '0.33'],
    [1.005, 2, '1.01'],
    [100, 2, '100'],
    ['', 2, null],
    [0.00345, 6, '0.00345'],
    [-1.5, 0, '-2'],
  ])('%p to %i digits is %p', (given, digits, expected) => expect(rounded(given, digits)).toBe(expected));

  test.each([
    ['<p>hello\nworld</p>', 'hello\nworld'],
    ['<p>a</p><p>b &amp; c</p>', 'a\nb & c'],
    ['<p>x<script>alert(1)</script></p>', 'x'],
    ['1 < 2', '1 < 2'],
    ['<p><br></p>', null],
    ['&#65;<b>&#x42;</b>', 'AB'],
  ])('the text of %p is %p', (html, text) => expect(textOfHtml(html)).toBe(text));

  test('text survives the way through HTML', () => {
    for (const text of ['plain', 'a & b <c>', 'two\nlines', '&amp;']) expect(textOfHtml(htmlOfText(text))).toBe(text);
  });

  test('the same number, page and code in other spellings', () => {
    expect(samePhone('+1 312 555 0100', '(312) 555-0100')).toBe(true);
    expect(samePhone('+13125550100', '+13125550101')).toBe(false);
    expect(samePhone(null, '')).toBe(true);
    expect(bareUrl('https://www.Example.com/')).toBe(bareUrl('http://example.com'));
    expect(paddedGtin('4006381333931')).toBe(paddedGtin('04006381333931'));
    expect(paddedGtin('SKU-1')).toBe('SKU1');
  });

  test('the units that Odoo brings are units of the hub', () => {
    const known = new Set(UNITS.map(({ code }) => code));
    expect(Object.values(STANDARD_UNITS).filter((code) => !known.has(code))).toEqual([]);
  });
});

describe('suppliers', () => {
  test.each([
    ['12-3456789', 'US', { scheme: 'EIN', value: '12-3456789', country: 'US' }],
    ['US123456789', 'US', { scheme: 'EIN', value: '123456789', country: 'US' }],
    ['DE123456789', 'DE', { scheme: 'VAT', value: 'DE123456789' }],
    ['NO123456785', null, { scheme: 'VAT', value: 'NO123456785' }],
    ['4711', 'AE', { scheme: 'TAX_ID', value: '4711', country: 'AE' }],
  ])('tax number %s in %s', (vat, country, expected) => {
    expect(supplierOf(partner({ vat, country }), NO_CODES).taxIds).toEqual([expected]);
  });

  test('nothing there is NULL, as Odoo knows the whole record; what it can not know is ABSENT', () => {
    const mapped = supplierOf(partner(), NO_CODES);
    expect(mapped).toMatchObject({
      emails: null,
      phones: null,
      website: null,
      addresses: null,
      contacts: null,
      taxIds: null,
    });
    expect(mapped).not.toHaveProperty('lei');
    expect(mapped).not.toHaveProperty('gln');
  });

  test('a payment term without a word leaves the terms ABSENT, and is asked about', () => {
    const terms = {
      '1': { id: '4', name: '30 Days', netDays: 30, discountDays: null, discountPercent: null },
      '2': null,
    };
    const asked: string[] = [];
    const silent: InwardCodes = {
      inward: (list, code, label) => {
        asked.push(`${list} ${code} ${label}`);
        return undefined;
      },
    };
    expect(supplierOf(partner({ terms }), silent)).not.toHaveProperty('paymentTerms');
    expect(asked).toEqual(['paymentTerms 4 30 Days']);
    const known: InwardCodes = { inward: () => 'NET30' };
    expect(supplierOf(partner({ terms }), known).paymentTerms).toEqual([
      {
        businessUnit: '1',
        value: { code: 'NET30', description: '30 Days', netDays: 30, discountDays: null, discountPercent: null },
      },
    ]);
  });

  test('a country or currency that no ISO code explains is left out and asked for; the others need nobody', () => {
    const asked: string[] = [];
    const silent: InwardCodes = {
      inward: (list, code, _label, otherwise) => {
        asked.push(`${list} ${code}`);
        return otherwise;
      },
    };
    const mapped = supplierOf(partner({ street: 'Quay 1', country: 'ZZ', currency: 'GIL', vat: '123' }), silent);
    for (const attribute of ['addresses', 'currency']) expect(mapped).not.toHaveProperty(attribute);
    expect(mapped.taxIds).toEqual([{ scheme: 'TAX_ID', value: '123' }]);
    expect(new Set(asked)).toEqual(new Set(['countries ZZ', 'currencies GIL']));
    asked.length = 0;
    expect(supplierOf(partner({ country: 'DE', currency: 'EUR' }), silent)).toMatchObject({
      addresses: [{ country: 'DE' }],
      currency: 'EUR',
    });
    expect(asked).toEqual([]);
  });

  test('what is mapped is what the entity type takes', () => {
    const mapped = supplierOf(
      partner({
        vat: 'DE136695976',
        country: 'DE',
        street: 'Hafenstr. 1',
        phone: '+49 40 1234567',
        banks: [
          {
            id: '1',
            number: 'DE89 3704 0044 0532 0130 00',
            holder: null,
            bank: null,
            bic: null,
            currency: 'EUR',
            active: true,
          },
        ],
      }),
      NO_CODES,
    );
    const { attributes, issues } = normaliseRecord(supplier, { ...mapped }, { system: 'odoo', scope: 'main' });
    expect(attributes).toMatchObject({ bankAccounts: [{ iban: 'DE89370400440532013000', currency: 'EUR' }] });
    expect(issues).toEqual([]);
  });

  test('terms go out as ids by company; what nobody knows is left alone', () => {
    const { attributes } = supplierOutward({ creates: true });
    const terms = [{ businessUnit: 'bu-1', value: { code: 'NET30' } }];
    expect(attributes.paymentTerms?.write(terms, outwardContext({ 'paymentTerms NET30': '4' }))).toEqual({
      '<terms>': { 'of bu-1': '4' },
    });
  });

  test('a region is the same where Odoo has no states to choose from', () => {
    const outward = supplierOutward({ creates: true });
    const theirs = outward.present(partner({ country: 'DE', stateless: true }) as never);
    expect(outward.same?.('state_id', 'HH', theirs.state_id ?? null)).toBe(true);
    const american = outward.present(partner({ country: 'US' }) as never);
    expect(outward.same?.('state_id', 'IL', american.state_id ?? null)).toBe(false);
    const unit = businessUnitOutward({ creates: false });
    expect(unit.same?.('vat', 'DE 123', 'DE123')).toBe(true);
    expect(unit.same?.('state_id', 'IL', 'NY')).toBe(false);
  });

  test('what a person has from its company is not its own word, and not to be written to it', () => {
    const facts = { parent: '3', vat: 'NO123456785', currency: 'NOK', terms: { 1: null } };
    const [person, company] = [partner({ ...facts, isCompany: false }), partner(facts)];
    const said = (one: PartnerPayload) => Object.keys(supplierOf(one, NO_CODES));
    const copied = ['taxIds', 'paymentTerms', 'currency'];
    expect(said(company)).toEqual(expect.arrayContaining(copied));
    for (const attribute of copied) expect(said(person)).not.toContain(attribute);
    const { present, writable } = supplierOutward({ creates: true });
    const fields = ['name', 'vat', 'street', '<terms>', 'property_purchase_currency_id', 'parent_id'];
    const written = (one: PartnerPayload) => fields.filter((field) => writable?.(field, present(one as never)));
    expect(written(company)).toEqual(fields);
    expect(written(person)).toEqual(['name']);
    expect(written({ ...person, parent: null })).toEqual(fields.slice(0, -1));
  });

  test('rows are the same in any order and spelling', () => {
    const { same } = supplierOutward({ creates: true });
    const [one, two] = [
      { number: 'DE89370400440532013000', currency: 'EUR' },
      { number: 'X 1', currency: null },
    ];
    expect(same?.('<banks>', [one, two], [two, { ...one, number: 'DE89 3704 0044 0532 0130 00' }])).toBe(true);
    expect(same?.('<banks>', [one], [one, two])).toBe(false);
  });
});

describe('items', () => {
  const { attributes, same } = itemOutward({ creates: true });
  test('prices go out with the partner’s id; an offer of somebody unknown there is left out', () => {
    const offers = [
      {
        supplier: 's1',
        number: 'N',
        price: { amount: '1.5', currency: 'EUR' },
        minimumQuantity: { value: '10.005', unit: 'C62' },
      },
      { supplier: 'unknown', price: { amount: '2', currency: 'EUR' } },
    ];
    expect(attributes.supplierItems?.write(offers, outwardContext())).toEqual({
      '<prices>': [
        {
          partner: 'of s1',
          number: 'N',
          price: '1.5',
          currency: 'EUR',
          company: null,
          minimum: '10.01',
          from: null,
          to: null,
        },
      ],
    });
  });

  test('compared as Odoo keeps them', () => {
    expect(same?.('barcode', '4006381333931', '04006381333931')).toBe(true);
    expect(same?.('description', 'a\nb', '<p>a</p><p>b</p>')).toBe(true);
    const price = {
      partner: '1',
      number: null,
      price: '0.35',
      currency: 'USD',
      company: null,
      minimum: '1.23456',
      from: null,
      to: null,
    };
    expect(same?.('<prices>', [price], [{ ...price, price: 0.35, minimum: 1.23 }])).toBe(true);
    expect(same?.('<prices>', [price], [{ ...price, price: '0.36' }])).toBe(false);
  });

  test('a unit goes out by its name there, or by the id that a steward gave', () => {
    expect(attributes.baseUnit?.write('KGM', outwardContext())).toEqual({ uom_id: 'kg' });
    expect(attributes.baseUnit?.write('BX', outwardContext({ 'units BX': '12' }))).toEqual({ uom_id: '#12' });
  });

  const product: ProductPayload = {
    id: '3',
    born: '2026-11-01 08:00:00',
    template: '2',
    name: 'Swab',
    active: true,
    code: null,
    barcode: null,
    kind: 'GOODS',
    tracking: 'none',
    description: null,
    category: null,
    unit: null,
    prices: [],
    hasSiblings: false,
  };
  const unitShown = (unit: ProductPayload['unit']) =>
    itemOutward({ creates: true }).present({ ...product, unit } as never).uom_id ?? null;

  test('a unit is the same by its id, or by its English name, never by what a language calls it', () => {
    const box = unitShown({ id: '12', name: 'Karton zu 10', english: 'Box of 10' });
    expect(box).toBe('#12 Box of 10');
    expect(same?.('uom_id', '#12', box)).toBe(true);
    expect(same?.('uom_id', box, box)).toBe(true);
    // As it was shown before the id stood with it.
    expect(same?.('uom_id', 'Box of 10', box)).toBe(true);
    expect(same?.('uom_id', '#1', box)).toBe(false);
    expect(same?.('uom_id', '#12', '#121 Box of 10')).toBe(false);
    const kilo = unitShown({ id: '3', name: 'Kilo', english: 'kg' });
    expect(same?.('uom_id', 'kg', kilo)).toBe(true);
    expect(same?.('uom_id', 'KG', kilo)).toBe(false);
    expect(same?.('uom_id', 'kg', null)).toBe(false);
  });

  test('a unit that Odoo brings is known in every language; of another one a steward is asked, in his own', () => {
    const asked: string[] = [];
    const silent: InwardCodes = {
      inward: (list, code, label) => {
        asked.push(`${list} ${code} ${label}`);
        return undefined;
      },
    };
    const mapped = (unit: ProductPayload['unit']) => itemOf({ ...product, unit }, silent).baseUnit;
    expect(mapped({ id: '1', name: 'Stück', english: 'Units' })).toBe('C62');
    expect(mapped({ id: '3', name: 'kg' })).toBe('KGM');
    expect(asked).toEqual([]);
    expect(mapped({ id: '12', name: 'Karton zu 10', english: 'Box of 10' })).toBeUndefined();
    expect(asked).toEqual(['units 12 Karton zu 10']);
  });

  test('where Odoo tells no goods from consumables its word is no news, and there is nothing to correct', () => {
    expect(itemOf({ ...product, kind: null }, NO_CODES)).not.toHaveProperty('kind');
    expect(['GOODS', 'CONSUMABLE', 'SERVICE'].map((kind) => same?.('<kind>', kind, null))).toEqual([true, true, false]);
    expect(same?.('<kind>', 'GOODS', 'CONSUMABLE')).toBe(false);
  });
});

describe('failures', () => {
  const answer = (status: number, text: string, headers = {}) => ({ status, text, headers });
  test.each([
    ['odoo.exceptions.AccessDenied', 'Access Denied', 'TARGET_DOWN', 'ODOO_KEY_REFUSED'],
    ['odoo.exceptions.AccessError', 'no', 'PERMANENT', 'ODOO_NO_RIGHT'],
    ['odoo.exceptions.MissingError', 'gone', 'CONFLICT', 'ODOO_RECORD_GONE'],
    ['odoo.exceptions.RedirectWarning', 'no', 'PERMANENT', 'ODOO_REFUSED'],
    ['odoo.exceptions.UserError', "Object no.model doesn't exist", 'PERMANENT', 'ODOO_NO_MODEL'],
    ['builtins.KeyError', "'no_field'", 'PERMANENT', 'ODOO_NO_FIELD'],
    ['builtins.ValueError', "Wrong value for res.partner.type: 'x'", 'PERMANENT', 'ODOO_BAD_VALUE'],
    ['psycopg2.OperationalError', 'FATAL:  database "x" does not exist', 'TARGET_DOWN', 'ODOO_NO_DATABASE'],
    ['psycopg2.errors.SerializationFailure', 'could not serialize access', 'CONFLICT', 'ODOO_CONCURRENT_UPDATE'],
    ['builtins.RuntimeError', 'anything', 'RETRYABLE', 'ODOO_FAULT'],
  ])('%s: %s', (name, message, kind, code) => {
    expect(failureOfException(name, message)).toMatchObject({ kind, code });
  });

  test('an answer before Odoo’s own is told by its status', () => {
    expect(readJson2(answer(429, '', { 'retry-after': '7' }))).toMatchObject({
      failure: { kind: 'THROTTLED', retryAfterMs: 7_000 },
    });
    expect(readJson2(answer(502, '<title>Bad Gateway</title>'))).toMatchObject({ failure: { kind: 'TARGET_DOWN' } });
    expect(readJson2(answer(404, '<title>404 Not Found</title>'))).toMatchObject({
      failure: { code: 'ODOO_NO_DATABASE' },
    });
    expect(readJson2(answer(200, '<html>login'))).toMatchObject({ failure: { code: 'ODOO_UNREADABLE' } });
    expect(readJsonRpc(answer(200, '<html>login'))).toMatchObject({ failure: { code: 'ODOO_UNREADABLE' } });
    expect(readJsonRpc(answer(500, '<title>Internal Server Error</title>'))).toMatchObject({
      failure: { kind: 'RETRYABLE' },
    });
  });

  test('a method that returns nothing answers null by both protocols', () => {
    expect(readJson2(answer(200, 'null'))).toEqual({ result: null });
    expect(readJsonRpc(answer(200, '{"jsonrpc":"2.0","id":1}'))).toEqual({ result: null });
  });
});
