import type { ParameterSet } from '../active-parameters.js';
import { identifierKey } from '../match/cluster.js';
import { blockingKeys, type Evidence, evidenceOf, type IdentifierValue } from '../match/evidence.js';
import { outcomeOf, score } from '../match/score.js';
import type { EntityTypeDefinition } from '../model.js';
import { candidatesFor } from '../store/lookup.js';
import type { ScoreRow } from '../store/rows.js';
import type { Tx } from '../transaction.js';

interface Scorable {
  readonly id: string;
  readonly evidence: Evidence;
  readonly keys: readonly string[];
}

export interface Arriving {
  readonly id: string;
  readonly evidence: Evidence;
}

/** Score the arrivals against stored candidates and against each other; kept is what links, asks or speaks against. */
export async function scoreAll(
  tx: Tx,
  definition: EntityTypeDefinition,
  arriving: readonly Arriving[],
  set?: ParameterSet,
): Promise<{ scores: ScoreRow[]; crowdedKeys: number }> {
  const { scores, crowdedKeys } = await compareAll(tx, definition, arriving, [], set);
  return { scores: scores.flatMap((score) => (isKept(score) ? [score] : [])), crowdedKeys };
}

type Compared = Omit<ScoreRow, 'outcome'> & { readonly outcome: ScoreRow['outcome']; readonly isKept: boolean };
const isKept = (score: Compared) => score.isKept;

/** The same with every comparison, also those that come to nothing; `further` are pairs that no key brings together. */
export async function compareAll(
  tx: Tx,
  definition: EntityTypeDefinition,
  arriving: readonly Arriving[],
  further: readonly (readonly [Arriving, Arriving])[] = [],
  { thresholds }: ParameterSet = tx.parameters.for(definition.code),
): Promise<{ scores: Compared[]; crowdedKeys: number }> {
  const arrivals = arriving.map(({ id, evidence }) => scorable(id, evidence));
  const own = new Set(arrivals.map(({ id }) => id));
  const keys = new Set(arrivals.flatMap(({ evidence }) => blockingKeys(evidence)));
  const identifiers = new Set(arrivals.flatMap(({ evidence }) => strongKeys(evidence.identifiers)));
  const { candidates, crowdedKeys } = await candidatesFor(tx, definition.code, keys, identifiers, thresholds.keyCap);
  const stored = candidates
    .filter(({ id }) => !own.has(id))
    .map(
      (candidate): Scorable => ({
        id: candidate.id,
        evidence: evidenceOf(definition, candidate.attributes, candidate.identifiers),
        keys: candidate.keys,
      }),
    );
  const scores: Compared[] = [];
  for (const [left, right] of [...pairsOf(arrivals, stored, thresholds.keyCap), ...further]) {
    const { weight, waterfall, conflict } = score(definition, left.evidence, right.evidence);
    const outcome = outcomeOf({ weight, waterfall, conflict }, thresholds);
    const [low, high] = left.id < right.id ? [left, right] : [right, left];
    scores.push({
      left: low.id,
      right: high.id,
      weight,
      outcome: outcome ?? 'NO_MATCH',
      waterfall,
      isKept: outcome !== null,
    });
  }
  return { scores, crowdedKeys };
}

const strongKeys = (identifiers: readonly IdentifierValue[]) =>
  identifiers.filter(({ strong }) => strong).map(identifierKey);
/** What must be shared for two records to be compared. */
export const keysToMatch = (evidence: Evidence): string[] => [
  ...blockingKeys(evidence),
  ...strongKeys(evidence.identifiers),
];
const scorable = (id: string, evidence: Evidence): Scorable => ({ id, evidence, keys: keysToMatch(evidence) });

/** Pairs that share a key, each once: arrivals among themselves, and arrivals with stored candidates. */
function pairsOf(
  arrivals: readonly Scorable[],
  stored: readonly Scorable[],
  cap: number,
): Iterable<[Scorable, Scorable]> {
  const index = new Map<string, Scorable[]>();
  for (const record of [...stored, ...arrivals]) {
    for (const key of record.keys) {
      const sharing = index.get(key);
      if (sharing) sharing.push(record);
      else index.set(key, [record]);
    }
  }
  const pairs = new Map<string, [Scorable, Scorable]>();
  for (const left of arrivals) {
    for (const key of left.keys) {
      const sharing = index.get(key) ?? [];
      if (sharing.length > cap + 1) continue;
      for (const right of sharing) {
        if (left.id === right.id) continue;
        const pair = left.id < right.id ? `${left.id}${right.id}` : `${right.id}${left.id}`;
        if (!pairs.has(pair)) pairs.set(pair, [left, right]);
      }
    }
  }
  return pairs.values();
}
