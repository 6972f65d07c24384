import { countryCode } from '../../normalise/index.js';
import { Aligner, type Letters, letterBits, mayBeAlike, mostInCommon } from './align.js';
import { type Block, type Column, tokenTextOf } from './columns.js';
import { Comparison, type Group, type Level, level, MISSING, related } from './comparison.js';
import { isFirm } from './measures.js';
import { type ColumnKind, isExclusive, NATIONAL_SCHEMES } from './schema.js';
import { isUsual } from './shares.js';
import { commonPrefix, jaroWinkler, mayReach, withinOneEdit } from './similarity.js';

/** The comparisons that a block's columns ask for, in the order of its columns. */
export function comparisonsOf(block: Block): Comparison[] {
  return block.columns.flatMap((column) => comparisonsOfColumn(column, block));
}

function comparisonsOfColumn(column: Column, block: Block): Comparison[] {
  const { kind, part, name } = column.spec;
  const all = block.columns;
  if (kind === 'all-words') return [];
  if (kind === 'title') {
    const words = all.find(({ spec }) => spec.kind === 'all-words');
    const elsewhere = block.elsewhere.get(all.indexOf(column));
    return [new Title(name, column, words && elsewhere && { words, elsewhere })];
  }
  if (kind === 'organisation-name') {
    const names = new OrganisationName(
      name,
      column,
      all.find(({ spec }) => spec.kind === 'city'),
    );
    const words = all.find(({ spec }) => spec.kind === 'all-words');
    return words ? [names, new NamedElsewhere(column, words)] : [names];
  }
  if (kind === 'model-code') {
    return [
      new ModelNumbers(
        name,
        column,
        all.some(({ spec }) => spec.kind === 'code'),
      ),
    ];
  }
  if (kind === 'person-name' && part !== undefined && part !== 'full') {
    const counterpart = all.find(
      ({ spec }) => spec.kind === kind && spec.part !== part && spec.part !== 'full' && spec.part,
    );
    const full = all.find(({ spec }) => spec.kind === kind && (spec.part ?? 'full') === 'full');
    return [new PersonNamePart(column, counterpart, full)];
  }
  return [new COMPARISONS[kind](name, column)];
}

/** Costs of a comparison, beside 1 for numbers of values and a look at some characters: spelling, and words against words. */
const SPELT = 2;
const ALIGNED = 4;

/** Compares the best of the values of two records. */
abstract class OfValues extends Comparison {
  private letters: Letters | undefined;
  constructor(
    name: string,
    protected readonly column: Column,
    group: Group,
    levels: readonly Level[],
  ) {
    super(name, group, levels, [column.spec.name]);
  }

  compare(left: number, right: number): number {
    const { rows, values } = this.column;
    const leftFrom = rows[left] as number;
    const leftTo = rows[left + 1] as number;
    const rightFrom = rows[right] as number;
    const rightTo = rows[right + 1] as number;
    if (leftFrom === leftTo || rightFrom === rightTo) return MISSING;
    if (leftTo - leftFrom === 1 && rightTo - rightFrom === 1) {
      return this.compareValues(values[leftFrom] as number, values[rightFrom] as number);
    }
    let best = this.levels.length;
    let info = 0;
    for (let i = leftFrom; i < leftTo; i++) {
      for (let j = rightFrom; j < rightTo; j++) {
        const found = this.compareValues(values[i] as number, values[j] as number);
        if (found === MISSING) continue;
        if (found < best || (found === best && this.info > info)) {
          best = found;
          info = this.info;
        }
      }
    }
    this.info = info;
    return best === this.levels.length ? MISSING : best;
  }

  protected abstract compareValues(a: number, b: number): number;

  /** 0 where the letters are others altogether, which is most often so, and where it can't be as much as is asked for. */
  protected similar(a: number, b: number, atLeast: number): number {
    const { chars, charStart } = this.column;
    this.letters ??= letterBits(chars, charStart);
    const { letters } = this;
    const aFrom = charStart[a] as number;
    const aTo = charStart[a + 1] as number;
    const bFrom = charStart[b] as number;
    const bTo = charStart[b + 1] as number;
    const aLength = aTo - aFrom;
    const bLength = bTo - bFrom;
    // What Jaro-Winkler doesn't look at would count as equal.
    if (Math.min(aLength, bLength) > MOST_SPELT) return 0;
    if (Math.min(aLength, bLength) * 2 < Math.max(aLength, bLength)) return 0;
    if (!mayBeAlike(letters.once[a] as number, letters.once[b] as number)) return 0;
    const common = mostInCommon(letters, a, aLength, b, bLength);
    if (!mayReach(atLeast, common, chars, aFrom, aTo, chars, bFrom, bTo)) return 0;
    return jaroWinkler(chars, aFrom, aTo, chars, bFrom, bTo);
  }

  protected isSimilar(a: number, b: number, atLeast: number): boolean {
    return this.similar(a, b, atLeast) >= atLeast;
  }

  protected oneEdit(a: number, b: number): boolean {
    const { chars, charStart } = this.column;
    return withinOneEdit(
      chars,
      charStart[a] as number,
      charStart[a + 1] as number,
      chars,
      charStart[b] as number,
      charStart[b + 1] as number,
    );
  }

  protected prefix(a: number, b: number): number {
    const { chars, charStart } = this.column;
    return commonPrefix(
      chars,
      charStart[a] as number,
      charStart[a + 1] as number,
      chars,
      charStart[b] as number,
      charStart[b + 1] as number,
    );
  }

  protected length(value: number): number {
    const { charStart } = this.column;
    return (charStart[value + 1] as number) - (charStart[value] as number);
  }

  /** Agreement on this value or one close to it: the rarer of both tells how much that says. */
  protected agreed(a: number, b: number): void {
    const { valueInfo } = this.column;
    this.info = Math.min(valueInfo[a] as number, valueInfo[b] as number);
  }
}

const TYPO = 0.94;
const MOST_SPELT = 64;

/** Names of organisations, titles of things: words weighted by how rare they are. */
class Words extends OfValues {
  override readonly cost = ALIGNED;
  protected readonly aligner: Aligner;
  constructor(
    name: string,
    column: Column,
    group: Group,
    levels: readonly Level[],
    private readonly least: readonly number[],
    initials = false,
  ) {
    super(name, column, group, levels);
    this.aligner = new Aligner(column, initials);
  }

