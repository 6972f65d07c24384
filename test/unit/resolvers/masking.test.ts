import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { supplier } from '../../../golden-records/entity-types/index.js';
import type { Json } from '../../../golden-records/json.js';
import {
  attribute,
  bool,
  byBusinessUnit,
  decimal,
  defineEntityType,
  enumeration,
  field,
  identifier,
  list,
  localDate,
  money,
  object,
  reference,
  text,
} from '../../../golden-records/model.js';
import {
  hiddenAttributes,
  maskAttributes,
  maskDetails,
  maskPayload,
  maskText,
  maskValue,
} from '../../../golden-records/read/index.js';

const NOBODY = new Set<never>();
const hidden = hiddenAttributes(supplier, NOBODY);
const IBAN = 'DE89370400440532013000';

test.each([
  [IBAN, '••••3000'],
  ['12345678', '••••5678'],
  ['1234567', '••••'],
  ['', '••••'],
])('%s is shown as %s', (value, shown) => expect(maskText(value)).toBe(shown));

describe('values by kind', () => {
  const account = object('Account', {
    iban: field(identifier('IBAN'), ''),
    kind: field(enumeration('A', 'B'), ''),
    limit: field(decimal(), ''),
    since: field(localDate(), ''),
    open: field(bool(), ''),
  });
  test.each([
    [text(), 'something long', '••••long'],
    [enumeration('A'), 'A', 'A'],
    [money(), { amount: '1', currency: 'EUR' }, null],
    [localDate(), '2026-01-01', null],
    [reference('supplier'), 'uuid', null],
    [list(identifier('IBAN')), [IBAN], ['••••3000']],
    [list(decimal()), ['1.5'], []],
    [
      account,
      { iban: IBAN, kind: 'A', limit: '5', since: '2026-01-01', open: true },
      { iban: '••••3000', kind: 'A', limit: null, since: null, open: true },
    ],
    [
      byBusinessUnit(account),
      [{ businessUnit: 'u', value: { iban: IBAN } }],
      [{ businessUnit: 'u', value: { iban: '••••3000' } }],
    ],
    [text(), null, null],
  ] as const)('%j', (kind, value, shown) => expect(maskValue(kind, value as Json)).toEqual(shown));
});

test('a grant shows its own kind alone', () => {
  const attributes = {
    name: 'Acme',
    taxIds: [{ scheme: 'VAT', value: 'DE136695976' }],
    bankAccounts: [{ iban: IBAN }],
  };
  expect(maskAttributes(hidden, attributes)).toEqual({
    name: 'Acme',
    taxIds: [{ scheme: 'VAT', value: '••••5976' }],
    bankAccounts: [{ iban: '••••3000' }],
  });
  expect(maskAttributes(hiddenAttributes(supplier, new Set(['TAX_ID'])), attributes)).toMatchObject({
    taxIds: [{ value: 'DE136695976' }],
    bankAccounts: [{ iban: '••••3000' }],
  });
});

describe('details', () => {
  test.each<[string, Json, Json]>([
    [
      'a conflict',
      { attribute: 'bankAccounts', ours: [{ iban: IBAN }], theirs: [{ value: IBAN }] },
      { attribute: 'bankAccounts', ours: [{ iban: '••••3000' }], theirs: [{ value: '••••3000' }] },
    ],
    [
      'a waterfall',
      [{ comparison: 'IBAN', weight: 9, left: IBAN, right: IBAN }],
      [{ comparison: 'IBAN', weight: 9, left: '••••3000', right: '••••3000' }],
    ],
    [
      'a message',
      { code: 'X', message: '`taxIds` expected nine digits, found 99-8877665' },
      { code: 'X', message: '`taxIds` expected nine digits, found ••••' },
    ],
    [
      'another attribute',
      { attribute: 'name', ours: 'Acme', theirs: 'Acmé' },
      { attribute: 'name', ours: 'Acme', theirs: 'Acmé' },
    ],
    ['by name', { taxIds: ['DE136695976'] }, { taxIds: ['••••5976'] }],
  ])('%s', (_name, details, shown) => expect(maskDetails(hidden, details)).toEqual(shown));
});

describe('payloads', () => {
  const read = {
    attributes: { name: 'Acme', bankAccounts: [{ iban: IBAN, holder: 'Acme' }] },
    issues: [],
    complete: true,
  };

  test('values are found in any spelling, under any name, and nothing else is touched', () => {
    expect(
      maskPayload(
        hidden,
        { nm: 'Acme', acc_no: 'DE89 3704 0044 0532 0130 00', zip: '10115', x: [{ y: IBAN.toLowerCase() }] },
        read,
      ),
    ).toEqual({
      nm: 'Acme',
      acc_no: '••••0 00',
      zip: '10115',
      x: [{ y: '••••3000' }],
    });
  });

  test('what the mapping could not read is masked by its look', () => {
    const held = { attributes: {}, issues: [], complete: false };
    expect(maskPayload(hidden, { vat: 'DE13669597X', name: 'Acme', phone: '030 123', n: 123456789 }, held)).toEqual({
      vat: '••••597X',
      name: 'Acme',
      phone: '030 123',
      n: null,
    });
  });

  test('what was held back as an issue is masked too', () => {
    const issues = [{ attribute: 'taxIds[0]', expected: 'nine digits', found: 'ABC-77' }];
    expect(maskPayload(hidden, { t: 'abc 77' }, { attributes: {}, issues, complete: true })).toEqual({ t: '••••' });
  });
});

test('no text of a hidden value survives, whatever the value', () => {
  const secret = defineEntityType({
    ...supplier,
    attributes: { secret: attribute(list(text()), '', { sensitive: 'BANK_ACCOUNT' }) },
  });
  const guarded = hiddenAttributes(secret, NOBODY);
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 9 }), { minLength: 1 }), (values) => {
      const shown = maskAttributes(guarded, { secret: values }).secret as string[];
      for (const [at, value] of values.entries()) expect(shown[at]).toBe(`••••${value.slice(-4)}`);
    }),
  );
});
