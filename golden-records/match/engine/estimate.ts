import { type Comparison, MISSING, type RelationName, sharesOfRelated } from './comparison.js';
import {
  type ComparisonParameters,
  type MatchParameters,
  monotoneWeights,
  RARER_RELATION,
  type RelationParameters,
  weightsBeside,
} from './parameters.js';
import { Weigher } from './weigher.js';

/** Levels of a sample of candidates, comparison by comparison; MISSING where one has no value. */
export interface Sample {
  readonly pairs: number;
  /** `levels[pair * comparisons + c]`. */
  readonly levels: Int8Array;
  readonly info: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Have both records of a pair the identifier that tells the same from the related? 1 or 0. */
  readonly isTold: Uint8Array;
}

export function takeSample(
  comparisons: readonly Comparison[],
  left: ArrayLike<number>,
  right: ArrayLike<number>,
): Sample {
  const width = comparisons.length;
  const levels = new Int8Array(left.length * width);
  const info = new Float32Array(left.length * width);
  const isTold = new Uint8Array(left.length);
  for (let pair = 0; pair < left.length; pair++) {
    for (let at = 0; at < width; at++) {
      const comparison = comparisons[at] as Comparison;
      const level = comparison.compare(left[pair] as number, right[pair] as number);
      levels[pair * width + at] = level;
      if (level !== MISSING && comparison.isIdentifier) isTold[pair] = 1;
      info[pair * width + at] = comparison.info;
    }
  }
  return { pairs: left.length, levels, info, left: Int32Array.from(left), right: Int32Array.from(right), isTold };
}

export interface EstimateOptions {
  /** Of linkage: only pairs of different sources are compared, so a record's candidates are rivals. */
  readonly linkage: boolean;
  /** Where sources are free of duplicates: at most one of a record's candidates is right. */
  readonly oneToOne: boolean;
  /** Of linkage: is the record of a source without repeats, so that it is a rival of the others there? */
  readonly isRival: (record: number) => boolean;
  /** The prior share of pairs among candidates can't be more than this. */
  readonly mostPairs: number;
  readonly records: number;
  /** Lets others have their turn, and may throw to stop. */
  readonly betweenRounds?: () => Promise<void>;
}

const FEWEST_CANDIDATES = 200;
/** m and u of fewer can't be told apart. */
const FEWEST_COMPARISONS = 2;
const FEWEST_PAIRS = 25;
const ROUNDS = 20;
const SETTLED = 1e-3;
const HELD_ROUNDS = 8;
/** What is known beforehand counts as so many pairs. */
const PRIOR_PAIRS = 40;
const PRIOR_OTHERS = 100;
/** And as a share of the pairs found: fields mean what they mean, whatever the data suggest. */
const PRIOR_SHARE = 0.15;
const PRIOR_INFO = 25;
/** From so many pairs on that identifiers tell from related ones, these alone teach what pairs and related ones are like. */
const FEWEST_TOLD = 100;
const MOST_SHARE = 0.7;

/**
 * Learn m, u and the share of pairs from candidates without labels, by expectation and maximisation. u is learnt from the
 * candidates too: they are alike by selection, and what two random records have in common says nothing about them.
 * Beside pairs and unrelated records there are related ones (sister companies, households, variants of a product), which
 * agree on what they share and would be taken for pairs otherwise.
 */
export async function estimate(
  comparisons: readonly Comparison[],
  shipped: MatchParameters,
  sample: Sample,
  options: EstimateOptions,
): Promise<MatchParameters> {
  const used = comparisons.filter((_, at) => isUsed(sample, comparisons.length, at)).length;
  if (used < FEWEST_COMPARISONS) {
    return withNote(
      shipped,
      `${used} column(s) with values are too few to learn from (at least ${FEWEST_COMPARISONS}, which confirm each other): the shipped parameters are used`,
    );
  }
  if (sample.pairs < FEWEST_CANDIDATES) {
    return withNote(
      shipped,
      `${sample.pairs} candidates are too few to learn from (at least ${FEWEST_CANDIDATES}): the shipped parameters are used`,
    );
  }
  let found = await converge(comparisons, shipped, sample, options, 0);
  if (!isNamed(comparisons, shipped, found.parameters))
    found = await converge(comparisons, shipped, sample, options, HELD_ROUNDS);
  if (!isNamed(comparisons, shipped, found.parameters)) {
    found = await converge(comparisons, shipped, sample, options, Number.POSITIVE_INFINITY);
    found = {
      ...found,
      parameters: withNote(
        found.parameters,
        'what agrees here most often are neighbours with other names: what pairs have in common is as shipped, only the rest is learnt',
      ),
    };
  }
  const pairs = found.share * sample.pairs;
  if (pairs < FEWEST_PAIRS) {
    return withNote(
      { ...shipped, prior: Math.max(shipped.prior - 4, Math.min(shipped.prior, logOdds(found.share))) },
      `about ${Math.round(pairs)} pairs among ${sample.pairs} candidates are too few to learn from (at least ${FEWEST_PAIRS}): the shipped parameters are used`,
    );
  }
  return found.parameters;
}