  protected compareValues(a: number, b: number): number {
    const { aligner } = this;
    aligner.align(a, b);
    this.info = aligner.shared;
    if (a === b) return 0;
    const total = aligner.left + aligner.right;
    const alike = total === 0 ? 0 : (2 * aligner.shared) / total;
    const { least } = this;
    for (let at = 0; at < least.length; at++) {
      if (alike >= (least[at] as number)) return at;
    }
    if (this.isSimilar(a, b, TYPO)) {
      this.info = Math.min(aligner.left, aligner.right) * TYPO;
      return 1;
    }
    return least.length;
  }
}

class OrganisationName extends OfValues {
  override readonly cost = ALIGNED;
  override readonly ofOrganisation = true;
  private readonly aligner: Aligner;
  /** What a word tells apart within a family of names: see QUALIFIERS. */
  private readonly qualifiers: Uint8Array;
  /** Words that many names have, as 1. */
  private readonly usual: Uint8Array;
  /** Numbers of the name's tokens among those of the cities; -1 where no city has it. */
  private readonly inCity: Int32Array;
  /** What each name says that the other doesn't and the other record has in its city, in bits. */
  private spared = 0;
  private leftRecord = 0;
  private rightRecord = 0;
  constructor(
    name: string,
    column: Column,
    private readonly city: Column | undefined,
  ) {
    super(
      name,
      column,
      'name',
      related(
        [
          level('equal', 0.5, 0.02, 12),
          level('nearly equal', 0.16, 0.015, 12),
          level('similar', 0.14, 0.03, 10),
          level('in part', 0.07, 0.04, 8),
          level('told apart', 0.04, 0.08, 8),
          level('a little', 0.05, 0.2),
          level('different', 0.04, 0.615),
        ],
        {
          samePlace: [0.02, 0.02, 0.1, 0.1, 0.36, 0.2, 0.2],
          sameName: [0.42, 0.15, 0.18, 0.1, 0.12, 0.02, 0.01],
          sisterSites: [0.03, 0.07, 0.15, 0.15, 0.4, 0.15, 0.05],
        },
      ),
    );
    this.usual = Uint8Array.from({ length: column.tokenCharStart.length - 1 }, (_, token) =>
      isUsual('organisation-name', tokenTextOf(column, token)) ? 1 : 0,
    );
    this.qualifiers = Uint8Array.from({ length: column.tokenCharStart.length - 1 }, (_, token) =>
      qualifierOf(tokenTextOf(column, token)),
    );
    this.inCity = sharedTokens(column, city);
    this.aligner = new Aligner(column, false);
  }

  override compare(left: number, right: number): number {
    this.leftRecord = left;
    this.rightRecord = right;
    return super.compare(left, right);
  }

  protected compareValues(a: number, b: number): number {
    const { aligner } = this;
    aligner.align(a, b);
    const { shared, left, right } = aligner;
    this.info = shared;
    if (this.isUsualName(a) && this.isUsualName(b)) return A_LITTLE;
    if (a === b) return 0;
    this.spared = 0;
    const own = this.ownWords(a, aligner.takenLeft, this.rightRecord);
    const others = this.ownWords(b, aligner.takenRight, this.leftRecord);
    // "(France)" and "(Spain)", "Unit 14" and "Unit 15", "Fund VIII" and "Fund IX": two of one family.
    if ((own & others & QUALIFIERS) !== 0) return A_LITTLE;
    const total = left + right - this.spared;
    const alike = total <= 0 ? 0 : (2 * shared) / total;
    const level =
      alike >= 0.999 ? 0 : alike >= 0.9 ? 1 : alike >= 0.72 ? 2 : alike >= 0.5 ? 3 : alike >= 0.25 ? A_LITTLE : 6;
    if (level > 1 && this.isMistyped(a, b)) {
      this.info = Math.min(left, right) * TYPO;
      return 1;
    }
    if (level > IN_PART) {
      const letters = Math.max(this.acronym(a, b), this.acronym(b, a));
      if (letters > 0) {
        this.info = (letters - 1) * LETTER_INFO;
        return IN_PART;
      }
    }
    // "Saudi Oil" and "Saudi Gas", or a bank and its bank in Chile: what sets them apart is said.
    const isApart = (own & others & WORD) !== 0 || ((own === 0 || others === 0) && ((own | others) & QUALIFIERS) !== 0);
    if (isApart) return Math.max(level, TOLD_APART);
    // A word that only one has may be that of a subsidiary, however usual it is.
    if (((own | others) & WORD) !== 0) return Math.max(level, SIMILAR);
    if (level > 1 && this.isSimilar(a, b, TYPO)) {
      this.info = Math.min(left, right) * TYPO;
      return 1;
    }
    return level;
  }

  /**
   * How many letters the one name has, where these are the initials of the other's words: "BD" is "Becton, Dickinson", "J & J" "Johnson &
   * Johnson". 0 for none.
   */
  private acronym(a: number, b: number): number {
    const { tokens, tokenStart, tokenCharStart, tokenChars } = this.column;
    const letters: number[] = [];
    for (let word = tokenStart[a] as number; word < (tokenStart[a + 1] as number); word++) {
      const token = tokens[word] as number;
      if (this.qualifiers[token] === JOINING) continue;
      const from = tokenCharStart[token] as number;
      const to = tokenCharStart[token + 1] as number;
      // One word of letters, or letters by themselves.
      if (letters.length > 0 && to - from > 1) return 0;
      for (let at = from; at < to; at++) letters.push(tokenChars[at] as number);
      if (letters.length > LONGEST_ACRONYM) return 0;
    }
    if (letters.length < 2) return 0;
    let at = 0;
    for (let word = tokenStart[b] as number; word < (tokenStart[b + 1] as number); word++) {
      const token = tokens[word] as number;
      if (this.qualifiers[token] === JOINING) continue;
      const from = tokenCharStart[token] as number;
      if (tokenChars[from] !== letters[at] || (tokenCharStart[token + 1] as number) - from === 1) return 0;
      at++;
    }
    return at === letters.length ? at : 0;
  }

  private isMistyped(a: number, b: number): boolean {
    return Math.min(this.length(a), this.length(b)) > SHORTEST_MISTYPED && this.oneEdit(a, b);
  }

  /** What kinds of words are there that the other record, as just aligned, has neither in its name nor in its city. */
  private ownWords(value: number, taken: Uint8Array, record: number): number {
    const { tokens, tokenStart, placeInfo } = this.column;
    const from = tokenStart[value] as number;
    const words = Math.min((tokenStart[value + 1] as number) - from, taken.length);
    let kinds = 0;
    for (let at = 0; at < words; at++) {
      if (taken[at] === 1) continue;
      const token = tokens[from + at] as number;
      if (this.isInCity(this.inCity[token] as number, record)) this.spared += placeInfo[from + at] as number;
      else kinds |= (this.qualifiers[token] as number) | OWN;
    }
    return kinds;
  }

