import { type Db, withoutTransaction } from '../../golden-records/index.js';
import type { SyncStream } from '../connector.js';
import { noteCreated } from './outbox-store.js';
import type { Synchronised } from './synchronised.js';
import type { Call } from './turns.js';

const FIND_BATCH = 200;

/**
 * What comes in may have been created by a delivery whose answer is still on its way, or never came: its link is told
 * before the record is taken in, or it would become a second golden record.
 */
export async function settleOpenCreates(
  db: Db,
  sync: Synchronised,
  stream: SyncStream,
  records: number,
  call: Call,
): Promise<void> {
  const { push } = sync.open;
  const target = sync.connector.streams.find(
    ({ entityType, scope, outward }) => outward?.creates && entityType === stream.entityType && scope === stream.scope,
  );
  if (!target || !push || records === 0 || target.capabilities.push?.idempotency === 'NONE') return;
  const home = { system: sync.system, scope: stream.scope, entityType: stream.entityType };
  const open = await withoutTransaction(db).query<{ linkId: string }>(
    `select link_id::text as "linkId" from target_state where system = $1 and scope = $2 and entity_type = $3 and state = 'CREATING'
       and external_id is null`,
    home.system,
    home.scope,
    home.entityType,
  );
  for (let at = 0; at < open.length; at += FIND_BATCH) {
    const keys = open.slice(at, at + FIND_BATCH).map(({ linkId }) => linkId);
    const found = await call((signal) => push.find(target, keys, signal));
    await noteCreated(
      db,
      home,
      [...found].map(([linkId, externalId]) => ({ linkId, externalId })),
    );
  }
}
