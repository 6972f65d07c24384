import { comparisonsOf } from '../golden-records/match/engine/comparisons.js';
import {
  type Cell,
  ENTITY_SCHEMAS,
  makeBlock,
  PairScorer,
  RecordMatcher,
} from '../golden-records/match/engine/index.js';
import { sharesOfRecords } from '../golden-records/match/engine/shares.js';
import { jaroWinkler } from '../golden-records/match/engine/similarity.js';

/** npm run bench:match: pairs a second on one core, against a bare Jaro-Winkler over the same names in the same run. */
const RECORDS = 20_000;
const PAIRS = 1_000_000;

const schema = ENTITY_SCHEMAS.supplier;
if (!schema) throw new Error('there is no schema of suppliers');
let state = 7;
const random = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const syllables = 'ba ke lo mi nu ra se to vi wa zen tor mel dra fin gul har jon kas lip'.split(' ');
const word = () => `${syllables[random(20)]}${syllables[random(20)]}${syllables[random(20)]}`;
const digits = (count: number) => Array.from({ length: count }, () => random(10)).join('');
const record = (): Cell[] =>
  schema.fields.map(({ name }) => {
    if (name === 'name') return `${word()} ${word()} Medical Supplies Ltd`;
    if (name === 'street') return `${random(300)} ${word()} Street`;
    if (name === 'city') return word();
    if (name === 'postcode') return digits(5);
    if (name === 'country') return 'DE';
    if (name === 'phone') return `+49${digits(9)}`;
    if (name === 'email') return `info@${word()}.com`;
    if (name === 'website') return `www.${word()}.com`;
    return name === 'taxId' ? digits(11) : null;
  });
const records = Array.from({ length: RECORDS }, record);
const { block } = makeBlock(schema, records, sharesOfRecords);
const { parameters } = new RecordMatcher(schema);
const scorer = new PairScorer(comparisonsOf(block), parameters);
const lefts = Int32Array.from({ length: PAIRS }, () => random(RECORDS));
const rights = Int32Array.from({ length: PAIRS }, () => random(RECORDS));

/** Pairs a second; the sum keeps the work from being optimised away. */
function rate(work: (left: number, right: number) => number): number {
  let sum = 0;
  for (let pair = 0; pair < PAIRS / 10; pair++) sum += work(lefts[pair] as number, rights[pair] as number);
  const started = performance.now();
  for (let pair = 0; pair < PAIRS; pair++) sum += work(lefts[pair] as number, rights[pair] as number);
  if (Number.isNaN(sum)) throw new Error('a weight is no number');
  return PAIRS / ((performance.now() - started) / 1000);
}

const [name] = block.columns;
if (!name) throw new Error('a block of suppliers has no names');
const { chars, charStart, rows, values } = name;
const bare = rate((left, right) => {
  const a = values[rows[left] as number] as number;
  const b = values[rows[right] as number] as number;
  return jaroWinkler(
    chars,
    charStart[a] as number,
    charStart[a + 1] as number,
    chars,
    charStart[b] as number,
    charStart[b + 1] as number,
  );
});
const scored = rate((left, right) => scorer.weight(left, right));
const whole = (value: number) => Math.round(value).toLocaleString('en-GB');
process.stdout.write(
  `scored pairs of suppliers: ${whole(scored)} a second and core\nbare Jaro-Winkler over their names: ${whole(bare)} a second and core\nratio: ${(scored / bare).toFixed(2)}\n`,
);