  private isInCity(token: number, record: number): boolean {
    if (token < 0 || this.city === undefined) return false;
    const { rows, values, tokens, tokenStart } = this.city;
    for (let row = rows[record] as number; row < (rows[record + 1] as number); row++) {
      const value = values[row] as number;
      for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
        if (tokens[at] === token) return true;
      }
    }
    return false;
  }

  /** "General Trading" is what many are called: two of that name have little in common. */
  private isUsualName(value: number): boolean {
    const { tokens, tokenStart } = this.column;
    for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
      if (this.usual[tokens[at] as number] === 0) return false;
    }
    return true;
  }
}

/** Tokens of one column by their numbers in another; -1 where it hasn't got them. */
function sharedTokens(column: Column, other: Column | undefined): Int32Array {
  const result = new Int32Array(column.tokenCharStart.length - 1).fill(-1);
  if (!other) return result;
  const numbers = new Map<string, number>();
  for (let token = 0; token < other.tokenCharStart.length - 1; token++) numbers.set(tokenTextOf(other, token), token);
  for (let token = 0; token < result.length; token++) {
    result[token] = numbers.get(tokenTextOf(column, token)) ?? -1;
  }
  return result;
}

/** One slip makes another name of a shorter one. */
const SHORTEST_MISTYPED = 5;

/** Words by which the names of one family are told apart, as bits: a number, a country. */
const NUMBER = 1;
const COUNTRY = 2;
const QUALIFIERS = NUMBER | COUNTRY;
/** A word of letters; any word. */
const WORD = 4;
const OWN = 8;
/** A word that an acronym may leave out, as "and". */
const JOINING = 16;
const JOINING_WORDS: ReadonlySet<string> = new Set('and of the for de la et und y e'.split(' '));
const LONGEST_ACRONYM = 6;
/** What one letter beyond the first says, in bits. */
const LETTER_INFO = 4.7;
const LETTERS = /^[a-z]{3,}$/;
const NUMBER_WORD = /^(?:\d{1,3}|[ivx]{2,5})$/;
/** Shorter ones are codes, and words of other languages too. */
const SHORTEST_COUNTRY = 4;

function qualifierOf(word: string): number {
  if (JOINING_WORDS.has(word)) return JOINING;
  if (NUMBER_WORD.test(word)) return NUMBER;
  return (LETTERS.test(word) ? WORD : 0) | (word.length >= SHORTEST_COUNTRY && countryCode(word) ? COUNTRY : 0);
}

/** Levels of names that say what sets them apart, and of those that have only a little in common. */
const SIMILAR = 2;
const IN_PART = 3;
const TOLD_APART = 4;
const A_LITTLE = 5;

/** Where the words of one record's title may stand in the other: in its text, or as the name of its maker. */
interface Elsewhere {
  readonly words: Column;
  /** Numbers of the title's tokens among the words. */
  readonly elsewhere: Int32Array;
}

/** A word of a title that the other record has in another field is hardly missing. */
const ELSEWHERE = 0.25;

class Title extends OfValues {
  override readonly cost = ALIGNED;
  override readonly ofProduct = true;
  private readonly aligner: Aligner;
  private readonly least = [0.999, 0.88, 0.68, 0.48, 0.28];
  private leftRecord = 0;
  private rightRecord = 0;
  constructor(
    name: string,
    column: Column,
    private readonly other: Elsewhere | undefined,
  ) {
    super(
      name,
      column,
      'name',
      related(
        [
          level('equal', 0.3, 0.003, 24),
          level('nearly equal', 0.15, 0.004, 24),
          level('similar', 0.2, 0.02, 20),
          level('in part', 0.18, 0.08, 16),
          level('a little', 0.12, 0.3, 12),
          level('different', 0.05, 0.593),
        ],
        { sameName: [0.03, 0.1, 0.35, 0.37, 0.13, 0.02] },
      ),
    );
    this.aligner = new Aligner(column, false);
  }

  override compare(left: number, right: number): number {
    this.leftRecord = left;
    this.rightRecord = right;
    return super.compare(left, right);
  }

  protected compareValues(a: number, b: number): number {
    const { aligner, least } = this;
    aligner.align(a, b);
    this.info = aligner.shared;
    if (a === b) return 0;
    const left = aligner.left - this.foundElsewhere(a, aligner.takenLeft, this.rightRecord);
    const right = aligner.right - this.foundElsewhere(b, aligner.takenRight, this.leftRecord);
    const total = left + right;
    const alike = total <= 0 ? 0 : (2 * aligner.shared) / total;
    for (let at = 0; at < least.length; at++) if (alike >= (least[at] as number)) return at;
    if (this.isSimilar(a, b, 0.97)) return 1;
    return least.length;
  }

  private foundElsewhere(value: number, taken: Uint8Array, record: number): number {
    if (!this.other) return 0;
    const { words, elsewhere } = this.other;
    const { tokens, tokenStart, placeInfo } = this.column;
    const from = tokenStart[value] as number;
    const length = Math.min((tokenStart[value + 1] as number) - from, taken.length);
    const row = words.rows[record] as number;
    if (row === words.rows[record + 1]) return 0;
    const all = words.values[row] as number;
    let spared = 0;
    for (let at = 0; at < length; at++) {
      if (taken[at] === 1) continue;
      const word = elsewhere[tokens[from + at] as number] as number;
      if (word >= 0 && holds(words, all, word)) spared += placeInfo[from + at] as number;
    }
    return spared * (1 - ELSEWHERE);
  }
}

/** Is the token among the sorted ones of a value? */
function holds({ tokens, tokenStart }: Column, value: number, token: number): boolean {
  let low = tokenStart[value] as number;
  let high = (tokenStart[value + 1] as number) - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = tokens[middle] as number;
    if (found === token) return true;
    if (found < token) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

/** Who made a product, where only one record says so in a field of its own: the other may name them in its title or text. */
class NamedElsewhere extends Comparison {
  private readonly inWords: Int32Array;
  constructor(
    private readonly column: Column,
    private readonly words: Column,
  ) {
    super(
      `${column.spec.name} elsewhere`,
      'detail',
      [level('named', 0.7, 0.15, 8), level('not named', 0.3, 0.85)],
      [column.spec.name],
    );
    this.inWords = sharedTokens(column, words);
  }

  compare(left: number, right: number): number {
    const isLeft = hasValue(this.column, left);
    if (isLeft === hasValue(this.column, right)) return MISSING;
    const [maker, other] = isLeft ? [left, right] : [right, left];
    const value = first(this.column, maker);
    const text = first(this.words, other);
    if (text < 0) return MISSING;
    const { tokens, tokenStart, tokenInfo } = this.column;
    let all = 0;
    let found = 0;
    for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
      const token = tokens[at] as number;
      const info = tokenInfo[token] as number;
      const word = this.inWords[token] as number;
      all += info;
      if (word >= 0 && holds(this.words, text, word)) found += info;
    }
    this.info = found;
    return found * 2 >= all && found > 0 ? 0 : 1;
  }
}

