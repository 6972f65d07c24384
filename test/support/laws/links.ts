/**
 * Links by brute force: of *all* partitions of the records, keep those that agree with the words of persons, latest
 * first, then with the evidence, strongest first. Written apart from the code that it judges; fit for eight records.
 */
export interface NaiveNode {
  readonly id: string;
  /** Orders records the same way whatever their ids. */
  readonly key: string;
  readonly deleted: boolean;
  readonly unique: string | null;
  /** Scheme → values, of schemes that a real thing has only one of. */
  readonly exclusive: Readonly<Record<string, readonly string[]>>;
}
export interface NaiveEdge {
  readonly a: string;
  readonly b: string;
  readonly weight: number;
  readonly match: boolean;
}
export interface NaiveWord {
  readonly says: 'TOGETHER' | 'APART';
  readonly left: readonly string[];
  readonly right: readonly string[];
}
export interface NaiveThresholds {
  readonly review: number;
  readonly confirmed: number;
  readonly margin: number;
}

/** For each record the number of its block. */
type Blocks = readonly number[];

/** Words come in the order in which they were spoken. Answers the blocks, each sorted by key. */
export function naiveLinks(
  nodes: readonly NaiveNode[],
  edges: readonly NaiveEdge[],
  words: readonly NaiveWord[],
  thresholds: NaiveThresholds,
): string[][] {
  const byKey = [...nodes].sort((x, y) => order(x.key, y.key));
  const at = new Map(byKey.map(({ id }, index) => [id, index]));
  const matches = edges
    .filter(({ a, b, match }) => match && at.has(a) && at.has(b))
    .map(({ a, b, weight }) => {
      const [low, high] = [at.get(a) ?? 0, at.get(b) ?? 0].sort((x, y) => x - y) as [number, number];
      return { low, high, weight };
    })
    .sort((x, y) => y.weight - x.weight || order(pairText(byKey, x), pairText(byKey, y)));
  const between = new Map(edges.flatMap(({ a, b, weight }) => [[`${a} ${b}`, weight] as const, [`${b} ${a}`, weight]]));
  const weightOf = (x: number, y: number) => between.get(`${byKey[x]?.id} ${byKey[y]?.id}`) ?? Number.NEGATIVE_INFINITY;
  const world: World = { nodes: byKey, words: obeyed(byKey, words), thresholds, weightOf };
  const picked = linked(world, matches, new Set());
  const doubtful = twoGoodPlaces(world, picked);
  const { blocks } = doubtful.size === 0 ? picked : linked(world, matches, doubtful);
  return blocksOf(blocks).map((members) => members.map((index) => byKey[index]?.id ?? ''));
}

interface World {
  readonly nodes: readonly NaiveNode[];
  readonly words: Obeyed;
  readonly thresholds: NaiveThresholds;
  readonly weightOf: (x: number, y: number) => number;
}
interface Obeyed {
  /** Every partition that no word forbids. */
  readonly allowed: readonly Blocks[];
  readonly apart: readonly (readonly [number, number])[];
  readonly spoken: ReadonlySet<number>;
  /** Were these on one side, when a person kept two apart? */
  readonly onOneSide: (x: number, y: number) => boolean;
}

function obeyed(nodes: readonly NaiveNode[], words: readonly NaiveWord[]): Obeyed {
  const at = new Map(nodes.map(({ id }, index) => [id, index]));
  const indexes = (ids: readonly string[]) =>
    [...new Set(ids.map((id) => at.get(id)).filter((index) => index !== undefined))].sort((x, y) => x - y);
  let allowed = partitions(nodes.length);
  const wish = (holds: (blocks: Blocks) => boolean): boolean => {
    const agreeing = allowed.filter(holds);
    if (agreeing.length > 0) allowed = agreeing;
    return agreeing.length > 0;
  };
  const apart: [number, number][] = [];
  for (const { says, left, right } of [...words].reverse()) {
    if (says === 'TOGETHER') {
      for (const [x, y] of pairs(indexes([...left, ...right]))) wish((blocks) => blocks[x] === blocks[y]);
    } else {
      for (const x of indexes(left)) {
        for (const y of indexes(right)) if (wish((blocks) => blocks[x] !== blocks[y])) apart.push([x, y]);
      }
    }
  }
  const sides = words.flatMap(({ says, left, right }) => (says === 'APART' ? [indexes(left), indexes(right)] : []));
  return {
    allowed,
    apart,
    spoken: new Set(words.flatMap(({ left, right }) => indexes([...left, ...right]))),
    onOneSide: (x, y) => sides.some((side) => side.includes(x) && side.includes(y)),
  };
}

interface Match {
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}
interface Picked {
  readonly blocks: Blocks;
  readonly holding: readonly Match[];
  readonly refused: readonly Match[];
}

