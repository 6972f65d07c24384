/**
 * Comparisons of two byte strings (folded to ASCII) that lie in larger arrays, so that nothing is allocated for a pair.
 * `a[aFrom..aTo)` is compared with `b[bFrom..bTo)`.
 */

// Looked up once: these are the innermost loops.
const { max, min } = Math;

const MOST_BYTES = 64;
const takenA = new Uint8Array(MOST_BYTES);
const takenB = new Uint8Array(MOST_BYTES);
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
  const reach = max(0, (max(aLength, bLength) >> 1) - 1);
  takenA.fill(0, 0, aLength);
  takenB.fill(0, 0, bLength);
  let common = 0;
  for (let i = 0; i < aLength; i++) {
    const letter = a[aFrom + i];
    const last = min(bLength, i + reach + 1);
    for (let j = max(0, i - reach); j < last; j++) {
      if (takenB[j] === 0 && b[bFrom + j] === letter) {
        takenA[i] = 1;
        takenB[j] = 1;
        common++;
        break;
      }
    }
  }
  if (common === 0) return 0;
  let transposed = 0;
  for (let i = 0, j = 0; i < aLength; i++) {
    if (takenA[i] === 0) continue;
    while (takenB[j] === 0) j++;
    if (a[aFrom + i] !== b[bFrom + j]) transposed++;
    j++;
  }
  const jaro = (common / aLength + common / bLength + (common - transposed / 2) / common) / 3;
  let prefix = 0;
  const most = min(MOST_PREFIX, aLength, bLength);
  while (prefix < most && a[aFrom + prefix] === b[bFrom + prefix]) prefix++;
  return jaro + prefix * PREFIX_SCALE * (1 - jaro);
}

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