/** Descriptions: words in common, weighted by how rare they are. */
class LongText extends OfValues {
  override readonly cost = SPELT;
  private readonly total: Float32Array;
  private readonly least = [0.9, 0.5, 0.28, 0.12];
  constructor(name: string, column: Column) {
    super(name, column, 'detail', [
      level('equal', 0.15, 0.005, 40),
      level('similar', 0.2, 0.01, 40),
      level('in part', 0.25, 0.06, 30),
      level('a little', 0.25, 0.3),
      level('different', 0.15, 0.625),
    ]);
    const { tokens, tokenStart, tokenInfo } = column;
    this.total = new Float32Array(tokenStart.length - 1);
    for (let value = 0; value < this.total.length; value++) {
      let sum = 0;
      for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
        sum += tokenInfo[tokens[at] as number] as number;
      }
      this.total[value] = sum;
    }
  }

  protected compareValues(a: number, b: number): number {
    const { tokens, tokenStart, tokenInfo } = this.column;
    let i = tokenStart[a] as number;
    let j = tokenStart[b] as number;
    const aTo = tokenStart[a + 1] as number;
    const bTo = tokenStart[b + 1] as number;
    let shared = 0;
    while (i < aTo && j < bTo) {
      const x = tokens[i] as number;
      const y = tokens[j] as number;
      if (x === y) {
        shared += tokenInfo[x] as number;
        i++;
        j++;
      } else if (x < y) i++;
      else j++;
    }
    this.info = shared;
    const { least, total } = this;
    // A short text that is all in a longer one agrees with it.
    const alike =
      shared /
      Math.max(
        1e-9,
        0.5 * Math.min(total[a] as number, total[b] as number) + 0.25 * ((total[a] as number) + (total[b] as number)),
      );
    for (let at = 0; at < least.length; at++) if (alike >= (least[at] as number)) return at;
    return least.length;
  }
}

/** Model numbers that titles and texts hold. Two titles that both have some, none of them related, are two models. */
class ModelNumbers extends OfValues {
  override readonly cost = SPELT;
  /** `hasCodes`: beside titles and texts the records have columns of numbers, which are among those found in the text. */
  constructor(
    name: string,
    column: Column,
    private readonly hasCodes: boolean,
  ) {
    const levels = [
      level('equal', 0.5, 0.004, 10),
      level('found in the text', 0.12, 0.004, 10),
      level('one within the other', 0.2, 0.01, 9),
      level('different', 0.18, 0.982),
    ];
    super(name, column, 'identity', related(levels, { variants: [0.02, 0.02, 0.26, 0.7] }));
  }

  protected compareValues(a: number, b: number): number {
    const { tokens, tokenStart, tokenInfo, number } = this.column;
    const aFrom = tokenStart[a] as number;
    const bFrom = tokenStart[b] as number;
    const aTo = tokenStart[a + 1] as number;
    const bTo = tokenStart[b + 1] as number;
    const aTitle = aFrom + (number[a] as number);
    const bTitle = bFrom + (number[b] as number);
    let best = 3;
    this.info = 0;
    for (let i = aFrom; i < aTo; i++) {
      for (let j = bFrom; j < bTo; j++) {
        if (i >= aTitle && j >= bTitle) break;
        const found = this.relation(tokens[i] as number, tokens[j] as number, i < aTitle && j < bTitle);
        if (found > best || found === 3) continue;
        const info = Math.min(tokenInfo[tokens[i] as number] as number, tokenInfo[tokens[j] as number] as number);
        if (found < best || info > this.info) this.info = info;
        best = found;
      }
    }
    if (best < 3) return best;
    return aTitle > aFrom && bTitle > bFrom ? 3 : MISSING;
  }

  private relation(a: number, b: number, titles: boolean): number {
    if (a === b) return titles ? 0 : 1;
    // A maker's number in one field and a longer one in another may be those of a piece and of a box.
    if (!titles && this.hasCodes) return 3;
    const { tokenChars, tokenCharStart } = this.column;
    const aFrom = tokenCharStart[a] as number;
    const aTo = tokenCharStart[a + 1] as number;
    const bFrom = tokenCharStart[b] as number;
    const bTo = tokenCharStart[b + 1] as number;
    return within(tokenChars, aFrom, aTo, bFrom, bTo) || within(tokenChars, bFrom, bTo, aFrom, aTo) ? 2 : 3;
  }
}

const FEWEST_WITHIN = 4;

/** Does the second code begin or end with the first, and add no digit's worth of another model? */
function within(chars: Uint8Array, aFrom: number, aTo: number, bFrom: number, bTo: number): boolean {
  const length = aTo - aFrom;
  if (length < FEWEST_WITHIN || length >= bTo - bFrom || length * 2 < bTo - bFrom) return false;
  if (commonPrefix(chars, aFrom, aTo, chars, bFrom, bTo) === length) {
    const next = chars[bFrom + length] as number;
    const last = chars[aTo - 1] as number;
    return !(isDigit(next) && isDigit(last));
  }
  for (let back = 1; back <= length; back++) if (chars[aTo - back] !== chars[bTo - back]) return false;
  return true;
}
const isDigit = (char: number) => char >= 0x30 && char <= 0x39;

const EQUALS = 0x3d;

