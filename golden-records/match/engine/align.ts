import type { Column } from './columns.js';
import { isAbbreviation, jaroWinkler, mayReach, withinOneEdit } from './similarity.js';

// Looked up once: these are the innermost loops.
const { imul, min } = Math;

/** What the last alignment found. */
export interface Alignment {
  /** Information that both have, in bits: rare words in common say more. */
  shared: number;
  left: number;
  right: number;
}

/** Longer values are compared by their words in common only: aligning is quadratic. */
const MOST_ALIGNED = 24;
const LEAST_SIMILAR = 0.86;
const SHORT_WORD = 3;
/** In a word this long one slip makes no other word, wherever it is. */
const SLIP_IN = 5;
const ABBREVIATED = 0.75;
const INITIAL = 0.5;
const MOST_CACHE_BITS = 15;
const FEWEST_CACHE_BITS = 6;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/**
 * Aligns the words of two values of a column: equal words first, then similar ones, shortened ones, and words written
 * together or apart. Each counts by what it says (its information) times how alike it is.
 */
export class Aligner implements Alignment {
  shared = 0;
  left = 0;
  right = 0;
  readonly takenLeft = new Uint8Array(MOST_ALIGNED);
  readonly takenRight = new Uint8Array(MOST_ALIGNED);
  /** Which letters each token holds: most words are told apart by them. */
  private readonly letters: Letters;
  private readonly cacheMask: number;
  private readonly cacheKeys: Int32Array;
  private readonly cached: Float32Array;

  constructor(
    private readonly column: Column,
    private readonly initials: boolean,
  ) {
    this.letters = lettersOf(column);
    // A handful of records, as one live lookup compares, needs no large one.
    const bits = Math.min(MOST_CACHE_BITS, FEWEST_CACHE_BITS + Math.ceil(Math.log2(column.tokenCharStart.length)));
    this.cacheMask = (1 << bits) - 1;
    this.cacheKeys = new Int32Array(2 << bits).fill(-1);
    this.cached = new Float32Array(1 << bits);
  }

  align(a: number, b: number): void {
    const { tokens, tokenStart, placeInfo } = this.column;
    const aFrom = tokenStart[a] as number;
    const bFrom = tokenStart[b] as number;
    const aLength = (tokenStart[a + 1] as number) - aFrom;
    const bLength = (tokenStart[b + 1] as number) - bFrom;
    const aligned = min(aLength, MOST_ALIGNED);
    const alignedRight = min(bLength, MOST_ALIGNED);
    const { takenLeft, takenRight } = this;
    takenLeft.fill(0);
    takenRight.fill(0);
    let shared = 0;
    let left = 0;
    let right = 0;
    for (let i = 0; i < aligned; i++) left += placeInfo[aFrom + i] as number;
    for (let j = 0; j < alignedRight; j++) right += placeInfo[bFrom + j] as number;
    let openLeft = aligned;
    let openRight = alignedRight;
    for (let i = 0; i < aligned; i++) {
      const token = tokens[aFrom + i] as number;
      for (let j = 0; j < alignedRight; j++) {
        if (takenRight[j] === 0 && tokens[bFrom + j] === token) {
          takenLeft[i] = 1;
          takenRight[j] = 1;
          openLeft--;
          openRight--;
          shared += min(placeInfo[aFrom + i] as number, placeInfo[bFrom + j] as number);
          break;
        }
      }
    }
    if (openLeft > 0 && openRight > 0) shared += this.alignOpen(aFrom, aligned, bFrom, alignedRight);
    this.shared = shared;
    this.left = left;
    this.right = right;
  }

  private alignOpen(aFrom: number, aLength: number, bFrom: number, bLength: number): number {
    const { tokens, placeInfo } = this.column;
    const { takenLeft, takenRight } = this;
    const letters = this.letters.once;
    let shared = 0;
    for (let i = 0; i < aLength; i++) {
      if (takenLeft[i] === 1) continue;
      const token = tokens[aFrom + i] as number;
      let best = 0;
      let partner = -1;
      for (let j = 0; j < bLength; j++) {
        if (takenRight[j] === 1) continue;
        const other = tokens[bFrom + j] as number;
        if (!mayBeAlike(letters[token] as number, letters[other] as number)) continue;
        const similarity = this.similarity(token, other);
        if (similarity > best) {
          best = similarity;
          partner = j;
        }
      }
      if (partner >= 0) {
        takenLeft[i] = 1;
        takenRight[partner] = 1;
        shared += best * min(placeInfo[aFrom + i] as number, placeInfo[bFrom + partner] as number);
      }
    }
    return (
      shared +
      this.joined(aFrom, aLength, takenLeft, bFrom, bLength, takenRight) +
      this.joined(bFrom, bLength, takenRight, aFrom, aLength, takenLeft)
    );
  }

