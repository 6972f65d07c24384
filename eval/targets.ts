export interface Target {
  readonly f1?: number;
  readonly bcubed?: number;
  readonly precision?: number;
  readonly recall?: number;
  /** Share of the true pairs that are candidates, and how many candidates a record may have at most. */
  readonly found?: number;
  readonly perRecord?: number;
}

/** What each set is to reach: F1 of the clusters by pairs, and where given B-cubed. Without F1 a set is only looked at. */
export const TARGETS: Readonly<Record<string, Target>> = {
  'chicago-early-childhood': { f1: 0.96, bcubed: 0.97 },
  'restaurants-fodors-zagat': { f1: 0.99 },
  febrl3: { f1: 0.998 },
  'historical-20k': { f1: 0.93 },
  'fake-1000': { f1: 0.98 },
  'abt-buy': { f1: 0.9 },
  'amazon-google': { f1: 0.62 },
  'dblp-acm': { f1: 0.985 },
  'name-pairs-companies': { f1: 0.88 },
  'name-pairs-persons': {},
  'synthetic-organisations': { f1: 0.96 },
  'synthetic-persons': { f1: 0.96 },
  'hard-suppliers': { precision: 0.995, recall: 0.8, found: 0.98, perRecord: 30 },
  'hard-items': { precision: 0.99, recall: 0.8, found: 0.98, perRecord: 30 },
};
/** So many suppliers, or items, of the demo's world are made harder: with more than 30,000 records few candidates are afforded. */
export const HARD_SIZE = 13_000;
/** Mean predicted probability of the accepted pairs is to lie this close to their real precision. */
export const MOST_MISCALIBRATED = 0.03;