/** Sizes, versions and counts of two titles, unit by unit. */
class Measures extends OfValues {
  override readonly cost = SPELT;
  private readonly unitOf: Int32Array;
  /** By unit: does a thing have one of these? 1 or 0. */
  private readonly isFirm: Uint8Array;
  /** Number of the unit of packs; -1 where no title has any. */
  private readonly pack: number;
  constructor(name: string, column: Column) {
    super(
      name,
      column,
      'detail',
      related(
        [
          level('equal', 0.56, 0.1, 5),
          level('some equal', 0.22, 0.15),
          level('different', 0.2, 0.4),
          { ...level('another size', 0.02, 0.35), another: true },
        ],
        { sameName: [0.3, 0.2, 0.25, 0.25] },
      ),
    );
    const { tokenChars, tokenCharStart } = column;
    const units = new Map<string, number>();
    this.unitOf = Int32Array.from({ length: tokenCharStart.length - 1 }, (_, token) => {
      const from = tokenCharStart[token] as number;
      const chars = tokenChars.subarray(from, tokenCharStart[token + 1]);
      const unit = String.fromCharCode(...chars.subarray(0, chars.indexOf(EQUALS)));
      const known = units.get(unit) ?? units.size;
      units.set(unit, known);
      return known;
    });
    this.pack = units.get('pk') ?? -1;
    this.isFirm = Uint8Array.from(units.keys(), (unit) => (isFirm(unit) ? 1 : 0));
  }

  protected compareValues(a: number, b: number): number {
    const { tokens, tokenStart, tokenInfo } = this.column;
    const aTo = tokenStart[a + 1] as number;
    const bTo = tokenStart[b + 1] as number;
    let equal = 0;
    let conflicts = 0;
    let isAnother = false;
    this.info = 0;
    for (let i = tokenStart[a] as number; i < aTo; i++) {
      const token = tokens[i] as number;
      let sameUnit = false;
      let same = false;
      for (let j = tokenStart[b] as number; j < bTo; j++) {
        const other = tokens[j] as number;
        if (other === token) same = true;
        else if (this.unitOf[other] === this.unitOf[token]) sameUnit = true;
      }
      if (same) {
        equal++;
        this.info += tokenInfo[token] as number;
      } else if (sameUnit) {
        conflicts++;
        const unit = this.unitOf[token] as number;
        isAnother ||= this.isFirm[unit] === 1 && !this.shareOf(unit, a, b);
      }
    }
    if (isAnother) return 3;
    if (equal === 0 && conflicts === 0) return MISSING;
    // Who sells by the box says so; a title that says nothing of it is that of one piece.
    if (this.isPacked(a) !== this.isPacked(b)) conflicts++;
    return conflicts === 0 ? 0 : equal > 0 ? 1 : 2;
  }

  /** Of several sizes in one unit, do both have one? */
  private shareOf(unit: number, a: number, b: number): boolean {
    const { tokens, tokenStart } = this.column;
    for (let i = tokenStart[a] as number; i < (tokenStart[a + 1] as number); i++) {
      if (this.unitOf[tokens[i] as number] !== unit) continue;
      for (let j = tokenStart[b] as number; j < (tokenStart[b + 1] as number); j++) {
        if (tokens[i] === tokens[j]) return true;
      }
    }
    return false;
  }

  private isPacked(value: number): boolean {
    const { tokens, tokenStart } = this.column;
    for (let at = tokenStart[value] as number; at < (tokenStart[value + 1] as number); at++) {
      if (this.unitOf[tokens[at] as number] === this.pack) return true;
    }
    return false;
  }
}

/** Full names: a word that only one has (a middle name, a title) is common; when each has one of its own, they are mostly two people. */
class FullPersonName extends OfValues {
  override readonly cost = ALIGNED;
  private readonly aligner: Aligner;
  constructor(name: string, column: Column) {
    super(name, column, 'name', [
      level('equal', 0.5, 0.02, 14),
      level('nearly equal', 0.14, 0.007, 14),
      level('one within the other', 0.17, 0.04, 12),
      level('similar', 0.04, 0.035),
      level('each has words of its own', 0.09, 0.2, 9),
      level('different', 0.06, 0.698),
    ]);
    this.aligner = new Aligner(column, true);
  }

  protected compareValues(a: number, b: number): number {
    const { aligner } = this;
    aligner.align(a, b);
    const { shared, left, right } = aligner;
    this.info = shared;
    if (a === b) return 0;
    const { tokenStart } = this.column;
    const openLeft = open(aligner.takenLeft, (tokenStart[a + 1] as number) - (tokenStart[a] as number));
    const openRight = open(aligner.takenRight, (tokenStart[b + 1] as number) - (tokenStart[b] as number));
    const alike = left + right === 0 ? 0 : (2 * shared) / (left + right);
    if (this.oneEdit(a, b)) return 1;
    // More than one slip may be another name: Castillo and Castro, Sancho and Sánchez.
    if (openLeft === 0 && openRight === 0) return alike >= 0.999 && this.isTurned(a, b) ? 0 : 3;
    if (openLeft === 0 || openRight === 0) return shared > 0 ? 2 : 5;
    return alike >= 0.4 ? 4 : 5;
  }

  /** The family name may be written first. Words in any other order are another name: Omar bin Hasan, Hasan bin Omar. */
  private isTurned(a: number, b: number): boolean {
    const { tokens, tokenStart } = this.column;
    const aFrom = tokenStart[a] as number;
    const bFrom = tokenStart[b] as number;
    const words = (tokenStart[a + 1] as number) - aFrom;
    if (words !== (tokenStart[b + 1] as number) - bFrom) return true;
    for (let by = 0; by < words; by++) {
      let at = 0;
      while (at < words && tokens[aFrom + at] === tokens[bFrom + ((at + by) % words)]) at++;
      if (at === words) return true;
    }
    return false;
  }
}

/** How many of the first words found no partner. */
function open(taken: Uint8Array, words: number): number {
  let count = 0;
  for (let at = 0; at < Math.min(words, taken.length); at++) if (taken[at] === 0) count++;
  return count;
}

class ListOfNames extends Words {
  constructor(name: string, column: Column) {
    super(
      name,
      column,
      'detail',
      [
        level('equal', 0.5, 0.005, 24),
        level('nearly equal', 0.25, 0.01, 24),
        level('similar', 0.15, 0.03, 18),
        level('in part', 0.06, 0.1, 10),
        level('different', 0.04, 0.855),
      ],
      [0.999, 0.85, 0.6, 0.3],
      true,
    );
  }
}

const CLOSE_NAME = 0.92;
const SIMILAR_NAME = 0.83;
/** Both names have to be as alike, so each may be less. */
const CLOSE_SWAPPED = 0.86;

