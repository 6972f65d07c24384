import { AFTER_TITLE } from './derived.js';
import { type Features, featuresOf, featuresOfText, valuesIn } from './features.js';
import { GrowingBytes, GrowingInts } from './growing.js';
import type { ColumnKind, FieldSpec, MatchSchema } from './schema.js';

export interface ColumnSpec extends Omit<FieldSpec, 'kind'> {
  readonly kind: ColumnKind;
}

/** One record of the input: a value for each field of the schema, in its order. */
export type Cell = string | readonly string[] | null | undefined;

/**
 * One field of all records, in typed arrays that threads can share. A distinct value is normalised once and numbered;
 * a record holds numbers of values. Tokens are numbered per column.
 */
export interface Column {
  readonly spec: ColumnSpec;
  /** Values of record i: `values[rows[i]..rows[i + 1])`. None: blank. */
  readonly rows: Int32Array;
  readonly values: Int32Array;
  /** In how many records each value is found. */
  readonly frequency: Int32Array;
  readonly chars: Uint8Array;
  readonly charStart: Int32Array;
  /** Tokens of value v: `tokens[tokenStart[v]..tokenStart[v + 1])`, in the order written. */
  readonly tokens: Int32Array;
  readonly tokenStart: Int32Array;
  readonly tokenChars: Uint8Array;
  readonly tokenCharStart: Int32Array;
  /** How much agreement on a token or on a whole value says, in bits: -log2 of its share of the records. */
  readonly tokenInfo: Float32Array;
  /** The same for a token in its place: what nearly always follows the word before it says little. */
  readonly placeInfo: Float32Array;
  readonly valueInfo: Float32Array;
  readonly number: Float64Array;
}

export interface Block {
  readonly size: number;
  readonly columns: readonly Column[];
  /** For columns of titles: the number of each token among all words of a record. */
  readonly elsewhere: ReadonlyMap<number, Int32Array>;
}

/** The same block with its records in another order. */
export function reordered(block: Block, order: ArrayLike<number>): Block {
  return {
    ...block,
    columns: block.columns.map((column) => {
      const rows = shared.ints(column.rows.length);
      const values = shared.ints(column.values.length);
      let length = 0;
      for (let at = 0; at < order.length; at++) {
        const record = order[at] as number;
        for (let row = column.rows[record] as number; row < (column.rows[record + 1] as number); row++) {
          values[length++] = column.values[row] as number;
        }
        rows[at + 1] = length;
      }
      return { ...column, rows, values };
    }),
  };
}

export interface MadeBlock {
  readonly block: Block;
  /** By column: what is found often in these records, to ship with parameters estimated on them. */
  frequencies(): Readonly<Record<string, Frequencies>>;
}

/** How often values and tokens are found where parameters were estimated; what isn't listed is rare. */
export interface Frequencies {
  readonly records: number;
  readonly values: Readonly<Record<string, number>>;
  readonly tokens: Readonly<Record<string, number>>;
  /** Two words next to each other, with a blank between them. */
  readonly neighbours: Readonly<Record<string, number>>;
}

/** Shares of a column's values and tokens, from the records themselves or from where parameters were estimated. */
export interface Shares {
  value(text: string, found: number): number;
  token(text: string, found: number): number;
  /** In how many records two words stand next to each other, and of how many such counts are held up. */
  neighbours(first: string, second: string, found: number): number;
  records(found: number): number;
}

const shared = {
  ints: (length: number) => new Int32Array(new SharedArrayBuffer(length * 4)),
  floats: (length: number) => new Float32Array(new SharedArrayBuffer(length * 4)),
  doubles: (length: number) => new Float64Array(new SharedArrayBuffer(length * 8)),
};

/** What a list of values may hold at most; more are no description of one thing. */
const MOST_VALUES = 24;
const MOST_CACHED = 50_000;
const MOST_TOKENS = 2 ** 26;
const neighbourKey = (first: number, second: number) => first * MOST_TOKENS + second;
/** What is learnt of a word's neighbour counts against so many records in which it had none. */
const HELD_UP = 10;
/** Titles: the two records of a pair repeat each other's words, which shows no habit. In names what follows a rare word describes it. */
const OWN_RECORDS = 2;
/** Kinds whose words stand in an order that tells something, and kinds of which only the set of words counts. */
const ORDERED: ReadonlySet<ColumnKind> = new Set(['organisation-name', 'title', 'list']);
const SETS: ReadonlySet<ColumnKind> = new Set(['text', 'all-words']);

