export const MISSING = -1;

/** One level of agreement and what is known of it before any data are seen. */
export interface Level {
  readonly name: string;
  /** Share of the true pairs, and of the candidates that are no pairs, at this level. */
  readonly m: number;
  readonly u: number;
  /** Agreement on something rare says more: bits that agreement at this level usually carries among non-pairs. */
  readonly usualInfo?: number;
  /** Rules a pair out, whatever else agrees: a real thing has only one of these. */
  readonly conflict?: boolean;
  /** Share at this level of pairs that share a place, or a name, and are two things. Default: what their group says. */
  readonly samePlace?: number;
  readonly sameName?: number;
  readonly sisterSites?: number;
  readonly variants?: number;
  /** Two facts of which a real thing has one each, both different beyond a slip and none equal, rule a pair out as well. */
  readonly differs?: boolean;
  /** Rules a pair out unless an identifying number is equal: it is another size of the thing. */
  readonly another?: boolean;
}

/** Comparisons of one group speak of the same thing, so their words are no independent evidence. */
export type Group = 'name' | 'place' | 'contact' | 'identity' | 'detail';

export abstract class Comparison {
  /** Bits that the agreement found by the last `compare` carries. */
  info = 0;
  /** Does it compare what an authority or a maker gave to one thing? */
  readonly isIdentifier: boolean = false;
  /** Does it compare the names of products, or of other things that come in variants? And the numbers that tell these apart? */
  readonly ofProduct: boolean = false;
  readonly isCode: boolean = false;
  /** What a comparison takes, beside others: the cheap ones come first, and often tell that a pair is none. */
  readonly cost: number = 1;
  /** Does it compare the names of organisations? Several of them may have one address and one phone. */
  readonly ofOrganisation: boolean = false;
  readonly conflictLevel: number;
  /** -1 for none. */
  readonly anotherLevel: number;
  /** Levels from here on say that a fact of identity differs. */
  readonly differsFrom: number;
  constructor(
    readonly name: string,
    readonly group: Group,
    readonly levels: readonly Level[],
    /** The fields that it reads. */
    readonly fields: readonly string[],
  ) {
    this.conflictLevel = levels.findIndex(({ conflict }) => conflict === true);
    this.anotherLevel = levels.findIndex(({ another }) => another === true);
    const differs = levels.findIndex(({ differs }) => differs === true);
    this.differsFrom = differs < 0 ? Number.POSITIVE_INFINITY : differs;
  }
  /** The level, 0 the strongest; MISSING where one of the records has no value. */
  abstract compare(left: number, right: number): number;
}

export const level = (name: string, m: number, u: number, usualInfo?: number): Level =>
  usualInfo === undefined ? { name, m, u } : { name, m, u, usualInfo };

/** Facts of identity that may differ before a pair is ruled out. */
const MOST_DIFFERENT_FACTS = 1;

/** What a conflict counts: less than anything that could speak for the pair outweighs. */
const CONFLICT = -40;
const RULED_OUT = -14;

/** Looks over the levels of one pair for what rules it out. */
export class Conflicts {
  private differing = 0;
  private agreeing = 0;
  private isAnother = false;
  private isNumbered = false;
  found = false;
  clear(): void {
    this.differing = 0;
    this.agreeing = 0;
    this.isAnother = false;
    this.isNumbered = false;
    this.found = false;
  }
  see(comparison: Comparison, level: number): void {
    if (level === comparison.conflictLevel) this.found = true;
    if (level === comparison.anotherLevel) this.isAnother = true;
    if (level === 0 && comparison.group === 'identity') this.isNumbered = true;
    if (comparison.differsFrom === Number.POSITIVE_INFINITY) return;
    if (level >= comparison.differsFrom) this.differing++;
    else if (level <= 1) this.agreeing++;
  }
  /** What rules it out may have been mistyped, or misread, so it speaks loudly against a pair and doesn't forbid it. */
  get ruledOut(): boolean {
    return (
      this.found ||
      (this.differing > MOST_DIFFERENT_FACTS && this.agreeing === 0) ||
      (this.isAnother && !this.isNumbered)
    );
  }
  get weight(): number {
    return this.found ? CONFLICT : this.ruledOut ? RULED_OUT : 0;
  }
}

/** Those comparisons of which a pair's levels can rule it out. */
export const decisive = (comparisons: readonly Comparison[]): Comparison[] =>
  comparisons.filter(
    ({ conflictLevel, differsFrom }) => conflictLevel >= 0 || differsFrom !== Number.POSITIVE_INFINITY,
  );

/** Does an exclusive identifier keep two records apart, whatever else agrees? */
export function isConflict(comparisons: readonly Comparison[], left: number, right: number): boolean {
  const conflicts = new Conflicts();
  for (const comparison of comparisons) {
    const level = comparison.compare(left, right);
    if (level !== MISSING) conflicts.see(comparison, level);
  }
  return conflicts.found;
}

/** What two things may have in common without being the same. */
export const RELATIONS = ['same place', 'same name', 'neighbours', 'sister sites', 'variants'] as const;
export type RelationName = (typeof RELATIONS)[number];

type Mixture = Readonly<Record<Group, number>>;
/** How much like true pairs related ones are in each group; the rest is like any others. */
const LIKE_PAIRS: Readonly<Record<RelationName, Mixture>> = {
  'same place': { name: 0.05, place: 0.95, contact: 0.8, identity: 0, detail: 0.5 },
  'same name': { name: 0.95, place: 0.05, contact: 0.5, identity: 0, detail: 0.5 },
  /** Two in one house, of which one may answer the phone of both. */
  neighbours: { name: 0.02, place: 0.95, contact: 0.3, identity: 0, detail: 0.2 },
  /** Two sites of one organisation: its name begins both, and its phone may be that of both. */
  'sister sites': { name: 0.5, place: 0.05, contact: 0.5, identity: 0, detail: 0.5 },
  /** Two products of one kind: another size or pack of one maker's, or the same of another maker. Their numbers differ. */
  variants: { name: 0.5, place: 0, contact: 0, identity: 0, detail: 0.6 },
};

const SHARES = {
  'same place': 'samePlace',
  'same name': 'sameName',
  neighbours: undefined,
  'sister sites': 'sisterSites',
  variants: 'variants',
} as const;

/** The shares of a comparison's levels among related pairs: where they share something, they are like pairs. */
export function sharesOfRelated(
  { group, levels }: Comparison,
  relation: RelationName,
  m: readonly number[] = levels.map((level) => level.m),
  u: readonly number[] = levels.map((level) => level.u),
): number[] {
  const like = LIKE_PAIRS[relation][group];
  const key = SHARES[relation];
  return levels.map((level, at) => (key && level[key]) ?? like * (m[at] ?? 0) + (1 - like) * (u[at] ?? 0));
}

/** Give levels their shares among related pairs. */
export const related = (
  levels: readonly Level[],
  shares: Readonly<Partial<Record<'samePlace' | 'sameName' | 'sisterSites' | 'variants', readonly number[]>>>,
): Level[] =>
  levels.map((level, at) => ({
    ...level,
    ...Object.fromEntries(Object.entries(shares).map(([relation, byLevel]) => [relation, byLevel[at] ?? 0])),
  }));
