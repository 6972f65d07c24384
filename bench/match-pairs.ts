import { bucketMask, KeyIndex, limitsFor, Prober, recordKeys } from '../golden-records/match/engine/candidates.js';
import { comparisonsOf } from '../golden-records/match/engine/comparisons.js';
import {
  type Cell,
  ENTITY_SCHEMAS,
  makeBlock,
  PairScorer,
  RecordMatcher,
  UNSCORED,
} from '../golden-records/match/engine/index.js';
import { sharesOfRecords } from '../golden-records/match/engine/shares.js';
import { jaroWinkler } from '../golden-records/match/engine/similarity.js';

/**
 * npm run bench:match: pairs a second on one core, against a bare Jaro-Winkler over the names of the same pairs in the same
 * run. Time is that of the processor, so that what else the machine does counts less.
 */
const RECORDS = 30_000;
/** Every fourth record is an earlier one with slips and gaps. */
const REPEATED = 4;
const SECONDS = 3;

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
const slipped = (text: string) => {
  const at = random(text.length);
  return text.slice(0, at) + text.slice(at + 1);
};
const repeated = (cells: readonly Cell[]): Cell[] =>
  cells.map((cell) => {
    const chance = random(10);
    return typeof cell !== 'string' || chance > 3 ? cell : chance === 0 ? null : slipped(cell);
  });
const records: Cell[][] = [];
while (records.length < RECORDS) {
  const isRepeated = records.length > 0 && random(REPEATED) === 0;
  records.push(isRepeated ? repeated(records[random(records.length)] as Cell[]) : record());
}
const { block } = makeBlock(schema, records, sharesOfRecords);
const { parameters } = new RecordMatcher(schema);
const scorer = new PairScorer(comparisonsOf(block), parameters);

interface Pairs {
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** What a large batch scores: records that share rare keys. Small ones compare more, of which most are hopeless. */
function candidates(): Pairs {
  const limits = limitsFor({ ...block, size: 1_000_000 });
  const { keyStart, keys } = recordKeys(block, limits);
  const prober = new Prober(new KeyIndex(keyStart, keys, bucketMask(keys.length)), block.size, limits, undefined);
  const left: number[] = [];
  const right: number[] = [];
  for (let one = 0; one < block.size; one++) {
    const count = prober.probe(one);
    for (let at = 0; at < count; at++) {
      left.push(one);
      right.push(prober.found[at] as number);
    }
  }
  return { left: Int32Array.from(left), right: Int32Array.from(right) };
}

const likely = candidates();
const any: Pairs = {
  left: likely.left.map(() => random(RECORDS)),
  right: likely.right.map(() => random(RECORDS)),
};

/** Pairs a second of the processor's time; the sum keeps the work from being optimised away. */
function rate({ left, right }: Pairs, work: (left: number, right: number) => number): number {
  let sum = 0;
  let at = 0;
  const some = (pairs: number) => {
    for (let pair = 0; pair < pairs; pair++) {
      sum += work(left[at] as number, right[at] as number);
      at = at + 1 === left.length ? 0 : at + 1;
    }
  };
  some(left.length);
  const started = process.cpuUsage();
  let pairs = 0;
  let seconds = 0;
  while (seconds < SECONDS) {
    some(10_000);
    pairs += 10_000;
    const { user, system } = process.cpuUsage(started);
    seconds = (user + system) / 1_000_000;
  }
  if (Number.isNaN(sum)) throw new Error('a weight is no number');
  return pairs / seconds;
}

const [name] = block.columns;
if (!name) throw new Error('a block of suppliers has no names');
const { chars, charStart, rows, values } = name;
const bare = rate(likely, (left, right) => {
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
const rates = [
  ['candidates, as a batch scores them', rate(likely, (left, right) => scorer.weight(left, right, UNSCORED))],
  ['candidates, every pair weighed to the end', rate(likely, (left, right) => scorer.weight(left, right))],
  ['any two records, weighed to the end', rate(any, (left, right) => scorer.weight(left, right))],
  ['bare Jaro-Winkler over the names of the candidates', bare],
] as const;
const whole = (value: number) => Math.round(value).toLocaleString('en-GB');
process.stdout.write(
  `${whole(likely.left.length)} candidate pairs of ${whole(RECORDS)} suppliers; pairs a second of one core's time:\n`,
);
for (const [label, found] of rates) {
  process.stdout.write(`  ${label}: ${whole(found)} (${(found / bare).toFixed(2)} of bare Jaro-Winkler)\n`);
}
