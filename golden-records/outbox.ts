import { newId } from './ids.js';
import { type JsonObject, sameJson } from './json.js';
import type { EntityTypeDefinition, Kind } from './model.js';
import type { GoldenOutline, Model, TargetDefinition } from './rules.js';
import type { Arrival, Settlement } from './settle.js';
import type { Component } from './store/component.js';
import type { GoldenRow } from './store/rows.js';
import { ECHO_TIME } from './survivorship/survive.js';
import type { Tx } from './transaction.js';

/**
 * The only way out of the hub: which links are to be delivered again. What is written there is decided when it is sent, from
 * the golden record of that moment, so a row says no more than "look at this one" and newer supersedes older.
 */
export interface QueuedDelivery {
  /** The link: the source record's id, or one made now for a record that is to be created there. */
  readonly linkId: string;
  readonly goldenId: string;
  readonly system: string;
  readonly scope: string;
  /** Null: it is to be created there. */
  readonly externalId: string | null;
  readonly lane: 'LIVE' | 'BACKFILL';
  readonly rank: number;
}

/** A NOTIFY on it says: there is something to deliver. */
export const DELIVERY_CHANNEL = 'concord_delivery';

type Member = Pick<Arrival, 'id' | 'system' | 'scope' | 'externalId' | 'state' | 'attributes' | 'attributeTimes'>;

interface Cause {
  readonly component: Component;
  readonly arrivals: readonly Arrival[];
  /** A person decided something about these: who has no counterpart gets one. */
  readonly isDecided?: boolean;
}

/**
 * Which links of a settled component have to be looked at: those of golden records of which a written attribute changed,
 * and those whose record came in with something else than the golden record says. What a system said itself, and what
 * comes back as it was written, queues nothing (law 7). Pure; nothing where no target is configured.
 */
export function deliveriesOf(
  model: Model,
  definition: EntityTypeDefinition,
  settlement: Settlement,
  { component, arrivals, isDecided = false }: Cause,
  lane: QueuedDelivery['lane'],
): QueuedDelivery[] {
  const targets = model.targetsFor(definition.code);
  if (targets.length === 0) return [];
  const arriving = new Set(arrivals.map(({ id }) => id));
  const members = new Map<string, Member>([...component.sources, ...arrivals].map((row) => [row.id, row]));
  const goldens = new Map([...component.goldens, ...settlement.goldens].map((golden) => [golden.id, golden]));
  const changes = new Map(settlement.changes.map((change) => [change.id, change]));
  const moved = new Set(settlement.moved.map(({ id }) => id));
  const rank = rankOf(model, definition.code);
  const linked = membersByGolden(settlement, members);
  const queued: QueuedDelivery[] = [];
  for (const target of targets) {
    for (const [goldenId, all] of linked) {
      const golden = goldens.get(goldenId);
      if (!golden || golden.state === 'MERGED') continue;
      if (golden.state === 'PROVISIONAL' && !target.provisional) continue;
      const change = changes.get(goldenId);
      const before = component.goldens.find(({ id }) => id === goldenId);
      const concerned =
        change !== undefined &&
        (change.diff.some(({ attribute }) => target.attributes.includes(attribute)) ||
          target.attributes.some((name) => isSpokenOfAnew(name, golden, before)) ||
          (change.kind !== 'UPDATED' && change.kind !== 'CREATED' && target.writesState) ||
          becameCertain(before, golden));
      const here = all.filter((member) => isOf(target, member));
      const base = { goldenId, system: target.system, scope: target.scope, lane, rank };
      for (const member of here) {
        // Who deleted it there has had the last word: it isn't created again by itself.
        if (member.state !== 'ACTIVE') continue;
        const differs = arriving.has(member.id) || moved.has(member.id);
        if (differs ? differsFrom(definition, target, golden, member) : concerned)
          queued.push({ ...base, linkId: member.id, externalId: member.externalId });
      }
      if (here.length > 0 || !(change || isDecided)) continue;
      const isNews = isDecided || change?.kind !== 'UPDATED' || change.diff.length > 0 || becameCertain(before, golden);
      // It lost its counterpart: another is made, unless it has several to choose from, and somebody is asked which.
      const isAlone =
        before?.members.some((id) => members.get(id)?.state === 'ACTIVE' && isOf(target, members.get(id))) &&
        !settlement.questions.some(({ goldenIds, reason }) => reason === 'AMBIGUOUS' && goldenIds.includes(goldenId));
      if (!isNews && !isAlone) continue;
      const outline = outlineOf(definition, golden);
      if (outline.state !== 'RETIRED' && target.creates(outline))
        queued.push({ ...base, linkId: newId(), externalId: null });
    }
  }
  return queued;
}

