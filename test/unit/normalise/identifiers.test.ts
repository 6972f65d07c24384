import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  IDENTIFIER_SCHEMES,
  isSchemeCode,
  SCHEME_CODES,
  type SchemeCode,
} from '../../../golden-records/normalise/index.js';
import { mod43 } from '../../../golden-records/normalise/identifiers/udi.js';
import { expectIdempotent, expectInvalid, expectValue, expectWeak, ODD_INPUTS } from './expectations.js';

const normalise = (scheme: SchemeCode, input: unknown, country?: string) =>
  IDENTIFIER_SCHEMES[scheme].normalise(input, { country });

const VALID: readonly [SchemeCode, string, string][] = [
  ['GTIN', '4006381333931', '04006381333931'],
  ['GTIN', '012345678905', '00012345678905'],
  ['GTIN', '73513537', '00000073513537'],
  ['GTIN', '10614141000415', '10614141000415'],
  ['GTIN', ' 4006-3813 33931 ', '04006381333931'],
  ['GTIN', '(01)04006381333931', '04006381333931'],
  ['GTIN', '４００６３８１３３３９３１', '04006381333931'],
  ['GLN', '5412345000013', '5412345000013'],
  ['GLN', '(414) 5412345000013', '5412345000013'],
  ['SSCC', '106141412345678908', '106141412345678908'],
  ['SSCC', '(00)106141412345678908', '106141412345678908'],
  ['UDI_DI', '00844588003288', '00844588003288'],
  ['UDI_DI', '(01)00844588003288(17)141120(10)7654321D(21)10987654d321', '00844588003288'],
  ['UDI_DI', '01008445880032881714112010 7654321D', '00844588003288'],
  ['UDI_DI', ']d20100844588003288', '00844588003288'],
  ['UDI_DI', '+A123BJC5D6E71G', '+A123BJC5D6E71G'],
  ['UDI_DI', '*+a123bjc5d6e71g*', '+A123BJC5D6E71G'],
  ['UDI_DI', '+A99912345/$$52001510X33', '+A999123457'],
  ['UDI_DI', '=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123', '=/A9999XYZ100T0944'],
  ['UDI_DI', '=)1TE123456A&)RZ12345678', '=)1TE123456A'],
  ['NPI', '1234567893', '1234567893'],
  ['NPI', '1245319599', '1245319599'],
  ['LEI', '5493001KJTIIGC8Y1R12', '5493001KJTIIGC8Y1R12'],
  ['LEI', 'hwup kr0m pou8 fgxb t394', 'HWUPKR0MPOU8FGXBT394'],
  ['DUNS', '06-078-7406', '060787406'],
  ['IBAN', 'DE89 3704 0044 0532 0130 00', 'DE89370400440532013000'],
  ['IBAN', 'gb29nwbk60161331926819', 'GB29NWBK60161331926819'],
  ['BIC', 'DEUTDEFF', 'DEUTDEFF'],
  ['BIC', 'deutdeffxxx', 'DEUTDEFF'],
  ['BIC', 'DEUTDEFF500', 'DEUTDEFF500'],
  ['ABA', '021000021', '021000021'],
  ['ABA', '1210-0024-8', '121000248'],
  ['NDC', '0002-8215-01', '00002821501'],
  ['NDC', '50242-040-62', '50242004062'],
  ['NDC', '60505-2657-1', '60505265701'],
  ['NDC', '60505-2657-01', '60505265701'],
  ['NDC', '00002821501', '00002821501'],
  ['NDC', '000002-8215-01', '000002821501'],
  ['NDC', '000002821501', '000002821501'],
  ['NDC', 'NDC 50242\u2011040\u201162', '50242004062'],
  ['UNSPSC', '42142523', '42142523'],
  ['UNSPSC', '42.14.25.23', '42142523'],
  ['UNSPSC', '42', '42000000'],
  ['UNSPSC', '4214', '42140000'],
  ['UNSPSC', '42142500', '42142500'],
  ['HCPCS', 'a4253', 'A4253'],
  ['HCPCS', 'A9999', 'A9999'],
  ['MPN', 'ab-12/3', 'AB123'],
  ['MPN', ' 00-12.A ', '0012A'],
  ['MPN', 'Ä 1™', 'A1'],
  ['EIN', '04-3067890', '043067890'],
];

