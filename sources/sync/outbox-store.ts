import {
  type Db,
  type GoldenOutline,
  HUB_ACTOR,
  inTransaction,
  iso,
  type Json,
  type JsonObject,
  newId,
  type Provenance,
  recordOperation,
  type Tx,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { Lane } from '../connector.js';
import type { Place } from '../errors.js';
import type { FieldBase, Question, Why } from './decide.js';

/** What the engine does to the outbox's tables: each function is one statement over the whole batch. */

export interface Claim {
  readonly scope: string;
  readonly entityType: string;
  readonly leaseId: string;
  readonly links: readonly string[];
}

export interface ClaimInput {
  readonly system: string;
  readonly lane: Lane;
  readonly limit: number;
  readonly leaseMs: number;
  /** Entity types by scope that are written to, with the stream that pauses them. */
  readonly streams: readonly { readonly scope: string; readonly entityType: string; readonly name: string }[];
}

// One entity type and scope at a time, the one whose head comes first: parents before children, then who waits longest.
// What is bulk waits while anything that changes now is due. A lease that ran out is taken over. However long the queue is, the
// index is read at the head of each entity type and scope, and over the rows that are taken.
const WAITS = `d.system = $1 and d.state = 'PENDING' and d.due_at <= $3::timestamptz`;
const LAPSED = `d.system = $1 and d.state = 'IN_FLIGHT' and d.lease_until <= $3::timestamptz`;
const OF_OPEN = `d.scope = open.scope and d.entity_type = open.entity_type`;
const OF_HEAD = `d.lane = $2 and d.scope = (select scope from head) and d.entity_type = (select entity_type from head)`;
const CLAIM = `
with open as (
  select x.scope, x."entityType" as entity_type from jsonb_to_recordset($6::jsonb) as x(scope text, "entityType" text, name text)
    left join sync_stream s on s.name = x.name where s.paused_at is null and s.drift is null
), head as (
  select open.scope, open.entity_type from open cross join lateral (
      (select d.rank, d.due_at from delivery d where ${WAITS} and d.lane = $2 and ${OF_OPEN} order by d.due_at, d.link_id limit 1)
      union all
      (select d.rank, d.lease_until from delivery d where ${LAPSED} and d.lane = $2 and ${OF_OPEN} order by d.lease_until limit 1)
    ) due
    where $2 = 'LIVE' or not exists (select from open cross join lateral (
      select from delivery d where ${WAITS} and d.lane = 'LIVE' and ${OF_OPEN} order by d.due_at, d.link_id limit 1) live)
    order by due.rank, due.due_at limit 1
), lapsed as (
  select d.link_id from delivery d where ${LAPSED} and ${OF_HEAD} order by d.lease_until limit $4::int for update skip locked
), waiting as (
  select d.link_id from delivery d where ${WAITS} and ${OF_HEAD} order by d.due_at, d.link_id limit $4::int for update skip locked
), picked as (
  select link_id from lapsed union all select link_id from waiting limit $4::int
)
update delivery d set state = 'IN_FLIGHT', lease_id = $5::uuid, claimed = d.generation,
    lease_until = $3::timestamptz + $7::float8 * interval '1 millisecond'
  from picked where d.link_id = picked.link_id
  returning d.link_id::text as "linkId", d.scope, d.entity_type as "entityType"`;

export async function claim(db: Db, input: ClaimInput): Promise<Claim | null> {
  const writer = withoutTransaction(db);
  const leaseId = newId();
  const rows = await writer.query<{ linkId: string; scope: string; entityType: string }>(
    CLAIM,
    input.system,
    input.lane,
    writer.now.toISOString(),
    input.limit,
    leaseId,
    input.streams,
    input.leaseMs,
  );
  const [first] = rows;
  if (!first) return null;
  return { scope: first.scope, entityType: first.entityType, leaseId, links: rows.map(({ linkId }) => linkId) };
}

/** A delivery's link, with the golden record that it is of by now. */
const OF_GOLDEN = (entityType: string) => `
  left join target_state t on t.link_id = d.link_id
  left join source_record s on s.entity_type = ${entityType} and s.id = d.link_id
  left join golden_record o on o.entity_type = ${entityType} and o.id = coalesce(s.golden_record_id, t.golden_id, d.golden_id)
  left join golden_record g on g.entity_type = ${entityType} and g.id = coalesce(o.merged_into_id, o.id)`;
/** Changes with all that a plan is made from, but for what the target has. */
const STAMP = `concat_ws(' ', d.generation, t.state, s.content_hash, g.id, g.state, g.version, g.members)`;

/** Keep what is claimed for another while. */
export async function renew(db: Db, { links, leaseId }: Claim, leaseMs: number): Promise<void> {
  const writer = withoutTransaction(db);
  await writer.execute(
    `update delivery d set lease_until = $3::timestamptz from jsonb_array_elements_text($1::jsonb) as link
       where d.link_id = link::uuid and d.lease_id = $2::uuid`,
    links,
    leaseId,
    new Date(writer.now.getTime() + leaseMs).toISOString(),
  );
}

/**
 * What was claimed ahead and is still ours, now that it is its turn: the stamp of each link. Nothing once somebody paused the
 * system or the stream, or the circuit isn't closed.
 */
export async function stillClaimed(
  db: Db,
  { links, leaseId, entityType }: Claim,
  stream: string,
): Promise<Map<string, string>> {
  const reader = withoutTransaction(db);
  const rows = await reader.query<{ linkId: string; stamp: string }>(
    `select d.link_id::text as "linkId", ${STAMP} as stamp from jsonb_array_elements_text($1::jsonb) as link
       cross join lateral (select * from delivery o where o.link_id = link::uuid limit 1) d
       ${OF_GOLDEN('$5')}
       where d.lease_id = $2::uuid and d.lease_until > $3::timestamptz
         and not exists (select from sync_stream s where s.name = $4 and (s.paused_at is not null or s.drift is not null))
         and not exists (select from sync_system s where s.system = d.system and (s.paused_at is not null or s.breaker <> 'CLOSED'))`,
    links,
    leaseId,
    reader.now.toISOString(),
    stream,
    entityType,
  );
  return new Map(rows.map(({ linkId, stamp }) => [linkId, stamp]));
}

/** What was claimed and not sent: it is due as it was. */
export async function letGo(db: Db, { links, leaseId }: Claim): Promise<void> {
  await withoutTransaction(db).execute(
    `update delivery d set state = 'PENDING', lease_id = null, lease_until = null from jsonb_array_elements_text($1::jsonb) as link
       where d.link_id = link::uuid and d.lease_id = $2::uuid`,
    links,
    leaseId,
  );
}

/** Everything that deciding about one link needs, as of one instant. */
export interface LinkCase {
  readonly linkId: string;
  /** Another one as soon as anything of it changed. */
  readonly stamp: string;
  readonly generation: string;
  readonly attempts: number;
  readonly operationId: string;
  readonly correlationId: string;
  readonly linkState: 'PLANNED' | 'CREATING' | 'LINKED' | 'GONE';
  /** It is planned, and its golden record has another counterpart there, or one that was planned before: of records that were merged one is made. */
  readonly isDouble: boolean;
  readonly creatingSince: string | null;
  readonly externalId: string | null;
  readonly bases: Readonly<Record<string, FieldBase>>;
  readonly source: {
    readonly state: 'ACTIVE' | 'DELETED' | 'HELD';
    readonly contentHash: string;
    readonly attributes: JsonObject;
  } | null;
  readonly golden: {
    readonly id: string;
    readonly state: GoldenOutline['state'];
    readonly version: number;
    readonly attributes: JsonObject;
    readonly provenance: Readonly<Record<string, Provenance>>;
    readonly members: readonly { id: string; system: string; scope: string; state: string; externalId: string }[];
  } | null;
}

const LOAD = `
select json_build_object('linkId', d.link_id, 'stamp', ${STAMP}, 'generation', d.generation::text, 'attempts', d.attempts, 'operationId', d.operation_id,
    'correlationId', d.correlation_id, 'linkState', coalesce(t.state, 'LINKED'), 'creatingSince', ${iso('t.creating_since')},
    'isDouble', t.state = 'PLANNED' and exists (select from golden_record w cross join lateral (
        select from target_state x where x.entity_type = $2 and x.golden_id = w.id and x.system = d.system and x.scope = d.scope
          and x.link_id <> d.link_id and not exists (
            select from source_record o where o.entity_type = $2 and o.id = x.link_id and o.golden_record_id is distinct from g.id)
          and (x.state in ('CREATING', 'LINKED') or x.state = 'PLANNED' and x.link_id < d.link_id) limit 1) x
      where w.entity_type = $2 and (w.id = g.id or w.merged_into_id = g.id)),
    'externalId', coalesce(s.external_id, t.external_id), 'bases', coalesce(t.fields, '{}'),
    'source', case when s.id is not null then json_build_object('state', s.state, 'contentHash', s.content_hash, 'attributes', s.attributes) end,
    'golden', case when g.id is not null then json_build_object('id', g.id, 'state', g.state, 'version', g.version,
      'attributes', g.attributes, 'provenance', g.provenance, 'members', (select coalesce(json_agg(json_build_object('id', m.id,
        'system', m.system, 'scope', m.scope, 'state', m.state, 'externalId', m.external_id)), '[]') from source_record m
        where m.entity_type = $2 and m.golden_record_id = g.id)) end) as row
  from jsonb_array_elements_text($1::jsonb) as link
  join delivery d on d.link_id = link::uuid
  ${OF_GOLDEN('$2')}`;

export async function loadCases(db: Db, entityType: string, links: readonly string[]): Promise<LinkCase[]> {
  const rows = await withoutTransaction(db).query<{ row: LinkCase }>(LOAD, links, entityType);
  return rows.map(({ row }) => row);
}

/** Where golden records that others refer to stand in a target. */
export interface Parent {
  readonly entityType: string;
  readonly goldenId: string;
  /** Of its counterparts, the oldest link first. */
  readonly externalIds: readonly string[];
  /** It is to be created and isn't there yet. */
  readonly isComing: boolean;
  /** The `goldenKey`s of those that it waits for itself, be it over others. */
  readonly waitsOn: readonly string[];
  /** ISO time since when its delivery is a dead letter; null: it isn't. */
  readonly deadSince: string | null;
}

// A link whose record is deleted there leads nowhere.
const COUNTERPARTS = `array(
      select s.external_id from source_record s where s.entity_type = g.entity_type and s.golden_record_id = g.id and s.system = $2
        and s.scope = $3 and s.state = 'ACTIVE' order by s.linked_at, s.id)
    || array(select t.external_id from target_state t where t.entity_type = g.entity_type and t.golden_id = g.id and t.system = $2
        and t.scope = $3 and t.state = 'LINKED' and not exists (select from source_record s where s.entity_type = t.entity_type
          and s.id = t.link_id and s.state in ('ACTIVE', 'DELETED')) order by t.link_id)`;
const COMING = (
  entityType: string,
  golden: string,
) => `select d.state, d.finished_at, d.waits_for from target_state t join delivery d on d.link_id = t.link_id
    where t.entity_type = ${entityType} and t.golden_id = ${golden} and t.system = $2 and t.scope = $3 and t.state in ('PLANNED', 'CREATING')
      and d.state in ('PENDING', 'IN_FLIGHT', 'DEAD') order by d.state = 'DEAD', d.link_id limit 1`;
const PARENTS = `
select x.t as "entityType", x.g as "goldenId", ${COUNTERPARTS} as "externalIds",
    coming.state is not null as "isComing", case when coming.state = 'DEAD' then ${iso('coming.finished_at')} end as "deadSince",
    case when coming.waits_for like 'golden:%' then array(
      with recursive above as (
        select coming.waits_for as key union
        select next.waits_for from above
          cross join lateral (${COMING(`split_part(above.key, ':', 2)`, `split_part(above.key, ':', 3)::uuid`)}) next
          where next.waits_for like 'golden:%'
      ) select key from above) else '{}' end as "waitsOn"
  from jsonb_to_recordset($1::jsonb) as x(t text, g text)
  join golden_record o on o.entity_type = x.t and o.id = x.g::uuid
  join golden_record g on g.entity_type = x.t and g.id = coalesce(o.merged_into_id, o.id)
  left join lateral (${COMING('g.entity_type', 'g.id')}) coming on true`;

export async function loadParents(
  db: Db,
  system: string,
  scope: string,
  wanted: readonly { readonly t: string; readonly g: string }[],
): Promise<Map<string, Parent>> {
  if (wanted.length === 0) return new Map();
  const rows = await withoutTransaction(db).query<Parent>(PARENTS, wanted, system, scope);
  return new Map(rows.map((parent) => [`${parent.entityType}\n${parent.goldenId}`, parent]));
}

export interface OpenConflict {
  readonly key: string;
  readonly linkId: string;
  readonly attribute: string;
}

/** `isSeen`: what the target has is what the hub took in, and leads nowhere that may be unknown. */
export type Asked = OpenConflict & { readonly isSeen: boolean };
export type Questions = ReadonlyMap<string, Question>;
export const questionKey = ({ key, linkId }: Pick<OpenConflict, 'key' | 'linkId'>): string => `${key} ${linkId}`;

// A word that the hub couldn't read (a version that was rejected, a code without a word, a reference that leads nowhere yet) survivorship
// hasn't seen: nobody is asked about it, and it isn't overwritten either.
const QUESTIONS = `
select x.key, x."linkId", coalesce(q.said, case when x."isSeen" and s.attributes ? x.attribute then 'NONE' else 'UNKNOWN' end) as question
  from jsonb_to_recordset($1::jsonb) as x(key text, "linkId" text, attribute text, "isSeen" boolean)
    join source_record s on s.entity_type = $2 and s.id = x."linkId"::uuid
    left join golden_record g on g.entity_type = $2 and g.id = s.golden_record_id
    left join lateral (
      select case when t.state = 'RESOLVED' and t.resolution->>'resolution' = 'KEEP' then 'KEPT'
          when t.state in ('OPEN', 'CLAIMED') or t.resolution->>'resolution' = 'DISMISS' then 'OPEN' end as said
        from steward_task t where t.subject_key = x.key and t.state <> 'CLOSED'
          and coalesce(t.details->'ours', 'null') = coalesce(g.attributes->x.attribute, 'null')
          and exists (select from jsonb_array_elements(t.details->'theirs') their where their->>'source' = x."linkId"
            and coalesce(their->'stated', their->'value') = s.attributes->x.attribute)
        order by t.id desc limit 1) q on true`;

/** What persons were asked about exactly the values that stand today, and what they answered. */
export async function questionsAbout(tx: Tx, entityType: string, asked: readonly Asked[]): Promise<Questions> {
  if (asked.length === 0) return new Map();
  const rows = await tx.query<{ key: string; linkId: string; question: Question }>(QUESTIONS, asked, entityType);
  return new Map(rows.map((row) => [questionKey(row), row.question]));
}

export interface AttributeChange {
  readonly attribute: string;
  readonly before: JsonObject | null;
  readonly after: JsonObject;
  readonly why: Why | 'CREATED' | 'STATE';
}

export interface SentAttempt {
  readonly id: string;
  readonly linkId: string;
  readonly goldenId: string;
  readonly externalId: string | null;
  readonly number: number;
  readonly action: 'CREATE' | 'UPDATE';
  readonly changes: readonly AttributeChange[];
  readonly operationId: string;
  readonly correlationId: string;
  /** What is about to be written, so that it is known as ours even if nobody is left to say that it was. */
  readonly bases: Readonly<Record<string, FieldBase>>;
}

// Hardly any attempt is under way, say the statistics: a look for those would read all that there ever were.
const SENT = `
with input as materialized (
  select * from jsonb_to_recordset($1::jsonb) as x(id uuid, "linkId" uuid, "goldenId" uuid, "externalId" text, number integer, action text,
    changes jsonb, "operationId" uuid, "correlationId" text, bases jsonb)
), unfinished as materialized (
  select b.id from input cross join lateral (select id, result from delivery_attempt o where o.link_id = input."linkId" offset 0) b
    where b.result = 'SENT'
), overtaken as (
  update delivery_attempt a set result = 'UNKNOWN', finished_at = $5::timestamptz from unfinished
    where a.id = unfinished.id and coalesce(a.result, '') = 'SENT'
), links as (
  insert into target_state (link_id, system, scope, entity_type, golden_id, external_id, state, fields, creating_since, written_at)
    select "linkId", $2, $3, $4, "goldenId", "externalId", case action when 'CREATE' then 'CREATING' else 'LINKED' end, bases,
      case action when 'CREATE' then $5::timestamptz end, $5::timestamptz from input
  on conflict (link_id) do update set fields = target_state.fields || excluded.fields, written_at = excluded.written_at,
    golden_id = excluded.golden_id, creating_since = coalesce(target_state.creating_since, excluded.creating_since),
    state = case when target_state.external_id is null then excluded.state else 'LINKED' end
)
insert into delivery_attempt (id, link_id, system, scope, entity_type, golden_id, external_id, number, action, changes, result,
    operation_id, correlation_id, started_at)
  select id, "linkId", $2, $3, $4, "goldenId", "externalId", number, action, changes, 'SENT', "operationId", "correlationId",
    $5::timestamptz from input`;

export interface Home {
  readonly system: string;
  readonly scope: string;
  readonly entityType: string;
}

/** Written before the call: a write that nobody lived to tell of is a row all the same. */
export async function noteSent(db: Db, home: Home, attempts: readonly SentAttempt[]): Promise<void> {
  if (attempts.length === 0) return;
  const writer = withoutTransaction(db);
  await writer.execute(SENT, attempts, home.system, home.scope, home.entityType, writer.now.toISOString());
}

// Statistics from before a load say that no link is without an external id, and one look for those reads the whole queue of what
// is to be created. So each row is looked up by its own ids, and the condition is written so that no index serves it.
const CREATED = `
with input as materialized (
  select x."linkId" as link_id, x."externalId" as external_id from jsonb_to_recordset($1::jsonb) as x("linkId" uuid, "externalId" text)
    where coalesce((select false from target_state o where o.system = $2 and o.scope = $3 and o.entity_type = $4
      and o.external_id = x."externalId" limit 1), true)
)
update target_state t set external_id = input.external_id, state = 'LINKED' from input
  where t.link_id = input.link_id and coalesce(t.external_id, '') = ''`;

/** External ids that creates led to, be it told or found. */
export async function noteCreated(
  db: Db,
  home: Home,
  created: readonly { readonly linkId: string; readonly externalId: string }[],
): Promise<void> {
  if (created.length === 0) return;
  await withoutTransaction(db).execute(CREATED, created, home.system, home.scope, home.entityType);
}

export interface Finished {
  readonly linkId: string;
  readonly goldenId: string | null;
  /** The generation that was looked at: what was queued meanwhile goes again. */
  readonly generation: string;
  readonly state: 'DONE' | 'PENDING' | 'DEAD';
  /** PENDING: when it is due. */
  readonly dueAt: string | null;
  readonly waitsFor: string | null;
  readonly attempts: number;
  readonly place: Place | null;
  readonly error: Json;
  readonly attempt: {
    readonly id: string;
    readonly result: 'WRITTEN' | 'CONFIRMED' | 'REFUSED' | 'UNKNOWN';
    readonly externalId: string | null;
  } | null;
  /** Failed before anything was sent: kept as an attempt of its own. */
  readonly failedBefore: { readonly id: string; readonly changes: readonly AttributeChange[] } | null;
  readonly bases: Readonly<Record<string, FieldBase>> | null;
  readonly gone: boolean;
  /** The target was looked at and has what we want: an attempt of unknown outcome worked. */
  readonly confirms: boolean;
  /** A create that was refused for certain: the link is planned again. */
  readonly uncreate: boolean;
}

// Who waits for a parent that is there now goes at once.
const FINISH = `
with input as materialized (
  select * from jsonb_to_recordset($1::jsonb) as x("linkId" uuid, "goldenId" uuid, generation bigint, state text, "dueAt" timestamptz,
    "waitsFor" text, attempts integer, place text, error jsonb, attempt jsonb, "failedBefore" jsonb, bases jsonb, gone boolean, confirms boolean, uncreate boolean)
), outcomes as (
  update delivery_attempt a set result = i.attempt->>'result', external_id = coalesce(i.attempt->>'externalId', a.external_id),
      finished_at = $3::timestamptz, place = i.place, error = nullif(i.error, 'null')
    from input i where a.id = (i.attempt->>'id')::uuid
), confirmed as (
  update delivery_attempt a set result = 'CONFIRMED', finished_at = $3::timestamptz from input i
    where i.confirms and a.result in ('SENT', 'UNKNOWN') and a.id = (
      select b.id from delivery_attempt b where b.link_id = i."linkId" order by b.id desc limit 1)
), failures as (
  insert into delivery_attempt (id, link_id, system, scope, entity_type, golden_id, external_id, number, action, changes, result, place,
      error, operation_id, correlation_id, started_at, finished_at)
    select (i."failedBefore"->>'id')::uuid, d.link_id, d.system, d.scope, d.entity_type, d.golden_id, null, i.attempts, 'NONE',
      i."failedBefore"->'changes', 'REFUSED', i.place, i.error, d.operation_id, d.correlation_id, $3::timestamptz, $3::timestamptz
    from input i join delivery d on d.link_id = i."linkId" where jsonb_typeof(i."failedBefore") = 'object'
), states as (
  update target_state t set fields = t.fields || coalesce(nullif(i.bases, 'null'), '{}'), read_at = $3::timestamptz,
      state = case when i.gone then 'GONE' when i.uncreate and t.external_id is null then 'PLANNED' else t.state end,
      creating_since = case when i.uncreate and t.external_id is null then null else t.creating_since end
    from input i where t.link_id = i."linkId" and (jsonb_typeof(i.bases) = 'object' or i.gone or i.uncreate)
), new_states as (
  insert into target_state (link_id, system, scope, entity_type, golden_id, external_id, state, fields, read_at)
    select i."linkId", d.system, d.scope, d.entity_type, i."goldenId", s.external_id, 'LINKED', i.bases, $3::timestamptz
    from input i join delivery d on d.link_id = i."linkId" join source_record s on s.entity_type = d.entity_type and s.id = i."linkId"
    where jsonb_typeof(i.bases) = 'object' and i."goldenId" is not null and not i.gone
  on conflict do nothing
), finished as (
  update delivery d set state = case when d.generation = i.generation then i.state else 'PENDING' end,
      lease_id = null, lease_until = null, attempts = case when i.state = 'DONE' then 0 else i.attempts end,
      superseded = case when i.state = 'DONE' then 0 else d.superseded end,
      golden_id = coalesce(i."goldenId", d.golden_id),
      due_at = case when i.state = 'PENDING' then i."dueAt" else $3::timestamptz end,
      waits_for = i."waitsFor", place = i.place, error = nullif(i.error, 'null'),
      finished_at = case when i.state <> 'PENDING' and d.generation = i.generation then $3::timestamptz end
    from input i where d.link_id = i."linkId" and d.lease_id = $2::uuid
    returning d.link_id
), woken as materialized (
  select w.link_id, w.state from input i cross join lateral (
      select link_id, state from delivery o where o.waits_for = 'golden:' || $4 || ':' || i."goldenId" and o.state in ('PENDING', 'DEAD', 'DONE') offset 0) w
    where i.state = 'DONE' and i."goldenId" is not null
)
update delivery d set due_at = $3::timestamptz, waits_for = null, state = 'PENDING', attempts = 0, place = null, error = null, finished_at = null
  from woken where d.link_id = woken.link_id and d.state in ('PENDING', 'DEAD', 'DONE') returning woken.state = 'DEAD' as "wasDead"`;

/** Tell what came of each link, let go of the lease, and wake who waits for a parent. Answers how many dead letters that revived. */
export async function finish(
  db: Db,
  { leaseId, entityType }: Pick<Claim, 'leaseId' | 'entityType'>,
  finished: readonly Finished[],
): Promise<number> {
  if (finished.length === 0) return 0;
  const writer = withoutTransaction(db);
  const woken = await writer.query<{ wasDead: boolean }>(
    FINISH,
    finished,
    leaseId,
    writer.now.toISOString(),
    entityType,
  );
  return woken.filter(({ wasDead }) => wasDead).length;
}

/** One question for each kind of failure of a stream, however many letters are dead of it; closed when none is left. */
export async function askAboutDeadLetters(db: Db, system: string): Promise<void> {
  await inTransaction(db, (tx) => renewDeadLetterTasks(tx, system));
}

export async function renewDeadLetterTasks(tx: Tx, system: string): Promise<void> {
  const dead = await tx.query<{ entityType: string; code: string; count: number; example: string }>(
    `select entity_type as "entityType", error->>'code' as code, count(*)::int as count, min(error->>'message') as example
       from delivery where system = $1 and state = 'DEAD' group by 1, 2 order by 1, 2`,
    system,
  );
  const open = await tx.query<{ key: string; count: number }>(
    `select open_key as key, (details->>'count')::int as count from steward_task where kind = 'DEAD_LETTER' and open_key like $1`,
    `dead:${system}:%`,
  );
  const key = (entityType: string, code: string) => `dead:${system}:${entityType}:${code}`;
  const wanted = new Set(dead.map(({ entityType, code }) => key(entityType, code)));
  const close = open.map((task) => task.key).filter((task) => !wanted.has(task));
  const known = new Map(open.map((task) => [task.key, task.count]));
  const raise = dead.filter(({ entityType, code, count }) => known.get(key(entityType, code)) !== count);
  if (raise.length === 0 && close.length === 0) return;
  await recordOperation(
    tx,
    { kind: 'DEAD_LETTERS', actor: HUB_ACTOR, correlationId: newId(), subject: { system, raised: raise.length } },
    {
      raise: raise.map(({ entityType, code, count, example }) => ({
        kind: 'DEAD_LETTER',
        key: key(entityType, code),
        details: { system, entityType, code, count, example },
      })),
      close,
    },
  );
}