/** Given or family name; the two swapped count as nearly equal. */
class PersonNamePart extends OfValues {
  override readonly cost = SPELT;
  constructor(
    column: Column,
    private readonly counterpart: Column | undefined,
    private readonly full: Column | undefined,
  ) {
    const levels = [
      level('equal', 0.72, 0.06, 8),
      level('nearly equal', 0.14, 0.02, 9),
      level('similar', 0.05, 0.04, 7),
      level('initial or short form', 0.04, 0.05, 4),
      level('different', 0.05, 0.83),
    ];
    // Who lives together shares the family name, and has a given name of their own.
    const samePlace = column.spec.part === 'family' ? [0.7, 0.1, 0.03, 0.01, 0.16] : [0.03, 0.02, 0.05, 0.05, 0.85];
    super(column.spec.name, column, 'name', related(levels, { samePlace }));
  }

  override compare(left: number, right: number): number {
    // Where both have the full name, its parts say the same once more.
    if (this.full && hasValue(this.full, left) && hasValue(this.full, right)) return MISSING;
    const straight = super.compare(left, right);
    if (straight <= 1 || this.counterpart === undefined) return straight;
    return Math.min(straight, this.swapped(left, right));
  }

  /** The level of two names that stand in each other's columns. Where one of them is missing, the other alone tells less. */
  private swapped(left: number, right: number): number {
    const other = this.counterpart as Column;
    const a = first(this.column, left);
    const b = first(this.column, right);
    const c = first(other, left);
    const d = first(other, right);
    const there = a >= 0 && d >= 0 && sameText(this.column, a, other, d);
    const back = b >= 0 && c >= 0 && sameText(this.column, b, other, c);
    if (!there && !back) return this.levels.length;
    const isHalf = c < 0 || d < 0;
    if (!isHalf && !(there && back)) return this.levels.length;
    this.agreed(a, b);
    return isHalf ? 2 : 1;
  }

  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const similarity = this.similar(a, b, SIMILAR_NAME);
    const shorter = Math.min(this.length(a), this.length(b));
    if (similarity >= CLOSE_NAME || (shorter >= 4 && this.oneEdit(a, b))) return 1;
    const prefix = this.prefix(a, b);
    if (prefix === shorter && shorter >= 1) {
      this.info = Math.min(this.info, shorter * 2);
      return shorter >= 3 ? 2 : 3;
    }
    if (similarity >= SIMILAR_NAME || this.sharesWord(a, b)) return 2;
    return 4;
  }

  private sharesWord(a: number, b: number): boolean {
    const { tokens, tokenStart } = this.column;
    for (let i = tokenStart[a] as number; i < (tokenStart[a + 1] as number); i++) {
      for (let j = tokenStart[b] as number; j < (tokenStart[b + 1] as number); j++) {
        if (tokens[i] === tokens[j]) return true;
      }
    }
    return false;
  }
}

const hasValue = (column: Column, record: number) => column.rows[record] !== column.rows[record + 1];
const first = (column: Column, record: number): number =>
  hasValue(column, record) ? (column.values[column.rows[record] as number] as number) : -1;

function sameText(one: Column, a: number, two: Column, b: number): boolean {
  const from = one.charStart[a] as number;
  const to = one.charStart[a + 1] as number;
  const otherFrom = two.charStart[b] as number;
  const otherTo = two.charStart[b + 1] as number;
  return (
    to - from === otherTo - otherFrom &&
    (commonPrefix(one.chars, from, to, two.chars, otherFrom, otherTo) === to - from ||
      jaroWinkler(one.chars, from, to, two.chars, otherFrom, otherTo) >= CLOSE_SWAPPED)
  );
}

/** House number, street and units of one address line. */
class AddressLine extends OfValues {
  override readonly cost = ALIGNED;
  private readonly aligner: Aligner;
  private readonly numberOf: Int32Array;
  private readonly unitOf: Int32Array;
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.55, 0.04, 12),
      level('number equal, street similar', 0.17, 0.01, 12),
      level('street equal, no number', 0.05, 0.015, 8),
      level('street equal, other unit', 0.04, 0.02, 10),
      level('street equal, other number', 0.05, 0.06, 7),
      level('number equal', 0.04, 0.03),
      level('different', 0.1, 0.825),
    ]);
    this.aligner = new Aligner(column, false);
    const values = column.tokenStart.length - 1;
    this.numberOf = new Int32Array(values).fill(-1);
    this.unitOf = new Int32Array(values).fill(-1);
    for (let value = 0; value < values; value++) this.parse(value);
  }

  private parse(value: number): void {
    const { tokens, tokenStart, tokenChars, tokenCharStart } = this.column;
    const from = tokenStart[value] as number;
    const to = tokenStart[value + 1] as number;
    for (let at = from; at < to; at++) {
      const token = tokens[at] as number;
      const char = tokenChars[tokenCharStart[token] as number] as number;
      const startsWithDigit = char >= 0x30 && char <= 0x39;
      if (startsWithDigit && at === from) this.numberOf[value] = token;
      if (this.isUnitWord(token) && at + 1 < to && at > from) {
        this.unitOf[value] = tokens[at + 1] as number;
        break;
      }
    }
  }

  private isUnitWord(token: number): boolean {
    const { tokenChars, tokenCharStart } = this.column;
    const from = tokenCharStart[token] as number;
    const word = String.fromCharCode(...tokenChars.subarray(from, tokenCharStart[token + 1]));
    return word === 'unit' || word === 'fl' || word === 'bldg' || word === 'rm' || word === 'dept';
  }

  protected compareValues(a: number, b: number): number {
    const { aligner, numberOf, unitOf } = this;
    aligner.align(a, b);
    this.info = aligner.shared;
    if (a === b) return 0;
    const { tokenInfo } = this.column;
    const aNumber = numberOf[a] as number;
    const bNumber = numberOf[b] as number;
    const number = aNumber >= 0 && aNumber === bNumber ? (tokenInfo[aNumber] as number) : 0;
    const aStreet = aligner.left - (aNumber < 0 ? 0 : (tokenInfo[aNumber] as number));
    const bStreet = aligner.right - (bNumber < 0 ? 0 : (tokenInfo[bNumber] as number));
    const shared = aligner.shared - number;
    // What only one of them mentions (a floor, a cross street) takes nothing away.
    const least = Math.min(aStreet, bStreet);
    const most = Math.max(aStreet, bStreet);
    const within = least <= 0 ? 0 : shared / least;
    const alike = aStreet + bStreet <= 0 ? 0 : (2 * shared) / (aStreet + bStreet);
    const isStreet = within >= 0.85 && (alike >= 0.4 || most < 1);
    if (aNumber >= 0 && aNumber === bNumber) {
      if (isStreet || within >= 0.6) {
        if (unitOf[a] !== unitOf[b] && (unitOf[a] as number) >= 0 && (unitOf[b] as number) >= 0) return 3;
        return alike >= 0.98 ? 0 : 1;
      }
      return this.isSimilar(a, b, 0.9) ? 1 : 5;
    }
    if (!isStreet) return 6;
    return aNumber < 0 || bNumber < 0 ? 2 : 4;
  }
}

