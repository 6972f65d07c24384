import { newId } from './ids.js';
import { type Json, type JsonObject, sameJson } from './json.js';
import { type Ask, type ClusterEdge, type Clustering, type ClusterNode, cluster, type Word } from './match/cluster.js';
import { issuer } from './match/identifiers.js';
import type { EntityTypeDefinition, Kind } from './model.js';
import type { Model, Thresholds } from './rules.js';
import type { Component, FringeRow } from './store/component.js';
import type {
  AttributeDiff,
  ChangedRecord,
  DecisionRow,
  GoldenRow,
  GoldenState,
  ScoreRow,
  SourceRow,
} from './store/rows.js';
import {
  type Contributor,
  type OwnershipConflict,
  type ResolvedTarget,
  type StandingOverride,
  survive,
} from './survivorship/survive.js';

/** A new or changed source record on its way in; its link is what settling decides. */
export type Arrival = Omit<SourceRow, 'goldenId' | 'linkKind' | 'matchWeight' | 'linkedAt'>;

export interface Link {
  readonly id: string;
  readonly goldenId: string;
  readonly linkKind: 'AUTO' | 'MANUAL';
  readonly matchWeight: number | null;
  readonly linkedAt: string;
}

/** A question, with the golden records that it is about. */
export interface Question extends Ask {
  readonly goldenIds: readonly [string, string];
  readonly provisional: boolean;
}

/** What is to be written so that links and golden records agree with the sources, the decisions and the rules. */
export interface Settlement {
  /** Every member of the component, whether or not its link changed. */
  readonly links: readonly Link[];
  /** Links of stored records that are not what is stored. */
  readonly relinked: readonly Link[];
  /** Links that are new or lead elsewhere than before. */
  readonly moved: readonly Link[];
  readonly goldens: readonly GoldenRow[];
  readonly changes: readonly ChangedRecord[];
  readonly questions: readonly Question[];
  readonly conflicts: readonly (OwnershipConflict & { goldenId: string })[];
  /** Golden records that existed before and were looked at. */
  readonly touched: readonly string[];
}

export interface Unsettled {
  readonly definition: EntityTypeDefinition;
  readonly component: Component;
  readonly arrivals: readonly Arrival[];
  /** Scores of the arrivals; stored scores that involve them are out of date. */
  readonly scores: readonly ScoreRow[];
}

/** How a stated reference is known: resolved in one go before surviving. */
export const targetKey = (entityType: string, { system, scope, id }: ResolvedTarget) =>
  `${entityType}\n${system}\n${scope}\n${id}`;

/** Every reference that members of the component state, to be resolved before `settle`. */
export function statedTargets({
  definition,
  component,
  arrivals,
}: Unsettled): Map<string, ResolvedTarget & { entityType: string }> {
  const targets = new Map<string, ResolvedTarget & { entityType: string }>();
  const referring = Object.entries(definition.attributes).filter(([, { kind }]) => refers(kind));
  const walk = (kind: Kind, value: Json | undefined): void => {
    if (value === null || value === undefined) return;
    if (kind.kind === 'reference') {
      const target = value as unknown as ResolvedTarget;
      targets.set(targetKey(kind.target ?? '', target), { entityType: kind.target ?? '', ...target });
    } else if (kind.kind === 'list') {
      for (const element of value as Json[]) walk(kind.of as Kind, element);
    } else if (kind.kind === 'byBusinessUnit') {
      for (const entry of value as JsonObject[]) {
        walk({ kind: 'reference', target: 'business_unit' }, entry.businessUnit);
        walk(kind.of as Kind, entry.value);
      }
    } else if (kind.kind === 'object') {
      for (const [name, field] of Object.entries(kind.fields ?? {})) walk(field.kind, (value as JsonObject)[name]);
    }
  };
  for (const { attributes } of [...component.sources, ...arrivals]) {
    for (const [name, { kind }] of referring) walk(kind, attributes[name]);
  }
  for (const { kind: decided, payload } of component.decisions) {
    const kind = decided === 'OVERRIDE' ? definition.attributes[String(payload.attribute)]?.kind : undefined;
    if (kind && refers(kind)) walk(kind, payload.value);
  }
  return targets;
}