export class ColumnBuilder {
  private readonly idOfText = new Map<string, number>();
  /** Spellings seen: normalising is dear, and columns of few values repeat them. */
  private readonly idOfCell = new Map<string, number>();
  private readonly idOfToken = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly tokenTexts: string[] = [];
  private readonly rows = new GrowingInts();
  private readonly values = new GrowingInts();
  private readonly frequency = new GrowingInts();
  private readonly tokenFrequency = new GrowingInts();
  private readonly tokenSeenIn = new GrowingInts();
  private readonly tokens = new GrowingInts();
  private readonly tokenStart = new GrowingInts();
  private readonly chars = new GrowingBytes();
  private readonly charStart = new GrowingInts();
  private readonly tokenChars = new GrowingBytes();
  private readonly tokenCharStart = new GrowingInts();
  private readonly neighbours = new Map<number, number>();
  private readonly numbers: number[] = [];
  private record = 0;

  constructor(private readonly spec: ColumnSpec) {
    this.rows.push(0);
    this.charStart.push(0);
    this.tokenStart.push(0);
    this.tokenCharStart.push(0);
  }

  add(cell: Cell): void {
    this.record++;
    const { kind } = this.spec;
    for (const one of typeof cell === 'string' ? [cell] : (cell ?? []).slice(0, MOST_VALUES)) {
      if (one !== '') for (const value of valuesIn(kind, one)) this.addValue(value);
    }
    this.rows.push(this.values.length);
  }

  /** A record by the texts of its values, as `featuresOfRecord` gave them. */
  addTexts(texts: readonly string[]): void {
    this.record++;
    for (const text of texts) this.hold(this.idOfText.get(text) ?? this.keep(featuresOfText(this.spec.kind, text)));
    this.rows.push(this.values.length);
  }

  private addValue(cell: string): void {
    const known = this.idOfCell.get(cell);
    const id = known ?? this.normalise(cell);
    if (known === undefined && this.idOfCell.size < MOST_CACHED) this.idOfCell.set(cell, id);
    if (id >= 0) this.hold(id);
  }

  private hold(id: number): void {
    for (let at = this.rows.get(this.rows.length - 1); at < this.values.length; at++) {
      if (this.values.get(at) === id) return;
    }
    this.values.push(id);
    this.frequency.increment(id);
    this.countTokens(id);
  }

  private countTokens(value: number): void {
    const from = this.tokenStart.get(value);
    const hasOrder = ORDERED.has(this.spec.kind);
    for (let at = from; at < this.tokenStart.get(value + 1); at++) {
      const token = this.tokens.get(at);
      if (hasOrder && at > from) {
        const key = neighbourKey(this.tokens.get(at - 1), token);
        this.neighbours.set(key, (this.neighbours.get(key) ?? 0) + 1);
      }
      if (this.tokenSeenIn.get(token) === this.record) continue;
      this.tokenSeenIn.set(token, this.record);
      this.tokenFrequency.increment(token);
    }
  }

  private normalise(cell: string): number {
    const features = featuresOf(this.spec, cell);
    if (features === undefined) return -1;
    return this.idOfText.get(features.text) ?? this.keep(features);
  }

  private keep(features: Features): number {
    const id = this.idOfText.size;
    this.idOfText.set(features.text, id);
    this.texts.push(features.text);
    this.chars.pushText(features.text);
    this.charStart.push(this.chars.length);
    this.frequency.push(0);
    this.numbers.push(features.number);
    const tokens = features.tokens.map((token) => this.tokenId(token));
    if (SETS.has(this.spec.kind)) tokens.sort((a, b) => a - b);
    for (const [at, token] of tokens.entries()) {
      if (at === 0 || token !== tokens[at - 1] || !SETS.has(this.spec.kind)) this.tokens.push(token);
    }
    this.tokenStart.push(this.tokens.length);
    return id;
  }

  private tokenId(token: string): number {
    const known = this.idOfToken.get(token);
    if (known !== undefined) return known;
    const id = this.idOfToken.size;
    this.idOfToken.set(token, id);
    this.tokenTexts.push(token);
    this.tokenChars.pushText(token);
    this.tokenCharStart.push(this.tokenChars.length);
    this.tokenFrequency.push(0);
    this.tokenSeenIn.push(0);
    return id;
  }

