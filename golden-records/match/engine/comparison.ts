/** One level of agreement and what is known of it before any data are seen. */
export interface Level {
  readonly name: string;
  /** Share of the true pairs, and of the candidates that are no pairs, at this level. */
  readonly m: number;
  readonly u: number;
  /** Agreement on something rare says more: bits that agreement at this level usually carries among non-pairs. */
  readonly usualInfo?: number;
}

/** Comparisons of one group speak of the same thing, so their words are no independent evidence. */
export type Group = 'name' | 'place' | 'contact' | 'identity' | 'detail';

export abstract class Comparison {
  /** Bits that the agreement found by the last `compare` carries. */
  info = 0;
  constructor(
    readonly name: string,
    readonly group: Group,
    readonly levels: readonly Level[],
    /** The fields that it reads. */
    readonly fields: readonly string[],
  ) {}
  /** The level, 0 the strongest; MISSING where one of the records has no value. */
  abstract compare(left: number, right: number): number;
}

export const MISSING = -1;

export const level = (name: string, m: number, u: number, usualInfo?: number): Level =>
  usualInfo === undefined ? { name, m, u } : { name, m, u, usualInfo };
