import type { EntityTypeDefinition } from '../model.js';
import type { Thresholds } from '../rules.js';
import type { Evidence } from './evidence.js';

/** One bar of the waterfall: how much this comparison moved the weight, and what was compared. */
export interface WaterfallStep {
  comparison: string;
  level: 'EQUAL' | 'DIFFERENT';
  weight: number;
  left: string;
  right: string;
}

export interface Score {
  /** log2 odds: +10 is about 1000 : 1 for. Not a probability. */
  readonly weight: number;
  readonly waterfall: readonly WaterfallStep[];
  /** A strong identifier of which a real thing has only one differs: never linked by the machine. */
  readonly conflict: boolean;
}

export type MatchOutcome = 'MATCH' | 'POSSIBLE_MATCH' | 'NO_MATCH';

/**
 * Weights of the comparisons that aren't identifiers, in log2 odds. Equal name and equal address together link; a name
 * alone asks; sites of one company share a name and differ in address. Differing spelling says little, since only
 * exact normalised equality is compared.
 */
export const MATCHING_PARAMETERS = Object.freeze({
  name: { equal: 4.5, different: -0.5 },
  address: { equal: 6, different: -1.5 },
  together: { equal: 11, different: -2 },
});

/** Compare two records. Pure; missing on either side is no evidence. After Fellegi and Sunter 1969. */
export function score(definition: EntityTypeDefinition, left: Evidence, right: Evidence): Score {
  const waterfall: WaterfallStep[] = [];
  const conflict = compareIdentifiers(definition, left, right, waterfall);
  const { name, address, together } = MATCHING_PARAMETERS;
  if (left.name !== null && right.name !== null) {
    waterfall.push(step('name', left.name === right.name, name, left.name, right.name));
  }
  if (left.addresses.length > 0 && right.addresses.length > 0) {
    const shared = left.addresses.find((text) => right.addresses.includes(text));
    waterfall.push(
      step(
        'address',
        shared !== undefined,
        address,
        shared ?? left.addresses.join('; '),
        shared ?? right.addresses.join('; '),
      ),
    );
  }
  if (left.together !== null && right.together !== null) {
    const label = definition.matching.together?.join(' + ') ?? 'together';
    waterfall.push(step(label, left.together === right.together, together, left.together, right.together));
  }
  return { weight: waterfall.reduce((sum, { weight }) => sum + weight, 0), waterfall, conflict };
}

const step = (
  comparison: string,
  equal: boolean,
  weights: { equal: number; different: number },
  left: string,
  right: string,
): WaterfallStep => ({
  comparison,
  level: equal ? 'EQUAL' : 'DIFFERENT',
  weight: equal ? weights.equal : weights.different,
  left,
  right,
});

/** Each scheme counts once, however many values agree. Returns whether an exclusive identifier differs. */
function compareIdentifiers(
  definition: EntityTypeDefinition,
  left: Evidence,
  right: Evidence,
  waterfall: WaterfallStep[],
): boolean {
  const schemes = new Set(left.identifiers.filter(({ strong }) => strong).map(({ scheme }) => scheme));
  let conflict = false;
  for (const scheme of schemes) {
    const known = definition.matching.identifiers[scheme as keyof typeof definition.matching.identifiers];
    const ours = valuesOf(left, scheme);
    const theirs = valuesOf(right, scheme);
    if (!known || theirs.length === 0) continue;
    const shared = ours.find((value) => theirs.includes(value));
    if (shared !== undefined) {
      waterfall.push({ comparison: scheme, level: 'EQUAL', weight: known.weight, left: shared, right: shared });
      continue;
    }
    const clash = known.conflict === undefined ? undefined : clashing(scheme, ours, theirs);
    if (known.conflict === undefined || clash === undefined) continue;
    conflict = true;
    waterfall.push({ comparison: scheme, level: 'DIFFERENT', weight: known.conflict, left: clash[0], right: clash[1] });
  }
  return conflict;
}

const valuesOf = (evidence: Evidence, scheme: string) =>
  evidence.identifiers
    .filter((identifier) => identifier.strong && identifier.scheme === scheme)
    .map(({ value }) => value);

/** A company may have tax ids of several countries: only two of the same country speak against each other. */
function clashing(scheme: string, ours: readonly string[], theirs: readonly string[]): [string, string] | undefined {
  for (const mine of ours) {
    const other = theirs.find((value) => issuer(scheme, value) === issuer(scheme, mine));
    if (other !== undefined) return [mine, other];
  }
  return undefined;
}

const NATIONAL_SCHEMES = new Set(['VAT', 'TAX_ID']);
/** The country that issued a national identifier ("DE123…", "US:12…"); nothing for a scheme that is valid everywhere. */
export const issuer = (scheme: string, value: string): string =>
  NATIONAL_SCHEMES.has(scheme) ? value.slice(0, 2) : '';

/** Decide what a scored pair means. Never overrides a person's link (law 5): that is the clustering's to respect. */
export function outcomeOf({ weight, waterfall, conflict }: Score, thresholds: Thresholds): MatchOutcome | null {
  if (weight >= thresholds.match) return conflict ? 'POSSIBLE_MATCH' : 'MATCH';
  if (weight >= thresholds.review) return 'POSSIBLE_MATCH';
  const evidenceFor = waterfall.reduce((sum, { weight: part }) => sum + Math.max(0, part), 0);
  return evidenceFor >= thresholds.match ? 'NO_MATCH' : null;
}
