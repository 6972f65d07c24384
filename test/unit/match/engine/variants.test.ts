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
const schema: MatchSchema = { fields: whole.fields.filter(({ name }) => COLUMNS.includes(name)) };

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

const titled = new RecordMatcher({
  fields: [
    { name: 'name', kind: 'title' },
    { name: 'description', kind: 'text' },
    { name: 'part', kind: 'code' },
  ],
});
const levelOf = (left: string, right: string) =>
  titled.score([left, null, null], [[right, null, null]])[0]?.steps.find(({ comparison }) => comparison === 'measures')
    ?.level;

test.each([
  ['Sodium chloride 0.9% 1,000 ml bag', 'Sodium chloride 0.9 % 1 L bag'],
  ['Heparin 5,000 units/ml', 'Heparin 5000 iu/ml'],
  ['Paracetamol 5 mg/5 ml', 'Paracetamol 1 mg/ml'],
  ['Enoxaparin 40mg/0.4ml', 'Enoxaparin 40 mg 0.4 mL'],
  ['Ondansetron 4 mg/2 ml', 'Ondansetron 2 mg/ml 2 ml'],
  ['Hydrocodone 5-325 mg', 'Hydrocodone 5/325mg'],
  ['Levothyroxine 100 μg', 'Levothyroxine 0.1 mg'],
  ['Surgical glove size 7 1/2', 'Surgical glove sz 7,5'],
  ['Glove size 7.0', 'Glove size 7'],
  ['Vest S/M', 'Vest medium'],
  ['Gown XXL', 'Gown 2X-Large'],
  ['Stockings size X-small', 'Stockings XS'],
  ['Insole L medium', 'Insole left medium'],
  ['Suture 3-0 27" needle 26mm', 'Suture 3/0 70cm'],
  ['Needle 25Gx5/8in', 'Needle 25 gauge x 0.625"'],
  ['Needle 21gx1 1/2in', 'Needle 21G 1.5 in'],
  ['Foley catheter 16 Fr 5-15cc', 'Foley catheter CH 16 5-15 ml'],
  ['Foley catheter 16F', 'Foley catheter 16 CH'],
  ['Dressing 10 x 10 cm', 'Dressing 100x100 mm'],
  ['Dressing 10cm x 10cm', 'Dressing 4 x 4 in'],
  ['Bandage 4in x 5yd', 'Bandage 4" x 15 ft'],
  ['Bandage 10 cm x 4 m', 'Bandage 10cm x 400cm'],
  ['Balloon 3.0 x 140 cm', 'Balloon 3 mm 140 cm'],
  ['Tape 7,5 x 15 cm', 'Tape 7.5cm x 15cm'],
  ['Bottle 12 x 500 ml', 'Bottle 500ml 12/cs'],
  ['Applicator 100/bx 10bx/cs', 'Applicator 1000/cs'],
  ['Scalpel #11 10/BX', 'Scalpel no. 11 box of 10'],
  ['Lancets 200ct', 'Lancets 2 boxes 100'],
  ['Pouch ostomy 2-piece 10/bx', 'Pouch ostomy two piece box of 10'],
  ['Glove nitrile, not made with natural rubber latex', 'Glove nitrile latex-free'],
  ['Glove vinyl non-powdered', 'Glove vinyl powder free'],
  ['Gauze non-sterile', 'Gauze not sterile'],
  ['Dextrose 5% in water 500 ml', 'Dextrose 5 % 500ml'],
  ['Tape silver 1in', 'Tape gray 1 in'],
])('%s and %s are of one size', (left, right) => {
  expect(levelOf(left, right)).not.toBe('another size');
});

test.each([
  ['Surgical glove size 7', 'Surgical glove size 7.5'],
  ['Lidocaine 1% 20 ml', 'Lidocaine 2% 20 ml'],
  ['Enoxaparin 40mg/0.4ml', 'Enoxaparin 40mg/4ml'],
  ['Hydrocodone 5-325 mg', 'Hydrocodone 10-325 mg'],
  ['Levothyroxine 100 μg', 'Levothyroxine 100 mg'],
  ['Water sterile 1,500 ml', 'Water sterile 1.5 ml'],
  ['Needle 25G', 'Needle 27 gauge'],
  ['Foley catheter 18 Fr', 'Foley catheter 16 CH'],
  ['Knee brace LT', 'Knee brace RT'],
  ['Suture vicryl 2-0', 'Suture vicryl 3/0'],
  ['Gauze 4x4', 'Gauze 4x8'],
  ['Dressing 10 x 10 cm', 'Dressing 10 x 20 cm'],
  ['Gown XL', 'Gown XXL'],
  ['Glove latex', 'Glove nitrile latex free'],
  ['Glove powdered', 'Glove powder-free'],
])('%s and %s are of two', (left, right) => {
  expect(levelOf(left, right)).toBe('another size');
});

test('all that is said of an item may agree, but for its size; only a number in common makes it one', () => {
  const name = (size: string) => `Cardiovascular polypropylene patch, reinforced edges, ${size}`;
  const text = 'Cardiovascular patch of knitted polypropylene with reinforced edges for septal repair';
  const weightOf = (part: string | null) =>
    titled.score([name('medium'), text, part], [[name('large'), text, part]])[0]?.weight ?? 0;
  expect(weightOf(null)).toBeLessThan(0);
  expect(weightOf('KV-2044-81')).toBeGreaterThan(weightOf(null) + 10);
});
