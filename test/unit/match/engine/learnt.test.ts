import { expect, test } from '@jest/globals';
import { makeBlock, tokenTextOf } from '../../../../golden-records/match/engine/columns.js';
import { type FieldSpec, matchRecords } from '../../../../golden-records/match/engine/index.js';
import { sharesOfRecords } from '../../../../golden-records/match/engine/shares.js';
import { randomOf } from '../../../support/match-suppliers.js';

const SYLLABLES = 'bar dov fen gul hax jor kem lin mup nor pas rud sel tov wex yam zid'.split(' ');

test.each([
  ['by what the tax numbers of others teach, where one of them has none', 2 / 3, 3],
  ['by what is known beforehand, where nobody has a tax number', 0, 30],
])('companies at one address are told apart %s', async (_how, withNumber, oneInSoMany) => {
  const random = randomOf(5);
  const pick = (from: readonly string[]) => from[random(from.length)] as string;
  const word = () => Array.from({ length: 3 }, () => pick(SYLLABLES)).join('');
  const digits = (length: number) => Array.from({ length }, () => String(random(10))).join('');
  const trades = 'foods timber mining optics garments printing catering motors plastics software'.split(' ');
  const fields: FieldSpec[] = [
    { name: 'name', kind: 'organisation-name' },
    { name: 'street', kind: 'address' },
    { name: 'city', kind: 'city' },
    { name: 'phone', kind: 'phone' },
    { name: 'taxId', kind: 'identifier', scheme: 'tax' },
  ];
  const rows: string[][] = [];
  const company: number[] = [];
  for (let family = 0; family < 600; family++) {
    const [name, place] = [word(), [`${random(300)} ${word()} street`, word(), digits(10)]];
    const first = random(trades.length);
    for (let sister = 0; sister < (family % oneInSoMany === 0 ? 2 : 1); sister++) {
      const taxId = digits(11);
      for (let copy = 0; copy < 2; copy++) {
        const trade = trades[(first + sister) % trades.length] as string;
        rows.push([`${name} ${trade}`, ...place, random(300) < withNumber * 300 ? taxId : '']);
        company.push(family * 2 + sister);
      }
    }
  }
  const { clusters } = await matchRecords({ fields }, rows);
  let joined = 0;
  let right = 0;
  for (const [a, own] of clusters.entries()) {
    for (let b = a + 1; b < clusters.length; b++) {
      if (own !== clusters[b]) continue;
      joined++;
      if (company[a] === company[b]) right++;
    }
  }
  expect(right / joined).toBeGreaterThanOrEqual(0.99);
  expect(right).toBeGreaterThanOrEqual(0.98 * (rows.length / 2));
});

test('of a title a phrase that only two records have says as much as its words, a usual one little more than its first', () => {
  const fields: FieldSpec[] = [{ name: 'name', kind: 'title' }];
  const usual = Array.from({ length: 60 }, (_, at) => [`complete package ${at}x`]);
  const { block } = makeBlock({ fields }, [...usual, ['14060 terror strike'], ['terror strike']], sharesOfRecords);
  const [column] = block.columns;
  if (!column) throw new Error('no column');
  const infoOf = (text: string) => {
    const at = column.tokens.findIndex((token) => tokenTextOf(column, token) === text);
    return { inPlace: column.placeInfo[at] as number, alone: column.tokenInfo[column.tokens[at] as number] as number };
  };
  expect(infoOf('strike').inPlace).toBeCloseTo(infoOf('strike').alone);
  expect(infoOf('package').inPlace).toBeLessThan(0.5);
});