class Street extends OfValues {
  override readonly cost = SPELT;
  private readonly aligner: Aligner;
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.6, 0.05, 9),
      level('nearly equal', 0.2, 0.02, 9),
      level('similar', 0.07, 0.05, 7),
      level('different', 0.13, 0.88),
    ]);
    this.aligner = new Aligner(column, false);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    if (this.isSimilar(a, b, TYPO)) return 1;
    const { aligner } = this;
    aligner.align(a, b);
    const alike = (2 * aligner.shared) / Math.max(aligner.left + aligner.right, 1e-9);
    this.info = aligner.shared;
    return alike >= 0.9 ? 1 : alike >= 0.6 ? 2 : 3;
  }
}

class HouseNumber extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.75, 0.05, 7),
      level('one slip', 0.1, 0.06),
      level('different', 0.15, 0.89),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    return Math.min(this.length(a), this.length(b)) >= 2 && this.oneEdit(a, b) ? 1 : 2;
  }
}

/** Of two slips in a word, which few other towns are as close to. */
const MISTYPED_CITY = 0.84;

class City extends OfValues {
  override readonly cost = SPELT;
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.75, 0.12, 6),
      level('nearly equal', 0.09, 0.01, 8),
      level('similar or in part', 0.05, 0.04, 5),
      level('different', 0.11, 0.83),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const similarity = this.similar(a, b, MISTYPED_CITY);
    if (similarity >= 0.92) return 1;
    if (similarity >= MISTYPED_CITY) return 2;
    const prefix = this.prefix(a, b);
    return prefix >= 4 && prefix >= Math.min(this.length(a), this.length(b)) ? 2 : 3;
  }
}

class Postcode extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'place', [
      level('equal', 0.75, 0.1, 7),
      level('one slip', 0.08, 0.03, 7),
      level('same area', 0.05, 0.1, 4),
      level('different', 0.12, 0.77),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    if (this.oneEdit(a, b)) return 1;
    this.info /= 2;
    return this.prefix(a, b) >= Math.max(2, Math.min(this.length(a), this.length(b)) - 3) ? 2 : 3;
  }
}

class Country extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'place', [level('equal', 0.95, 0.5, 1.5), level('different', 0.05, 0.5)]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    return a === b ? 0 : 1;
  }
}

const FEWEST_LOCAL_DIGITS = 7;

class Phone extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'contact', [
      level('equal', 0.65, 0.03, 11),
      level('one slip', 0.08, 0.004, 11),
      level('same exchange', 0.06, 0.04),
      level('different', 0.21, 0.926),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b || this.endsAlike(a, b)) return 0;
    if (this.oneEdit(a, b)) return 1;
    return this.length(a) === this.length(b) && this.prefix(a, b) >= this.length(a) - 4 ? 2 : 3;
  }

  /** One is written with an area code, the other without. */
  private endsAlike(a: number, b: number): boolean {
    const { chars, charStart } = this.column;
    const shorter = Math.min(this.length(a), this.length(b));
    if (shorter < FEWEST_LOCAL_DIGITS || this.length(a) === this.length(b)) return false;
    const aTo = charStart[a + 1] as number;
    const bTo = charStart[b + 1] as number;
    for (let back = 1; back <= shorter; back++) if (chars[aTo - back] !== chars[bTo - back]) return false;
    return true;
  }
}

const AT = 0x40;
const MISTYPED_MAIL = 0.85;

