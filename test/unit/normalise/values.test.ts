import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  boolean,
  country,
  countryCode,
  currency,
  decimal,
  email,
  instant,
  integer,
  localDate,
  money,
  oneOf,
  phone,
  quantity,
  registrableDomain,
  timeZone,
  UNITS,
  unit,
  unitOfMeasure,
  url,
} from '../../../golden-records/normalise/index.js';
import { expectIdempotent, expectInvalid, expectValue, ODD_INPUTS } from './expectations.js';

describe('every normaliser', () => {
  const status = oneOf(['ACTIVE', 'ON_HOLD']);
  const ALL = {
    boolean,
    country,
    currency,
    decimal,
    email,
    instant,
    integer,
    localDate,
    money,
    status,
    phone,
    quantity,
    timeZone,
    unit,
    url,
  };

  test.each(Object.entries(ALL))('%s is total and idempotent', (_, normalise) => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.double(), fc.integer()), (input) => {
        const once = normalise(input);
        if (!once.ok) expect(once.found.length).toBeLessThanOrEqual(80);
        else expectIdempotent(normalise, once.value);
      }),
      { numRuns: 300 },
    );
  });

  test.each(Object.entries(ALL))('%s refuses blank text', (_, normalise) => {
    for (const blank of ['', ' ', '\t\n', '\u00a0']) expectInvalid(normalise(blank));
  });
});

describe('phone', () => {
  test.each([
    ['(415) 555-2671', 'US', '+14155552671'],
    ['415.555.2671 x12', 'US', '+14155552671;ext=12'],
    ['+1 415 555 2671 ext. 12', undefined, '+14155552671;ext=12'],
    ['+14155552671;ext=12', undefined, '+14155552671;ext=12'],
    ['020 7946 0958', 'GB', '+442079460958'],
    ['+44 (0)20 7946 0958', undefined, '+442079460958'],
    ['0044 20 7946 0958', 'DE', '+442079460958'],
    ['0044 20 7946 0958', undefined, '+442079460958'],
    ['011 44 20 7946 0958', 'US', '+442079460958'],
    ['Tel.: +49 30 901820', undefined, '+4930901820'],
    ['tel:+1-201-555-0123', undefined, '+12015550123'],
    ['030 901820', 'Germany', '+4930901820'],
  ])('%s in %s → %s', (input, from, value) => expectValue(phone(input, { country: from }), value));

  test.each([
    ['415 555 2671', undefined],
    ['555-0100', 'US'],
    ['+1 415 555 267', undefined],
    ['911', 'US'],
    ['000 000 0000', 'US'],
    ['+999123456789', undefined],
    ['415-555-2671 / 415-555-2672', 'US'],
    ['call 415 555 2671 now', 'US'],
    ['n/a', 'US'],
    ['415 555 2671', 'ZZ'],
  ])('refuses %s in %s', (input, from) => expectInvalid(phone(input, { country: from })));

  test.each(ODD_INPUTS.map((input) => [input]))('refuses %p', (input) =>
    expectInvalid(phone(input, { country: 'US' })),
  );
});

describe('email', () => {
  test.each([
    [' Foo.Bar@EXAMPLE.com ', 'foo.bar@example.com'],
    ["o'brien+po@mail.example.co.uk", "o'brien+po@mail.example.co.uk"],
    ['einkauf@münchen.de', 'einkauf@xn--mnchen-3ya.de'],
    ['用户@例え.jp', '用户@xn--r8jz45g.jp'],
  ])('%s → %s', (input, value) => expectValue(email(input), value));

  test.each([
    'foo',
    'foo@',
    '@example.com',
    'foo@example',
    'foo@@example.com',
    'foo bar@example.com',
    'foo@exam ple.com',
    '.foo@example.com',
    'foo.@example.com',
    'f..oo@example.com',
    'foo@-example.com',
    'foo@example..com',
    'foo@192.168.1.1',
    'Foo <foo@example.com>',
    'a@example.com; b@example.com',
    `${'x'.repeat(65)}@example.com`,
    `foo@${'x.'.repeat(130)}com`,
    ...ODD_INPUTS,
  ])('refuses %p', (input) => expectInvalid(email(input)));
});

