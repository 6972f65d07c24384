import {
  type Db,
  HUB_ACTOR,
  type InboundRecord,
  inTransaction,
  newId,
  type RaisedTask,
  recordOperation,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import type { Synchronised } from './synchronised.js';

interface Replaced {
  readonly oldId: string;
  readonly oldExternalId: string;
  readonly oldGoldenId: string;
  readonly newId: string;
  readonly newExternalId: string;
  readonly newGoldenId: string;
}

// Who was seen before it, or is one golden record with it already (by a bar code that was typed in again), takes nobody's place.
const REPLACED = `
select o.id::text as "oldId", o.external_id as "oldExternalId", o.golden_record_id::text as "oldGoldenId", n.id::text as "newId",
    n.external_id as "newExternalId", n.golden_record_id::text as "newGoldenId"
  from source_record o join source_record n on n.entity_type = o.entity_type and n.system = o.system and n.scope = o.scope
    and n.state = 'ACTIVE' and n.payload->>$5 = o.payload->>$5 and n.first_seen_at > o.first_seen_at
    and n.golden_record_id is distinct from o.golden_record_id and n.golden_record_id is not null
    and n.external_id not in (select jsonb_array_elements_text($4::jsonb))
  where o.entity_type = $1 and o.system = $2 and o.scope = $3 and o.state = 'ACTIVE' and o.golden_record_id is not null
    and o.external_id in (select jsonb_array_elements_text($4::jsonb))
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
  if (replaced.length === 0) return;
  const raise = replaced.map((pair): RaisedTask => {
    const successors = replaced.filter(({ oldId }) => oldId === pair.oldId).map(({ newExternalId }) => newExternalId);
    return {
      kind: 'REPLACED_RECORD',
      key: `replaced:${pair.oldId}:${pair.newId}`,
      goldenIds: [pair.oldGoldenId, pair.newGoldenId],
      sourceIds: [pair.oldId, pair.newId],
      details: { system, scope, replaced: pair.oldExternalId, by: pair.newExternalId, successors },
    };
  });
  const subject = {
    system,
    scope,
    entityType,
    replaced: [...new Set(replaced.map(({ oldExternalId }) => oldExternalId))],
  };
  await inTransaction(db, (tx) =>
    recordOperation(
      tx,
      { kind: 'REPLACED_RECORD', actor: HUB_ACTOR, correlationId: newId(), entityType, subject },
      { raise },
    ),
  );
}