class Email extends OfValues {
  override readonly cost = SPELT;
  constructor(name: string, column: Column) {
    super(name, column, 'contact', [
      level('equal', 0.6, 0.01, 11),
      level('nearly equal', 0.12, 0.005, 11),
      level('similar', 0.03, 0.005, 10),
      level('same mailbox name', 0.05, 0.02, 9),
      level('same domain', 0.08, 0.05),
      level('different', 0.12, 0.915),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    if (this.oneEdit(a, b)) return 1;
    const { chars, charStart } = this.column;
    const aFrom = charStart[a] as number;
    const aTo = charStart[a + 1] as number;
    const bFrom = charStart[b] as number;
    const bTo = charStart[b + 1] as number;
    const aAt = chars.subarray(aFrom, aTo).indexOf(AT);
    const bAt = chars.subarray(bFrom, bTo).indexOf(AT);
    if (aAt < 0 || bAt < 0) return this.isSimilar(a, b, TYPO) ? 1 : this.isSimilar(a, b, MISTYPED_MAIL) ? 2 : 5;
    const local = jaroWinkler(chars, aFrom, aFrom + aAt, chars, bFrom, bFrom + bAt);
    const domain = jaroWinkler(chars, aFrom + aAt, aTo, chars, bFrom + bAt, bTo);
    if (local >= 0.93 && domain >= 0.93) return 1;
    // Both halves mistyped, and neither that of many.
    if (local >= MISTYPED_MAIL && local < 1 && domain >= MISTYPED_MAIL && domain < 1) return 2;
    if (local >= 0.97 && aAt >= 4) return 3;
    return domain >= 0.97 ? 4 : 5;
  }
}

class WebAddress extends OfValues {
  override readonly cost = SPELT;
  constructor(name: string, column: Column) {
    super(name, column, 'contact', [
      level('equal', 0.6, 0.03, 10),
      level('same site', 0.12, 0.03, 10),
      level('similar', 0.1, 0.03, 8),
      level('different', 0.18, 0.91),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    const { tokens, tokenStart, tokenInfo } = this.column;
    this.agreed(a, b);
    const aSite = tokens[tokenStart[a] as number] as number;
    const site = tokens[tokenStart[b] as number] === aSite;
    // Many pages of one site are the pages of many: what they share is the site.
    if (site) this.info = tokenInfo[aSite] as number;
    if (a === b) return 0;
    if (site) return 1;
    const shorter = Math.min(this.length(a), this.length(b));
    return this.isSimilar(a, b, 0.95) || this.prefix(a, b) >= Math.max(6, shorter * 0.7) ? 2 : 3;
  }
}

const YEAR = 10_000;

class CalendarDate extends OfValues {
  constructor(name: string, column: Column) {
    const levels = [
      level('equal', 0.72, 0.01, 12),
      level('one slip', 0.1, 0.01, 11),
      level('same year or day', 0.06, 0.06, 6),
      level('two digits different', 0.02, 0.04),
      { ...level('close years', 0.03, 0.06), differs: true },
      { ...level('different', 0.07, 0.82), differs: true },
    ];
    // Of those who live together, one in some tens is a twin of another.
    super(name, column, 'identity', related(levels, { samePlace: [0.03, 0.01, 0.04, 0.04, 0.08, 0.8] }));
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const x = this.column.number[a] as number;
    const y = this.column.number[b] as number;
    if (Number.isNaN(x) || Number.isNaN(y)) return this.oneEdit(a, b) ? 1 : 5;
    const xYear = Math.floor(x / YEAR);
    const yYear = Math.floor(y / YEAR);
    const xDay = x % YEAR;
    const yDay = y % YEAR;
    if (xYear === yYear) {
      this.info = Math.min(this.info, 7);
      const isVague = isPlaceholderDay(xDay) || isPlaceholderDay(yDay);
      const isSwapped = Math.floor(xDay / 100) === yDay % 100 && xDay % 100 === Math.floor(yDay / 100);
      if (isSwapped || (this.oneEdit(a, b) && !isVague)) return 1;
      return 2;
    }
    if (this.oneEdit(a, b)) return 1;
    if (xDay === yDay && !isPlaceholderDay(xDay)) return 2;
    if (this.digitsApart(a, b) <= 2) return 3;
    return Math.abs(xYear - yYear) <= 1 ? 4 : 5;
  }

  private digitsApart(a: number, b: number): number {
    const { chars, charStart } = this.column;
    const aFrom = charStart[a] as number;
    const bFrom = charStart[b] as number;
    if (this.length(a) !== this.length(b)) return Number.POSITIVE_INFINITY;
    let apart = 0;
    for (let at = 0; at < this.length(a); at++) if (chars[aFrom + at] !== chars[bFrom + at]) apart++;
    return apart;
  }
}

/** The first of January, or no day at all: somebody knew the year only. */
const isPlaceholderDay = (day: number) => day === 101 || day === 0 || day % 100 === 0;

/** An organisation may have a number in each country: those of two countries say nothing. */
const COUNTRY_CODE = 2;

class Identifier extends OfValues {
  override readonly isIdentifier = true;
  private readonly isNational: boolean;
  constructor(name: string, column: Column) {
    super(name, column, 'identity', [
      level('equal', 0.87, 0.002, 13),
      level('one slip', 0.07, 0.002, 13),
      { ...level('different', 0.06, 0.996), conflict: isExclusive(column.spec), differs: true },
    ]);
    this.isNational = NATIONAL_SCHEMES.includes(column.spec.scheme ?? '');
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    if (this.isNational && this.prefix(a, b) < COUNTRY_CODE && this.hasCountry(a) && this.hasCountry(b)) return MISSING;
    return Math.min(this.length(a), this.length(b)) >= 5 && this.oneEdit(a, b) ? 1 : 2;
  }

  private hasCountry(value: number): boolean {
    const { chars, charStart } = this.column;
    const start = charStart[value] as number;
    return this.length(value) > COUNTRY_CODE && isLetter(chars[start]) && isLetter(chars[start + 1]);
  }
}

const LETTER_A = 0x61;
const LETTER_Z = 0x7a;
const isLetter = (char = 0) => char >= LETTER_A && char <= LETTER_Z;

class Code extends OfValues {
  override readonly isCode = true;
  constructor(name: string, column: Column) {
    const levels = [
      level('equal', 0.75, 0.005, 11),
      level('one begins like the other', 0.1, 0.01, 9),
      level('different', 0.15, 0.985),
    ];
    // A box's number is often that of the piece with something added.
    super(name, column, 'identity', related(levels, { variants: [0.01, 0.25, 0.74] }));
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const shorter = Math.min(this.length(a), this.length(b));
    return shorter >= 4 && this.prefix(a, b) === shorter ? 1 : 2;
  }
}

class Amount extends OfValues {
  private readonly most: readonly number[];
  constructor(name: string, column: Column) {
    super(name, column, 'detail', [
      level('equal', 0.4, 0.04, 7),
      level('close', 0.2, 0.06),
      level('near', 0.2, 0.12),
      level('apart', 0.12, 0.25),
      level('different', 0.08, 0.53),
    ]);
    this.most = [1.03, 1.15, 1.6];
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const x = Math.abs(this.column.number[a] as number);
    const y = Math.abs(this.column.number[b] as number);
    // A price of nothing is no price.
    if (x === 0 || y === 0) return MISSING;
    const ratio = x > y ? x / y : y / x;
    for (let at = 0; at < this.most.length; at++) if (ratio <= (this.most[at] as number)) return at + 1;
    return 4;
  }
}

class Numeral extends OfValues {
  constructor(name: string, column: Column) {
    super(name, column, 'detail', [
      level('equal', 0.8, 0.1, 4),
      level('next to it', 0.08, 0.15),
      level('different', 0.12, 0.75),
    ]);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const x = this.column.number[a] as number;
    const y = this.column.number[b] as number;
    return Math.abs(x - y) <= Math.max(1, 0.01 * Math.max(Math.abs(x), Math.abs(y))) ? 1 : 2;
  }
}

class Category extends OfValues {
  private readonly aligner: Aligner;
  constructor(name: string, column: Column) {
    super(name, column, 'detail', [
      level('equal', 0.7, 0.25, 3),
      level('in part', 0.12, 0.12, 3),
      level('different', 0.18, 0.63),
    ]);
    this.aligner = new Aligner(column, false);
  }
  protected compareValues(a: number, b: number): number {
    this.agreed(a, b);
    if (a === b) return 0;
    const { aligner } = this;
    aligner.align(a, b);
    this.info = aligner.shared;
    return aligner.shared >= 0.5 * Math.min(aligner.left, aligner.right) && aligner.shared > 0 ? 1 : 2;
  }
}

const COMPARISONS: Readonly<
  Record<
    Exclude<ColumnKind, 'title' | 'organisation-name' | 'model-code' | 'all-words'>,
    new (
      name: string,
      column: Column,
    ) => Comparison
  >
> = {
  'person-name': FullPersonName,
  text: LongText,
  address: AddressLine,
  street: Street,
  'house-number': HouseNumber,
  city: City,
  postcode: Postcode,
  country: Country,
  phone: Phone,
  email: Email,
  url: WebAddress,
  date: CalendarDate,
  identifier: Identifier,
  code: Code,
  number: Numeral,
  price: Amount,
  category: Category,
  list: ListOfNames,
  measure: Measures,
};
