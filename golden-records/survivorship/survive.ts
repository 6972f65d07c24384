import { type Json, type JsonObject, sameJson } from '../json.js';
import type { EntityTypeDefinition, Kind } from '../model.js';
import type { Model, Strategy, SurvivorshipRule } from '../rules.js';
import { elementKey, pickersFor } from './strategies.js';

/** A linked source record as survivorship sees it. */
export interface Contributor {
  readonly id: string;
  readonly system: string;
  readonly scope: string;
  readonly externalId: string;
  readonly attributes: JsonObject;
  /** ISO time at which the source's value of this attribute began. */
  timeOf(attribute: string): string;
}

export interface StandingOverride {
  readonly decisionId: string;
  readonly attribute: string;
  readonly value: Json;
  readonly at: string;
}

/**
 * The time of a value that the hub itself wrote there: no testimony of that system. It speaks only where nobody else
 * does, so that what the hub wrote and reads again changes nothing (law 7).
 */
export const ECHO_TIME = '0001-01-01T00:00:00.000Z';

/** Where a record points: by another record's external id. */
export interface ResolvedTarget {
  readonly system: string;
  readonly scope: string;
  readonly id: string;
}
/** The golden record that a reference leads to, or null while its target is not known. */
export type Resolve = (entityType: string, target: ResolvedTarget) => string | null;

export interface Provenance {
  /** The winning source record; null for an override and where nobody has a value. */
  source: string | null;
  /** All that contributed, where several did (union, by business unit). */
  sources?: string[];
  rule: 'owner' | 'override' | 'follows' | Strategy;
  /** Source time of the value. */
  at: string;
  /** Not yet decided by the attribute's system of record. */
  provisional?: true;
  /** Another active source says something else. */
  contested?: true;
  decision?: string;
  /** References whose target is not known yet. */
  pending?: { entityType: string; system: string; scope: string; id: string }[];
}

export interface OwnershipConflict {
  readonly attribute: string;
  readonly action: 'propose' | 'raise';
  readonly ours: Json;
  readonly theirs: readonly Dissent[];
}

interface Dissent {
  readonly source: string;
  readonly system: string;
  readonly value: Json;
  /** As the source record has it, where it refers to others: they are canonical ids in `value`. */
  readonly stated?: Json;
}

export interface Survived {
  readonly attributes: JsonObject;
  readonly provenance: Record<string, Provenance>;
  readonly conflicts: readonly OwnershipConflict[];
}

/**
 * The golden attributes: a pure function of the linked source records, the standing overrides and the rules (law 3).
 * Systems of record decide alone where one is linked (law 4); else the attribute's strategy. The order of the
 * contributors doesn't matter.
 */
export function survive(
  model: Model,
  definition: EntityTypeDefinition,
  contributors: readonly Contributor[],
  overrides: readonly StandingOverride[],
  resolve: Resolve,
): Survived {
  const ordered = [...contributors].sort(byTrust(model));
  const context: Context = { model, definition, contributors: ordered, overrides, resolve };
  const results = new Map<string, AttributeResult>();
  for (const name of inFollowingOrder(model, definition, ordered))
    results.set(name, surviveAttribute(context, name, results));

  const attributes: JsonObject = {};
  const provenance: Record<string, Provenance> = {};
  const conflicts: OwnershipConflict[] = [];
  for (const name of Object.keys(definition.attributes)) {
    const result = results.get(name);
    if (!result?.provenance) continue;
    if (result.value !== undefined && result.value !== null) attributes[name] = result.value;
    provenance[name] = result.provenance;
    if (result.conflict) conflicts.push(result.conflict);
  }
  return { attributes, provenance, conflicts };
}

interface Context {
  readonly model: Model;
  readonly definition: EntityTypeDefinition;
  readonly contributors: readonly Contributor[];
  readonly overrides: readonly StandingOverride[];
  readonly resolve: Resolve;
}

interface AttributeResult {
  readonly value?: Json | undefined;
  readonly provenance?: Provenance;
  readonly conflict?: OwnershipConflict;
}

