import { expect, test } from '@jest/globals';
import { ENTITY_TYPES } from '../../golden-records/index.js';
import { maskNumbers, maskQuotes, secretTexts, secretTextsIn } from '../../golden-records/read/index.js';

const supplier = ENTITY_TYPES.find(({ code }) => code === 'supplier');
if (!supplier) throw new Error('no suppliers');
const secrets = secretTexts(supplier, {
  name: 'Nordic Gloves',
  taxIds: [{ scheme: 'VAT', value: 'DE136695976' }],
  bankAccounts: [{ iban: 'DE89370400440532013000', holder: 'Nordic Gloves', country: 'DE' }],
  emails: ['info@example.com'],
});

test.each([
  ['Key (acc)=(DE89370400440532013000, 1) already exists.', 'Key (acc)=(••••, 1) already exists.'],
  ['The IBAN DE89 3704 0044 0532 0130 00 is invalid', 'The IBAN •••• is invalid'],
  ['de89.3704.0044.0532.0130.00', '••••'],
  ['[de136695976] is taken', '[••••] is taken'],
  ['DE 136 695 976 is taken', '•••• is taken'],
  ['136695976 is taken', '•••• is taken'],
  ['cut off: DE89370400…', 'cut off: ••••…'],
  ['account 0532013000', 'account ••••'],
  [
    'Nordic Gloves, info@example.com: record 4711 of 2026 in DE',
    'Nordic Gloves, info@example.com: record 4711 of 2026 in DE',
  ],
])('%s → %s', (message, expected) => {
  expect(maskQuotes(message, secrets)).toBe(expected);
});

test('of fields that nobody has a kind for, what numbers are in is not quoted', () => {
  const own = secretTextsIn([{ number: 'BE71 0961 2345 6769', holder: 'Acme', currency: 'EUR' }]);
  expect(own).toEqual(['be71096123456769']);
  expect(maskQuotes('Acme has BE71096123456769 in EUR', own)).toBe('Acme has •••• in EUR');
});

test('a message about a sensitive field keeps no number at all', () => {
  expect(maskNumbers('The account GB29NWBK60161331926819, code 3, belongs to partner 8812')).toBe(
    'The account •••• code 3, belongs to partner ••••',
  );
});
