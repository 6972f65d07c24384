import { expect, test } from '@jest/globals';
import {
  ENTITY_SCHEMAS,
  type MatchSchema,
  matchRecords,
  RecordMatcher,
} from '../../../../golden-records/match/engine/index.js';

/** What a buyer sees as one line of the catalogue and another, of few makers, without part numbers. */
const ITEMS: readonly (readonly [same: string, name: string, maker: string, price: string])[] = [
  ['glove M', 'Nitrile exam glove medium', 'Vexholm', '8.20'],
  ['glove L', 'Nitrile exam glove large', 'Vexholm', '8.20'],
  ['glove M', 'GLOVE EXAM NITRILE MED', 'Vexholm Industries', '8.10'],
  ['glove L', 'GLOVE EXAM NITRILE LG', 'Vexholm Industries', '8.30'],
  ['glove S', 'Nitrile exam glove, size S', 'Vexholm', '8.20'],
  ['glove M', 'Nitrile exam glove, size M', 'Vexholm', '8.20'],
  ['needle 25', 'Hypodermic needle 25G x 1 in', 'QD', '0.12'],
  ['needle 27', 'Hypodermic needle 27G x 1 in', 'QD', '0.12'],
  ['needle 25', 'NEEDLE HYPO 25G 1IN', 'Quillon Dastor', '0.12'],
  ['syringe 10', 'Syringe 10 ml luer lock', 'QD', '0.30'],
  ['syringe 5', 'Syringe 5 ml luer lock', 'QD', '0.28'],
  ['suture 3', 'Suture polyglactin 3-0 SH 27in', 'Etherin', '4.10'],
  ['suture 4', 'Suture polyglactin 4-0 SH 27in', 'Etherin', '4.10'],
  ['suture 3', 'SUTURE POLYGLACTIN 3-0 SH', 'Etherin', '4.00'],
  ['catheter 16', 'Foley catheter 16 Fr 10 cc', 'Kelvan', '6.00'],
  ['catheter 18', 'Foley catheter 18 Fr 10 cc', 'Kelvan', '6.00'],
  ['gown XL', 'Surgical gown XL sterile', 'Marrowby Health', '5.00'],
  ['gown L', 'Surgical gown L sterile', 'Marrowby Health', '5.00'],
  ['gown XL', 'Surgical gown, x-large, sterile', 'Marrowby Health', '5.00'],
  ['bandage 4', 'Bandage elastic 4 in x 5 yd', 'Tresk', '1.10'],
  ['bandage 6', 'Bandage elastic 6 in x 5 yd', 'Tresk', '1.40'],
  ['gauze 12', 'Gauze sponge 4x4 12 ply sterile 2s', 'Covellan', '0.10'],
  ['gauze 8', 'Gauze sponge 4x4 8 ply sterile 2s', 'Covellan', '0.10'],
  ['gauze 2x2', 'Gauze sponge 2x2 8 ply nonsterile', 'Covellan', '0.05'],
  ['brace left', 'Left knee brace medium', 'Brigand', '40'],
  ['brace right', 'Right knee brace medium', 'Brigand', '40'],
  ['box', 'Exam glove nitrile powder free M box of 100', 'Halden', '9'],
  ['case', 'Exam glove nitrile powder free M case of 1000', 'Halden', '85'],
];
const COLUMNS = ['name', 'manufacturer', 'price'];
const whole = ENTITY_SCHEMAS.item as MatchSchema;
const schema: MatchSchema = {
  fields: COLUMNS.map((name) => whole.fields.find((field) => field.name === name) as never),
};

test.each([
  ['learnt from these few', undefined],
  ['as shipped', new RecordMatcher(schema).parameters],
])(
  'what differs in its size, side or pack alone is another item, however it is written (weights %s)',
  async (_weights, parameters) => {
    const { clusters, pairs } = await matchRecords(
      schema,
      ITEMS.map(([, name, maker, price]) => [name, maker, price]),
      { threads: 1, ...(parameters ? { parameters } : {}) },
    );
    const same = (a: number, b: number) => ITEMS[a]?.[0] === ITEMS[b]?.[0];
    const wrong: string[] = [];
    let right = 0;
    for (let a = 0; a < ITEMS.length; a++) {
      for (let b = a + 1; b < ITEMS.length; b++) {
        if (clusters[a] !== clusters[b]) continue;
        if (same(a, b)) right++;
        else wrong.push(`${ITEMS[a]?.[1]} = ${ITEMS[b]?.[1]}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(right).toBeGreaterThanOrEqual(3);
    // Of any two, the surest are the same.
    const surest = [...pairs.weight.slice(0, pairs.length).keys()].sort(
      (a, b) => (pairs.weight[b] as number) - (pairs.weight[a] as number),
    );
    for (const pair of surest.slice(0, 4))
      expect(same(pairs.left[pair] as number, pairs.right[pair] as number)).toBe(true);
  },
);