const byTrust = (model: Model) => (a: Contributor, b: Contributor) =>
  (model.priority.get(a.system) ?? Number.MAX_SAFE_INTEGER) -
    (model.priority.get(b.system) ?? Number.MAX_SAFE_INTEGER) ||
  compare(a.system, b.system) ||
  compare(a.scope, b.scope) ||
  compare(a.externalId, b.externalId);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The first rule whose condition the linked records meet; the last has none. */
export function ruleFor(
  { model, definition }: Pick<Context, 'model' | 'definition'>,
  name: string,
  contributors: readonly Pick<Contributor, 'system' | 'scope'>[],
): SurvivorshipRule {
  const applies = ({ when }: SurvivorshipRule) =>
    !when ||
    contributors.some(
      ({ system, scope }) =>
        (!when.system || when.system.includes(system)) &&
        (!when.businessUnit ||
          model.systems.get(system)?.scopes[scope]?.businessUnits?.some((code) => when.businessUnit?.includes(code))),
    );
  return model.rulesFor(definition.code, name).find(applies) ?? {};
}

/** Leaders before the attributes that follow them; a circle falls back to each attribute's own strategy. */
function inFollowingOrder(
  model: Model,
  definition: EntityTypeDefinition,
  contributors: readonly Contributor[],
): string[] {
  const order = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (order.has(name) || path.includes(name)) return;
    const { follows } = ruleFor({ model, definition }, name, contributors);
    if (follows !== undefined && follows in definition.attributes) visit(follows, [...path, name]);
    order.add(name);
  };
  for (const name of Object.keys(definition.attributes)) visit(name, []);
  return [...order];
}

function surviveAttribute(
  context: Context,
  name: string,
  results: ReadonlyMap<string, AttributeResult>,
): AttributeResult {
  const kind = context.definition.attributes[name]?.kind;
  if (!kind) return {};
  const rule = ruleFor(context, name, context.contributors);
  const speaking = context.contributors.filter(({ attributes }) => name in attributes);
  const override = rule.override === false ? undefined : context.overrides.find(({ attribute }) => attribute === name);
  if (override) return overridden(context, kind, name, override, speaking);

  const leader = rule.follows === undefined ? undefined : results.get(rule.follows)?.provenance;
  if (leader?.source) return followed(context, kind, name, leader.source);

  const { candidates, owned } = entitled(context, rule, speaking, name);
  const winner = choose(context, kind, name, rule, candidates, owned);
  if (!winner) return {};
  const provenance: Provenance = {
    source: winner.source,
    ...(winner.sources ? { sources: winner.sources } : {}),
    rule: owned ? 'owner' : (rule.strategy ?? 'mostRecent'),
    at: winner.at,
    ...(rule.owner && !owned ? { provisional: true } : {}),
    ...(winner.pending.length > 0 ? { pending: winner.pending } : {}),
  };
  const value = winner.value ?? null;
  const others = dissenters(context, kind, name, value, speaking, winner.sources ?? [winner.source]);
  if (others.length > 0) provenance.contested = true;
  const conflict =
    owned && rule.onConflict && rule.onConflict !== 'correct' && others.length > 0
      ? { attribute: name, action: rule.onConflict, ours: value, theirs: others }
      : undefined;
  return { value, provenance, ...(conflict ? { conflict } : {}) };
}

function overridden(
  context: Context,
  kind: Kind,
  name: string,
  override: StandingOverride,
  speaking: readonly Contributor[],
): AttributeResult {
  const { value = null, pending } = resolved(context, kind, override.value);
  const provenance: Provenance = {
    source: null,
    rule: 'override',
    at: override.at,
    decision: override.decisionId,
    ...(pending.length > 0 ? { pending } : {}),
  };
  if (dissenters(context, kind, name, value, speaking, []).length > 0) provenance.contested = true;
  return { value, provenance };
}

function followed(context: Context, kind: Kind, name: string, leaderId: string): AttributeResult {
  const leader = context.contributors.find(({ id }) => id === leaderId);
  if (!leader || !(name in leader.attributes)) return {};
  const { value, pending } = resolved(context, kind, leader.attributes[name] ?? null);
  return {
    value,
    provenance: {
      source: leader.id,
      rule: 'follows',
      at: leader.timeOf(name),
      ...(pending.length > 0 ? { pending } : {}),
    },
  };
}