export const outlineOf = (definition: EntityTypeDefinition, golden: GoldenRow): GoldenOutline => ({
  id: golden.id,
  entityType: definition.code,
  state: golden.state === 'MERGED' ? 'RETIRED' : golden.state,
  attributes: golden.attributes,
});

const isOf = ({ system, scope }: TargetDefinition, member: Member | undefined): boolean =>
  member?.system === system && member.scope === scope;

/** A record that was in doubt and no longer is gets what it was denied. */
const becameCertain = (before: GoldenRow | undefined, golden: GoldenRow) =>
  golden.state === 'ACTIVE' && before?.state === 'PROVISIONAL';

/** From silence to "nothing": the value doesn't differ, and is one all the same. */
const isSpokenOfAnew = (name: string, golden: GoldenRow, before: GoldenRow | undefined): boolean =>
  before !== undefined && golden.provenance[name] !== undefined && before.provenance[name] === undefined;

function membersByGolden(settlement: Settlement, members: ReadonlyMap<string, Member>): Map<string, Member[]> {
  const linked = new Map<string, Member[]>();
  for (const { id, goldenId } of settlement.links) {
    const member = members.get(id);
    if (!member) continue;
    const all = linked.get(goldenId);
    if (all) all.push(member);
    else linked.set(goldenId, [member]);
  }
  return linked;
}

/** Does the record say something else than golden values that others decided? */
function differsFrom(
  definition: EntityTypeDefinition,
  target: TargetDefinition,
  { attributes, provenance }: GoldenRow,
  member: Member,
): boolean {
  return target.attributes.some((name) => {
    const origin = provenance[name];
    if (!origin || origin.source === member.id) return false;
    const kind = definition.attributes[name]?.kind;
    // A reference is written otherwise in a source record than in a golden one: what isn't our own word the delivery compares.
    if (kind && refersIn(kind)) return member.attributeTimes[name] !== ECHO_TIME;
    return !sameJson(attributes[name] ?? null, (member.attributes as JsonObject)[name] ?? null);
  });
}

const refersIn = (kind: Kind): boolean =>
  kind.kind === 'reference' ||
  kind.kind === 'byBusinessUnit' ||
  (kind.of !== undefined && refersIn(kind.of)) ||
  Object.values(kind.fields ?? {}).some((field) => refersIn(field.kind));

const ranks = new WeakMap<Model, Map<string, number>>();

/** Parents before children: a type stands after those that it refers to; circles are cut where they are met. */
export function rankOf(model: Model, entityType: string): number {
  const known = ranks.get(model) ?? new Map<string, number>();
  ranks.set(model, known);
  const visit = (code: string, path: readonly string[]): number => {
    const found = known.get(code);
    if (found !== undefined) return found;
    const targets = new Set<string>();
    for (const { kind } of Object.values(model.entityTypes.get(code)?.attributes ?? {})) collect(kind, targets);
    const above = [...targets].filter((target) => target !== code && !path.includes(target));
    const rank = above.reduce((most, target) => Math.max(most, visit(target, [...path, code]) + 1), 0);
    if (path.length === 0) known.set(code, rank);
    return rank;
  };
  return visit(entityType, []);
}

function collect(kind: Kind, into: Set<string>): void {
  if (kind.target !== undefined) into.add(kind.target);
  if (kind.kind === 'byBusinessUnit') into.add('business_unit');
  if (kind.of) collect(kind.of, into);
  for (const { kind: inner } of Object.values(kind.fields ?? {})) collect(inner, into);
}

