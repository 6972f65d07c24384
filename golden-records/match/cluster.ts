import type { Thresholds } from '../rules.js';
import { JOIN_THRESHOLD, MOST_WEIGHT, UNSCORED } from './engine/index.js';
import { type IdentifierValue, identifierKey } from './identifiers.js';
import { CERTAIN, type MatchOutcome } from './matcher.js';

export interface ClusterNode {
  readonly id: string;
  /** system, scope and external id: orders nodes the same way whatever order they arrived in. */
  readonly key: string;
  readonly deleted: boolean;
  /** Set when the system promises one record per real thing: two of the same value never meet by machine. */
  readonly uniqueWithin: string | null;
  /** Strong identifiers. */
  readonly identifiers: readonly IdentifierValue[];
  /** Those of which a real thing has only one, as "scheme" or "scheme country" → values. */
  readonly exclusive: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface ClusterEdge {
  readonly left: string;
  readonly right: string;
  readonly weight: number;
  readonly outcome: MatchOutcome;
}

/** A person's standing word on sets of source records. */
export interface Word {
  readonly decisionId: string;
  /** Later words win where two speak of the same pair. */
  readonly seq: bigint;
  readonly says: 'TOGETHER' | 'APART';
  /** TOGETHER: all of left and right. APART: each of left from each of right. */
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** "scheme:value" that both sides shared, or that clashed, when the person decided: known then, so no news now. */
  readonly known: readonly string[];
}

export type AskReason =
  | 'REVIEW'
  | 'CONFLICT'
  | 'UNIQUE'
  | 'CONFIRMED'
  | 'AMBIGUOUS'
  | 'CHAIN'
  | 'REOPENED'
  | 'QUESTIONED';
/** A question for a person about two records that are kept apart (or, QUESTIONED, together) though the evidence says otherwise. */
export interface Ask {
  readonly left: string;
  readonly right: string;
  readonly weight: number;
  readonly reason: AskReason;
  /** All that would go with `right`, where only being kept in agreement holds them. */
  readonly part?: readonly string[];
}

export interface Clustering {
  readonly clusters: readonly (readonly string[])[];
  readonly asks: readonly Ask[];
  /** Weight of the best link that holds a record in its cluster; none for a record on its own or placed by a person. */
  readonly weights: ReadonlyMap<string, number>;
  /** Records that a person's standing word holds together with another. */
  readonly manual: ReadonlySet<string>;
  /** Records that any standing word speaks of. */
  readonly confirmed: ReadonlySet<string>;
}

/**
 * Partition records by the standing words of persons, then by evidence, strongest first. A pure function of its
 * arguments: the order in which records arrived doesn't matter (laws 3, 5, 9). Words go from the latest to the oldest,
 * so that a later one wins; a machine's link never crosses a word, a clash of exclusive identifiers, or a system's promise
 * of unique records. What it would have linked and may not is asked.
 */
export function cluster(
  nodes: readonly ClusterNode[],
  edges: readonly ClusterEdge[],
  words: readonly Word[],
  thresholds: Thresholds,
): Clustering {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const sorted = [...edges].filter(({ left, right }) => byId.has(left) && byId.has(right)).sort(strongestFirst(byId));
  // The words of one decision keep their order.
  const latestFirst = [...words].sort((a, b) => (a.seq === b.seq ? 0 : a.seq < b.seq ? 1 : -1));
  const between = weightsBetween(sorted);
  const first = new Partition(byId, latestFirst, thresholds, between);
  first.link(sorted, new Set());
  const ambiguous = first.ambiguous();
  let result = first;
  if (ambiguous.size > 0) {
    result = new Partition(byId, latestFirst, thresholds, between);
    result.link(sorted, ambiguous);
  }
  result.keep(sorted);
  return result.finish(sorted);
}

/** What was scored, by either record. */
function weightsBetween(edges: readonly ClusterEdge[]): Map<string, Map<string, number>> {
  const weights = new Map<string, Map<string, number>>();
  for (const { left, right, weight } of edges) {
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const own = weights.get(one) ?? new Map<string, number>();
      weights.set(one, own.set(other, weight));
    }
  }
  return weights;
}

const strongestFirst = (nodes: ReadonlyMap<string, ClusterNode>) => (a: ClusterEdge, b: ClusterEdge) =>
  b.weight - a.weight || compare(pairKey(nodes, a), pairKey(nodes, b));
const pairKey = (nodes: ReadonlyMap<string, ClusterNode>, { left, right }: { left: string; right: string }) =>
  [nodes.get(left)?.key ?? left, nodes.get(right)?.key ?? right].sort().join('\n');
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The same from either side. */
const pairOf = ({ left, right }: { left: string; right: string }) => (left < right ? left + right : right + left);