  build(shares: Shares): Column {
    const valueInfo = shared.floats(this.texts.length);
    for (let at = 0; at < valueInfo.length; at++) {
      valueInfo[at] = -Math.log2(shares.value(this.texts[at] as string, this.frequency.get(at)));
    }
    const tokenInfo = shared.floats(this.tokenTexts.length);
    for (let at = 0; at < tokenInfo.length; at++) {
      tokenInfo[at] = -Math.log2(shares.token(this.tokenTexts[at] as string, this.tokenFrequency.get(at)));
    }
    const placeInfo = this.placeInfo(shares, tokenInfo);
    const number = shared.doubles(this.numbers.length);
    number.set(this.numbers);
    return {
      spec: this.spec,
      rows: this.rows.shared(),
      values: this.values.shared(),
      frequency: this.frequency.shared(),
      chars: this.chars.shared(),
      charStart: this.charStart.shared(),
      tokens: this.tokens.shared(),
      tokenStart: this.tokenStart.shared(),
      tokenChars: this.tokenChars.shared(),
      tokenCharStart: this.tokenCharStart.shared(),
      tokenInfo,
      placeInfo,
      valueInfo,
      number,
    };
  }

  private placeInfo(shares: Shares, tokenInfo: Float32Array): Float32Array {
    const { tokens, tokenStart, tokenTexts } = this;
    const result = shared.floats(tokens.length);
    const hasOrder = ORDERED.has(this.spec.kind);
    const records = shares.records(this.record);
    const own = this.spec.kind === 'title' ? OWN_RECORDS : 0;
    for (let value = 0; value < this.texts.length; value++) {
      const from = tokenStart.get(value);
      for (let at = from; at < tokenStart.get(value + 1); at++) {
        const token = tokens.get(at);
        const alone = tokenInfo[token] as number;
        if (!hasOrder || at === from) {
          result[at] = alone;
          continue;
        }
        const before = tokens.get(at - 1);
        const found = this.neighbours.get(neighbourKey(before, token)) ?? 0;
        const together = shares.neighbours(tokenTexts[before] as string, tokenTexts[token] as string, found);
        const foundBefore = records * 2 ** -(tokenInfo[before] as number);
        const elsewhere = Math.max(0, together - own);
        const share = (elsewhere + HELD_UP * 2 ** -alone) / (Math.max(elsewhere, foundBefore - own) + HELD_UP);
        result[at] = Math.min(alone, -Math.log2(Math.min(1, share)));
      }
    }
    return result;
  }

  /** The number of a token by its text; -1 where the column hasn't got it. */
  tokenOf = (text: string): number => this.idOfToken.get(text) ?? -1;
  get tokenNames(): readonly string[] {
    return this.tokenTexts;
  }

  /** Counts of what is found often, to ship with parameters that were estimated here. */
  frequent(atLeast: number, most: number): Frequencies {
    const often = (texts: readonly string[], counts: GrowingInts) => {
      const found = texts.map((text, at) => [text, counts.get(at)] as const).filter(([, found]) => found >= atLeast);
      return Object.fromEntries(found.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, most));
    };
    return {
      records: this.record,
      values: often(this.texts, this.frequency),
      tokens: often(this.tokenTexts, this.tokenFrequency),
      neighbours: Object.fromEntries(
        [...this.neighbours]
          .filter(([, found]) => found >= atLeast)
          .sort((a, b) => b[1] - a[1] || a[0] - b[0])
          .slice(0, most)
          .map(([key, found]) => [
            `${this.tokenTexts[Math.floor(key / MOST_TOKENS)]} ${this.tokenTexts[key % MOST_TOKENS]}`,
            found,
          ]),
      ),
    };
  }
}

/** A column that holds what others say about one thing. */
interface Derived {
  readonly spec: ColumnSpec;
  readonly from: readonly number[];
}

/** Titles and texts hold model numbers and measures: columns of their own, so that they are compared as what they are. */
export function derivedColumns({ fields }: MatchSchema): Derived[] {
  const numbered = fields.map(({ kind }, at) => ({ kind, at }));
  const titles = numbered.filter(({ kind }) => kind === 'title').map(({ at }) => at);
  if (titles.length === 0) return [];
  const texts = numbered.filter(({ kind }) => kind === 'text').map(({ at }) => at);
  const names = numbered.filter(({ kind }) => kind === 'organisation-name').map(({ at }) => at);
  // What stands in a column of its own here may stand in the title there.
  const codes = numbered.filter(({ kind }) => kind === 'code').map(({ at }) => at);
  return [
    { spec: { name: 'model numbers', kind: 'model-code' }, from: [...titles, ...codes, ...texts] },
    { spec: { name: 'measures', kind: 'measure' }, from: titles },
    { spec: { name: 'all words', kind: 'all-words' }, from: [...titles, ...texts, ...names] },
  ];
}

