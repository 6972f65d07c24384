import type { Json, JsonObject } from '../json.js';
import type { EntityTypeDefinition } from '../model.js';
import type { Db } from '../transaction.js';
import { quoteLiteral } from './expressions.js';
import { requireStorable } from './keyset.js';
import { grouped, INSTANTS_AS_TEXT, inOrder } from './rows.js';

/** One record as a system holds it, without its values. */
export interface SourceRow {
  readonly id: string;
  readonly entityType: string;
  readonly system: string;
  readonly scope: string;
  readonly externalId: string;
  readonly state: 'ACTIVE' | 'DELETED' | 'HELD';
  readonly sourceTime: string;
  readonly firstSeenAt: string;
  readonly changedAt: string;
  readonly goldenId: string | null;
  readonly linkKind: 'AUTO' | 'MANUAL' | null;
  /** Decimal as text, log2 odds. */
  readonly matchWeight: string | null;
  readonly linkedAt: string | null;
}

/** What a source record says; read only when it is asked for, as payloads are large. */
export interface SourceValues {
  readonly id: string;
  readonly payload: Json;
  readonly attributes: JsonObject;
  readonly attributeTimes: Readonly<Record<string, string>>;
  readonly issues: Json;
  readonly heldReason: Json;
  readonly mappingVersion: string;
  readonly contentHash: string;
}

const COLUMNS = `id, entity_type as "entityType", system, scope, external_id as "externalId", state,
  source_time as "sourceTime", first_seen_at as "firstSeenAt", changed_at as "changedAt", golden_record_id as "goldenId",
  link_kind as "linkKind", match_weight as "matchWeight", linked_at as "linkedAt"`;

/** The source records linked to each golden record, oldest link first. */
export async function crosswalkOf(
  db: Db,
  definition: EntityTypeDefinition,
  goldenIds: readonly string[],
): Promise<SourceRow[][]> {
  const { rows } = await db.pool.query<SourceRow>({
    types: INSTANTS_AS_TEXT,
    name: `crosswalk-${definition.code}`,
    text: `select ${COLUMNS} from source_record
      where entity_type = ${quoteLiteral(definition.code)} and golden_record_id = any($1::uuid[]) order by linked_at, id`,
    values: [goldenIds],
  });
  const groups = grouped(rows, (row) => row.goldenId ?? '');
  return goldenIds.map((id) => groups.get(id) ?? []);
}

/** By id, in the order asked, undefined where there is none. */
export async function sourceRecordsByIds(db: Db, ids: readonly string[]): Promise<(SourceRow | undefined)[]> {
  const { rows } = await db.pool.query<SourceRow>({
    types: INSTANTS_AS_TEXT,
    name: 'source-records-by-ids',
    text: `select ${COLUMNS} from source_record where entity_type = any($1) and id = any($2::uuid[])`,
    values: [[...db.model.entityTypes.keys()], ids],
  });
  return inOrder(ids, rows);
}

export interface SourceKey {
  readonly entityType: string;
  readonly system: string;
  readonly scope: string;
  readonly externalId: string;
}

/** By the key that the source itself uses. */
export async function sourceRecordByKey(db: Db, key: SourceKey): Promise<SourceRow | null> {
  for (const part of [key.system, key.scope, key.externalId]) requireStorable(part, 'id');
  const { rows } = await db.pool.query<SourceRow>({
    types: INSTANTS_AS_TEXT,
    name: 'source-record-by-key',
    text: `select ${COLUMNS} from source_record where entity_type = $1 and system = $2 and scope = $3 and external_id = $4`,
    values: [key.entityType, key.system, key.scope, key.externalId],
  });
  return rows[0] ?? null;
}

/** By id, in the order asked, undefined where there is none. */
export async function sourceValuesByIds(db: Db, ids: readonly string[]): Promise<(SourceValues | undefined)[]> {
  const { rows } = await db.pool.query<SourceValues>({
    name: 'source-values-by-ids',
    text: `select id, payload, attributes, attribute_times as "attributeTimes", issues, held_reason as "heldReason",
      mapping_version as "mappingVersion", content_hash as "contentHash"
      from source_record where entity_type = any($1) and id = any($2::uuid[])`,
    values: [[...db.model.entityTypes.keys()], ids],
  });
  return inOrder(ids, rows);
}

/** One thing that arrived. */
export interface InboxRow extends SourceKey {
  readonly id: string;
  readonly receivedAt: Date;
  readonly sourceTime: Date | null;
  readonly deleted: boolean;
  readonly contentHash: string;
  readonly correlationId: string;
  readonly operationId: string;
  readonly outcome: 'APPLIED' | 'STALE' | 'REJECTED';
  readonly reason: Json;
  readonly payload: Json;
}

const MOST_ARRIVALS = 20;

/** What arrived for each source record, newest first, at most 20 each. */
export async function inboxEventsOf(db: Db, keys: readonly SourceKey[]): Promise<InboxRow[][]> {
  const { rows } = await db.pool.query<InboxRow & { at: number }>({
    name: 'inbox-events-of',
    text: `select k.at::int as at, e.* from unnest($1::text[], $2::text[], $3::text[], $4::text[])
        with ordinality as k (entity_type, system, scope, external_id, at),
      lateral (select id, received_at as "receivedAt", source_time as "sourceTime", deleted, content_hash as "contentHash",
          correlation_id as "correlationId", operation_id as "operationId", outcome, reason, payload,
          entity_type as "entityType", system, scope, external_id as "externalId"
        from inbox_event where entity_type = k.entity_type and system = k.system and scope = k.scope
          and external_id = k.external_id order by received_at desc, id desc limit ${MOST_ARRIVALS}) e
      order by k.at, e."receivedAt" desc, e.id desc`,
    values: [
      keys.map((key) => key.entityType),
      keys.map((key) => key.system),
      keys.map((key) => key.scope),
      keys.map((key) => key.externalId),
    ],
  });
  const groups = grouped(rows, (row) => row.at - 1);
  return keys.map((_, at) => groups.get(at) ?? []);
}