interface Group {
  readonly members: string[];
  readonly exclusive: Map<string, Set<string>>;
  readonly unique: Set<string>;
  confirmed: boolean;
}

class Partition {
  private readonly groupOf = new Map<string, Group>();
  private readonly apart: [string, string][] = [];
  private readonly manual = new Set<string>();
  private readonly confirmed = new Set<string>();
  private readonly weights = new Map<string, number>();
  private readonly blocked: { edge: ClusterEdge; reason: AskReason | null }[] = [];

  constructor(
    private readonly nodes: ReadonlyMap<string, ClusterNode>,
    private readonly words: readonly Word[],
    private readonly thresholds: Thresholds,
    private readonly between: ReadonlyMap<string, ReadonlyMap<string, number>>,
  ) {
    for (const word of words) for (const id of [...word.left, ...word.right]) if (nodes.has(id)) this.confirmed.add(id);
    for (const node of nodes.values()) this.groupOf.set(node.id, this.single(node));
    for (const word of words) this.obey(word);
  }

  private single(node: ClusterNode): Group {
    return {
      members: [node.id],
      exclusive: new Map([...node.exclusive].map(([key, values]) => [key, new Set(values)])),
      unique: new Set(node.uniqueWithin === null || node.deleted ? [] : [node.uniqueWithin]),
      confirmed: this.confirmed.has(node.id),
    };
  }

  private obey(word: Word): void {
    const left = this.known(word.left);
    const right = this.known(word.right);
    if (word.says === 'TOGETHER') {
      const all = this.byKey([...left, ...right]);
      for (const id of all) for (const other of all) if (id !== other) this.joinByWord(id, other);
      return;
    }
    for (const id of left) {
      for (const other of right) if (this.group(id) !== this.group(other)) this.apart.push([id, other]);
    }
  }

  private joinByWord(id: string, other: string): void {
    if (this.keptApart(this.group(id), this.group(other))) return;
    this.join(this.group(id), this.group(other));
    this.manual.add(id).add(other);
  }

  private known = (ids: readonly string[]) => ids.filter((id) => this.nodes.has(id));
  private byKey = (ids: readonly string[]) =>
    [...new Set(ids)].sort((a, b) => compare(this.nodes.get(a)?.key ?? a, this.nodes.get(b)?.key ?? b));

  private group(id: string): Group {
    const group = this.groupOf.get(id);
    if (!group) throw new Error(`record ${id} is not part of this component`);
    return group;
  }

  private join(into: Group, from: Group): void {
    if (into === from) return;
    for (const id of from.members) {
      into.members.push(id);
      this.groupOf.set(id, into);
    }
    for (const [key, values] of from.exclusive) {
      const all = into.exclusive.get(key) ?? new Set();
      for (const value of values) all.add(value);
      into.exclusive.set(key, all);
    }
    for (const promise of from.unique) into.unique.add(promise);
    into.confirmed ||= from.confirmed;
  }

  private keptApart(a: Group, b: Group): boolean {
    return this.apart.some(([left, right]) => {
      const l = this.group(left);
      const r = this.group(right);
      return (l === a && r === b) || (l === b && r === a);
    });
  }

  /** Take the edges that reach the match threshold, strongest first; what may not be linked is remembered with its reason. */
  link(edges: readonly ClusterEdge[], ambiguous: ReadonlySet<string>): void {
    for (const edge of edges) {
      if (edge.outcome !== 'MATCH') continue;
      const a = this.group(edge.left);
      const b = this.group(edge.right);
      if (a === b) {
        this.note(edge);
      } else if (ambiguous.has(edge.left) || ambiguous.has(edge.right)) {
        this.blocked.push({ edge, reason: this.keptApart(a, b) ? null : 'AMBIGUOUS' });
      } else {
        const reason = this.obstacle(a, b, edge.weight);
        if (reason === undefined) {
          this.join(a, b);
          this.note(edge);
        } else {
          this.blocked.push({ edge, reason });
        }
      }
    }
  }

  /**
   * What is kept in agreement stays together, after all that evidence joins: who has come to resemble others more is asked
   * about. Two clusters are joined whole, or not at all.
   */
  keep(edges: readonly ClusterEdge[]): void {
    const held = new Set(edges.filter(({ outcome }) => outcome === 'KEPT' || outcome === 'MATCH').map(pairOf));
    for (const edge of edges) {
      if (edge.outcome !== 'KEPT') continue;
      const a = this.group(edge.left);
      const b = this.group(edge.right);
      if (a === b) continue;
      const isWhole = a.members.every((left) => b.members.every((right) => held.has(pairOf({ left, right }))));
      const reason = this.keptApart(a, b) ? null : (this.clashOf(a, b) ?? (isWhole ? undefined : 'CHAIN'));
      if (reason === undefined) {
        this.join(a, b);
        this.note(edge);
      } else this.blocked.push({ edge, reason });
    }
  }