/** Whose word counts. Once a system of record is linked, only its own (law 4), NULL included and silence too. */
function entitled(context: Context, rule: SurvivorshipRule, speaking: readonly Contributor[], name: string) {
  const owners = rule.owner ?? [];
  if (!context.contributors.some(({ system }) => owners.includes(system))) {
    return { candidates: valuesFirst(speaking, name), owned: false };
  }
  const owner = owners.find((system) => speaking.some((contributor) => contributor.system === system));
  return {
    candidates: valuesFirst(
      speaking.filter(({ system }) => system === owner),
      name,
    ),
    owned: true,
  };
}

/** An empty answer counts only where nobody entitled has a value, and an echo only where nobody entitled speaks. */
function valuesFirst(speaking: readonly Contributor[], name: string): readonly Contributor[] {
  const own = speaking.filter((contributor) => !isEcho(contributor, name));
  const candidates = own.length > 0 ? own : speaking;
  const withValue = candidates.filter(({ attributes }) => attributes[name] !== null);
  return withValue.length > 0 ? withValue : candidates;
}

const isEcho = (contributor: Contributor, name: string) => contributor.timeOf(name) === ECHO_TIME;

interface Winner {
  source: string;
  sources?: string[];
  at: string;
  value: Json | undefined;
  pending: Pending[];
}
type Pending = NonNullable<Provenance['pending']>[number];

function choose(
  context: Context,
  kind: Kind,
  name: string,
  rule: SurvivorshipRule,
  candidates: readonly Contributor[],
  owned: boolean,
): Winner | undefined {
  const ranked = rule.priority ? [...candidates].sort(byPriority(rule.priority)) : candidates;
  const strategy = rule.strategy ?? 'mostRecent';
  const first = ranked[0];
  if (!first) return undefined;
  if (kind.kind === 'byBusinessUnit' && first.attributes[name] !== null)
    return byUnit(context, kind, name, strategy, ranked);
  if (strategy === 'union' && first.attributes[name] !== null && !(owned && ranked.length === 1)) {
    return union(context, kind, name, ranked);
  }
  const best = pickersFor(strategy, kind, name)(ranked);
  return { source: best.id, at: best.timeOf(name), ...resolved(context, kind, best.attributes[name] ?? null) };
}

const byPriority = (priority: readonly string[]) => (a: Contributor, b: Contributor) => {
  const rank = ({ system }: Contributor) => (priority.includes(system) ? priority.indexOf(system) : priority.length);
  return rank(a) - rank(b);
};

/** What several sources know of one thing, each element once; the more trusted source's spelling of it stays. */
function union(context: Context, kind: Kind, name: string, ranked: readonly Contributor[]): Winner {
  const elements = new Map<string, { value: Json; from: Contributor }>();
  const pending: Pending[] = [];
  for (const from of ranked) {
    const { value, pending: open } = resolved(context, kind, from.attributes[name] ?? null);
    pending.push(...open);
    for (const element of Array.isArray(value) ? value : []) {
      const key = elementKey(kind.of, element);
      if (!elements.has(key)) elements.set(key, { value: element, from });
    }
  }
  return gathered(name, [...elements.values()], pending);
}

/** Each business unit has a winner of its own. */
function byUnit(
  context: Context,
  kind: Kind,
  name: string,
  strategy: Strategy,
  ranked: readonly Contributor[],
): Winner {
  const units = new Map<string, { unit: string | null; entries: Contributor[] }>();
  const pending: Pending[] = [];
  for (const from of ranked) {
    const stated = from.attributes[name];
    for (const entry of Array.isArray(stated) ? (stated as { businessUnit: JsonObject; value: Json }[]) : []) {
      const target = targetOf(entry.businessUnit);
      const unit = context.resolve('business_unit', target);
      if (unit === null) pending.push({ entityType: 'business_unit', ...target });
      const inner = resolved(context, kind.of as Kind, entry.value);
      pending.push(...inner.pending);
      const key = unit ?? `${target.system}\n${target.scope}\n${target.id}`;
      const group = units.get(key) ?? { unit, entries: [] };
      group.entries.push({ ...from, timeOf: from.timeOf, attributes: { [name]: inner.value ?? null } });
      units.set(key, group);
    }
  }
  const picked = [...units.values()].map(({ unit, entries }) => {
    const best = pickersFor(strategy === 'union' ? 'mostRecent' : strategy, kind.of as Kind, name)(entries);
    return { value: { businessUnit: unit, value: best.attributes[name] ?? null } as Json, from: best };
  });
  return gathered(name, picked, pending);
}

