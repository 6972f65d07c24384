import { countryCode } from '../../normalise/index.js';
import { Aligner } from './align.js';
import { type Column, tokenTextOf } from './columns.js';
import { ALIGNED, first, hasValue, holds, OfValues, TYPO } from './compare-values.js';
import { Comparison, type Group, type Level, level, MISSING, related } from './comparison.js';
import { isUsual } from './shares.js';

/** Names of organisations, titles of things: words weighted by how rare they are. */
export class Words extends OfValues {
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

export class OrganisationName extends OfValues {
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

/** Who made a product, where only one record says so in a field of its own: the other may name them in its title or text. */
export class NamedElsewhere extends Comparison {
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
