import { describe, expect, test } from '@jest/globals';
import { type FieldSpec, RecordMatcher } from '../../../../golden-records/match/engine/index.js';

type Row = Readonly<Record<string, string>>;

/** What a comparison says of two records; undefined where it says nothing. */
function levelOf(fields: readonly FieldSpec[], comparison: string, left: Row, right: Row): string | undefined {
  const cells = (row: Row) => fields.map(({ name }) => row[name] ?? null);
  const [scored] = new RecordMatcher({ fields }).score(cells(left), [cells(right)]);
  return scored?.steps.find((step) => step.comparison === comparison)?.level;
}

describe('names of organisations', () => {
  const fields: FieldSpec[] = [
    { name: 'name', kind: 'organisation-name' },
    { name: 'city', kind: 'city' },
  ];
  test.each([
    ['Brigade Forty-Four', 'Brigade 44', 'equal'],
    ['1st Harbour Clinic', 'First Harbour Clinic', 'equal'],
    ['Vexholm U.S.', 'Vexholm United States', 'equal'],
    ['Tayota Kelvan', 'Toyota Kelvan', 'nearly equal'],
    ['Northmoor Oil', 'Northmoor Gas', 'told apart'],
    ['Northmoor Dental Supply', 'Northmoor Dental Supply Canada', 'told apart'],
    ['Northmoor Capital Fund', 'Northmoor Capital Fund II', 'told apart'],
    ['Northmoor Depot Unit 14', 'Northmoor Depot Unit 15', 'a little'],
    ['Northmoor Orthopaedic Implants', 'Northmoor Orthopaedic Implants Leasing', 'similar'],
  ])('%s and %s: %s', (left, right, level) => {
    expect(levelOf(fields, 'name', { name: left }, { name: right })).toBe(level);
  });

  test('a word that the other has as its city is not missing', () => {
    const left = { name: 'Vexholm Restaurant Bergen', city: 'Bergen' };
    expect(levelOf(fields, 'name', left, { name: 'Vexholm Restaurant', city: 'Bergen' })).toBe('equal');
    expect(levelOf(fields, 'name', left, { name: 'Vexholm Restaurant', city: 'Oslo' })).not.toBe('equal');
  });
});

describe('persons', () => {
  const fields: FieldSpec[] = [
    { name: 'given', kind: 'person-name', part: 'given' },
    { name: 'family', kind: 'person-name', part: 'family' },
    { name: 'born', kind: 'date' },
    { name: 'email', kind: 'email' },
  ];
  test.each([
    ['family', { given: 'Oscar', family: 'Ahmed' }, { given: 'Ahmad', family: 'Oskar' }, 'nearly equal'],
    ['family', { family: 'Thomas' }, { given: 'Thomas', family: 'Gabriel' }, 'similar'],
    ['family', { family: 'Thomas' }, { given: 'Oscar', family: 'Gabriel' }, 'different'],
    ['born', { born: '1972-01-18' }, { born: '1982-01-14' }, 'two digits different'],
    ['born', { born: '1972-01-18' }, { born: '1983-06-14' }, 'different'],
    ['email', { email: 'gdavidron@johnson-bsown.com' }, { email: 'gdavidson@johnson-brown.com' }, 'nearly equal'],
    ['email', { email: 'nw5n@buckley.i4fo' }, { email: 'nw54@buckley.info' }, 'similar'],
  ])('%s of %j and %j: %s', (field, left, right, level) => {
    expect(levelOf(fields, field, left, right)).toBe(level);
  });
});

test.each([
  ['Sergey Lavrov', 'Lavrov, Sergey', 'equal'],
  ['Omar bin Hasan al-Rawi', 'Hasan bin Omar al-Rawi', 'similar'],
  ['Angela Merkel', 'Angela Merkal', 'nearly equal'],
  ['Barack Obama', 'Barak Obama', 'nearly equal'],
  ['Raúl Castro', 'Raúl Castillo', 'similar'],
  ['Pedro Sánchez', 'Pedro Sancho', 'similar'],
  ['Saif al-Din Hassan al-Rawi', 'Saif al-Din Hassan al-Mosuli', 'each has words of its own'],
  ['Vladimir Vladimirovich Putin', 'Vladimir Putin', 'one within the other'],
])('%s and %s: %s', (left, right, level) => {
  const fields: FieldSpec[] = [{ name: 'name', kind: 'person-name' }];
  expect(levelOf(fields, 'name', { name: left }, { name: right })).toBe(level);
});

test('a street called by its number is the same in words', () => {
  const fields: FieldSpec[] = [{ name: 'street', kind: 'address' }];
  expect(levelOf(fields, 'street', { street: '747 9th Ave' }, { street: '747 Ninth Ave.' })).toBe('equal');
});

describe('products', () => {
  const fields: FieldSpec[] = [
    { name: 'name', kind: 'title' },
    { name: 'maker', kind: 'organisation-name' },
    { name: 'part', kind: 'code' },
  ];
  test.each([
    ['measures', { name: 'syringe 5 ml box of 100' }, { name: 'syringe 5 ml' }, 'some equal'],
    ['measures', { name: 'syringe 5 ml box of 100' }, { name: 'syringe 5 ml 100/bx' }, 'equal'],
    [
      'measures',
      { name: 'Drawing Studio deluxe [mac]' },
      { name: 'Drawing Studio professional for Mac' },
      'some equal',
    ],
    ['measures', { name: 'mask adult' }, { name: 'mask infant' }, 'another size'],
    ['measures', { name: 'catheter 16 Fr 10 cc' }, { name: 'catheter 18 Fr 10 ml' }, 'another size'],
    ['measures', { name: 'dressing set, small and large' }, { name: 'dressing set, large' }, 'some equal'],
    ['measures', { name: 'Drawing Studio 10' }, { name: 'Drawing Studio 11' }, 'different'],
    ['maker', { maker: 'BD' }, { maker: 'Becton, Dickinson and Company' }, 'in part'],
    ['maker', { maker: 'BDC' }, { maker: 'Becton Dickinson' }, 'different'],
    ['model numbers', { name: 'mask QX-1000-77' }, { name: 'mask', part: 'QX100077' }, 'found in the text'],
    ['maker elsewhere', { name: 'mask', maker: 'Vexholm' }, { name: 'Vexholm mask' }, 'named'],
    ['maker elsewhere', { name: 'mask', maker: 'Vexholm' }, { name: 'Kelvan mask' }, 'not named'],
    ['maker elsewhere', { name: 'mask', maker: 'Vexholm' }, { name: 'Vexholm mask', maker: 'Vexholm' }, undefined],
  ])('%s of %j and %j: %s', (comparison, left, right, level) => {
    expect(levelOf(fields, comparison, left, right)).toBe(level);
  });
});