const INVALID: readonly [SchemeCode, string, string][] = [
  ['GTIN', 'wrong check digit', '4006381333932'],
  ['GTIN', 'nine digits', '400638133'],
  ['GTIN', 'fifteen digits', '004006381333931'],
  ['GTIN', 'letters', '400638133393X'],
  ['GTIN', 'placeholder', '00000000'],
  ['GTIN', 'placeholder', '0000000000000'],
  ['GTIN', 'Arabic digits are no GTIN digits', '٤٠٠٦٣٨١٣٣٣٩٣١'],
  ['GLN', 'wrong check digit', '5412345000014'],
  ['GLN', 'twelve digits', '541234500001'],
  ['GLN', 'placeholder', '0000000000000'],
  ['SSCC', 'wrong check digit', '106141412345678909'],
  ['SSCC', 'seventeen digits', '10614141234567890'],
  ['SSCC', 'placeholder', '000000000000000000'],
  ['UDI_DI', 'wrong GS1 check digit', '(01)00844588003289'],
  ['UDI_DI', 'other application identifier', '(10)00844588003288'],
  ['UDI_DI', 'wrong HIBCC check character', '+A123BJC5D6E71H'],
  ['UDI_DI', 'HIBCC labeler begins with a digit', `+1123BJC1${mod43('+1123BJC1')}`],
  ['UDI_DI', 'HIBCC without product', `+A1231${mod43('+A1231')}`],
  ['UDI_DI', 'HIBCC secondary structure only', '+$$52001510X33'],
  ['UDI_DI', 'bare text could be HIBCC or ICCBBA', 'A123BJC5D6E71'],
  ['UDI_DI', 'ICCBBA too short', '=/A9999XYZ100T094'],
  ['UDI_DI', 'ICCBBA donation number', '=A99971312345600'],
  ['UDI_DI', 'placeholder', '00000000000000'],
  ['NPI', 'wrong check digit', '1234567894'],
  ['NPI', 'begins with 3', '3234567893'],
  ['NPI', 'nine digits', '123456789'],
  ['NPI', 'placeholder', '1111111111'],
  ['NPI', 'placeholder', '1234567890'],
  ['LEI', 'wrong check digits', '5493001KJTIIGC8Y1R13'],
  ['LEI', 'nineteen characters', '5493001KJTIIGC8Y1R1'],
  ['LEI', 'letters as check digits', '5493001KJTIIGC8Y1RXX'],
  ['LEI', 'placeholder', '00000000000000000000'],
  ['DUNS', 'eight digits', '06078740'],
  ['DUNS', 'placeholder', '123456789'],
  ['DUNS', 'placeholder', '999999999'],
  ['DUNS', 'placeholder', '000000000'],
  ['DUNS', 'placeholder', '00-000-0000'],
  ['IBAN', 'wrong check digits', 'DE88370400440532013000'],
  ['IBAN', 'too short for Germany', 'DE8937040044053201300'],
  ['IBAN', 'unknown country', 'XX89370400440532013000'],
  ['IBAN', 'placeholder', 'DE36000000000000000000'],
  ['BIC', 'seven characters', 'DEUTDEF'],
  ['BIC', 'ten characters', 'DEUTDEFF50'],
  ['BIC', 'unknown country', 'DEUTXXFF'],
  ['ABA', 'wrong check digit', '021000022'],
  ['ABA', 'no such district', '991000021'],
  ['ABA', 'eight digits', '02100002'],
  ['ABA', 'placeholder', '000000000'],
  ['NDC', 'a form that does not exist', '123-4567-89'],
  ['NDC', 'a form that does not exist', '123456-789-01'],
  ['NDC', 'nine digits', '123456780'],
  ['NDC', 'thirteen digits', '1234567890123'],
  ['NDC', 'placeholder', '00000-0000-00'],
  ['NDC', 'placeholder', '99999999999'],
  ['UNSPSC', 'a gap in the levels', '42001500'],
  ['UNSPSC', 'a gap in the levels', '42140023'],
  ['UNSPSC', 'seven digits', '4214252'],
  ['UNSPSC', 'segment below 10', '01010101'],
  ['UNSPSC', 'placeholder', '99999999'],
  ['HCPCS', 'two letters', 'AB123'],
  ['HCPCS', 'level I (CPT)', '99213'],
  ['HCPCS', 'three digits', 'A425'],
  ['HCPCS', 'letter beyond V', 'Z1234'],
  ['MPN', 'only separators', '--/'],
  ['MPN', 'far too long', 'X1'.repeat(40)],
  ['MPN', 'placeholder', '0000'],
  ['MPN', 'placeholder', 'N-N-N'],
  ['EIN', 'prefix that is not given out', '00-1234567'],
  ['EIN', 'eight digits', '04-306789'],
  ['EIN', 'placeholder', '123456789'],
  ['EIN', 'placeholder', '99-9999999'],
];