interface Fit {
  readonly parameters: MatchParameters;
  /** Of the pairs among the candidates. */
  readonly share: number;
}

/** For the first so many rounds m is held to what is shipped. */
async function converge(
  comparisons: readonly Comparison[],
  shipped: MatchParameters,
  sample: Sample,
  options: EstimateOptions,
  heldRounds: number,
): Promise<Fit> {
  const first = Math.min(0.3, (0.25 * options.records) / sample.pairs, options.mostPairs / sample.pairs);
  let parameters: MatchParameters = {
    ...shipped,
    prior: logOdds(first),
    relations: shipped.relations.map((relation) => ({ ...relation, prior: logOdds(first) - RARER_RELATION })),
  };
  const posterior = Array.from({ length: 1 + shipped.relations.length }, () => new Float64Array(sample.pairs));
  let share = first;
  for (let round = 0; round < ROUNDS + Math.min(heldRounds, HELD_ROUNDS); round++) {
    const isHeld = round < heldRounds;
    expect(comparisons, parameters, sample, options, posterior);
    const found = sumOf(posterior[0] as Float64Array);
    const next = Math.min(MOST_SHARE, options.mostPairs / sample.pairs, Math.max(found, 1) / sample.pairs);
    parameters = maximise(comparisons, shipped, sample, posterior, next, isHeld);
    const isSettled = Math.abs(next - share) < SETTLED * share;
    if (isSettled && (!isHeld || heldRounds > HELD_ROUNDS)) break;
    share = next;
    await options.betweenRounds?.();
  }
  return { parameters, share };
}

/**
 * Are those that were taken for pairs called the same? Where few records are repeated, what stands out among candidates can be
 * neighbours: a place in common, a house number, and another name.
 */
function isNamed(comparisons: readonly Comparison[], shipped: MatchParameters, found: MatchParameters): boolean {
  return comparisons.every((comparison, at) => {
    const known = shipped.comparisons[at] as ComparisonParameters;
    const alike = ({ m }: ComparisonParameters) =>
      m.reduce((sum, share, level) => sum + ((known.weights[level] as number) > 0 ? share : 0), 0);
    return comparison.group !== 'name' || alike(found.comparisons[at] as ComparisonParameters) > alike(known) / 2;
  });
}

/** Do some pairs have a value on both sides? */
function isUsed({ pairs, levels }: Sample, width: number, at: number): boolean {
  for (let pair = 0; pair < pairs; pair++) if (levels[pair * width + at] !== MISSING) return true;
  return pairs === 0;
}

const withNote = (parameters: MatchParameters, note: string): MatchParameters => ({
  ...parameters,
  notes: [...parameters.notes, note],
});
const logOdds = (share: number) => Math.log2(share / (1 - share));
function sumOf(numbers: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < numbers.length; at++) sum += numbers[at] as number;
  return sum;
}
const MOST_EXPONENT = 200;

/** Posterior of every candidate, by class; rivals for one record share what can only be given once. */
function expect(
  comparisons: readonly Comparison[],
  parameters: MatchParameters,
  sample: Sample,
  { linkage, oneToOne, isRival, records }: EstimateOptions,
  posterior: readonly Float64Array[],
): void {
  const width = comparisons.length;
  const weigher = new Weigher(comparisons, parameters);
  const classes = posterior.length;
  const same = posterior[0] as Float64Array;
  for (let pair = 0; pair < sample.pairs; pair++) {
    weigher.clear();
    for (let at = 0; at < width; at++) {
      const level = sample.levels[pair * width + at] as number;
      if (level !== MISSING) weigher.see(at, level, sample.info[pair * width + at] as number);
    }
    let others = 1;
    for (let kind = 1; kind < classes; kind++) {
      const odds = 2 ** Math.min(MOST_EXPONENT, weigher.total(kind));
      (posterior[kind] as Float64Array)[pair] = odds;
      others += odds;
    }
    const odds = weigher.ruledOut ? 0 : 2 ** Math.min(MOST_EXPONENT, weigher.total(0));
    same[pair] = odds / others;
    for (let kind = 1; kind < classes; kind++) {
      const own = posterior[kind] as Float64Array;
      own[pair] = (own[pair] as number) / others;
    }
  }
  if (linkage) compete(sample, same, records, isRival, oneToOne ? 1 : 0.5);
  else for (let pair = 0; pair < sample.pairs; pair++) same[pair] = probability(same[pair] as number);
  for (let kind = 1; kind < classes; kind++) {
    const own = posterior[kind] as Float64Array;
    for (let pair = 0; pair < sample.pairs; pair++) own[pair] = (own[pair] as number) * (1 - (same[pair] as number));
  }
}

