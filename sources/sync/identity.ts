import { type Db, withoutTransaction } from '../../golden-records/index.js';
import { Down } from '../errors.js';
import type { Synchronised } from './synchronised.js';

/** Who answered last, where that is known to be the right one. */
const known = new WeakMap<Synchronised, string>();

/**
 * Is it the installation that cursors and links came from? The first one to answer is. Another one at the same address would
 * look like a system whose records were all deleted and replaced by strangers'. Throws Down OTHER_SYSTEM.
 */
export async function requireSameSystem(db: Db, sync: Synchronised, signal: AbortSignal): Promise<void> {
  const { system, open } = sync;
  const found = await open.identity?.(signal);
  if (!found || known.get(sync) === found) return;
  const [row] = await withoutTransaction(db).query<{ identity: string }>(
    `insert into sync_system (system, identity) values ($1, $2)
       on conflict (system) do update set identity = coalesce(sync_system.identity, excluded.identity) returning identity`,
    system,
    found,
  );
  if (row && row.identity !== found)
    throw new Down(
      'OTHER_SYSTEM',
      `system "${system}": expected ${row.identity}, with which this hub's cursors and links were made, found ${found}. Nothing is ` +
        'read or written there. Give the other one a data directory (or database) or a system code of its own; if it is the same one, ' +
        `moved or restored under another name: concord sync accept ${system} --reason "…"`,
      { place: 'HUB' },
    );
  known.set(sync, found);
}