const refers = (kind: Kind): boolean =>
  kind.kind === 'reference' ||
  kind.kind === 'byBusinessUnit' ||
  (kind.of !== undefined && refers(kind.of)) ||
  Object.values(kind.fields ?? {}).some((field) => refers(field.kind));

/**
 * Cluster the component, give each cluster its canonical id, and survive its golden record. Pure: the caller loads
 * before and writes after, in one transaction under the entity type's lock.
 *
 * An id belongs to one source record, its anchor: where the anchor is, the id is. A cluster with several anchors goes on
 * under one of the ids and the others redirect to it; when they part again, each id is back where it was.
 */
export function settle(
  model: Model,
  unsettled: Unsettled,
  resolved: ReadonlyMap<string, string>,
  now: string,
  thresholds: Thresholds = model.thresholdsFor(unsettled.definition.code),
): Settlement {
  const { definition, component, arrivals } = unsettled;
  const stored = new Map(component.sources.map((row) => [row.id, row]));
  const rows = new Map<string, Arrival>([...stored, ...arrivals.map((arrival) => [arrival.id, arrival] as const)]);
  const clustering = clusterOf(model, unsettled, rows, thresholds);
  // Oldest id first, so that the feed tells of one operation's records in an order that can be relied on.
  const assigned = clustering.clusters
    .map((ids) => assign(ids, component, clustering, stored))
    .sort((a, b) => compare(a.id, b.id));
  const goldenOf = new Map(assigned.flatMap(({ id, ids }) => ids.map((member) => [member, id] as const)));

  const links = assigned.flatMap(({ id, ids }) =>
    ids.map((member) => linkOf(member, id, clustering, stored.get(member), now)),
  );
  const redirect = new Map(assigned.flatMap(({ id, merged }) => merged.map((golden) => [golden.id, id] as const)));
  const resolve = resolverOf(definition, rows, goldenOf, redirect, resolved, assigned);
  const fringe = new Map(component.fringe.map((row) => [row.id, row]));
  const questions = [
    ...questionsOf(clustering.asks, goldenOf, clustering),
    ...fringeQuestions(unsettled, goldenOf, fringe, clustering, rows),
  ];
  const inDoubt = new Set(
    questions.filter(({ provisional }) => provisional).map(({ left, right }) => (left > right ? left : right)),
  );

  const goldens: GoldenRow[] = [];
  const changes: ChangedRecord[] = [];
  const conflicts: (OwnershipConflict & { goldenId: string })[] = [];
  const keep = (next: GoldenRow, before: GoldenRow | undefined): void => {
    const change = changeOf(definition, next, before);
    if (!change) return;
    goldens.push(next);
    changes.push(change);
  };
  for (const { id, ids, survivor, merged, anchorId } of assigned) {
    const members = ids.map((member) => rows.get(member)).filter((row) => row !== undefined);
    const active = members.filter(({ state }) => state === 'ACTIVE');
    // A record whose sources are all gone keeps what was last known of it.
    const contributors = (active.length > 0 ? active : members).map(asContributor);
    const ownIds = new Set([id, ...merged.map((golden) => golden.id)]);
    const result = survive(model, definition, contributors, overridesOf(component.decisions, ownIds), resolve);
    conflicts.push(...result.conflicts.map((conflict) => ({ ...conflict, goldenId: id })));
    const provisional = ids.length === 1 && ids[0] !== undefined && inDoubt.has(ids[0]);
    keep(
      {
        id,
        anchorId,
        state: stateOf(component.decisions, id, active.length > 0, provisional),
        version: (survivor?.version ?? 0) + 1,
        attributes: result.attributes,
        provenance: result.provenance,
        members: [...ids].sort(),
        mergedIntoId: null,
        createdAt: survivor?.createdAt ?? now,
        validFrom: later(now, survivor?.validFrom),
      },
      survivor,
    );
    for (const golden of merged) keep(redirected(golden, id, now), golden);
  }
  return {
    links,
    relinked: links.filter((link) => !sameLink(link, stored.get(link.id))),
    moved: links.filter(({ id, goldenId }) => stored.get(id)?.goldenId !== goldenId),
    goldens,
    changes,
    questions,
    conflicts,
    touched: component.goldens.map(({ id }) => id),
  };
}