function gathered(name: string, elements: readonly { value: Json; from: Contributor }[], pending: Pending[]): Winner {
  const sources = [...new Set(elements.map(({ from }) => from.id))].sort();
  const latest = elements.map(({ from }) => from.timeOf(name)).reduce((a, b) => (a > b ? a : b), '');
  return {
    source: elements[0]?.from.id ?? '',
    sources,
    at: latest,
    value: elements.map(({ value }) => value),
    pending,
  };
}

/** Active sources that say something else. */
function dissenters(
  context: Context,
  kind: Kind,
  name: string,
  value: Json,
  speaking: readonly Contributor[],
  winners: readonly string[],
): Dissent[] {
  return speaking
    .filter((from) => !winners.includes(from.id) && !isEcho(from, name))
    .map(({ id, system, attributes }) => {
      const stated = attributes[name] ?? null;
      const theirs = resolved(context, kind, stated).value ?? null;
      return { source: id, system, value: theirs, ...(sameJson(theirs, stated) ? {} : { stated }) };
    })
    .filter(({ value: theirs }) => contradicts(kind, value, theirs));
}

/**
 * Is there something in theirs that isn't in ours? What they merely lack, be it some of a list, is no other word. The first
 * of a list is the one that counts where there is place for one.
 */
function contradicts(kind: Kind, ours: Json, theirs: Json): boolean {
  if (theirs === null) return false;
  if (ours === null || (kind.kind !== 'list' && kind.kind !== 'byBusinessUnit')) return !sameJson(theirs, ours);
  if (kind.kind === 'byBusinessUnit') {
    const own = new Map((ours as JsonObject[]).map(({ businessUnit, value }) => [businessUnit, value ?? null]));
    return (theirs as JsonObject[]).some(({ businessUnit, value }) => {
      const our = own.get(businessUnit);
      return our !== undefined && contradicts(kind.of as Kind, our, value ?? null);
    });
  }
  const keysOf = (list: Json) => (list as Json[]).map((element) => elementKey(kind.of, element));
  const [own, other] = [keysOf(ours), keysOf(theirs)];
  return other.some((key, at) => !own.includes(key) || (at === 0 && key !== own[0]));
}

const targetOf = (reference: Json | undefined): ResolvedTarget => reference as unknown as ResolvedTarget;

/** The value with its references replaced by the canonical ids that they lead to. */
function resolved(context: Context, kind: Kind, value: Json): { value: Json | undefined; pending: Pending[] } {
  const pending: Pending[] = [];
  const walk = (at: Kind, inner: Json | undefined): Json => {
    if (inner === null || inner === undefined) return null;
    if (at.kind === 'reference') {
      const target = targetOf(inner);
      const id = context.resolve(at.target ?? '', target);
      if (id === null)
        pending.push({ entityType: at.target ?? '', system: target.system, scope: target.scope, id: target.id });
      return id;
    }
    if (at.kind === 'list') return (inner as Json[]).map((element) => walk(at.of as Kind, element));
    if (at.kind === 'byBusinessUnit') {
      return (inner as JsonObject[]).map((entry) => ({
        businessUnit: walk(BUSINESS_UNIT, entry.businessUnit),
        value: walk(at.of as Kind, entry.value),
      }));
    }
    if (at.kind === 'object') {
      const out: JsonObject = {};
      for (const [field, { kind: of }] of Object.entries(at.fields ?? {})) {
        const value = walk(of, (inner as JsonObject)[field]);
        if (value !== null) out[field] = value;
      }
      return out;
    }
    return inner;
  };
  if (!HAS_INNER.has(kind.kind)) return { value, pending };
  return { value: walk(kind, value), pending };
}
const HAS_INNER = new Set(['reference', 'list', 'object', 'byBusinessUnit']);
const BUSINESS_UNIT: Kind = { kind: 'reference', target: 'business_unit' };