function linked(world: World, matches: readonly Match[], doubtful: ReadonlySet<number>): Picked {
  const { nodes, words, thresholds } = world;
  let allowed = words.allowed;
  const holding: Match[] = [];
  const refused: Match[] = [];
  for (const match of matches) {
    const { low, high, weight } = match;
    const blocks = finest(allowed);
    if (blocks[low] === blocks[high]) {
      holding.push(match);
      continue;
    }
    if (doubtful.has(low) || doubtful.has(high)) {
      refused.push(match);
      continue;
    }
    const joined = allowed.filter((partition) => partition[low] === partition[high]);
    const ours = blockOf(blocks, low);
    const theirs = blockOf(blocks, high);
    const confirmed = [ours, theirs].filter((block) => block.some((index) => words.spoken.has(index))).length;
    const seen = ours.some((x) => theirs.some((y) => words.onOneSide(x, y)));
    const personFirst = !seen && (confirmed === 2 || (confirmed === 1 && weight < thresholds.confirmed));
    const hard = joined.length === 0 || clash(nodes, ours, theirs) || samePromise(nodes, ours, theirs);
    const chained = !hard && !personFirst && !onTheWhole(world, ours, theirs);
    if (!hard && !personFirst && !chained) {
      allowed = joined;
      holding.push(match);
    } else if (hard || chained) {
      // What a person stands in the way of is a question for that person, not a second good place.
      refused.push(match);
    }
  }
  return { blocks: finest(allowed), holding, refused };
}

/** Records that had another place about as good, which only others in it kept them from. */
function twoGoodPlaces({ nodes, words, thresholds }: World, { blocks, holding, refused }: Picked): Set<number> {
  const found = new Set<number>();
  for (const { low, high, weight } of refused) {
    for (const [one, other] of [
      [low, high],
      [high, low],
    ] as const) {
      const placed = holding.filter(({ low: x, high: y }) => x === one || y === one).map((held) => held.weight);
      if (placed.length === 0 || words.spoken.has(one)) continue;
      if (weight < Math.max(...placed) - thresholds.margin) continue;
      const elsewhere = blockOf(blocks, other);
      if (elsewhere.includes(one)) continue;
      const forbidden = words.apart.some(
        ([x, y]) => (x === one && elsewhere.includes(y)) || (y === one && elsewhere.includes(x)),
      );
      if (!forbidden && !clash(nodes, [one], elsewhere) && !samePromise(nodes, [one], elsewhere)) found.add(one);
    }
  }
  return found;
}

/** What nobody would ask about counts five against; nothing counts more than twelve for. */
function onTheWhole({ thresholds, weightOf }: World, ours: readonly number[], theirs: readonly number[]): boolean {
  if (ours.length * theirs.length === 1) return true;
  const weights = ours.flatMap((x) => theirs.map((y) => weightOf(x, y)));
  return weights.map((weight) => (weight < thresholds.review ? -5 : Math.min(12, weight))).reduce((x, y) => x + y) >= 0;
}

function clash(nodes: readonly NaiveNode[], ours: readonly number[], theirs: readonly number[]): boolean {
  const values = (block: readonly number[], scheme: string) =>
    block.flatMap((index) => nodes[index]?.exclusive[scheme] ?? []);
  const schemes = new Set(ours.flatMap((index) => Object.keys(nodes[index]?.exclusive ?? {})));
  return [...schemes].some((scheme) => {
    const mine = values(ours, scheme);
    const other = values(theirs, scheme);
    return mine.length > 0 && other.length > 0 && !mine.some((value) => other.includes(value));
  });
}

function samePromise(nodes: readonly NaiveNode[], ours: readonly number[], theirs: readonly number[]): boolean {
  const promises = (block: readonly number[]) =>
    block
      .map((index) => nodes[index])
      .filter((node) => node !== undefined && !node.deleted && node.unique !== null)
      .map((node) => node?.unique);
  return promises(ours).some((promise) => promises(theirs).includes(promise));
}

const order = (x: string, y: string) => (x < y ? -1 : x > y ? 1 : 0);
const pairText = (nodes: readonly NaiveNode[], { low, high }: Match) => `${nodes[low]?.key}\n${nodes[high]?.key}`;
const pairs = (indexes: readonly number[]) =>
  indexes.flatMap((x, place) => indexes.slice(place + 1).map((y) => [x, y] as const));
const blockOf = (blocks: Blocks, index: number) =>
  [...blocks.keys()].filter((other) => blocks[other] === blocks[index]);
const blocksOf = (blocks: Blocks) => [...new Set(blocks)].map((block) => blockOf(blocks, blocks.indexOf(block)));
/** The partition that joins no more than it must. */
const finest = (allowed: readonly Blocks[]): Blocks => allowed[0] as Blocks;

const known = new Map<number, readonly Blocks[]>();
/** All partitions, the finest first. */
function partitions(size: number): readonly Blocks[] {
  const found =
    known.get(size) ??
    (size === 0
      ? [[]]
      : partitions(size - 1)
          .flatMap(withOneMore)
          .sort(finerFirst));
  known.set(size, found);
  return found;
}
const withOneMore = (blocks: Blocks): Blocks[] =>
  Array.from({ length: Math.max(-1, ...blocks) + 2 }, (_, block) => [...blocks, block]);
const finerFirst = (a: Blocks, b: Blocks) => Math.max(...b) - Math.max(...a);