/** Put records into columns; `sharesOf` tells how common a value is. */
export function makeBlock(
  schema: MatchSchema,
  records: Iterable<readonly Cell[]>,
  sharesOf: (spec: ColumnSpec, records: number) => Shares,
): MadeBlock {
  const derived = derivedColumns(schema);
  const specs = columnSpecs(schema);
  const builders = specs.map((spec) => new ColumnBuilder(spec));
  const own = builders.slice(0, schema.fields.length);
  const titles = schema.fields.filter(({ kind }) => kind === 'title').length;
  let size = 0;
  for (const record of records) {
    for (const [at, builder] of own.entries()) builder.add(record[at]);
    for (const [at, { from }] of derived.entries()) {
      const parts = from.map((field) => flat(record[field]));
      const title = parts.slice(0, titles).join(' ');
      const rest = parts.slice(titles).join(' ');
      builders[own.length + at]?.add(rest === '' ? title : `${title}${AFTER_TITLE}${rest}`);
    }
    size++;
  }
  return built(builders, specs, size, sharesOf);
}

/** What is compared of one record, normalised: for each column of a schema, the derived ones too, the texts of its values. */
export type RecordFeatures = readonly (readonly string[])[];

export const columnSpecs = (schema: MatchSchema): ColumnSpec[] => [
  ...schema.fields,
  ...derivedColumns(schema).map(({ spec }) => spec),
];

/** The features of a record of a block. */
export const featuresOfRecord = ({ columns }: Block, record: number): RecordFeatures =>
  columns.map((column) =>
    Array.from(column.values.subarray(column.rows[record], column.rows[record + 1]), (value) => textOf(column, value)),
  );

/** Put records of which only the features are known into columns. */
export function makeBlockOfFeatures(
  schema: MatchSchema,
  records: readonly RecordFeatures[],
  sharesOf: (spec: ColumnSpec, records: number) => Shares,
): MadeBlock {
  const specs = columnSpecs(schema);
  const builders = specs.map((spec) => new ColumnBuilder(spec));
  for (const record of records) for (const [at, builder] of builders.entries()) builder.addTexts(record[at] ?? []);
  return built(builders, specs, records.length, sharesOf);
}

function built(
  builders: readonly ColumnBuilder[],
  specs: readonly ColumnSpec[],
  size: number,
  sharesOf: (spec: ColumnSpec, records: number) => Shares,
): MadeBlock {
  const columns = builders.map((builder, at) => builder.build(sharesOf(specs[at] as ColumnSpec, size)));
  return {
    block: { size, columns, elsewhere: elsewhereOf(builders, specs) },
    frequencies: () =>
      Object.fromEntries(
        specs.map(({ name }, at) => [name, (builders[at] as ColumnBuilder).frequent(FEWEST_FREQUENT, MOST_FREQUENT)]),
      ),
  };
}

/** What is found less often is rare: listing it would say no more. */
const FEWEST_FREQUENT = 3;
const MOST_FREQUENT = 20_000;

const flat = (cell: Cell) => (typeof cell === 'string' ? cell : (cell?.join(' ') ?? ''));

/** For a column of titles: its tokens by their numbers among all words of a record. */
function elsewhereOf(
  builders: readonly ColumnBuilder[],
  specs: readonly ColumnSpec[],
): ReadonlyMap<number, Int32Array> {
  const all = builders[specs.findIndex(({ kind }) => kind === 'all-words')];
  const result = new Map<number, Int32Array>();
  if (!all) return result;
  for (const [at, { kind }] of specs.entries()) {
    if (kind !== 'title') continue;
    const names = (builders[at] as ColumnBuilder).tokenNames;
    const numbers = shared.ints(names.length);
    for (const [token, name] of names.entries()) numbers[token] = all.tokenOf(name);
    result.set(at, numbers);
  }
  return result;
}

export const textOf = (column: Column, value: number): string =>
  String.fromCharCode(...column.chars.subarray(column.charStart[value], column.charStart[value + 1]));
export const tokenTextOf = (column: Column, token: number): string =>
  String.fromCharCode(...column.tokenChars.subarray(column.tokenCharStart[token], column.tokenCharStart[token + 1]));
