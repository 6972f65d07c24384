import { expect, test } from '@jest/globals';
import { featuresOf, featuresOfText } from '../../../../golden-records/match/engine/features.js';
import { FIELD_KINDS, RecordMatcher } from '../../../../golden-records/match/engine/index.js';
import type { ColumnKind } from '../../../../golden-records/match/engine/schema.js';
import { generateSuppliers, supplierSchema } from '../../../support/match-suppliers.js';

const CELLS = [
  'Müller & Söhne Medical Supplies GmbH, Unit 14',
  'Gauze swab 10x10 cm, sterile, box of 50 pcs, AB-1250/X, 7.4V, left, size XL',
  'Gauze swab\u0001Four-ply gauze, non sterile, ref CDP-CX355\u0001Acme Inc',
  '12a Hauptstraße, 3rd floor',
  'https://www.shop.example.co.uk/contact?x=1',
  'info@Example.com',
  '+49 (0)731 / 12 34 567 ext. 9',
  '2024-02-31T10:00:00Z',
  '31/12/1999',
  'spring 1999',
  'DE 136 695 976',
  '1,234.50 EUR',
  'red, green; blue',
  '12345-6789',
  'Germany',
];
const KINDS: readonly ColumnKind[] = [...FIELD_KINDS, 'model-code', 'measure', 'all-words'];

test.each(KINDS)('the text of a %s says all that was found in it', (kind) => {
  for (const cell of CELLS) {
    const features = featuresOf({ kind }, cell);
    if (features) expect(featuresOfText(kind, features.text)).toEqual(features);
  }
});

test('records that were kept weigh what they weighed', () => {
  const { records } = generateSuppliers(40, 3);
  const matcher = new RecordMatcher(supplierSchema);
  const kept = matcher.compare(matcher.describe(records).map(({ features }) => features));
  const [first, ...others] = records;
  if (!first) throw new Error('there are records');
  const whole = matcher.score(first, others).map(({ weight }) => weight);
  expect(others.map((_, at) => kept.explain(0, at + 1).weight)).toEqual(whole);
});
