import type { Db } from '../../golden-records/index.js';
import { healCodes } from './codes.js';
import { lookAgain } from './dead-letters.js';
import { askAboutDeadLetters } from './outbox-store.js';
import type { Synchronised } from './synchronised.js';

/**
 * Worker step: what waited for a code's meaning, or for a counterpart, and has it now, goes on; questions about dead letters go with
 * the last of them, whatever mended it. Killed in between, it does so once more.
 */
export async function healOnce(db: Db, sync: Synchronised): Promise<{ healed: number }> {
  let healed = await healCodes(db, sync);
  for (const { scope, entityType, outward } of sync.connector.streams)
    if (outward) healed += (await lookAgain(db, { system: sync.system, scope, entityType })).woken;
  await askAboutDeadLetters(db, sync.system);
  return { healed };
}