function clusterOf(
  model: Model,
  { definition, component, arrivals, scores }: Unsettled,
  rows: ReadonlyMap<string, Arrival>,
  thresholds: Thresholds,
): Clustering {
  const arriving = new Set(arrivals.map(({ id }) => id));
  const kept = component.scores.filter(({ left, right }) => !arriving.has(left) && !arriving.has(right));
  const edges: ClusterEdge[] = [...kept, ...scores];
  const nodes = [...rows.values()].map((row) => nodeOf(model, definition, row));
  return cluster(nodes, edges, component.decisions.flatMap(wordsOf), thresholds);
}

export function nodeOf(model: Model, definition: EntityTypeDefinition, row: Arrival): ClusterNode {
  const promise = model.systems.get(row.system)?.uniqueRecords?.includes(definition.code);
  const strong = row.identifiers.filter((identifier) => identifier.strong);
  const exclusive = new Map<string, Set<string>>();
  for (const { scheme, value } of strong) {
    const use = definition.matching.identifiers[scheme as keyof typeof definition.matching.identifiers];
    if (use !== 'EXCLUSIVE') continue;
    const key = `${scheme} ${issuer(scheme, value)}`.trim();
    exclusive.set(key, (exclusive.get(key) ?? new Set<string>()).add(value));
  }
  return {
    id: row.id,
    key: `${row.system}\n${row.scope}\n${row.externalId}`,
    deleted: row.state === 'DELETED',
    uniqueWithin: promise ? `${row.system}\n${row.scope}` : null,
    identifiers: strong,
    exclusive,
  };
}

/** What a standing decision says about pairs of records. Overrides and states say nothing about pairs. */
export function wordsOf(decision: DecisionRow): Word[] {
  const side = (name: 'LEFT' | 'RIGHT' | 'APART') =>
    decision.members.filter((member) => member.side === name).map(({ id }) => id);
  const word = (says: Word['says'], right: readonly string[], left = side('LEFT')): Word => ({
    decisionId: decision.id,
    seq: decision.seq,
    says,
    left,
    right,
    known: decision.known,
  });
  switch (decision.kind) {
    case 'MERGE':
      return [word('TOGETHER', side('RIGHT'))];
    case 'LINK':
      return [word('TOGETHER', side('RIGHT')), word('APART', side('APART'))];
    case 'SPLIT':
    case 'UNMERGE':
    case 'UNLINK':
      // Who divides a record in two has seen what stays together: neither side may fall apart for it.
      return [word('TOGETHER', [], side('LEFT')), word('TOGETHER', [], side('RIGHT')), word('APART', side('RIGHT'))];
    case 'NOT_DUPLICATE':
      return [word('APART', side('RIGHT'))];
    default:
      return [];
  }
}

interface Assigned {
  readonly id: string;
  readonly ids: readonly string[];
  readonly survivor: GoldenRow | undefined;
  readonly merged: readonly GoldenRow[];
  readonly anchorId: string;
}

function assign(
  ids: readonly string[],
  component: Component,
  clustering: Clustering,
  stored: ReadonlyMap<string, SourceRow>,
): Assigned {
  const here = component.goldens
    .filter(({ anchorId }) => ids.includes(anchorId))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const survivor =
    chosenSurvivor(here, component.decisions) ??
    here.find(({ anchorId }) => clustering.confirmed.has(anchorId)) ??
    here[0];
  if (survivor) {
    return {
      id: survivor.id,
      ids,
      survivor,
      merged: here.filter(({ id }) => id !== survivor.id),
      anchorId: survivor.anchorId,
    };
  }
  const linkedAt = (id: string) => stored.get(id)?.linkedAt ?? '~';
  const oldest = [...ids].sort((a, b) => compare(linkedAt(a), linkedAt(b)) || compare(a, b))[0] as string;
  return { id: newId(), ids, survivor: undefined, merged: [], anchorId: oldest };
}

