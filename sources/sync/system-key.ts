import type { Db } from '../../golden-records/index.js';
import type { KeyFacts } from '../connector.js';
import type { Synchronised } from './synchronised.js';
import { inTurn } from './turns.js';

/** When the connector's key was made and when it expires; null: the system doesn't tell. One call, in its turn. */
export async function keyFacts(db: Db, sync: Synchronised, signal: AbortSignal): Promise<KeyFacts | null> {
  if (!sync.open.key) return null;
  return inTurn(db, sync, { signal }, async () => (await sync.open.key?.(signal)) ?? null);
}