const probability = (odds: number) => odds / (1 + odds);

/** Divide the odds of rivals: `strength` 1 where only one can be right, less where some records have several partners. */
function compete(
  sample: Sample,
  odds: Float64Array,
  records: number,
  isRival: (record: number) => boolean,
  strength: number,
): void {
  const total = new Float64Array(records);
  const add = (record: number, partner: number, own: number) => {
    if (isRival(partner)) total[record] = (total[record] as number) + own;
  };
  for (let pair = 0; pair < sample.pairs; pair++) {
    const left = sample.left[pair] as number;
    const right = sample.right[pair] as number;
    add(left, right, odds[pair] as number);
    add(right, left, odds[pair] as number);
  }
  for (let pair = 0; pair < sample.pairs; pair++) {
    const own = odds[pair] as number;
    const left = sample.left[pair] as number;
    const right = sample.right[pair] as number;
    const rivalsLeft = isRival(right) ? (total[left] as number) - own : 0;
    const rivalsRight = isRival(left) ? (total[right] as number) - own : 0;
    const rivals = Math.max(0, rivalsLeft, rivalsRight);
    odds[pair] = own / (1 + own + strength * rivals);
  }
}

function maximise(
  comparisons: readonly Comparison[],
  shipped: MatchParameters,
  sample: Sample,
  posterior: readonly Float64Array[],
  share: number,
  isHeld: boolean,
): MatchParameters {
  const counts = posterior.map((own) => sumOf(own));
  const related = counts.slice(1).reduce((sum, count) => sum + count, 0);
  const unrelated = Math.max(1, sample.pairs - share * sample.pairs - related);
  const rest = restOf(posterior, sample.pairs);
  const [same = new Float64Array(), ...others] = posterior.map((own) => told(own, sample));
  const sure = sumOf(same);
  const isTold = others.length > 0 && sure >= FEWEST_TOLD;
  const teaching = isTold ? same : (posterior[0] as Float64Array);
  const held = PRIOR_SHARE * (isTold ? sure : share * sample.pairs);
  const learnt = comparisons.map((_, at) =>
    learn(comparisons, at, shipped, sample, { same: teaching, rest, related: isTold ? others : [] }, held, isHeld),
  );
  const countOf = (kind: number): number =>
    isTold
      ? (sumOf(others[kind] as Float64Array) / sure) * share * sample.pairs
      : Math.max(counts[kind + 1] as number, leastUntold(shipped.relations[kind]?.name) * share * sample.pairs);
  return {
    ...shipped,
    prior: Math.log2((share * sample.pairs) / unrelated),
    comparisons: learnt.map(({ own }) => own),
    relations: shipped.relations.map(
      (relation, kind): RelationParameters => ({
        name: relation.name,
        prior: Math.log2(Math.max(countOf(kind), 1) / unrelated),
        comparisons: learnt.map(({ relations }) => relations[kind] as RelationParameters['comparisons'][number]),
      }),
    ),
  };
}

/**
 * Where no identifier tells pairs from companies that share everything but their name, the classes would run together: as many
 * of these as is known beforehand, beside each pair.
 */
const leastUntold = (relation: RelationName | undefined): number =>
  relation === 'same place' ? 2 ** -RARER_RELATION : 0;

/** What a class has of those pairs of which identifiers tell which they are. */
const told = (own: Float64Array, { isTold }: Sample): Float64Array =>
  own.map((value, pair) => value * (isTold[pair] as number));

/** How likely each pair is neither the same nor related. */
function restOf(posterior: readonly Float64Array[], pairs: number): Float64Array {
  const rest = new Float64Array(pairs).fill(1);
  for (const own of posterior) {
    for (let pair = 0; pair < pairs; pair++) rest[pair] = (rest[pair] as number) - (own[pair] as number);
  }
  return rest;
}

