import {
  type Db,
  HUB_ACTOR,
  type InboundRecord,
  inTransaction,
  type JsonObject,
  newId,
  type RaisedTask,
  recordOperation,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import type { Synchronised } from './synchronised.js';
import type { Call } from './turns.js';

interface Replaced {
  readonly oldId: string;
  readonly oldExternalId: string;
  readonly oldGoldenId: string;
  readonly newId: string;
  readonly newExternalId: string;
  readonly newGoldenId: string;
  /** The system said so itself. */
  readonly isMerged?: boolean;
}

const PAIR = `o.id::text as "oldId", o.external_id as "oldExternalId", o.golden_record_id::text as "oldGoldenId", n.id::text as "newId",
    n.external_id as "newExternalId", n.golden_record_id::text as "newGoldenId"`;

// Who was seen before it takes nobody's place. Where one is a golden record with it already, by a bar code that was typed in again,
// that one has its place: nobody needs to be asked about the others.
const REPLACED = `
select ${PAIR}
  from source_record o join source_record n on n.entity_type = o.entity_type and n.system = o.system and n.scope = o.scope
    and n.state = 'ACTIVE' and n.payload->>$5 = o.payload->>$5 and n.first_seen_at > o.first_seen_at
    and n.golden_record_id is distinct from o.golden_record_id and n.golden_record_id is not null
    and n.external_id not in (select jsonb_array_elements_text($4::jsonb))
  where o.entity_type = $1 and o.system = $2 and o.scope = $3 and o.state = 'ACTIVE' and o.golden_record_id is not null
    and o.external_id in (select jsonb_array_elements_text($4::jsonb))
    and not exists (select from source_record t where t.entity_type = o.entity_type and t.golden_record_id = o.golden_record_id
      and t.system = o.system and t.scope = o.scope and t.state = 'ACTIVE' and t.payload->>$5 = o.payload->>$5
      and t.first_seen_at > o.first_seen_at and t.external_id not in (select jsonb_array_elements_text($4::jsonb)))
  order by o.id, n.id`;

/**
 * These records are about to be taken in as deleted. Where newer ones of their family are there, a steward is asked about
 * each: the link of the old one would be lost in silence. Before, not after: killed in between, it is asked again.
 */
export async function askAboutReplaced(
  db: Db,
  { system }: Synchronised,
  { entityType, scope, family }: SyncStream,
  records: readonly InboundRecord[],
): Promise<void> {
  const gone = records.flatMap(({ deleted, externalId }) => (deleted && externalId !== null ? [externalId] : []));
  if (family === undefined || gone.length === 0) return;
  const replaced = await withoutTransaction(db).query<Replaced>(REPLACED, entityType, system, scope, gone, family);
  await ask(db, system, { entityType, scope }, replaced);
}

/** How long after its end a record is asked about: a message may be late, and a sweep may fail. */
const ASKED_FOR_MS = 48 * 60 * 60_000;
/** At each sweep, the last that went. */
const MOST_ASKED = 1_000;

const LEFT = `
select external_id as "externalId" from source_record
  where entity_type = $1 and system = $2 and scope = $3 and state = 'DELETED' and golden_record_id is not null and changed_at > $4::timestamptz
  order by changed_at desc limit ${MOST_ASKED}`;

// Whom a person was asked about isn't asked about again; two that are one for the hub already need no question.
const MERGED = `
select ${PAIR}, true as "isMerged"
  from jsonb_each_text($4::jsonb) as m(gone, into_id)
  join source_record o on o.entity_type = $1 and o.system = $2 and o.scope = $3 and o.external_id = m.gone and o.state = 'DELETED'
  join source_record n on n.entity_type = $1 and n.system = $2 and n.scope = $3 and n.external_id = m.into_id and n.state = 'ACTIVE'
  where n.golden_record_id <> o.golden_record_id
    and not exists (select from steward_task t where t.subject_key = 'replaced:' || o.id || ':' || n.id)
  order by o.id, n.id`;

/**
 * Whom the system says to have merged into another is deleted by now, and his link with him: a steward is asked whether their golden
 * records are one as well. Part of a sweep, which does without where the system doesn't answer: the next one asks again.
 */
export async function askAboutMerged(db: Db, sync: Synchronised, stream: SyncStream, call: Call): Promise<void> {
  const { pull } = sync.open;
  const mergedInto = pull.mergedInto?.bind(pull);
  if (!mergedInto) return;
  const { system } = sync;
  const { entityType, scope } = stream;
  const reader = withoutTransaction(db);
  const since = new Date(reader.now.getTime() - ASKED_FOR_MS).toISOString();
  const left = await reader.query<{ externalId: string }>(LEFT, entityType, system, scope, since);
  if (left.length > 0) {
    const ids = left.map(({ externalId }) => externalId);
    const merged = await call((signal) => mergedInto(stream, ids, signal));
    const into = Object.fromEntries(merged);
    await ask(db, system, stream, await reader.query<Replaced>(MERGED, entityType, system, scope, into));
  }
  await closeAnswered(db, sync, stream);
}

async function ask(
  db: Db,
  system: string,
  { entityType, scope }: Pick<SyncStream, 'entityType' | 'scope'>,
  replaced: readonly Replaced[],
): Promise<void> {
  if (replaced.length === 0) return;
  const raise = replaced.map(({ isMerged = false, ...pair }): RaisedTask => {
    const successors = replaced.filter(({ oldId }) => oldId === pair.oldId).map(({ newExternalId }) => newExternalId);
    return {
      kind: 'REPLACED_RECORD',
      key: `replaced:${pair.oldId}:${pair.newId}`,
      goldenIds: [pair.oldGoldenId, pair.newGoldenId],
      sourceIds: [pair.oldId, pair.newId],
      details: { system, scope, replaced: pair.oldExternalId, by: pair.newExternalId, successors, isMerged },
    };
  });
  const names = [...new Set(replaced.map(({ oldExternalId }) => oldExternalId))];
  await record(db, { system, scope, entityType, replaced: names }, { raise });
}

const record = (
  db: Db,
  subject: { readonly entityType: string } & JsonObject,
  tasks: { readonly raise?: RaisedTask[]; readonly close?: string[] },
) =>
  inTransaction(db, (tx) =>
    recordOperation(
      tx,
      { kind: 'REPLACED_RECORD', actor: HUB_ACTOR, correlationId: newId(), entityType: subject.entityType, subject },
      tasks,
    ),
  );

const ANSWERED = `
select distinct q.open_key as key from steward_task q
  join source_record o on o.entity_type = $1 and o.system = $2 and o.scope = $3 and o.external_id = q.details->>'replaced'
  join source_record n on n.entity_type = $1 and n.golden_record_id = o.golden_record_id and n.system = $2 and n.scope = $3
    and n.state = 'ACTIVE' and jsonb_exists(q.details->'successors', n.external_id)
  where q.kind = 'REPLACED_RECORD' and q.open_key is not null and q.entity_type = $1 and q.details->>'system' = $2 and q.details->>'scope' = $3`;

/** One of the family, or whom it was merged into, has the place of the old one by now: the questions about it go. */
export async function closeAnswered(
  db: Db,
  { system }: Synchronised,
  { entityType, scope }: SyncStream,
): Promise<void> {
  const found = await withoutTransaction(db).query<{ key: string }>(ANSWERED, entityType, system, scope);
  if (found.length === 0) return;
  const close = found.map(({ key }) => key);
  await record(db, { system, scope, entityType, answered: close.length }, { close });
}
