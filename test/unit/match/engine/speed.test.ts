import { expect, test } from '@jest/globals';
import { indexOf, limitsFor, Prober } from '../../../../golden-records/match/engine/candidates.js';
import { comparisonsOf } from '../../../../golden-records/match/engine/comparisons.js';
import { ENTITY_SCHEMAS, makeBlock, PairScorer, RecordMatcher } from '../../../../golden-records/match/engine/index.js';
import type { MatchSchema } from '../../../../golden-records/match/engine/schema.js';
import { sharesOfRecords } from '../../../../golden-records/match/engine/shares.js';
import { jaroWinkler } from '../../../../golden-records/match/engine/similarity.js';

let state = 11;
const random = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

/** As Winkler describes it, letter by letter. */
function plainJaroWinkler(a: string, b: string): number {
  if (a === '' || b === '') return 0;
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const takenA = new Set<number>();
  const takenB = new Set<number>();
  for (let i = 0; i < a.length; i++) {
    for (let j = Math.max(0, i - reach); j <= Math.min(b.length - 1, i + reach); j++) {
      if (takenB.has(j) || a[i] !== b[j]) continue;
      takenA.add(i);
      takenB.add(j);
      break;
    }
  }
  const common = takenA.size;
  if (common === 0) return 0;
  const inA = [...a].filter((_, at) => takenA.has(at));
  const inB = [...b].filter((_, at) => takenB.has(at));
  const transposed = inA.filter((letter, at) => letter !== inB[at]).length;
  const jaro = (common / a.length + common / b.length + (common - transposed / 2) / common) / 3;
  let prefix = 0;
  while (prefix < 4 && prefix < Math.min(a.length, b.length) && a[prefix] === b[prefix]) prefix++;
  return jaro + prefix * 0.1 * (1 - jaro);
}

test('Jaro-Winkler on bits is Jaro-Winkler, for short and long texts', () => {
  const text = (length: number) => Array.from({ length }, () => 'abcdefgh'[random(8)]).join('');
  for (let round = 0; round < 5_000; round++) {
    const a = text(random([8, 34, 65][round % 3] as number));
    const b = round % 2 === 0 ? text(random(65)) : a.slice(0, random(a.length + 1)) + text(random(4)).slice(0, 64);
    if (b.length > 64) continue;
    const bytes = Buffer.from(a + b);
    const found = jaroWinkler(bytes, 0, a.length, bytes, a.length, a.length + b.length);
    expect([a, b, found]).toEqual([a, b, plainJaroWinkler(a, b)]);
  }
});

test('stopping early drops only pairs below the floor, and changes no weight above it', () => {
  const schema = ENTITY_SCHEMAS.supplier as MatchSchema;
  const pick = (words: string) => words.split(' ')[random(words.split(' ').length)] as string;
  const records = Array.from({ length: 600 }, () =>
    schema.fields.map(({ name }) => {
      if (random(5) === 0) return null;
      if (name === 'name')
        return `${pick('north south norht east')} ${pick('medical dental medicl optical')} ${pick('supplies services')}`;
      if (name === 'street') return `${random(9)} ${pick('main high mian church')} street`;
      if (name === 'city') return pick('leeds york leds hull');
      if (name === 'phone') return `+4411345600${random(10)}`;
      return name === 'taxId' ? `1234567${random(10)}` : null;
    }),
  );
  const { block } = makeBlock(schema, records, sharesOfRecords);
  const scorer = new PairScorer(comparisonsOf(block), new RecordMatcher(schema).parameters);
  const prober = new Prober(indexOf(block), block.size, limitsFor(block), undefined);
  let above = 0;
  let below = 0;
  for (let left = 0; left < block.size; left++) {
    const count = prober.probe(left);
    for (let at = 0; at < count; at++) {
      const right = prober.found[at] as number;
      const whole = scorer.weight(left, right);
      const stopped = scorer.weight(left, right, -5);
      if (whole >= -5) {
        above++;
        expect(stopped).toBe(whole);
      } else {
        below++;
        // An upper bound of what is dropped; at the floor or above it only where the pair went all the way.
        expect(stopped).toBeGreaterThanOrEqual(whole - 1e-9);
        expect(stopped).toBeLessThan(-5);
      }
    }
  }
  expect(above).toBeGreaterThan(100);
  expect(below).toBeGreaterThan(100);
});
