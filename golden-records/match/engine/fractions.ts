import { foldToAscii } from '../../normalise/index.js';

/** Sizes are written in halves to sixty-fourths of an inch: "6 1/2" and "6-1/2" are "6.5". */
const FRACTION = /(?<![\w./])(?:(\d{1,3})[ -])?(\d{1,2})\/(2|4|8|16|32|64)(?![\d./])/g;
const FRACTION_SIGN = /(\d?)([¼½¾⅛⅜⅝⅞])/g;

export function withoutFractions(cell: string): string {
  const spelt = cell.replace(FRACTION_SIGN, (_, whole: string, sign: string) => `${whole} ${foldToAscii(sign)}`);
  return spelt.includes('/')
    ? spelt.replace(FRACTION, (written, whole: string | undefined, above: string, below: string) =>
        Number(above) < Number(below) ? String(Number(whole ?? 0) + Number(above) / Number(below)) : written,
      )
    : spelt;
}