describe('identifier schemes', () => {
  test('each is filed under its code', () => {
    expect(Object.keys(IDENTIFIER_SCHEMES)).toEqual([...SCHEME_CODES]);
    for (const code of SCHEME_CODES) expect(IDENTIFIER_SCHEMES[code].code).toBe(code);
    expect(isSchemeCode('GTIN')).toBe(true);
    expect(isSchemeCode('toString')).toBe(false);
  });

  test('values shared by many things are not strong', () => {
    const weak = SCHEME_CODES.filter((code) => !IDENTIFIER_SCHEMES[code].strong);
    expect(weak).toEqual(['BIC', 'ABA', 'UNSPSC', 'HCPCS', 'MPN']);
  });

  test.each(VALID)('%s %s → %s', (scheme, input, value) => {
    expectValue(normalise(scheme, input), value);
    expectIdempotent(IDENTIFIER_SCHEMES[scheme].normalise, value);
  });

  test.each(INVALID)('%s refuses: %s (%s)', (scheme, reason, input) => {
    expectInvalid(
      normalise(scheme, input),
      reason === 'placeholder' && scheme !== 'UDI_DI' ? /placeholder/ : undefined,
    );
  });

  test.each(SCHEME_CODES)('%s refuses blank and odd input', (scheme) => {
    for (const input of ['', '  ', '\u0000', '💊', 'n/a'.repeat(300), ...ODD_INPUTS]) {
      expectInvalid(normalise(scheme, input));
    }
  });

  test.each(SCHEME_CODES)('%s is total and idempotent', (scheme) => {
    const { normalise: run } = IDENTIFIER_SCHEMES[scheme];
    const country = fc.constantFrom(undefined, 'US', 'DE', 'FR', 'GR', 'CH', 'SA', 'QA', 'XX');
    const input = fc.oneof(fc.anything(), fc.string(), fc.stringMatching(/^[A-Z]{0,3}[0-9]{4,16}$/));
    fc.assert(
      fc.property(input, country, (value, from) => {
        const once = run(value, { country: from });
        if (!once.ok) expect(once.found.length).toBeLessThanOrEqual(80);
        else expectIdempotent(run, once.value);
      }),
      { numRuns: 300 },
    );
  });
});

describe('check digits', () => {
  const changeOneDigit = (digits: string, at: number, by: number) => {
    const changed = (Number(digits[at]) + by) % 10;
    return digits.slice(0, at) + changed + digits.slice(at + 1);
  };

  test.each([
    ['GTIN', '04006381333931', 0],
    ['GLN', '5412345000013', 0],
    ['SSCC', '106141412345678908', 0],
    ['NPI', '1234567893', 1],
    ['ABA', '021000021', 0],
  ] as const)('%s: one changed digit is noticed', (scheme, digits, from) => {
    fc.assert(
      fc.property(fc.nat(digits.length - 1), fc.integer({ min: 1, max: 9 }), (at, by) => {
        if (at >= from) expectInvalid(normalise(scheme, changeOneDigit(digits, at, by)));
      }),
    );
  });

  test('of ten check digits exactly one is right', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9]\d{11}$/), (body) => {
        // All-equal digits are refused as a placeholder although their check digit may be right.
        fc.pre(!/^(\d)\1*$/.test(body));
        const right = Array.from({ length: 10 }, (_, digit) => `${body}${digit}`).filter(
          (gtin) => normalise('GTIN', gtin).ok,
        );
        expect(right).toHaveLength(1);
      }),
    );
  });

  test('LEI: two letters swapped are noticed', () => {
    expectInvalid(normalise('LEI', '5493001KJTIIGC8Y1R21'));
    expectInvalid(normalise('LEI', '5493001JKTIIGC8Y1R12'));
  });

  test('a HIBCC check character that is a blank survives trimming, and is written as "_"', () => {
    const primary = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => `+A123Z${letter}1`).find(
      (code) => mod43(code) === ' ',
    );
    expect(primary).toBeDefined();
    for (const written of [`${primary} `, `${primary}`, `${primary}_`]) {
      expectValue(normalise('UDI_DI', written), `${primary}_`);
    }
  });
});

describe('valid, but weak', () => {
  test.each([
    ['price-labelled goods', '2000000000008', '02000000000008'],
    ['numbers of one company', '0400000000008', '00400000000008'],
    ['coupon', '9900000000004', '09900000000004'],
    ['own short numbers', '20000004', '00000020000004'],
  ])('GTIN of %s', (_, input, value) => expectWeak(normalise('GTIN', input), value));

  test('an NDC of ten digits without hyphens could be three codes', () => {
    expectWeak(normalise('NDC', '0002821501'), '0002821501');
  });
});
