import {
  type Db,
  HUB_ACTOR,
  type InboundRecord,
  inTransaction,
  isJsonObject,
  lockEntityType,
  newId,
  recordOperation,
  withoutTransaction,
} from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import type { Synchronised } from './synchronised.js';

interface Known {
  readonly id: string;
  readonly externalId: string;
  readonly born: string;
}

const BORN = `
select id::text, external_id as "externalId", payload->>$5 as born from source_record
  where entity_type = $1 and system = $2 and scope = $3 and external_id in (select jsonb_array_elements_text($4::jsonb))
    and payload->>$5 is not null`;

/**
 * A system that was set back to an older state gives ids again that it had given before: another thing under a known id. The one
 * that was known is set aside under a name that says so, with its golden record and its history, so that what stands under the id now
 * comes in as what it is: new. Answers the ones that were set aside, to be taken in as deleted; killed in between, the next sweep misses them.
 */
export async function setAsideReused(
  db: Db,
  { system }: Synchronised,
  { entityType, scope, born }: SyncStream,
  records: readonly InboundRecord[],
): Promise<InboundRecord[]> {
  if (born === undefined) return [];
  const now = new Map(
    records.flatMap(({ externalId, payload }) => {
      const at = isJsonObject(payload) ? payload[born] : undefined;
      return externalId !== null && typeof at === 'string' ? [[externalId, at] as const] : [];
    }),
  );
  if (now.size === 0) return [];
  const reusedOf = (known: readonly Known[]) => known.filter((one) => now.get(one.externalId) !== one.born);
  const parameters = [entityType, system, scope, [...now.keys()], born];
  if (reusedOf(await withoutTransaction(db).query<Known>(BORN, ...parameters)).length === 0) return [];
  return inTransaction(db, async (tx) => {
    await lockEntityType(tx, entityType);
    const aside = reusedOf(await tx.query<Known>(BORN, ...parameters)).map((one) => ({
      ...one,
      as: `${one.externalId} of ${one.born}`,
    }));
    // A batch that was prepared before this finds its records written meanwhile, and is prepared anew.
    await tx.execute(
      `update source_record s set external_id = x."as", revision = nextval('source_record_revision_seq')
         from jsonb_to_recordset($2::jsonb) as x(id uuid, "as" text) where s.entity_type = $1 and s.id = x.id`,
      entityType,
      aside,
    );
    await tx.execute(
      `update target_state t set external_id = x."as" from jsonb_to_recordset($4::jsonb) as x("externalId" text, "as" text)
         where t.entity_type = $1 and t.system = $2 and t.scope = $3 and t.external_id = x."externalId"`,
      entityType,
      system,
      scope,
      aside,
    );
    const subject = {
      system,
      scope,
      ids: aside.map(({ externalId }) => externalId).slice(0, MOST_NAMED),
      count: aside.length,
    };
    await recordOperation(
      tx,
      { kind: 'REUSED_IDS', actor: HUB_ACTOR, correlationId: newId(), entityType, subject },
      {},
    );
    return aside.map((one): InboundRecord => ({ externalId: one.as, payload: { id: one.as }, deleted: true }));
  });
}
const MOST_NAMED = 100;
