/**
 * Comparisons of two byte strings (folded to ASCII) that lie in larger arrays, so that nothing is allocated for a pair.
 * `a[aFrom..aTo)` is compared with `b[bFrom..bTo)`.
 */

// Looked up once: these are the innermost loops.
const { clz32, max, min } = Math;

const MOST_BYTES = 64;
const WORD = 32;
/** At which places of the second string each byte stands, as bits; all 0 between two calls. */
const places = new Int32Array(256);
const farPlaces = new Int32Array(256);
const MOST_PREFIX = 4;
const PREFIX_SCALE = 0.1;

/** Jaro-Winkler similarity, 0 to 1 (Winkler 1990). Of longer strings the first 64 characters are compared. */
export function jaroWinkler(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number {
  const aLength = min(aTo - aFrom, MOST_BYTES);
  const bLength = min(bTo - bFrom, MOST_BYTES);
  if (aLength === 0 || bLength === 0) return 0;
  const found =
    aLength <= WORD && bLength <= WORD
      ? commonInWord(a, aFrom, aLength, b, bFrom, bLength)
      : commonInTwoWords(a, aFrom, aLength, b, bFrom, bLength);
  if (found === 0) return 0;
  const common = found & COMMON;
  const transposed = found >> COMMON_BITS;
  const jaro = (common / aLength + common / bLength + (common - transposed / 2) / common) / 3;
  return withPrefix(jaro, a, aFrom, aLength, b, bFrom, bLength);
}

const COMMON_BITS = 8;
const COMMON = (1 << COMMON_BITS) - 1;

function withPrefix(
  jaro: number,
  a: Uint8Array,
  aFrom: number,
  aLength: number,
  b: Uint8Array,
  bFrom: number,
  bLength: number,
): number {
  let prefix = 0;
  const most = min(MOST_PREFIX, aLength, bLength);
  while (prefix < most && a[aFrom + prefix] === b[bFrom + prefix]) prefix++;
  return jaro + prefix * PREFIX_SCALE * (1 - jaro);
}

const ROUNDING = 1e-9;

/** Can two strings that have at most so many characters in common be as similar as that, judging by how they begin? */
export function mayReach(
  atLeast: number,
  common: number,
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): boolean {
  const aLength = aTo - aFrom;
  const bLength = bTo - bFrom;
  if (aLength > MOST_BYTES || bLength > MOST_BYTES) return true;
  if (common <= 0) return false;
  const jaro = (common / aLength + common / bLength + 1) / 3;
  return withPrefix(jaro, a, aFrom, aLength, b, bFrom, bLength) + ROUNDING >= atLeast;
}

/** Characters in common within reach, and how many of them stand in another order, shifted. The places are bits of one word. */
function commonInWord(
  a: Uint8Array,
  aFrom: number,
  aLength: number,
  b: Uint8Array,
  bFrom: number,
  bLength: number,
): number {
  const reach = max(0, (max(aLength, bLength) >> 1) - 1);
  for (let j = 0; j < bLength; j++) {
    const letter = b[bFrom + j] as number;
    places[letter] = (places[letter] as number) | (1 << j);
  }
  let takenA = 0;
  let takenB = 0;
  let common = 0;
  for (let i = 0; i < aLength; i++) {
    const at = places[a[aFrom + i] as number] as number;
    if (at === 0) continue;
    const end = i + reach + 1;
    const within = (end >= WORD ? -1 : (1 << end) - 1) & (i > reach ? -1 << (i - reach) : -1);
    const open = at & within & ~takenB;
    if (open === 0) continue;
    takenA |= 1 << i;
    takenB |= open & -open;
    common++;
  }
  for (let j = 0; j < bLength; j++) places[b[bFrom + j] as number] = 0;
  let transposed = 0;
  while (takenA !== 0) {
    const i = 31 - clz32(takenA & -takenA);
    const j = 31 - clz32(takenB & -takenB);
    if (a[aFrom + i] !== b[bFrom + j]) transposed++;
    takenA &= takenA - 1;
    takenB &= takenB - 1;
  }
  return common | (transposed << COMMON_BITS);
}

/** The same for strings of up to 64 characters. */
function commonInTwoWords(
  a: Uint8Array,
  aFrom: number,
  aLength: number,
  b: Uint8Array,
  bFrom: number,
  bLength: number,
): number {
  const reach = max(0, (max(aLength, bLength) >> 1) - 1);
  for (let j = 0; j < bLength; j++) {
    const letter = b[bFrom + j] as number;
    if (j < WORD) places[letter] = (places[letter] as number) | (1 << j);
    else farPlaces[letter] = (farPlaces[letter] as number) | (1 << (j - WORD));
  }
  let takenA = 0;
  let farTakenA = 0;
  let takenB = 0;
  let farTakenB = 0;
  let common = 0;
  for (let i = 0; i < aLength; i++) {
    const letter = a[aFrom + i] as number;
    const start = i - reach;
    const end = i + reach + 1;
    const near = start >= WORD ? 0 : (places[letter] as number) & bitsBelow(end) & ~bitsBelow(start) & ~takenB;
    if (near !== 0) takenB |= near & -near;
    else {
      if (end <= WORD) continue;
      const far = (farPlaces[letter] as number) & bitsBelow(end - WORD) & ~bitsBelow(start - WORD) & ~farTakenB;
      if (far === 0) continue;
      farTakenB |= far & -far;
    }
    if (i < WORD) takenA |= 1 << i;
    else farTakenA |= 1 << (i - WORD);
    common++;
  }
  for (let j = 0; j < bLength; j++) {
    places[b[bFrom + j] as number] = 0;
    farPlaces[b[bFrom + j] as number] = 0;
  }
  let transposed = 0;
  for (let left = common; left > 0; left--) {
    let i: number;
    if (takenA !== 0) {
      i = 31 - clz32(takenA & -takenA);
      takenA &= takenA - 1;
    } else {
      i = 63 - clz32(farTakenA & -farTakenA);
      farTakenA &= farTakenA - 1;
    }
    let j: number;
    if (takenB !== 0) {
      j = 31 - clz32(takenB & -takenB);
      takenB &= takenB - 1;
    } else {
      j = 63 - clz32(farTakenB & -farTakenB);
      farTakenB &= farTakenB - 1;
    }
    if (a[aFrom + i] !== b[bFrom + j]) transposed++;
  }
  return common | (transposed << COMMON_BITS);
}

/** The lowest so many bits; none below 0, all from 32 on. */
const bitsBelow = (count: number) => (count <= 0 ? 0 : count >= WORD ? -1 : (1 << count) - 1);

/** Equal, or apart by one character added, dropped, changed, or two neighbours swapped. */
export function withinOneEdit(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): boolean {
  const aLength = aTo - aFrom;
  const bLength = bTo - bFrom;
  if (aLength > bLength) return withinOneEdit(b, bFrom, bTo, a, aFrom, aTo);
  if (bLength - aLength > 1) return false;
  let start = 0;
  while (start < aLength && a[aFrom + start] === b[bFrom + start]) start++;
  let end = 0;
  while (end < aLength - start && a[aTo - 1 - end] === b[bTo - 1 - end]) end++;
  const leftA = aLength - start - end;
  const leftB = bLength - start - end;
  if (leftA <= 1 && leftB <= 1) return true;
  return (
    leftA === 2 && leftB === 2 && a[aFrom + start] === b[bFrom + start + 1] && a[aFrom + start + 1] === b[bFrom + start]
  );
}

/** How many bytes they begin with alike. */
export function commonPrefix(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number {
  const most = min(aTo - aFrom, bTo - bFrom);
  let at = 0;
  while (at < most && a[aFrom + at] === b[bFrom + at]) at++;
  return at;
}

/** Is the first a shortening of the second: same first letter, its letters in the same order, at least three of them? */
export function isAbbreviation(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): boolean {
  if (aTo - aFrom < 2 || aTo - aFrom >= bTo - bFrom || a[aFrom] !== b[bFrom]) return false;
  let i = aFrom;
  for (let j = bFrom; j < bTo && i < aTo; j++) if (a[i] === b[j]) i++;
  return i === aTo;
}
