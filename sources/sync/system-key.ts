import type { Db } from '../../golden-records/index.js';
import type { KeyFacts } from '../connector.js';
import type { Synchronised } from './synchronised.js';
import { pace } from './system-state.js';

/** When the connector's key was made and when it expires; null: the system doesn't tell. One call, in its turn. */
export async function keyFacts(db: Db, sync: Synchronised, signal: AbortSignal): Promise<KeyFacts | null> {
  if (!sync.open.key) return null;
  await pace(db, sync.system, sync.connector.callsPerSecond, signal);
  return sync.open.key(signal);
}
