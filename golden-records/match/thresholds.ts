/** Match weights (log2 odds) at which the matcher acts. */
export interface Thresholds {
  /** Link by itself from here on. */
  readonly match: number;
  /** Ask a steward from here on. */
  readonly review: number;
  /** What a golden record that a person confirmed asks for before it takes another record by itself. */
  readonly confirmed: number;
  /** A second candidate this close to the best asks instead of picking. */
  readonly margin: number;
  /** A key found in more source records than this brings no candidates. */
  readonly keyCap: number;
}
export const DEFAULT_THRESHOLDS: Thresholds = { match: 7, review: 0, confirmed: 10, margin: 2, keyCap: 60 };
