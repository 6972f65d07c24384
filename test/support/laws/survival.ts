import type { Json } from '../../../golden-records/index.js';

/** Survivorship by the words of DESIGN §5, for the attributes of the test universe; written apart from the code it judges. */
export interface Statement {
  readonly key: string;
  /** Position of its system in the order of trust. */
  readonly trust: number;
  readonly system: string;
  /** Missing: says nothing. Null: says that there is none. */
  readonly attributes: Readonly<Record<string, Json>>;
  readonly times: Readonly<Record<string, string>>;
}
export interface NaiveRule {
  readonly owners?: readonly string[];
  readonly by: 'mostRecent' | 'longest' | 'mostFrequent' | 'sourcePriority' | 'union';
  readonly priority?: readonly string[];
  readonly follows?: string;
  readonly overridable?: false;
}
export interface Outcome {
  readonly value: Json;
  /** Key of the record that won; null for an override. */
  readonly from: string | null;
}

/** What each attribute comes to. An attribute of which nobody entitled speaks is missing. */
export function naiveSurvival(
  rules: Readonly<Record<string, NaiveRule>>,
  statements: readonly Statement[],
  overrides: ReadonlyMap<string, Json>,
): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  const leadersFirst = Object.keys(rules).sort(
    (a, b) => Number(Boolean(rules[a]?.follows)) - Number(Boolean(rules[b]?.follows)),
  );
  for (const name of leadersFirst) {
    const outcome = survivor(name, rules[name] as NaiveRule, statements, overrides, outcomes);
    if (outcome) outcomes.set(name, outcome);
  }
  return outcomes;
}

function survivor(
  name: string,
  rule: NaiveRule,
  statements: readonly Statement[],
  overrides: ReadonlyMap<string, Json>,
  others: ReadonlyMap<string, Outcome>,
): Outcome | undefined {
  const override = rule.overridable === false ? undefined : overrides.get(name);
  if (override !== undefined) return { value: override, from: null };
  const leader = rule.follows === undefined ? undefined : others.get(rule.follows)?.from;
  const pool = leader
    ? statements.filter(({ key, attributes }) => key === leader && name in attributes)
    : entitled(name, rule, statements);
  const withValue = pool.filter(({ attributes }) => attributes[name] !== null);
  const candidates = withValue.length > 0 ? withValue : pool;
  if (rule.by === 'union' && withValue.length > 0) return union(name, withValue);
  const best = candidates.reduce<Statement | undefined>(
    (champion, challenger) =>
      champion && !beats(name, rule, candidates, challenger, champion) ? champion : challenger,
    undefined,
  );
  return best && { value: best.attributes[name] ?? null, from: best.key };
}

/** Once a system of record is linked, only the first of those that say anything. */
function entitled(name: string, { owners = [] }: NaiveRule, statements: readonly Statement[]): readonly Statement[] {
  const speaking = statements.filter(({ attributes }) => name in attributes);
  if (!statements.some(({ system }) => owners.includes(system))) return speaking;
  const first = owners.find((owner) => speaking.some(({ system }) => system === owner));
  return speaking.filter(({ system }) => system === first);
}

function beats(name: string, rule: NaiveRule, all: readonly Statement[], a: Statement, b: Statement): boolean {
  const text = (value: Json | undefined) => JSON.stringify(value ?? null);
  const measure = ({ attributes, times, system }: Statement): string | number => {
    if (rule.by === 'longest') return String(attributes[name] ?? '').length;
    if (rule.by === 'mostFrequent')
      return all.filter((other) => text(other.attributes[name]) === text(attributes[name])).length;
    // Where there is nothing to gather the latest to say so counts.
    if (rule.by === 'mostRecent' || rule.by === 'union') return times[name] ?? '';
    const rank = rule.priority?.indexOf(system) ?? -1;
    return rank === -1 ? -99 : -rank;
  };
  const [x, y] = [measure(a), measure(b)];
  return x > y || (x === y && (a.trust < b.trust || (a.trust === b.trust && a.key < b.key)));
}

function union(name: string, statements: readonly Statement[]): Outcome {
  const trusted = [...statements].sort((a, b) => a.trust - b.trust || (a.key < b.key ? -1 : 1));
  const elements = trusted.flatMap(({ key, attributes }) =>
    (attributes[name] as Json[]).map((value) => ({ key, value })),
  );
  const told = elements.map(({ value }) => JSON.stringify(value));
  const once = elements.filter((_, at) => told.indexOf(told[at] ?? '') === at);
  return { value: once.map(({ value }) => value), from: once[0]?.key ?? null };
}
