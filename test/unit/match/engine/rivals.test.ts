import { describe, expect, test } from '@jest/globals';
import { explainPair, matchRecords, parseMatchSchema } from '../../../../golden-records/match/engine/index.js';
import { againstRivals, besideRivals } from '../../../../golden-records/match/engine/rivals.js';

type Pair = readonly [left: number, right: number, weight: number];
const scored = (pairs: readonly Pair[]) => ({
  left: Int32Array.from(pairs, ([left]) => left),
  right: Int32Array.from(pairs, ([, right]) => right),
  weight: Float32Array.from(pairs, ([, , weight]) => weight),
  length: pairs.length,
});
const rounded = (values: Float32Array) => Array.from(values, (value) => Math.round(value * 10) / 10);
const remaining = (pairs: readonly Pair[], sources: number[], withoutRepeats: number[]) =>
  rounded(againstRivals(scored(pairs), Uint16Array.from(sources), Uint8Array.from(withoutRepeats)));

describe('rivals in linkage', () => {
  test('what fits less well than another record of a source without repeats is left out', () => {
    const pairs = [
      [0, 2, 14],
      [1, 2, 9],
    ] as const;
    expect(remaining(pairs, [0, 0, 1], [1, 0])).toEqual([6, -4]);
  });
  test('two that fit equally well both stay, with odds of two to one', () => {
    const pairs = [
      [0, 2, 14],
      [1, 2, 14],
    ] as const;
    expect(remaining(pairs, [0, 0, 1], [1, 0])).toEqual([1, 1]);
  });
  test('a source that holds things several times gives a record several partners', () => {
    const pairs = [
      [0, 1, 14],
      [0, 2, 9],
    ] as const;
    expect(remaining(pairs, [0, 1, 1], [1, 0])).toEqual([14, 9]);
  });
  test('share among them how likely it is, on either side', () => {
    const pairs: Pair[] = [
      [0, 2, 14],
      [0, 3, 14],
      [1, 3, 2],
      [1, 4, 2],
    ];
    // The third has against it what both of its records have better or as good elsewhere, beside four to one for itself.
    expect(rounded(besideRivals(scored(pairs), Uint16Array.of(0, 0, 1, 1, 1)))).toEqual([0.5, 0.5, 0, 0.4]);
    expect(rounded(besideRivals(scored(pairs), Uint16Array.of(0, 0, 1, 2, 3)))).toEqual([1, 1, 0, 0.8]);
    expect(rounded(besideRivals(scored([[0, 1, 4000]]), Uint16Array.of(0, 1)))).toEqual([1]);
  });
  test('are a step of the explanation', async () => {
    const schema = parseMatchSchema({
      fields: [
        { name: 'name', kind: 'organisation-name' },
        { name: 'city', kind: 'city' },
      ],
    });
    const result = await matchRecords(
      schema,
      [
        ['Quillfeather Orthotics', 'Ulm'],
        ['Quillfeather Orthotics Praxis', 'Ulm'],
        ['Quillfeather Orthotics', 'Ulm'],
        ['Bransgore Dental', 'Hull'],
        ['Bransgore Dental', 'Hull'],
      ],
      { sources: Uint16Array.of(0, 0, 1, 1, 1), threads: 1 },
    );
    const { steps, weight } = explainPair(result, 1, 2);
    expect(steps.at(-1)).toMatchObject({ comparison: 'rivals' });
    expect(steps.at(-1)?.weight).toBeLessThan(-1);
    expect(weight).toBeLessThan(explainPair(result, 0, 2).weight);
  });
});
