import { describe, expect, test } from '@jest/globals';
import { IDENTIFIER_SCHEMES } from '../../../golden-records/normalise/index.js';
import { expectIdempotent, expectInvalid, expectValue, expectWeak } from './expectations.js';

const vat = IDENTIFIER_SCHEMES.VAT.normalise;
const taxId = IDENTIFIER_SCHEMES.TAX_ID.normalise;

const VAT_NUMBERS: readonly [string, string][] = [
  ['AD', 'ADL132950X'],
  ['AT', 'ATU13585627'],
  ['BE', 'BE0428759497'],
  ['BG', 'BG175074752'],
  ['CH', 'CHE107787577'],
  ['CY', 'CY10259033P'],
  ['CZ', 'CZ25123891'],
  ['DE', 'DE136695976'],
  ['DK', 'DK13585628'],
  ['EE', 'EE100931558'],
  ['ES', 'ESB58378431'],
  ['FI', 'FI20774740'],
  ['FR', 'FR40303265045'],
  ['GB', 'GB980780684'],
  ['GR', 'EL094259216'],
  ['HR', 'HR33392005961'],
  ['HU', 'HU12892312'],
  ['IE', 'IE6433435F'],
  ['IN', 'IN27AAPFU0939F1ZV'],
  ['IT', 'IT00743110157'],
  ['LT', 'LT119511515'],
  ['LU', 'LU15027442'],
  ['LV', 'LV40003521600'],
  ['MT', 'MT11679112'],
  ['MX', 'MXGODE561231GR8'],
  ['NL', 'NL004495445B01'],
  ['NO', 'NO995525828'],
  ['PL', 'PL8567346215'],
  ['PT', 'PT501964843'],
  ['RO', 'RO18547290'],
  ['SE', 'SE123456789701'],
  ['SI', 'SI50223054'],
  ['SK', 'SK2022749619'],
  ['AE', 'AE100123456700003'],
  ['SA', 'SA300000000000013'],
];

describe('VAT', () => {
  test.each(VAT_NUMBERS)('%s: with its prefix, or with the country known', (country, number) => {
    expectValue(vat(number), number);
    expectValue(vat(number, { country }), number);
    expectValue(vat(number, { country: 'US' }), number);
    // The Swiss number itself begins with CHE.
    expectValue(vat(country === 'CH' ? number : number.slice(2), { country }), number);
  });

  test.each([
    ['DE 136,695 976'.replace(',', '.'), 'DE136695976'],
    ['GR094259216', 'EL094259216'],
    ['XI980780684', 'GB980780684'],
    ['CHE-107.787.577 MWST', 'CHE107787577'],
    ['CHE-107.787.577 IVA', 'CHE107787577'],
    ['NO 995 525 828 MVA', 'NO995525828'],
    ['fr40 303 265 045', 'FR40303265045'],
  ])('%s → %s', (input, value) => expectValue(vat(input), value));

  test('a number that begins like another country is read in its own', () => {
    expectValue(vat('GODE561231GR8', { country: 'MX' }), 'MXGODE561231GR8');
  });

  test('only the shape is checked where nothing is known of the country: weak', () => {
    expectWeak(vat('QA1234567801'), 'QA1234567801');
    expectWeak(vat('1234567801', { country: 'QA' }), 'QA1234567801');
  });

  test.each([
    ['DE136695977', 'wrong check digit'],
    ['DE13669597', 'too short'],
    ['136695976', 'neither prefix nor country'],
    ['ZZ136695976', 'no such country'],
    ['SA100000000000013', 'shape of Saudi Arabia'],
    ['DE999999999', 'placeholder'],
    ['DE000000000', 'placeholder'],
  ])('refuses %s: %s', (input, reason) => expectInvalid(vat(input), reason === 'placeholder' ? /placeholder/ : /VAT/));
});

describe('TAX_ID', () => {
  test.each([
    ['US', '04-3067890', 'US:043067890'],
    ['DE', 'DE 136 695 976', 'DE:136695976'],
    ['BR', '16.727.230/0001-97', 'BR:16727230000197'],
    ['MX', 'GODE 561231 GR8', 'MX:GODE561231GR8'],
    ['AU', '83 914 571 673', 'AU:83914571673'],
    ['JP', '5-8356-7825-6246', 'JP:5835678256246'],
    ['CN', '91110000600037341L', 'CN:91110000600037341L'],
    ['KE', 'P051365947M', 'KE:P051365947M'],
    ['TR', '4540536920', 'TR:4540536920'],
    ['AE', '100123456700003', 'AE:100123456700003'],
    ['EC', '1714307103-001', 'EC:1714307103001'],
    ['United States', '04-3067890', 'US:043067890'],
  ])('%s %s → %s', (country, input, value) => {
    expectValue(taxId(input, { country }), value);
    expectIdempotent(taxId, value);
  });

  test.each([
    ['FR', '732 829 320', 'FR:732829320', 'SIREN'],
    ['FR', '732 829 320 00074', 'FR:732829320', 'SIRET'],
    ['FR', 'FR 44 732829320', 'FR:732829320', 'VAT number'],
    ['SE', '556016-0680', 'SE:5560160680', 'organisation number'],
    ['SE', 'SE556016068001', 'SE:5560160680', 'VAT number'],
    ['NO', '995525828', 'NO:995525828', 'organisation number'],
    ['NO', 'NO 995 525 828 MVA', 'NO:995525828', 'VAT number'],
    ['CH', 'CHE-107.787.577', 'CH:CHE107787577', 'UID'],
    ['CH', 'CHE-107.787.577 MWST', 'CH:CHE107787577', 'VAT number'],
    ['CA', '123026635RC0001', 'CA:123026635', 'program account'],
    ['IN', '27AAPFU0939F1ZV', 'IN:AAPFU0939F', 'GSTIN'],
    ['FI', '2077474-0', 'FI:20774740', 'business id'],
    ['FI', 'FI20774740', 'FI:20774740', 'VAT number'],
  ])('%s %s → %s (%s)', (country, input, value) => {
    expectValue(taxId(input, { country }), value);
    expectIdempotent(taxId, value);
  });

  test.each([
    ['US', '078-05-1121', 'US:078051121', 'social security number'],
    ['AU', '004 085 616', 'AU:004085616', 'company number beside the ABN'],
    ['GB', '1955839661', 'GB:1955839661', 'UTR beside VAT'],
    ['QA', '1234567801', 'QA:1234567801', 'nothing known of the country'],
  ])('%s %s is weak: %s', (country, input, value) => {
    expectWeak(taxId(input, { country }), value);
    expect(taxId(value)).toEqual(taxId(input, { country }));
  });

  test('its own country prefix outranks the country given', () => {
    expectValue(taxId('US:04-3067890', { country: 'DE' }), 'US:043067890');
  });

  test.each([
    ['DE', '136695977', 'wrong check digit'],
    ['FR', '30744275391909', 'SIRET around what is no SIREN'],
    ['LI', '008888', 'one digit throughout'],
    ['NL', 'NL', 'nothing behind the country'],
    ['US', '12345', 'too short'],
    ['US', '000000000', 'placeholder'],
    ['US', '123-45-6789', 'placeholder'],
    ['ZZ', '136695976', 'no such country'],
    [undefined, '136695976', 'no country'],
    ['DE', 'DE:', 'nothing behind the prefix'],
  ])('%s refuses %s: %s', (country, input, reason) => {
    expectInvalid(taxId(input, { country }), reason === 'placeholder' ? /placeholder/ : /tax number/);
  });
});