  private note({ left, right, weight }: ClusterEdge): void {
    for (const id of [left, right])
      this.weights.set(id, Math.max(weight, this.weights.get(id) ?? Number.NEGATIVE_INFINITY));
  }

  /** Why the machine may not join these; undefined when it may, null when a person said so and nothing is to be asked. */
  private obstacle(a: Group, b: Group, weight: number): AskReason | null | undefined {
    if (this.keptApart(a, b)) return null;
    const clashing = this.clashOf(a, b);
    if (clashing) return clashing;
    const isBelow = weight < this.thresholds.confirmed;
    const isPersons = (a.confirmed && b.confirmed) || ((a.confirmed || b.confirmed) && isBelow);
    if (isPersons && !this.seenTogether(a, b)) return 'CONFIRMED';
    return this.agree(a, b) ? undefined : 'CHAIN';
  }

  /** Who keeps two apart has seen what each of them is: what evidence joins on one side may stay joined. */
  private seenTogether(a: Group, b: Group): boolean {
    const any = (ids: readonly string[], { members }: Group) => ids.some((id) => members.includes(id));
    return this.words.some(
      ({ says, left, right }) =>
        says === 'APART' && ((any(left, a) && any(left, b)) || (any(right, a) && any(right, b))),
    );
  }

  private clashOf(a: Group, b: Group): AskReason | undefined {
    if (clash(a.exclusive, b.exclusive)) return 'CONFLICT';
    return [...a.unique].some((promise) => b.unique.has(promise)) ? 'UNIQUE' : undefined;
  }

  /**
   * Do two clusters agree on the whole? One strong pair between two things that are known to be two doesn't chain them: the
   * mean over all pairs counts, and a pair that wasn't worth keeping speaks against.
   */
  private agree(a: Group, b: Group): boolean {
    if (a.members.length * b.members.length === 1) return true;
    let sum = 0;
    for (const left of a.members) {
      const weights = this.between.get(left);
      for (const right of b.members) {
        const weight = weights?.get(right) ?? UNSCORED;
        if (weight >= CERTAIN) return true;
        sum += Math.min(MOST_WEIGHT, weight);
      }
    }
    return sum >= JOIN_THRESHOLD * a.members.length * b.members.length;
  }

  /**
   * Records with two good places: a link that was refused for what *others* in their cluster hold, about as strong as
   * the one that placed them. They are asked about instead of picked for.
   */
  ambiguous(): Set<string> {
    const found = new Set<string>();
    for (const { edge, reason } of this.blocked) {
      if (reason === 'CONFIRMED') continue;
      for (const [id, other] of [
        [edge.left, edge.right],
        [edge.right, edge.left],
      ] as const) {
        const placed = this.weights.get(id);
        const node = this.nodes.get(id);
        if (placed === undefined || node === undefined || this.confirmed.has(id)) continue;
        if (edge.weight < placed - this.thresholds.margin) continue;
        const elsewhere = this.group(other);
        if (elsewhere === this.group(id)) continue;
        const alone = this.single(node);
        const own = this.apart.some(
          ([l, r]) => (l === id && elsewhere.members.includes(r)) || (r === id && elsewhere.members.includes(l)),
        );
        if (
          !own &&
          !clash(alone.exclusive, elsewhere.exclusive) &&
          ![...alone.unique].some((promise) => elsewhere.unique.has(promise))
        ) {
          found.add(id);
        }
      }
    }
    return found;
  }

  finish(edges: readonly ClusterEdge[]): Clustering {
    const groups = [...new Set(this.groupOf.values())];
    return {
      clusters: groups.map(({ members }) => this.byKey(members)),
      asks: [...this.asks(edges), ...this.questioned(), ...this.merelyKept(edges)].filter(
        ({ left, right }) => !this.nodes.get(left)?.deleted && !this.nodes.get(right)?.deleted,
      ),
      weights: this.weights,
      manual: this.manual,
      confirmed: this.confirmed,
    };
  }

  private *asks(edges: readonly ClusterEdge[]): Iterable<Ask> {
    const reasons = new Map(this.blocked.map(({ edge, reason }) => [edge, reason]));
    for (const edge of edges) {
      if (edge.outcome === 'NO_MATCH' || this.group(edge.left) === this.group(edge.right)) continue;
      const reason = this.askReason(edge, reasons.get(edge) ?? 'REVIEW');
      if (reason) yield { left: edge.left, right: edge.right, weight: edge.weight, reason };
    }
  }

