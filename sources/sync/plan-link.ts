import {
  type EntityTypeDefinition,
  type Json,
  type JsonObject,
  type Kind,
  type Model,
  type Provenance,
  ruleFor,
  sameJson,
} from '../../golden-records/index.js';
import type { OutwardContext, OutwardRecord, SyncStream } from '../connector.js';
import { Permanent, SourceError } from '../errors.js';
import type { CodeLists, UnknownCode } from './codes.js';
import { afterAgreement, type Bases, decide, equalJson, type FieldBase, type Same, type Verdict } from './decide.js';
import {
  type Asked,
  type AttributeChange,
  type LinkCase,
  type OpenConflict,
  type Parent,
  type Questions,
  questionKey,
} from './outbox-store.js';

export type OutwardStream = SyncStream & { readonly outward: NonNullable<SyncStream['outward']> };

/** What is to be done about one link. */
export type LinkPlan =
  /** Nothing: they agree, or it is not ours to write. `gone`: the link leads nowhere any more. */
  | { readonly kind: 'NOTHING'; readonly gone?: boolean; readonly agreed: Bases; readonly confirms: boolean }
  /** A parent is on its way (`golden:…`), a record is missing (`sweep`), or the first load isn't over (`load`). */
  /** `deadSince`: the parent that it waits for is a dead letter itself. */
  | { readonly kind: 'WAIT'; readonly waitsFor: string; readonly deadSince?: string }
  | { readonly kind: 'FAIL'; readonly error: SourceError }
  | {
      readonly kind: 'CREATE' | 'UPDATE';
      readonly fields: JsonObject;
      readonly changes: readonly AttributeChange[];
      readonly agreed: Bases;
    };

export interface LinkPlanned {
  readonly plan: LinkPlan;
  /** Questions on which a write depends; asked again with the answers that persons gave. */
  readonly conflicts: readonly OpenConflict[];
  readonly unknownCodes: readonly UnknownCode[];
  /** The `goldenKey` of one that is referred to and has no counterpart there: once it has, the rest can be written. */
  readonly lacks?: string;
}

export interface PlanContext {
  readonly model: Model;
  readonly definition: EntityTypeDefinition;
  readonly system: string;
  readonly stream: OutwardStream;
  readonly parents: ReadonlyMap<string, Parent>;
  readonly codes: CodeLists;
  /** By `questionKey`; undefined: nobody has looked. */
  readonly questions?: Questions;
}

const NOTHING: LinkPlan = { kind: 'NOTHING', agreed: {}, confirms: false };
const GONE: LinkPlan = { kind: 'NOTHING', gone: true, agreed: {}, confirms: false };

/**
 * Decide what one link needs. `theirs`: the target's fields as read a moment ago; undefined: not there. `stated`: the attributes that
 * the hub took in of these very fields, as far as it could. Pure.
 */
export function planLink(
  context: PlanContext,
  link: LinkCase,
  theirs: JsonObject | undefined,
  stated: JsonObject = {},
): LinkPlanned {
  const done = (plan: LinkPlan): LinkPlanned => ({ plan, conflicts: [], unknownCodes: [] });
  const { golden, source } = link;
  const { outward } = context.stream;
  if (!golden || (source && source.state !== 'ACTIVE')) return done(source?.state === 'DELETED' ? GONE : NOTHING);
  if (golden.state === 'PROVISIONAL' && !outward.provisional) return done(NOTHING);
  const isNew = theirs === undefined;
  if (isNew && !mayCreate(context, link)) return done(link.source ? NOTHING : GONE);
  const record: OutwardRecord = { ...golden, entityType: context.definition.code };
  const wishes = wishesOf(context, link, record, theirs);
  if (wishes.error) return done({ kind: 'FAIL', error: wishes.error });
  const { unknownCodes, lacks } = wishes;
  if (wishes.waitsFor !== undefined) return { plan: { kind: 'WAIT', ...wishes.waitsFor }, conflicts: [], unknownCodes };
  const told = { unknownCodes, ...(lacks === undefined ? {} : { lacks }) };
  if (isNew) return { plan: createPlan(context, record, wishes.attributes), conflicts: [], ...told };
  return { ...updatePlan(context, link, wishes.attributes, theirs, stated), ...told };
}

/** The questions on which a plan depends. `isTaken`: what the target has is what the hub took in. */
export const askedOf = ({ attributes }: EntityTypeDefinition, { conflicts }: LinkPlanned, isTaken: boolean): Asked[] =>
  conflicts.map((one) => ({ ...one, isSeen: isTaken && attributes[one.attribute]?.kind.kind !== 'reference' }));

function mayCreate({ system, stream }: PlanContext, link: LinkCase): boolean {
  const { golden, linkId, source, linkState, isDouble } = link;
  if (!golden || golden.state === 'RETIRED' || source || linkState === 'LINKED' || linkState === 'GONE') return false;
  if (isDouble) return false;
  // It came in from there meanwhile, by itself: that one is its counterpart.
  const isThere = golden.members.some(
    (member) => member.system === system && member.scope === stream.scope && member.id !== linkId,
  );
  const { creates = false } = stream.outward;
  const record: OutwardRecord = { ...golden, entityType: stream.entityType };
  return !isThere && (typeof creates === 'function' ? creates(record) : creates);
}

