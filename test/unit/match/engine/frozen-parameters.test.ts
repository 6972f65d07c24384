import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../../../golden-records/errors.js';
import { frozen, matchRecords, thawed } from '../../../../golden-records/match/engine/index.js';
import { generateSuppliers, supplierSchema } from '../../../support/match-suppliers.js';

const generated = generateSuppliers(300, 7);
const learnt = matchRecords(supplierSchema, generated.records, { ids: generated.ids });
const kept = async () =>
  JSON.parse(JSON.stringify(frozen(supplierSchema, (await learnt).parameters))) as ReturnType<typeof frozen>;
/** At the weight below which no pair is kept. */
const LEAST_KEPT = 1 / (1 + 2 ** 5);
const problemsOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

describe('parameters that were saved', () => {
  test('give the same weights and clusters as those that were learnt', async () => {
    const again = await matchRecords(supplierSchema, generated.records, {
      ids: generated.ids,
      parameters: thawed(await kept(), supplierSchema, 'saved.json'),
    });
    const first = await learnt;
    expect([...again.clusters]).toEqual([...first.clusters]);
    const keyOf = ({ left, right }: typeof again.pairs, pair: number) => `${left[pair]}/${right[pair]}`;
    const before = new Map(
      Array.from(first.probabilities, (value, pair) => [keyOf(first.pairs, pair), value] as const),
    );
    // What was found twice isn't kept and counts as found once, which is half a bit. Those near the floor may miss it then.
    for (const [pair, probability] of again.probabilities.entries()) {
      expect(Math.abs(probability - (before.get(keyOf(again.pairs, pair)) ?? LEAST_KEPT))).toBeLessThan(0.02);
    }
    expect(again.parameters.comparisons.every(({ origin }) => origin === 'estimated')).toBe(true);
  });

  test('are used as they are for other records, however few', async () => {
    const { parameters } = await learnt;
    const few = generateSuppliers(3, 5);
    const result = await matchRecords(supplierSchema, few.records, {
      parameters: thawed(await kept(), supplierSchema, 'saved.json'),
    });
    expect(result.parameters.comparisons).toEqual(parameters.comparisons);
  });

  test.each([
    ['no such file', () => ({ fields: [] }), /saved\.json: format: expected "concord match parameters 1"/],
    ['nothing', () => null, /saved\.json: format: .*found nothing/],
    [
      'other columns',
      async () => ({ ...(await kept()), schema: { fields: supplierSchema.fields.slice(1) } }),
      /schema\.fields\[0\]: expected \{"name":"name","kind":"organisation-name"\}/,
    ],
    [
      'another kind of a column',
      async () => ({
        ...(await kept()),
        schema: { fields: supplierSchema.fields.map((field) => ({ ...field, kind: 'text' })) },
      }),
      /schema\.fields\[0\].*"kind":"text"/,
    ],
    [
      'other levels than this release has',
      async () => {
        const { parameters, ...rest } = await kept();
        const [first, ...others] = parameters.comparisons;
        return {
          ...rest,
          parameters: { ...parameters, comparisons: [{ ...first, levels: ['equal', 'different'] }, ...others] },
        };
      },
      /comparisons\[0\].*learn the parameters again/,
    ],
    [
      'a weight that is no number',
      async () => {
        const { parameters, ...rest } = await kept();
        return { ...rest, parameters: { ...parameters, prior: 'high' } };
      },
      /parameters\.prior: expected a number, found "high"/,
    ],
  ])('%s: are refused, and it is said why', async (_what, make, message) => {
    const input = await make();
    expect(problemsOf(() => thawed(input, supplierSchema, 'saved.json'))).toMatch(message);
  });
});