/** The id that the latest merge or division said goes on, while its anchor is here with those that it spoke of. */
function chosenSurvivor(here: readonly GoldenRow[], decisions: readonly DecisionRow[]): GoldenRow | undefined {
  for (const { kind, payload } of [...decisions].sort((a, b) => (a.seq < b.seq ? 1 : -1))) {
    if (kind === 'MERGE') {
      const named = here.find(({ id }) => id === payload.survivorId);
      const merged = Array.isArray(payload.mergedIds) ? payload.mergedIds : [];
      if (named && here.some(({ id }) => merged.includes(id))) return named;
    } else if (typeof payload.keeps === 'string') {
      const named = here.find(({ id }) => id === payload.keeps);
      if (named) return named;
    }
  }
  return undefined;
}

function linkOf(
  id: string,
  goldenId: string,
  clustering: Clustering,
  before: SourceRow | undefined,
  now: string,
): Link {
  return {
    id,
    goldenId,
    linkKind: clustering.manual.has(id) ? 'MANUAL' : 'AUTO',
    matchWeight: clustering.weights.get(id) ?? null,
    linkedAt: before?.goldenId === goldenId && before.linkedAt ? before.linkedAt : now,
  };
}

const sameLink = (link: Link, before: SourceRow | undefined) =>
  before !== undefined &&
  before.goldenId === link.goldenId &&
  before.linkKind === link.linkKind &&
  before.matchWeight === link.matchWeight;

/** References to records of this very component lead to the links being decided, not to the stored ones. */
function resolverOf(
  definition: EntityTypeDefinition,
  rows: ReadonlyMap<string, Arrival>,
  goldenOf: ReadonlyMap<string, string>,
  redirect: ReadonlyMap<string, string>,
  resolved: ReadonlyMap<string, string>,
  assigned: readonly Assigned[],
) {
  const here = new Map<string, string>();
  for (const row of rows.values()) {
    const golden = goldenOf.get(row.id);
    if (golden)
      here.set(targetKey(definition.code, { system: row.system, scope: row.scope, id: row.externalId }), golden);
  }
  for (const { id } of assigned) here.set(targetKey(definition.code, { system: 'hub', scope: 'golden', id }), id);
  for (const [from, to] of redirect)
    here.set(targetKey(definition.code, { system: 'hub', scope: 'golden', id: from }), to);
  return (entityType: string, target: ResolvedTarget) => {
    const key = targetKey(entityType, target);
    return here.get(key) ?? resolved.get(key) ?? null;
  };
}

/** The later of the two records is the one in doubt, as long as it is on its own and no person has spoken of it. */
function questionsOf(asks: readonly Ask[], goldenOf: ReadonlyMap<string, string>, clustering: Clustering): Question[] {
  const sizes = new Map(clustering.clusters.flatMap((ids) => ids.map((id) => [id, ids.length] as const)));
  return asks.map((ask) => {
    const newer = ask.left > ask.right ? ask.left : ask.right;
    return {
      ...ask,
      goldenIds: [goldenOf.get(ask.left) ?? '', goldenOf.get(ask.right) ?? ''],
      provisional: ask.reason !== 'QUESTIONED' && sizes.get(newer) === 1 && !clustering.confirmed.has(newer),
    };
  });
}

function fringeQuestions(
  { component, arrivals, scores }: Unsettled,
  goldenOf: ReadonlyMap<string, string>,
  fringe: ReadonlyMap<string, FringeRow>,
  clustering: Clustering,
  rows: ReadonlyMap<string, Arrival>,
): Question[] {
  const arriving = new Set(arrivals.map(({ id }) => id));
  const kept = component.scores.filter(({ left, right }) => !arriving.has(left) && !arriving.has(right));
  const sizes = new Map(clustering.clusters.flatMap((ids) => ids.map((id) => [id, ids.length] as const)));
  const questions: Question[] = [];
  for (const { left, right, weight } of [...kept, ...scores]) {
    const outside = goldenOf.has(left) ? right : left;
    const inside = outside === left ? right : left;
    const other = fringe.get(outside);
    const own = goldenOf.get(inside);
    if (!other || own === undefined || goldenOf.has(outside) || other.deleted) continue;
    if (rows.get(inside)?.state === 'DELETED') continue;
    const provisional = inside > outside && sizes.get(inside) === 1 && !clustering.confirmed.has(inside);
    questions.push({
      left: inside,
      right: outside,
      weight,
      reason: 'REVIEW',
      goldenIds: [own, other.goldenId],
      provisional,
    });
  }
  return questions;
}