  /** A person's "apart" silences the question until identifiers that weren't known then speak for it. */
  private askReason({ left, right }: ClusterEdge, reason: AskReason): AskReason | null {
    const word = this.latestWord(left, right) ?? this.wordBetween(this.group(left), this.group(right));
    if (word?.says !== 'APART') return reason;
    const theirs = new Set(this.nodes.get(right)?.identifiers.map(identifierKey));
    const shared =
      this.nodes
        .get(left)
        ?.identifiers.map(identifierKey)
        .filter((key) => theirs.has(key)) ?? [];
    return shared.some((key) => !word.known.includes(key)) ? 'REOPENED' : null;
  }

  private latestWord(left: string, right: string): Word | undefined {
    return this.words.find((word) => {
      const inLeft = (id: string) => word.left.includes(id);
      const inRight = (id: string) => word.right.includes(id);
      if (word.says === 'APART') return (inLeft(left) && inRight(right)) || (inLeft(right) && inRight(left));
      return (inLeft(left) || inRight(left)) && (inLeft(right) || inRight(right));
    });
  }

  /** The latest word that keeps these apart: it holds for whoever joined one of them since. */
  private wordBetween(a: Group, b: Group): Word | undefined {
    const any = (ids: readonly string[], { members }: Group) => ids.some((id) => members.includes(id));
    return this.words.find(
      ({ says, left, right }) =>
        says === 'APART' && ((any(left, a) && any(right, b)) || (any(left, b) && any(right, a))),
    );
  }

  /** Parts of a cluster that nothing holds together any more but that they are kept in agreement: the smaller ones are in question. */
  private *merelyKept(edges: readonly ClusterEdge[]): Iterable<Ask> {
    const inside = edges.filter(({ left, right }) => this.group(left) === this.group(right));
    const isWeak = ({ outcome, weight }: ClusterEdge) => outcome === 'KEPT' && weight < this.thresholds.review;
    for (const group of new Set(inside.filter(isWeak).map(({ left }) => this.group(left)))) {
      const own = inside.filter(({ left }) => this.group(left) === group);
      const holding = own.filter((edge) => !isWeak(edge) && edge.outcome !== 'POSSIBLE_MATCH');
      const pairs = holding.map(({ left, right }) => [left, right]);
      const words = this.words.flatMap(({ says, left, right }) => (says === 'TOGETHER' ? [[...left, ...right]] : []));
      const [main = [], ...parts] = partsOf(this.byKey(group.members), [...pairs, ...words]);
      for (const part of parts) {
        const [right = ''] = part;
        const [left = ''] = main;
        yield { left, right, weight: 0, reason: 'QUESTIONED', part };
      }
    }
  }

  /** Records that a person joined and whose exclusive identifiers have come to clash since. */
  private *questioned(): Iterable<Ask> {
    for (const word of this.words) {
      if (word.says !== 'TOGETHER') continue;
      const ids = this.byKey(this.known([...word.left, ...word.right]));
      for (const [at, left] of ids.entries()) {
        for (const right of ids.slice(at + 1)) {
          const key = clashKey(this.nodes.get(left)?.exclusive, this.nodes.get(right)?.exclusive);
          if (key !== undefined && !word.known.includes(key) && this.group(left) === this.group(right)) {
            yield { left, right, weight: 0, reason: 'QUESTIONED' };
          }
        }
      }
    }
  }
}

type Exclusive = ReadonlyMap<string, ReadonlySet<string>>;
const clash = (a: Exclusive, b: Exclusive) => clashKey(a, b) !== undefined;

/** The scheme of which both hold values, none of them shared. */
export function clashKey(a: Exclusive | undefined, b: Exclusive | undefined): string | undefined {
  for (const [key, values] of a ?? []) {
    const others = b?.get(key);
    if (others && ![...values].some((value) => others.has(value))) return key;
  }
  return undefined;
}

/** Divided into what is connected, the largest part first; else in the order given. */
function partsOf(ids: readonly string[], together: readonly (readonly string[])[]): string[][] {
  const partOf = new Map(ids.map((id) => [id, [id]]));
  for (const set of together) {
    const [first, ...others] = set.flatMap((id) => partOf.get(id) ?? []);
    if (first === undefined) continue;
    const joined = [...new Set([first, ...others])];
    for (const id of joined) partOf.set(id, joined);
  }
  const order = new Map(ids.map((id, at) => [id, at]));
  return [...new Set(partOf.values())]
    .map((part) => part.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)))
    .sort((a, b) => b.length - a.length || (order.get(a[0] ?? '') ?? 0) - (order.get(b[0] ?? '') ?? 0));
}