// Whose record has gone to another golden record is no counterpart any more. One row for each link: what is queued again while it waits or is under way only raises its generation. A record that was
// planned before keeps its link; a dead letter comes to life, as what is new may be what it lacked.
const ENQUEUE = `
with input as materialized (
  select * from jsonb_to_recordset($1::jsonb) as x("linkId" uuid, "goldenId" uuid, system text, scope text, "externalId" text,
    lane text, rank integer)
), planned as (
  select coalesce(known.link_id, i."linkId") as link_id, i.* from input i left join lateral (
    select t.link_id from target_state t where i."externalId" is null and t.entity_type = $2 and t.golden_id = i."goldenId"
      and t.system = i.system and t.scope = i.scope and t.state <> 'GONE'
      and not exists (select from source_record s where s.entity_type = $2 and s.id = t.link_id
        and s.golden_record_id is distinct from i."goldenId")
      order by t.link_id limit 1) known on true
), links as (
  insert into target_state (link_id, system, scope, entity_type, golden_id, external_id, state)
    select distinct on (link_id) link_id, system, scope, $2, "goldenId", "externalId",
      case when "externalId" is null then 'PLANNED' else 'LINKED' end from planned
  on conflict do nothing
), queued as (
  insert into delivery (link_id, system, scope, entity_type, golden_id, lane, state, rank, generation, queued_at, due_at,
      operation_id, correlation_id)
    select distinct on (link_id) link_id, system, scope, $2, "goldenId", lane, 'PENDING', rank, 1, $3::timestamptz, $3::timestamptz,
      $4::uuid, $5 from planned
  on conflict (link_id) do update set golden_id = excluded.golden_id, generation = delivery.generation + 1,
    superseded = delivery.superseded + case when delivery.state = 'PENDING' then 1 else 0 end,
    state = case when delivery.state = 'IN_FLIGHT' then 'IN_FLIGHT' else 'PENDING' end,
    lane = case when delivery.state in ('PENDING', 'IN_FLIGHT') and delivery.lane = 'LIVE' then 'LIVE' else excluded.lane end,
    attempts = case when delivery.state in ('PENDING', 'IN_FLIGHT') then delivery.attempts else 0 end,
    queued_at = case when delivery.state in ('PENDING', 'IN_FLIGHT') then delivery.queued_at else excluded.queued_at end,
    due_at = case when delivery.state in ('PENDING', 'IN_FLIGHT') then delivery.due_at else excluded.due_at end,
    place = case when delivery.state in ('PENDING', 'IN_FLIGHT') then delivery.place end,
    error = case when delivery.state in ('PENDING', 'IN_FLIGHT') then delivery.error end,
    reason = null, finished_at = null, operation_id = excluded.operation_id, correlation_id = excluded.correlation_id
)
select pg_notify('${DELIVERY_CHANNEL}', '')::text`;

/** Queue them in the transaction of what they tell of. One statement, none where nobody is to hear of it. */
export async function enqueue(
  tx: Tx,
  entityType: string,
  deliveries: readonly QueuedDelivery[],
  operation: { readonly id: string; readonly correlation_id: string },
): Promise<void> {
  if (deliveries.length === 0) return;
  await tx.query(ENQUEUE, deliveries, entityType, tx.now.toISOString(), operation.id, operation.correlation_id);
}

/** Have these links looked at again, as far as they are in targets: a person's answer decides anew what may be written. */
export async function queueLinks(
  tx: Tx,
  entityType: string,
  linkIds: readonly string[],
  operation: { readonly id: string; readonly correlation_id: string },
): Promise<void> {
  const targets = tx.model.targetsFor(entityType);
  if (targets.length === 0 || linkIds.length === 0) return;
  const rows = await tx.prisma.sourceRecord.findMany({
    where: { entityType, id: { in: [...linkIds] }, state: 'ACTIVE' },
    select: { id: true, system: true, scope: true, externalId: true, goldenRecordId: true },
  });
  const rank = rankOf(tx.model, entityType);
  const queued = rows
    .filter((row) => targets.some(({ system, scope }) => system === row.system && scope === row.scope))
    .map(({ id, system, scope, externalId, goldenRecordId }): QueuedDelivery => {
      return { linkId: id, goldenId: goldenRecordId ?? '', system, scope, externalId, lane: 'LIVE', rank };
    });
  await enqueue(tx, entityType, queued, operation);
}
