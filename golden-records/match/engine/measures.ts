import { foldToAscii } from '../../normalise/index.js';
import { withoutFractions } from './fractions.js';
import { isModelCode, NUMBER_AND_UNIT, UNITS } from './units.js';

const PACK = 'pk';

/** Of what is written in other units, as one: "0.5 L" is 500 ml. Lengths aren't: a needle has its mm, its thread has its cm. */
const IN_ANOTHER_UNIT = new Map<string, readonly [unit: string, factor: number]>([
  ['l', ['ml', 1_000]],
  ['ul', ['ml', 0.001]],
  ['kg', ['g', 1_000]],
  ['mg', ['g', 0.001]],
  ['mcg', ['g', 0.000_001]],
]);
const inOneUnit = (number: number, unit: string): readonly [number: number, unit: string] => {
  const [one, factor] = IN_ANOTHER_UNIT.get(unit) ?? [unit, 1];
  return [Number((number * factor).toPrecision(9)), one];
};

/** Words by which the variants of one product are told apart: of each kind a product has one. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  platform: { windows: 'windows win win32 pc', mac: 'mac macintosh osx', linux: 'linux' },
  licence: { upgrade: 'upgrade upg upgrades upsell', academic: 'academic student students education edu' },
  tier: {
    standard: 'standard std',
    professional: 'professional pro',
    premium: 'premium',
    deluxe: 'deluxe dlx',
    ultimate: 'ultimate',
    basic: 'basic',
    enterprise: 'enterprise',
    starter: 'starter',
    gold: 'gold',
    platinum: 'platinum',
    lite: 'lite light',
  },
  colour: {
    black: 'black blk',
    white: 'white wht',
    silver: 'silver slv',
    red: 'red',
    blue: 'blue',
    green: 'green',
    pink: 'pink',
    gray: 'gray grey',
  },
  age: {
    adult: 'adult adults',
    child: 'child children paediatric pediatric peds',
    infant: 'infant infants neonatal neonate newborn',
  },
  size: {
    xxs: 'xxs xxsmall',
    xs: 'xs xsmall',
    small: 'small sm sml',
    medium: 'medium med',
    large: 'large lg lge lrg',
    xl: 'xl xlarge xlg',
    xxl: '2xl',
    xxxl: '3xl',
    xxxxl: '4xl',
    xxxxxl: '5xl',
  },
  side: { left: 'left lt', right: 'right rt' },
  sterility: { sterile: 'sterile', unsterile: 'nonsterile unsterile' },
  powder: { without: 'powderless powderfree', with: 'powdered' },
  material: {
    latex: 'latex',
    nitrile: 'nitrile',
    vinyl: 'vinyl',
    neoprene: 'neoprene',
    silicone: 'silicone',
    polyisoprene: 'polyisoprene',
  },
};
const VARIANT_WORDS = new Map(
  Object.entries(VARIANTS).flatMap(([kind, values]) =>
    Object.entries(values).flatMap(([value, spellings]) =>
      spellings.split(' ').map((spelling) => [spelling, [kind, value] as const] as const),
    ),
  ),
);

/**
 * What a thing has one of: where two differ in it they are two things. Other numbers may count anything, what is black and silver is called
 * by either, and 110 V is 120 V.
 */
const FIRM: ReadonlySet<string> = new Set([
  ...'ml g iu meq mmol in mm cm m ft yd fr ga ply way lumen percent pk oz lb gb tb hole'.split(' '),
  ...'size age side sterility powder material suture number'.split(' '),
]);
/** Of a derived kind ("sides", "per", "range") all are. */
const FIRM_KINDS = /^(?:sides|per|range)/;
export const isFirm = (unit: string): boolean => FIRM.has(unit) || FIRM_KINDS.test(unit);

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const spellingsOf = (units: string) => {
  const wanted = units.split(' ');
  return [...UNITS].flatMap(([spelling, unit]) => (wanted.includes(unit) ? [spelling] : [])).join('|');
};
/** Behind a number of sides or a range "m" is a metre; elsewhere it may be anything. */
const LENGTHS = `${spellingsOf('mm cm in ft yd m')}|m`;
const DOSES = spellingsOf('mcg mg g iu meq mmol');
const AMOUNTS = `${DOSES}|${spellingsOf('kg ml ul l oz lb w v gb tb mb hz ghz mhz mp')}`;
const unitNamed = (word: string): string => UNITS.get(word) ?? word;