describe('url', () => {
  test.each([
    ['www.cps.edu', 'https://www.cps.edu'],
    ['HTTP://Example.COM/', 'http://example.com'],
    ['https://example.com:443/Path?q=1#x', 'https://example.com/Path?q=1#x'],
    ['example.com:8080/a', 'https://example.com:8080/a'],
    ['münchen.de', 'https://xn--mnchen-3ya.de'],
    ['http://intranet/portal', 'http://intranet/portal'],
  ])('%s → %s', (input, value) => expectValue(url(input), value));

  test.each([
    'report.docx',
    'intranet',
    'ftp://example.com',
    'mailto:a@example.com',
    'javascript:alert(1)',
    'https://',
    'https://exa mple.com',
    'none',
    `https://example.com/${'x'.repeat(2_100)}`,
    ...ODD_INPUTS,
  ])('refuses %p', (input) => expectInvalid(url(input)));

  test('refuses credentials and does not repeat them', () => {
    for (const input of [
      'https://user:secret@example.com',
      'user:secret@example.com',
      'https://user:secret@exa mple.com',
    ]) {
      const refused = url(input);
      expectInvalid(refused);
      expect(JSON.stringify(refused)).not.toContain('secret');
    }
  });

  test.each([
    ['https://shop.example.co.uk/x', 'example.co.uk'],
    ['orders@mail.example.com', 'example.com'],
    ['example.com', 'example.com'],
    ['https://192.168.1.1/', undefined],
    ['intranet', undefined],
    ['', undefined],
  ])('registrable domain of %s is %s', (address, domain) => expect(registrableDomain(address)).toBe(domain));
});

describe('country', () => {
  test.each([
    ['us', 'US'],
    ['USA', 'US'],
    ['840', 'US'],
    [840, 'US'],
    [4, 'AF'],
    ['United States', 'US'],
    ['United States of America', 'US'],
    ['the netherlands', 'NL'],
    ['UK', 'GB'],
    ['EL', 'GR'],
    ['Korea, Republic of', 'KR'],
    ['North Korea', 'KP'],
    ['Viet Nam', 'VN'],
    ['Czech Republic', 'CZ'],
    ['Türkiye', 'TR'],
    ["Côte d'Ivoire", 'CI'],
    ['Bosnia and Herzegovina', 'BA'],
    ['Bosnia & Herzegovina', 'BA'],
    ['Saint Lucia', 'LC'],
    ['St. Lucia', 'LC'],
    ['XK', 'XK'],
  ])('%p → %s', (input, value) => expectValue(country(input), value));

  test.each(['XX', 'ZZZ', '999', 12345, -1, 8.4, 'Virgin Islands', 'Atlantis', 'Europe', true, [], {}])(
    'refuses %p',
    (input) => expectInvalid(country(input)),
  );

  test('countryCode answers undefined for what is none', () => {
    expect(countryCode('Germany')).toBe('DE');
    expect(countryCode('')).toBeUndefined();
  });
});

describe('currency', () => {
  test.each([
    ['usd', 'USD'],
    [' EUR ', 'EUR'],
    ['XCG', 'XCG'],
  ])('%s → %s', (input, value) => expectValue(currency(input), value));
  test.each(['$', 'US', 'USDD', 'XXX', 'XTS', 'ABC', ...ODD_INPUTS])('refuses %p', (input) =>
    expectInvalid(currency(input)),
  );
});