interface Wish {
  readonly attribute: string;
  readonly value: Json;
  readonly fields: JsonObject;
  readonly isAuthor: boolean;
  readonly onConflict: 'correct' | 'propose' | 'raise' | undefined;
  readonly isState: boolean;
}

interface Wishes {
  readonly attributes: readonly Wish[];
  readonly unknownCodes: readonly UnknownCode[];
  readonly waitsFor?: { readonly waitsFor: string; readonly deadSince?: string };
  readonly lacks?: string | undefined;
  readonly error?: SourceError;
}

/** The golden values in the target's own fields, as far as they are known there. */
function wishesOf(
  context: PlanContext,
  { golden }: LinkCase,
  record: OutwardRecord,
  theirs: JsonObject | undefined,
): Wishes {
  const { outward, scope } = context.stream;
  const unknownCodes: UnknownCode[] = [];
  const attributes: Wish[] = [];
  let waitsFor: Wishes['waitsFor'];
  let lacks: string | undefined;
  let isIncomplete = false;
  /** The target's fields of the attribute in hand. */
  let present: readonly Json[] = [];
  const given: OutwardContext = {
    system: context.system,
    scope,
    golden: record,
    theirs,
    reference(entityType, goldenId, isPart = false) {
      const parent = context.parents.get(`${entityType}\n${goldenId}`);
      const [first, ...others] = parent?.externalIds ?? [];
      // Of several that are one here each is right: what refers to one of them stays with it.
      if (first !== undefined) return others.find((id) => present.some((value) => mentions(value, id))) ?? first;
      // Two that wait for each other would wait for ever.
      if (
        parent?.isComing &&
        goldenId !== record.id &&
        !parent.waitsOn.includes(goldenKey(record.entityType, record.id))
      ) {
        const { deadSince } = parent;
        waitsFor ??= { waitsFor: goldenKey(entityType, goldenId), ...(deadSince === null ? {} : { deadSince }) };
      }
      lacks ??= goldenKey(entityType, goldenId);
      isIncomplete ||= !isPart;
      return undefined;
    },
    code(list, word, present) {
      if (typeof present === 'string' && context.codes.inward(list, present) === word) return present;
      const code = context.codes.outward(list, word);
      if (code === undefined) {
        unknownCodes.push({ list, direction: 'OUTWARD', value: word });
        isIncomplete = true;
      }
      return code;
    },
  };
  if (golden?.state !== 'RETIRED') {
    for (const [attribute, { write, fields: names }] of Object.entries(outward.attributes)) {
      const origin = golden?.provenance[attribute];
      // Nobody says anything of it, or what is said leads to something not yet known: that is no reason to clear it.
      if (!golden || !origin || origin.pending) continue;
      const value = golden.attributes[attribute] ?? null;
      isIncomplete = false;
      present = names.map((name) => theirs?.[name] ?? null);
      let fields: JsonObject;
      try {
        fields = write(value, given);
      } catch (error) {
        return { attributes, unknownCodes, error: asMappingError(attribute, error) };
      }
      if (isIncomplete) continue;
      attributes.push({
        ...standing(context, golden, attribute, origin),
        value,
        fields,
        isState: false,
      });
    }
  }
  if (outward.state && golden) {
    const fields = outward.state.write(golden.state === 'RETIRED' ? 'RETIRED' : 'ACTIVE');
    attributes.push({
      attribute: STATE,
      value: golden.state,
      fields,
      isAuthor: false,
      onConflict: undefined,
      isState: true,
    });
  }
  return { attributes, unknownCodes, lacks, ...(waitsFor === undefined ? {} : { waitsFor }) };
}

/** What a delivery waits for that refers to a golden record without a counterpart. */
export const goldenKey = (entityType: string, goldenId: string): string => `golden:${entityType}:${goldenId}`;

const mentions = (value: Json, id: string): boolean =>
  value !== null && typeof value === 'object'
    ? Object.values(value).some((one) => mentions(one, id))
    : String(value) === id;

/** How the record's state is called among attributes. */
export const STATE = '$state';

function asMappingError(attribute: string, error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Permanent('MAPPING_FAILED', `\`${attribute}\` can't be written: ${message}`, {
    cause: error,
    place: 'HUB',
    field: attribute,
  });
}

function standing(
  { model, definition, system, stream }: PlanContext,
  { members }: NonNullable<LinkCase['golden']>,
  attribute: string,
  origin: Provenance,
): Pick<Wish, 'attribute' | 'isAuthor' | 'onConflict'> {
  const active = members.filter(({ state }) => state === 'ACTIVE');
  const authors = origin.sources ?? [origin.source];
  const isAuthor = members.some(
    (member) => member.system === system && member.scope === stream.scope && authors.includes(member.id),
  );
  const rule = ruleFor({ model, definition }, attribute, active);
  const isOwned = active.some((member) => rule.owner?.includes(member.system));
  return { attribute, isAuthor, onConflict: isOwned ? rule.onConflict : undefined };
}