// ---- One way of writing ----------------------------------------------------------------------------------------------

const MICRO = /[µμ]/g;
const INCHES = /(\d)\s?(?:["″”]|'')/g;
const OPENING_QUOTE = /(?:^|\s)["“]/;
const THOUSANDS = /(?<![\d.,])[1-9]\d{0,2}(?:[,']\d{3})+(?![\d,])/g;
const THOUSANDS_BY_SPACE = /(?<![\d.,])([1-9]\d{0,2}) 000(?![\d.])/g;
const DECIMAL_COMMA = /(?<![\d,])(?:(\d+),(?=\d{1,2}(?![\d,]))|(0),(?=\d))/g;
const NO_ZERO = /(?<![\d.])\.(?=\d)/g;
/** "25Gx5/8in", "10×20". */
const BY = /(?<=\d ?(?:g|ga|mm|cm|in|f|fr)? ?)[x×] ?(?=[\d.])/gi;
const PERCENT = /(\d) ?%/g;
/** "2-piece" says how it is made. */
const MADE_OF_PIECES = /\b[1-4][ -](?:piece|pc)\b/g;
const LARGE = 'large|lge?|lrg|l';
const SIZES_WRITTEN: readonly (readonly [RegExp, (...found: string[]) => string])[] = [
  [new RegExp(`\\b(x{2,5})[ -]?(?:${LARGE})\\b`, 'g'), (_, many = '') => ` ${many.length}xl `],
  [new RegExp(`\\b([2-6]) ?-?x[ -]?(?:${LARGE})\\b`, 'g'), (_, many = '') => ` ${many}xl `],
  [/\bextra[ -]extra[ -]large\b/g, () => ' 2xl '],
  [/\b(?:x[ -]?(?:large|lge?|lrg|l)|extra[ -](?:large|lge?|lrg))\b/g, () => ' xl '],
  [/\b(?:xx|extra[ -]extra)[ -]?(?:small|sm|s)\b/g, () => ' xxs '],
  [/\b(?:x[ -]?(?:small|sm)|x-s|extra[ -](?:small|sm))\b/g, () => ' xs '],
];

function writtenAlike(cell: string): string {
  const inches = OPENING_QUOTE.test(cell) ? cell : cell.replace(INCHES, '$1 in ');
  const folded = foldToAscii(withoutFractions(inches.replace(MICRO, 'u').replace(BY, ' x ')));
  let text = folded
    .replace(THOUSANDS, (number) => number.replace(/[,']/g, ''))
    .replace(THOUSANDS_BY_SPACE, '$1000')
    .replace(DECIMAL_COMMA, '$1$2.')
    .replace(NO_ZERO, '0.')
    .replace(PERCENT, '$1 percent ')
    .replace(MADE_OF_PIECES, ' ');
  for (const [pattern, size] of SIZES_WRITTEN) text = text.replace(pattern, size);
  return text.replace(/ {2,}/g, ' ');
}

// ---- What stands in several words ------------------------------------------------------------------------------------

/** "4 mg/2 ml", "2 mg/ml": as much for each ml. */
const PER = new RegExp(`(${NUMBER}) ?(${DOSES}|u) ?/ ?(${NUMBER})? ?(ml|cc|l|g|hr?)(?![a-z0-9])`, 'g');
/** Sutures: "3-0", "3/0". */
const SUTURE = /(?<![\w./-])(\d{1,2})[-/]0(?![\w./-])/g;
/** "10-12 mm", "5/325 mg", "5 to 15 cc". */
const RANGE = new RegExp(
  `(?<![\\w.-])(${NUMBER}) ?(?:${LENGTHS}|${AMOUNTS})? ?(?:[-/]|to) ?(${NUMBER}) ?(${LENGTHS}|${AMOUNTS}|fr)(?![a-z0-9])`,
  'g',
);
/** "4 x 4", "10 x 20 cm", "2 in x 5 yd". "12 x 500 ml" is no such thing. */
const SIDE = `${NUMBER}(?: ?(?:${LENGTHS})(?![a-z]))?`;
const SIDES = new RegExp(`(?<![\\w.])${SIDE}(?: ?x ?${SIDE}){1,2}(?![\\w.]| ?(?:${AMOUNTS})(?![a-z]))`, 'g');
const METRIC = new Map([
  ['mm', 1],
  ['cm', 10],
  ['m', 1_000],
]);
const IMPERIAL = new Map([
  ['in', 1],
  ['ft', 12],
  ['yd', 36],
]);
/** What isn't said of the other sides. */
const LONG = new Set(['m', 'ft', 'yd']);
/** Of sides that differ more, one without a unit may have another one. */
const MOST_UNLIKE = 8;

interface Side {
  readonly number: number;
  readonly unit: string | undefined;
}

function sidesOf(written: string): { found: string[]; rest: string } {
  const sides = written.split(/ ?x ?/).map((side): Side => {
    const unit = /[a-z]+$/.exec(side)?.[0];
    return { number: Number.parseFloat(side), unit: unit && unitNamed(unit) };
  });
  const name = (kind: string, numbers: readonly number[]) =>
    `sides${kind}${numbers.length}=${[...numbers].sort((a, b) => a - b).join('x')}`;
  const numbers = sides.map(({ number }) => number);
  if (sides.every(({ unit }) => unit === undefined)) return { found: [name('', numbers)], rest: '' };
  const isAlike = Math.max(...numbers) <= MOST_UNLIKE * Math.min(...numbers);
  // "3.0 x 140 cm" is a balloon of 3 mm, "4.5 x 4 yd" a bandage of 4.5 in.
  if (sides.some(({ unit }) => unit === undefined) && !(isAlike && sides.every(({ unit }) => !LONG.has(unit ?? ''))))
    return { found: [], rest: '' };
  let last: string | undefined;
  const known = [...sides].reverse().map(({ number, unit }) => {
    last = unit ?? last;
    return { number, unit: last ?? '' };
  });
  const rest = known.map(({ number, unit }) => `${number} ${unit === 'm' ? 'meter' : unit}`).join(' ');
  for (const [kind, factors] of [
    ['m', METRIC],
    ['i', IMPERIAL],
  ] as const) {
    const lengths = known.flatMap(({ number, unit }) => {
      const factor = factors.get(unit);
      return factor === undefined ? [] : [Number((number * factor).toPrecision(6))];
    });
    if (lengths.length === sides.length) return { found: [name(kind, lengths)], rest };
  }
  return { found: [], rest };
}

const BY_LETTER = new Map([
  ['s', 'small'],
  ['m', 'medium'],
  ['l', 'large'],
]);
const sizeNamed = (word: string): string | undefined =>
  BY_LETTER.get(word) ?? (VARIANT_WORDS.get(word)?.[0] === 'size' ? VARIANT_WORDS.get(word)?.[1] : undefined);
const ONE_SIZE = 'xs|s|m|l|xl|[2-5]xl|small|medium|med|large';
/** "S/M", "small/medium", "M-XL". */
const SIZE_TO_SIZE = new RegExp(`(?<![a-z0-9'-])(${ONE_SIZE}) ?[/-] ?(${ONE_SIZE})(?![a-z0-9'-])`, 'g');
const SIZE_BY_NUMBER = new RegExp(`\\b(?:size|sz)[ #.:]*(${NUMBER})(?![\\w.-])`, 'g');
/** A letter by itself, not behind a number, whose unit it would be. All in capitals it may be any word but the last. */
const LONE_SIZE = /(?<![\w&.'/-])(?<!\d )[SML](?![\w&.'/-])/g;
const LAST_LONE_SIZE = /(?<![\w&.'/-])(?<!\d )[SML]$/g;
/** Of these L is left. */
const HAS_SIDES = /\b(?:insole|brace|splint|knee|ankle|wrist|shoe|boot|hand|arm|leg|foot|eye|hip|shoulder|thumb)/i;

function lonelySizes(cell: string): string[] {
  const letters = cell.trim().matchAll(/[a-z]/.test(cell) ? LONE_SIZE : LAST_LONE_SIZE);
  return Array.from(letters, ([letter]) => letter.toLowerCase())
    .filter((letter) => letter !== 'l' || !HAS_SIDES.test(cell))
    .map((letter) => `size=${BY_LETTER.get(letter)}`);
}

// ---- Word by word ----------------------------------------------------------------------------------------------------

const SIZE_WORDS = new Set(['size', 'sz']);
const NOT = new Set(['non', 'not', 'no', 'un', 'without', 'free']);
/** "not made with natural rubber latex". */
const AS_FAR_AS = 6;

function variantOf(tokens: readonly string[], at: number): string | undefined {
  const token = tokens[at] as string;
  const before = tokens[at - 1] ?? '';
  const after = tokens[at + 1] ?? '';
  if (token === 'powder' && after === 'free') return 'powder=without';
  const byLetter = SIZE_WORDS.has(before) ? BY_LETTER.get(token) : undefined;
  if (byLetter !== undefined) return `size=${byLetter}`;
  const [kind, value] = VARIANT_WORDS.get(token) ?? [];
  if (kind === undefined) return undefined;
  if (kind === 'sterility' && NOT.has(before)) return 'sterility=unsterile';
  if (kind === 'powder' && NOT.has(before)) return 'powder=without';
  if (kind === 'material') {
    const isFreeOf = tokens[at - 2] === 'free' && before === 'of';
    const words = tokens.slice(Math.max(0, at - AS_FAR_AS), at);
    const isMadeWithout = words.includes('made') && words.some((word) => word === 'not' || word === 'without');
    if (after === 'free' || (NOT.has(before) && before !== 'free') || isFreeOf || isMadeWithout) return undefined;
  }
  return `${kind}=${value}`;
}

const NEEDLES = /\b(?:needle|syringe|cannula|lancet|hypo|iv|cath|angiocath|butterfly|infusion|huber|introducer|stylet)/;
const CATHETERS = /\b(?:cath|foley|tube|drain|sheath|introducer|guide|dilator|suction)/;
const LEAST_GAUGE = 10;
const MOST_GAUGE = 36;
/** "5 in 1", "10 in tray", "5 percent in water". */
const NO_INCHES = new Set('1 one a the water saline tray box case pouch pack kit'.split(' '));
const BEFORE_COUNT = new Set(['box', 'bx', 'case', 'carton', 'pack']);
const SEVERAL = new Set(['boxes', 'cases', 'cartons', 'packs']);
const HAS_DIGIT = /\d/;

/** "Box of 10", "Box/10", "10 per box", "2 boxes 100". */
function isPack(tokens: readonly string[], at: number, glued: string): boolean {
  if (glued !== '') return false;
  if (SEVERAL.has(tokens[at - 1] ?? '') && !UNITS.has(tokens[at + 1] ?? '')) return true;
  const isPackWord = (place: number) => UNITS.get(tokens[place] ?? '') === PACK;
  if (tokens[at - 1] === 'of' && isPackWord(at - 2)) return true;
  if (tokens[at + 1] === 'per' && isPackWord(at + 2)) return true;
  return (
    BEFORE_COUNT.has(tokens[at - 1] ?? '') && !HAS_DIGIT.test(tokens[at - 2] ?? '') && !UNITS.has(tokens[at + 1] ?? '')
  );
}

function unitOf(tokens: readonly string[], at: number, number: number, glued: string, text: string): string {
  if (isPack(tokens, at, glued)) return PACK;
  const word = glued === '' ? (tokens[at + 1] ?? '') : glued;
  const unit = UNITS.get(word);
  const isGauge = number >= LEAST_GAUGE && number <= MOST_GAUGE && Number.isInteger(number);
  if (word === 'g' && isGauge && NEEDLES.test(text)) return 'ga';
  if ((word === 'f' || word === 'ch') && CATHETERS.test(text)) return 'fr';
  if (word === 'in' && glued === '' && NO_INCHES.has(tokens[at + 2] ?? '')) return '';
  return unit ?? glued;
}

/** Numbers with their units, and words that tell variants apart. */
function fromTokens(text: string): string[] {
  const tokens = text.split(/[^a-z0-9.]+/).flatMap((token) => token.replace(/^\.+|\.+$/g, '') || []);
  const found: string[] = [];
  const packs: number[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as string;
    const variant = variantOf(tokens, at);
    if (variant !== undefined) found.push(variant);
    const [, digits, glued = ''] = NUMBER_AND_UNIT.exec(token) ?? [];
    if (digits === undefined || (glued !== '' && VARIANT_WORDS.has(token))) continue;
    const written = unitOf(tokens, at, Number(digits), glued, text);
    const isKnown = UNITS.has(glued) || written !== glued;
    if (!isKnown && isModelCode(token)) continue;
    const [number, unit] = inOneUnit(Number(digits), written);
    if (unit !== PACK) found.push(`${unit}=${number}`);
    // One box is no count, and "10 box 50" has 50 in each.
    else if (number > 1) packs.push(number);
  }
  const product = packs.reduce((all, count) => all * count, 1);
  return [...found, ...packs.map((count) => `pk=${count}`), ...(packs.length > 1 ? [`pk=${product}`] : [])];
}

/**
 * Sizes, strengths, counts and words that tell variants apart, of a title: "2 GB" is "gb=2", "box of 10" "pk=10", "0.5 L" "ml=500", "4 mg/2 ml"
 * "per g ml=0.002", "x-large" "size=xl"; a number without a unit "=16".
 */
export function measuresOf(cell: string): string[] {
  const found = lonelySizes(cell);
  const text = writtenAlike(cell)
    .replace(PER, (_, number: string, unit: string, ofNumber: string | undefined, of: string) => {
      const [amount, one] = inOneUnit(Number(number), UNITS.get(unit) ?? 'iu');
      const [volume, other] = inOneUnit(Number(ofNumber ?? 1), unitNamed(of));
      if (volume > 0) found.push(`per${one}/${other}=${Number((amount / volume).toPrecision(6))}`);
      return ofNumber === undefined ? ' ' : ` ${ofNumber} ${of} `;
    })
    .replace(SUTURE, (_, size: string) => {
      found.push(`suture=${size}`);
      return ' ';
    })
    .replace(RANGE, (_, from: string, to: string, unit: string) => {
      const ends = [from, to].map((end) => inOneUnit(Number(end), unitNamed(unit)));
      found.push(`range${ends[0]?.[1]}=${ends.map(([end]) => end).join('-')}`);
      return ' ';
    })
    .replace(SIDES, (written) => {
      const sides = sidesOf(written);
      found.push(...sides.found);
      return ` ${sides.rest} `;
    })
    .replace(SIZE_TO_SIZE, (_, one: string, other: string) => {
      found.push(`size=${sizeNamed(one)}`, `size=${sizeNamed(other)}`);
      return ' ';
    });
  for (const [, size] of text.matchAll(SIZE_BY_NUMBER)) found.push(`number=${Number(size)}`);
  return [...new Set([...found, ...fromTokens(text)].map((one) => one.replaceAll(' ', '')))].sort();
}