interface Learnt {
  readonly own: ComparisonParameters;
  readonly relations: RelationParameters['comparisons'];
}

/** How likely each pair of the sample is of a class, or none. */
interface Classes {
  readonly same: Float64Array;
  readonly rest: Float64Array;
  /** By relation; none where nothing tells related pairs for sure. */
  readonly related: readonly Float64Array[];
}

/** Shares of one comparison's levels in each class. */
function learn(
  comparisons: readonly Comparison[],
  at: number,
  shipped: MatchParameters,
  sample: Sample,
  { same, rest: others, related }: Classes,
  held: number,
  isHeld: boolean,
): Learnt {
  const known = shipped.comparisons[at] as ComparisonParameters;
  const levels = known.levels.length;
  const u = Float64Array.from(known.u, (value) => value * (PRIOR_OTHERS + held));
  const info = Float64Array.from(known.usualInfo, (value) => value * PRIOR_INFO);
  const counted = new Float64Array(levels).fill(PRIOR_INFO);
  const width = comparisons.length;
  // How often two spellings of one number agree doesn't depend on the data; learning it from a catalogue, where most candidates are
  // variants, would end with pairs whose numbers differ.
  const { isCode, group } = comparisons[at] as Comparison;
  const m = Float64Array.from(known.m, (value) => value * (PRIOR_PAIRS + held));
  for (let pair = 0; pair < sample.pairs; pair++) {
    const level = sample.levels[pair * width + at] as number;
    if (level === MISSING) continue;
    const rest = others[pair] as number;
    if (!isHeld && !isCode) m[level] = (m[level] as number) + (same[pair] as number);
    u[level] = (u[level] as number) + rest;
    info[level] = (info[level] as number) + rest * (sample.info[pair * width + at] as number);
    counted[level] = (counted[level] as number) + rest;
  }
  if (related.length === 0 && group === 'name') holdUntold(m, comparisons[at] as Comparison, known, shipped.relations);
  const shareM = normalised(m);
  const shareU = normalised(u);
  const weights = monotoneWeights(shareM, shareU);
  return {
    own: {
      name: known.name,
      levels: known.levels,
      m: shareM,
      u: shareU,
      weights,
      usualInfo: known.usualInfo.map((usual, level) =>
        usual === 0 ? 0 : (info[level] as number) / (counted[level] as number),
      ),
      origin: 'estimated',
    },
    relations: shipped.relations.map(({ name }, kind) => {
      const known = sharesOfRelated(comparisons[at] as Comparison, name, shareM, shareU);
      const own = related[kind];
      // How the names of those at one place differ is a habit of the data: sister companies here, households there.
      const isLearnt = own !== undefined && name === 'same place' && group === 'name';
      const shares = isLearnt ? normalised(levelsOf(own, at, width, sample, known)) : known;
      return { shares, weights: weightsBeside(shares, shareM, weights) };
    }),
  };
}

/** Where no identifier tells, names that set things at one place apart would become usual for pairs: no more than is known beforehand. */
function holdUntold(
  m: Float64Array,
  { levels }: Comparison,
  known: ComparisonParameters,
  relations: readonly RelationParameters[],
): void {
  if (!relations.some(({ name }) => name === 'same place')) return;
  const held = known.m.map((usual, at) => ((levels[at]?.samePlace ?? 0) > usual ? usual : 0));
  const usually = held.reduce((sum, usual) => sum + usual, 0);
  const others = m.reduce((sum, count, at) => (held[at] === 0 ? sum + count : sum), 0);
  for (const [at, usual] of held.entries()) {
    if (usual > 0) m[at] = Math.min(m[at] as number, (usual / (1 - usually)) * others);
  }
}

/** How many pairs of a class are at each level of a comparison, held up by what is known of it. */
function levelsOf(
  own: Float64Array,
  at: number,
  width: number,
  sample: Sample,
  known: readonly number[],
): Float64Array {
  const counts = Float64Array.from(known, (share) => share * PRIOR_PAIRS);
  for (let pair = 0; pair < sample.pairs; pair++) {
    const level = sample.levels[pair * width + at] as number;
    if (level !== MISSING) counts[level] = (counts[level] as number) + (own[pair] as number);
  }
  return counts;
}

function normalised(counts: Float64Array): number[] {
  const sum = sumOf(counts);
  return Array.from(counts, (count) => count / sum);
}