function createPlan({ stream }: PlanContext, record: OutwardRecord, wishes: readonly Wish[]): LinkPlan {
  const { defaults = {} } = stream.outward;
  const fields: JsonObject = { ...(typeof defaults === 'function' ? defaults(record) : defaults) };
  const changes: AttributeChange[] = [];
  for (const { attribute, value, fields: own } of wishes) {
    if (value === null) continue;
    Object.assign(fields, own);
    changes.push({ attribute, before: null, after: own, why: 'CREATED' });
  }
  return { kind: 'CREATE', fields, changes, agreed: {} };
}

function updatePlan(
  context: PlanContext,
  { linkId, bases, golden }: LinkCase,
  wishes: readonly Wish[],
  theirs: JsonObject,
  stated: JsonObject,
): Pick<LinkPlanned, 'plan' | 'conflicts'> {
  const same: Same = context.stream.outward.same ?? equalJson;
  const fields: JsonObject = {};
  const changes: AttributeChange[] = [];
  const conflicts: OpenConflict[] = [];
  const agreed: Record<string, FieldBase> = {};
  const { writable = () => true } = context.stream.outward;
  for (const wish of wishes) {
    const { attribute } = wish;
    const ours = Object.fromEntries(Object.entries(wish.fields).filter(([field]) => writable(field, theirs)));
    const key = `conflict:${golden?.id}:${attribute}`;
    const question = context.questions?.get(questionKey({ key, linkId })) ?? 'UNKNOWN';
    // One value in two spellings: what the target means is what we mean, and its spelling is its own affair.
    const isMeant = wish.value !== null && sameJson(stated[attribute] ?? null, wish.value);
    const verdict: Verdict = wish.isState
      ? decideState(ours, theirs, bases, same, golden?.state === 'RETIRED')
      : isMeant
        ? { kind: 'EQUAL' }
        : decide({ ours, theirs, bases, isAuthor: wish.isAuthor, onConflict: wish.onConflict, question }, same);
    if (verdict.kind === 'ASK') conflicts.push({ key, linkId, attribute });
    if (verdict.kind === 'EQUAL') {
      for (const [field, our] of Object.entries(ours)) {
        const base = afterAgreement(bases[field], our, theirs[field] ?? null, same, field);
        // The target's own spelling of what we wrote agrees by its pair, which must stay.
        if (base && same(field, our, theirs[field] ?? null)) agreed[field] = base;
      }
    }
    if (verdict.kind !== 'WRITE') continue;
    Object.assign(fields, verdict.fields);
    const before = Object.fromEntries(Object.keys(verdict.fields).map((field) => [field, theirs[field] ?? null]));
    changes.push({ attribute, before, after: verdict.fields, why: wish.isState ? 'STATE' : verdict.why });
  }
  const plan: LinkPlan =
    changes.length === 0
      ? { kind: 'NOTHING', agreed, confirms: conflicts.length === 0 }
      : { kind: 'UPDATE', fields, changes, agreed };
  return { plan, conflicts };
}

/**
 * Retired here is archived there. The other way round only what we archived ourselves is brought back: somebody who
 * archived it there had a reason.
 */
function decideState(ours: JsonObject, theirs: JsonObject, bases: Bases, same: Same, isRetired: boolean): Verdict {
  const differing = Object.keys(ours).filter((field) => !same(field, ours[field] ?? null, theirs[field] ?? null));
  if (differing.length === 0) return { kind: 'EQUAL' };
  const isOurs = differing.every((field) => {
    const base = bases[field];
    return base?.written === true && same(field, base.wrote, theirs[field] ?? null);
  });
  if (!isRetired && !isOurs) return { kind: 'LEAVE' };
  return {
    kind: 'WRITE',
    fields: Object.fromEntries(differing.map((field) => [field, ours[field] ?? null])),
    why: 'OURS',
  };
}

/** The golden records that the written attributes of a record refer to. */
export function parentsOf(
  { stream, definition }: Pick<PlanContext, 'stream' | 'definition'>,
  attributes: JsonObject,
): { t: string; g: string }[] {
  const found: { t: string; g: string }[] = [];
  const walk = (kind: Kind, value: Json | undefined): void => {
    if (value === null || value === undefined) return;
    if (kind.kind === 'reference' && typeof value === 'string') found.push({ t: kind.target ?? '', g: value });
    else if (kind.kind === 'list') for (const element of value as Json[]) walk(kind.of as Kind, element);
    else if (kind.kind === 'byBusinessUnit') {
      for (const entry of value as JsonObject[]) {
        walk({ kind: 'reference', target: 'business_unit' }, entry.businessUnit);
        walk(kind.of as Kind, entry.value);
      }
    } else if (kind.kind === 'object') {
      for (const [name, { kind: inner }] of Object.entries(kind.fields ?? {})) walk(inner, (value as JsonObject)[name]);
    }
  };
  for (const name of Object.keys(stream.outward.attributes)) {
    const kind = definition.attributes[name]?.kind;
    if (kind) walk(kind, attributes[name]);
  }
  return found;
}