const asContributor = ({
  id,
  system,
  scope,
  externalId,
  attributes,
  attributeTimes,
  sourceTime,
}: Arrival): Contributor => ({
  id,
  system,
  scope,
  externalId,
  attributes,
  timeOf: (attribute) => attributeTimes[attribute] ?? sourceTime,
});

/** The latest word on each attribute of these canonical ids; a CLEAR_OVERRIDE leaves none. */
function overridesOf(decisions: readonly DecisionRow[], ids: ReadonlySet<string>): StandingOverride[] {
  const latest = new Map<string, DecisionRow>();
  for (const decision of decisions) {
    if (decision.kind !== 'OVERRIDE' && decision.kind !== 'CLEAR_OVERRIDE') continue;
    if (decision.goldenId === null || !ids.has(decision.goldenId)) continue;
    const attribute = String(decision.payload.attribute);
    const known = latest.get(attribute);
    if (!known || known.seq < decision.seq) latest.set(attribute, decision);
  }
  return [...latest.entries()]
    .filter(([, { kind }]) => kind === 'OVERRIDE')
    .map(([attribute, { id, payload, decidedAt }]) => ({
      decisionId: id,
      attribute,
      value: payload.value ?? null,
      at: decidedAt,
    }));
}

/** A person's retire or restore decides; else a record retires with its last active source. */
function stateOf(decisions: readonly DecisionRow[], id: string, active: boolean, provisional: boolean): GoldenState {
  const last = decisions
    .filter(({ kind, goldenId }) => goldenId === id && (kind === 'RETIRE' || kind === 'RESTORE'))
    .reduce<DecisionRow | undefined>(
      (latest, decision) => (latest && latest.seq > decision.seq ? latest : decision),
      undefined,
    );
  if (last?.kind === 'RETIRE' || (!last && !active)) return 'RETIRED';
  return provisional ? 'PROVISIONAL' : 'ACTIVE';
}

const redirected = (golden: GoldenRow, into: string, now: string): GoldenRow => ({
  ...golden,
  state: 'MERGED',
  version: golden.version + 1,
  attributes: {},
  provenance: {},
  members: [],
  mergedIntoId: into,
  validFrom: later(now, golden.validFrom),
});

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
// A transaction that waited for its lock may carry an earlier time than the version that it follows.
const later = (now: string, before: string | undefined) => (before !== undefined && before > now ? before : now);

/** Nothing when nothing changed: recomputing is free of effects (law 3). */
function changeOf(
  definition: EntityTypeDefinition,
  next: GoldenRow,
  before: GoldenRow | undefined,
): ChangedRecord | undefined {
  const diff = next.state === 'MERGED' ? [] : diffOf(definition, before?.attributes ?? {}, next.attributes);
  const same =
    before !== undefined &&
    before.state === next.state &&
    before.mergedIntoId === next.mergedIntoId &&
    diff.length === 0 &&
    sameJson([...before.members], [...next.members]) &&
    sameJson(before.provenance as unknown as Json, next.provenance as unknown as Json);
  if (same) return undefined;
  return {
    entityType: definition.code,
    id: next.id,
    kind: kindOf(next, before),
    version: next.version,
    diff,
    ...(next.mergedIntoId === null ? {} : { mergedIntoId: next.mergedIntoId }),
  };
}

function kindOf(next: GoldenRow, before: GoldenRow | undefined): ChangedRecord['kind'] {
  if (!before) return 'CREATED';
  if (next.state === 'MERGED') return 'MERGED';
  if (before.state === 'MERGED') return 'UNMERGED';
  if (next.state === 'RETIRED' && before.state !== 'RETIRED') return 'RETIRED';
  if (before.state === 'RETIRED' && next.state !== 'RETIRED') return 'RESTORED';
  return 'UPDATED';
}

export function diffOf(definition: EntityTypeDefinition, before: JsonObject, after: JsonObject): AttributeDiff[] {
  return Object.keys(definition.attributes)
    .filter((name) => !sameJson(before[name] ?? null, after[name] ?? null))
    .map((attribute) => ({ attribute, before: before[attribute] ?? null, after: after[attribute] ?? null }));
}