  /** "break fast" is "breakfast": one word against two neighbours. */
  private joined(
    oneFrom: number,
    oneLength: number,
    takenOne: Uint8Array,
    twoFrom: number,
    twoLength: number,
    takenTwo: Uint8Array,
  ): number {
    const { tokens, placeInfo, tokenCharStart, tokenChars } = this.column;
    let shared = 0;
    for (let i = 0; i < oneLength; i++) {
      if (takenOne[i] === 1) continue;
      const one = tokens[oneFrom + i] as number;
      const from = tokenCharStart[one] as number;
      const length = (tokenCharStart[one + 1] as number) - from;
      for (let j = 0; j + 1 < twoLength; j++) {
        if (takenTwo[j] === 1 || takenTwo[j + 1] === 1) continue;
        const first = tokens[twoFrom + j] as number;
        const second = tokens[twoFrom + j + 1] as number;
        const firstFrom = tokenCharStart[first] as number;
        const firstLength = (tokenCharStart[first + 1] as number) - firstFrom;
        const secondFrom = tokenCharStart[second] as number;
        const secondLength = (tokenCharStart[second + 1] as number) - secondFrom;
        if (firstLength + secondLength !== length) continue;
        let at = 0;
        while (at < firstLength && tokenChars[from + at] === tokenChars[firstFrom + at]) at++;
        if (at < firstLength) continue;
        while (at < length && tokenChars[from + at] === tokenChars[secondFrom + at - firstLength]) at++;
        if (at < length) continue;
        takenOne[i] = 1;
        takenTwo[j] = 1;
        takenTwo[j + 1] = 1;
        shared += min(
          placeInfo[oneFrom + i] as number,
          (placeInfo[twoFrom + j] as number) + (placeInfo[twoFrom + j + 1] as number),
        );
        break;
      }
    }
    return shared;
  }

  /** How alike two different words are; 0 where they are not. Remembered, because the same words meet often. */
  private similarity(a: number, b: number): number {
    const low = a < b ? a : b;
    const high = a < b ? b : a;
    const slot = ((imul(low, 0x9e3779b1) ^ imul(high, 0x85ebca6b)) >>> 8) & this.cacheMask;
    if (this.cacheKeys[slot * 2] === low && this.cacheKeys[slot * 2 + 1] === high) return this.cached[slot] as number;
    // As it is remembered: a pair must not weigh a hair less when it is met again.
    const result = Math.fround(this.compareWords(low, high));
    this.cacheKeys[slot * 2] = low;
    this.cacheKeys[slot * 2 + 1] = high;
    this.cached[slot] = result;
    return result;
  }

  private compareWords(a: number, b: number): number {
    const { tokenChars, tokenCharStart } = this.column;
    const aFrom = tokenCharStart[a] as number;
    const aTo = tokenCharStart[a + 1] as number;
    const bFrom = tokenCharStart[b] as number;
    const bTo = tokenCharStart[b + 1] as number;
    const shorter = min(aTo - aFrom, bTo - bFrom);
    if (shorter === 1) return this.initials && tokenChars[aFrom] === tokenChars[bFrom] ? INITIAL : 0;
    // A number that differs in one digit is another number.
    if (hasDigit(tokenChars, aFrom, aTo) || hasDigit(tokenChars, bFrom, bTo)) return 0;
    const letters = this.letters;
    const common = mostInCommon(letters, a, aTo - aFrom, b, bTo - bFrom);
    if (shorter > SHORT_WORD && mayReach(LEAST_SIMILAR, common, tokenChars, aFrom, aTo, tokenChars, bFrom, bTo)) {
      const similarity = jaroWinkler(tokenChars, aFrom, aTo, tokenChars, bFrom, bTo);
      if (similarity >= LEAST_SIMILAR) return similarity;
    }
    if (shorter >= SLIP_IN && common >= shorter - 1 && withinOneEdit(tokenChars, aFrom, aTo, tokenChars, bFrom, bTo)) {
      return LEAST_SIMILAR;
    }
    if (shorter < 2) return 0;
    return isAbbreviation(tokenChars, aFrom, aTo, tokenChars, bFrom, bTo) ||
      isAbbreviation(tokenChars, bFrom, bTo, tokenChars, aFrom, aTo)
      ? shorter >= SHORT_WORD
        ? ABBREVIATED
        : INITIAL
      : 0;
  }
}

function hasDigit(chars: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const char = chars[at] as number;
    if (char >= DIGIT_0 && char <= DIGIT_9) return true;
  }
  return false;
}

/** Which letters each of some texts holds, as bits: at least once, and at least twice. */
export interface Letters {
  readonly once: Int32Array;
  readonly twice: Int32Array;
}

const known = new WeakMap<Column, Letters>();

function lettersOf(column: Column): Letters {
  const before = known.get(column);
  if (before) return before;
  const letters = letterBits(column.tokenChars, column.tokenCharStart);
  known.set(column, letters);
  return letters;
}

export function letterBits(chars: Uint8Array, start: Int32Array): Letters {
  const once = new Int32Array(start.length - 1);
  const twice = new Int32Array(start.length - 1);
  for (let text = 0; text < once.length; text++) {
    let seen = 0;
    let again = 0;
    for (let at = start[text] as number; at < (start[text + 1] as number); at++) {
      const bit = 1 << ((chars[at] as number) & 31);
      again |= seen & bit;
      seen |= bit;
    }
    once[text] = seen;
    twice[text] = again;
  }
  return { once, twice };
}

/** An upper bound of the letters that two texts can have in common, from which ones they hold. */
export function mostInCommon({ once, twice }: Letters, a: number, aLength: number, b: number, bLength: number): number {
  const aOnce = once[a] as number;
  const bOnce = once[b] as number;
  const aTwice = twice[a] as number;
  const bTwice = twice[b] as number;
  return min(
    aLength - bitsIn(aOnce & ~bOnce) - bitsIn(aTwice & ~bTwice),
    bLength - bitsIn(bOnce & ~aOnce) - bitsIn(bTwice & ~aTwice),
  );
}

function bitsIn(word: number): number {
  let left = word - ((word >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Similar words, and shortened ones, have most of the letters of the one with fewer. */
export function mayBeAlike(a: number, b: number): boolean {
  const fewer = min(bitsIn(a), bitsIn(b));
  return bitsIn(a & b) * 3 >= fewer * 2;
}
