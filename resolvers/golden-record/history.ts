import { InvalidInput } from '../../golden-records/index.js';
import { DEFAULT_ROWS, MOST_ROWS } from '../../golden-records/read/index.js';
import { type ConnectionRoot, connection, type PageArguments } from '../connection.js';
import type { Context } from '../context.js';
import type { GoldenRoot } from '../roots.js';
import type { VersionRoot } from './common-fields.js';

/** One page of the versions of a record, newest first. The cursor is the number of the version. */
export async function historyPage(
  record: GoldenRoot,
  { loaders }: Context,
  page: PageArguments,
): Promise<ConnectionRoot<VersionRoot>> {
  const size = page.first ?? DEFAULT_ROWS;
  if (size < 1 || size > MOST_ROWS)
    throw new InvalidInput('INVALID_INPUT', `\`first\` must be between 1 and ${MOST_ROWS}, got ${size}`, {
      field: 'first',
    });
  const before = Math.min(page.after ? readCursor(page.after) : NEWEST, record.members ? record.version + 1 : NEWEST);
  // One more than the page: the difference to the version before belongs to the last of them.
  const rows = await loaders.of(record.definition).history.load({ goldenId: record.uuid, before, limit: size + 1 });
  const kept = rows.slice(0, size).map((row, at) => ({
    ...row,
    record,
    previous: rows[at + 1] ?? null,
    cursor: writeCursor(row.version),
  }));
  return connection(
    { rows: kept, hasNextPage: rows.length > size, hasPreviousPage: Boolean(page.after) },
    (row) => row,
    () => record.version,
  );
}

const NEWEST = 2_147_483_647;
const writeCursor = (version: number): string => Buffer.from(`v${version}`).toString('base64url');

function readCursor(text: string): number {
  const version = /^v(\d{1,9})$/.exec(Buffer.from(text, 'base64url').toString())?.[1];
  if (version === undefined)
    throw new InvalidInput('INVALID_CURSOR', 'this is not a cursor of a history', { field: 'after' });
  return Number(version);
}