describe('decimal', () => {
  test.each([
    ['1234.50', '1234.5'],
    ['007', '7'],
    ['-0.00', '0'],
    ['0.10', '0.1'],
    ['-12.3400', '-12.34'],
    [' 5 ', '5'],
    ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
    [12, '12'],
    [-0, '0'],
    [0.1 + 0.2, '0.3'],
    [30.400000000000002, '30.4'],
    [1e-9, '0.000000001'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [12n, '12'],
  ])('%p → %s', (input, value) => expectValue(decimal(input), value));

  test.each([
    '1,234.50',
    '1.234,5',
    '1e5',
    '.5',
    '5.',
    '+5',
    '--5',
    '0x10',
    '٣',
    '1 000',
    '9'.repeat(101),
    2 ** 53,
    1e21,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    [],
    {},
  ])('refuses %p', (input) => expectInvalid(decimal(input)));

  test('a number comes out as people write it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), fc.nat(4), (digits, places) => {
        const value = digits / 10 ** places;
        const canonical = decimal(value);
        expect(canonical.ok && Number(canonical.value)).toBe(value + 0);
      }),
    );
  });
});

describe('money and quantity', () => {
  test.each([
    [
      { amount: '12.50', currency: 'usd' },
      { amount: '12.5', currency: 'USD' },
    ],
    [
      { amount: 12.5, currency: 'USD' },
      { amount: '12.5', currency: 'USD' },
    ],
    ['12.50 USD', { amount: '12.5', currency: 'USD' }],
    ['USD 12.50', { amount: '12.5', currency: 'USD' }],
    [
      { amount: '-0.12345', currency: 'JPY' },
      { amount: '-0.12345', currency: 'JPY' },
    ],
  ])('money %p', (input, value) => expectValue(money(input), value));

  test.each([
    [{ amount: '12,50', currency: 'USD' }, /^amount: /],
    [{ amount: '12.50' }, /^currency: /],
    [{ amount: '1', currency: 'USD', note: 'x' }, /^money: /],
    ['12.50', /^money: /],
    ['$12.50', /^money: /],
    [12.5, /^money: /],
  ])('refuses money %p', (input, expected) => expectInvalid(money(input), expected));

  test.each([
    [
      { value: '10.0', unit: 'boxes' },
      { value: '10', unit: 'BX' },
    ],
    [
      { value: 2, unit: 'CEL' },
      { value: '2', unit: 'CEL' },
    ],
    ['12 EA', { value: '12', unit: 'C62' }],
    ['500 mg/dL', { value: '500', unit: 'mg/dL' }],
  ])('quantity %p', (input, value) => expectValue(quantity(input), value));

  test.each([
    [{ value: 'ten', unit: 'BX' }, /^value: /],
    [{ value: '10', unit: 'bxx' }, /^unit: /],
    [{ value: '10' }, /^unit: /],
    ['10', /^a quantity: /],
    [10, /^a quantity: /],
  ])('refuses quantity %p', (input, expected) => expectInvalid(quantity(input), expected));
});

describe('unit', () => {
  test.each([
    ['each', 'C62'],
    ['EA', 'C62'],
    ['H87', 'C62'],
    ['C62', 'C62'],
    ['Box', 'BX'],
    ['XBX', 'BX'],
    ['bx.', 'BX'],
    ['mL', 'MLT'],
    ['cc', 'MLT'],
    ['µg', 'MC'],
    ['m', 'MTR'],
    ['fl  oz', 'OZA'],
    ['BO', 'BT'],
    ['°C', 'CEL'],
    ['mg/dL', 'mg/dL'],
    ['10*3/uL', '10*3/uL'],
    ['[IU]', '[IU]'],
    ['{tablet}', '{tablet}'],
  ])('%s → %s', (input, value) => {
    expectValue(unit(input), value);
    expectIdempotent(unit, value);
  });

  test.each(['M', 'T', 'gr', 'bxx', 'XBT', 'MG/DL/', '5', 'm g', 'x'.repeat(41), ...ODD_INPUTS])(
    'refuses %p',
    (input) => expectInvalid(unit(input)),
  );

  test('no spelling stands for two units, and each answers its own code', () => {
    for (const { code, label, ucum, aliases } of UNITS) {
      for (const spelling of [code, label, ucum ?? code, ...aliases]) {
        expect({ spelling, unit: unit(spelling) }).toEqual({ spelling, unit: { ok: true, value: code } });
      }
      expect(unitOfMeasure(code)?.label).toBe(label);
    }
  });

  test('the UCUM codes of the table are UCUM', () => {
    for (const { ucum } of UNITS) if (ucum) expectValue(unit(`10*3.${ucum}`), `10*3.${ucum}`);
  });
});

describe('localDate and instant', () => {
  test.each(['2024-02-29', '2000-02-29', '9999-12-31', '0001-01-01'])('%s', (day) => expectValue(localDate(day), day));
  test.each([
    '2023-02-29',
    '1900-02-29',
    '2024-13-01',
    '2024-00-10',
    '2024-04-31',
    '2024-4-1',
    '20240401',
    '01/04/2024',
    '0000-01-01',
    '2024-04-01T00:00:00Z',
    new Date(0),
    20240401,
  ])('refuses %p as a day', (input) => expectInvalid(localDate(input)));

  test.each([
    ['2024-02-29T10:00:00Z', '2024-02-29T10:00:00.000Z'],
    ['2024-02-29t10:00z', '2024-02-29T10:00:00.000Z'],
    ['2024-02-29 10:00:00.123456+05:30', '2024-02-29T04:30:00.123Z'],
    ['2024-02-29T10:00:00,5-0800', '2024-02-29T18:00:00.500Z'],
    ['2024-02-29 10:00:00+00', '2024-02-29T10:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
  ])('%p → %s', (input, value) => expectValue(instant(input), value));

  test.each([
    '2024-02-29T10:00:00',
    '2024-02-29',
    '2024-02-30T10:00:00Z',
    '2024-02-29T24:00:00Z',
    '2024-02-29T10:60:00Z',
    '2024-02-29T23:59:60Z',
    '2024-02-29T10:00:00+25:00',
    '2024-02-29T10:00:00+02:75',
    '9999-12-31T23:59:59-10:00',
    '0001-01-01T00:00:00+01:00',
    new Date(Number.NaN),
    0,
    1709200800000,
  ])('refuses %p as an instant', (input) => expectInvalid(instant(input)));
});

describe('timeZone', () => {
  test.each([
    ['america/chicago', 'America/Chicago'],
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Europe/Kiev', 'Europe/Kyiv'],
    ['UTC', 'UTC'],
    ['US/Eastern', 'America/New_York'],
  ])('%s → %s', (input, value) => {
    expectValue(timeZone(input), value);
    expectIdempotent(timeZone, value);
  });
  test.each(['+02:00', 'Mars/Olympus', 'CDT!', 'x'.repeat(80), ...ODD_INPUTS])('refuses %p', (input) =>
    expectInvalid(timeZone(input)),
  );
});

describe('boolean, integer, oneOf', () => {
  test.each([
    [true, true],
    ['TRUE', true],
    ['yes', true],
    [1, true],
    ['0', false],
    [' No ', false],
    [false, false],
  ])('boolean %p → %p', (input, value) => expectValue(boolean(input), value));
  test.each(['', 'maybe', 'y', 2, -1, 1n, [], {}])('boolean refuses %p', (input) => expectInvalid(boolean(input)));

  test.each([
    [12, 12],
    ['-12', -12],
    ['007', 7],
    [12n, 12],
    [-0, 0],
    ['-0', 0],
  ])('integer %p → %p', (input, value) => expectValue(integer(input), value));
  test.each(['1.0', 1.5, '1e3', '9007199254740993', 2 ** 53, 2n ** 60n, Number.NaN, '', '+1', true, []])(
    'integer refuses %p',
    (input) => expectInvalid(integer(input)),
  );

  const status = oneOf(['ACTIVE', 'ON_HOLD', 'closed']);
  test.each([
    ['ACTIVE', 'ACTIVE'],
    ['active', 'ACTIVE'],
    [' on hold ', 'ON_HOLD'],
    ['On-Hold', 'ON_HOLD'],
    ['CLOSED', 'closed'],
  ] as const)('oneOf %s → %s', (input, value) => expectValue(status(input), value));
  test.each(['inactive', 'toString', '__proto__', ...ODD_INPUTS])('oneOf refuses %p', (input) =>
    expectInvalid(status(input), 'one of ACTIVE, ON_HOLD, closed'),
  );
});
