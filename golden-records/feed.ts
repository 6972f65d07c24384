import { Conflict, InvalidInput } from './errors.js';
import { newId } from './ids.js';
import { contentHash } from './normalise/index.js';
import { iso } from './store/component.js';
import { type Db, inTransaction, type Tx } from './transaction.js';

/** A place in the feed: everything up to and including `position` was seen. */
export interface FeedCursor {
  readonly epoch: string;
  readonly position: bigint;
}

export interface FeedChange {
  readonly position: bigint;
  readonly entityType: string;
  readonly goldenId: string;
  readonly version: number;
  readonly kind: string;
  readonly attributes: readonly string[];
  readonly operationId: string;
  readonly at: string;
}

/** Channels on which writers wake the sequencer, and the sequencer wakes readers. Both only save waiting. */
export const CHANGE_CHANNEL = 'concord_change';
export const FEED_CHANNEL = 'concord_feed';

const MOST_AT_ONCE = 2_000;
const GENESIS = '0'.repeat(64);

/**
 * One pass of the sequencer: stamp a dense position on the changes that have committed, in `seq` order, and chain the
 * audit entries. One pass at a time in the whole database. A `seq` drawn early and committed late is stamped when it shows:
 * positions only ever grow past what readers have seen, so nobody skips it. Within a record `seq` follows the versions,
 * as it is drawn while the record is locked.
 */
export async function advanceFeedOnce(db: Db): Promise<{ changes: number; auditEntries: number }> {
  // Apart, so that subscribers need not wait for the audit chain.
  const changes = await inTransaction(db, async (tx) => {
    await lockSequencer(tx);
    const [stamped] = await tx.query<{ count: number }>(STAMP, MOST_AT_ONCE);
    return stamped?.count ?? 0;
  });
  const auditEntries = await inTransaction(db, async (tx) => {
    await lockSequencer(tx);
    return chainAudit(tx);
  });
  return { changes, auditEntries };
}

const lockSequencer = (tx: Tx) =>
  tx.query(`select pg_advisory_xact_lock(hashtextextended('concord:sequencer', 0))::text`);

const STAMP = `
with head as (select head from feed where id = 1),
ready as (select seq, row_number() over (order by seq) as nth from (
  select seq from change where position is null order by seq limit $1::int) c),
stamped as (update change c set position = h.head + r.nth from ready r, head h where c.seq = r.seq returning 1),
moved as (update feed set head = head + (select count(*) from ready) where id = 1 and exists (select 1 from ready))
select count(*)::int as count, case when count(*) > 0 then pg_notify('${FEED_CHANNEL}', '')::text end as notified from stamped`;

interface AuditRow {
  seq: string;
  at: string;
  actor_kind: string;
  actor_id: string;
  action: string;
  subject: string;
  details_hash: string;
  correlation_id: string;
}

const AUDIT_COLUMNS = `seq::text, ${iso('at')} as at, actor_kind, actor_id, action, subject::text as subject, details_hash, correlation_id`;

/** The hash of an entry covers the one before it, so that none can be altered or left out unnoticed. */
const auditHash = (previous: string, { seq: _seq, ...entry }: AuditRow) => contentHash({ previous, ...entry });

async function chainAudit(tx: Tx): Promise<number> {
  const entries = await tx.query<AuditRow>(
    `select ${AUDIT_COLUMNS} from audit_entry where position is null order by audit_entry.seq limit $1::int`,
    MOST_AT_ONCE,
  );
  if (entries.length === 0) return 0;
  const [head] = await tx.query<{ audit_head: bigint; audit_hash: string }>(
    'select audit_head, audit_hash from feed where id = 1',
  );
  let hash = head?.audit_hash ?? GENESIS;
  let position = head?.audit_head ?? 0n;
  const stamps = entries.map((entry) => {
    hash = auditHash(hash, entry);
    position += 1n;
    return { seq: entry.seq, position: String(position), hash };
  });
  await tx.execute(
    `update audit_entry a set position = x.position, hash = x.hash
       from jsonb_to_recordset($1::jsonb) as x(seq bigint, position bigint, hash text) where a.seq = x.seq`,
    stamps,
  );
  await tx.execute('update feed set audit_head = $1::bigint, audit_hash = $2 where id = 1', String(position), hash);
  return entries.length;
}

/** Follow the audit chain from its start; answers the position of the first entry that doesn't fit, or null. */
export async function firstBrokenAuditEntry(tx: Tx): Promise<bigint | null> {
  let hash = GENESIS;
  let after = 0n;
  for (;;) {
    const entries = await tx.query<AuditRow & { position: bigint; hash: string }>(
      `select ${AUDIT_COLUMNS}, position, hash from audit_entry where position > $1::bigint order by position limit 1000`,
      String(after),
    );
    if (entries.length === 0) break;
    for (const { position, hash: stored, ...entry } of entries) {
      hash = auditHash(hash, entry);
      if (hash !== stored || position !== after + 1n) return position;
      after = position;
    }
  }
  const [head] = await tx.query<{ audit_head: bigint; audit_hash: string }>(
    'select audit_head, audit_hash from feed where id = 1',
  );
  return head && (head.audit_head !== after || head.audit_hash !== hash) ? after + 1n : null;
}

export async function feedHead(db: Db): Promise<FeedCursor> {
  const { epoch, position } = await feedBounds(db);
  return { epoch, position };
}

/** The head of the feed, and the position before its oldest kept change. */
async function feedBounds(db: Db): Promise<FeedBounds> {
  const { rows } = await db.pool.query<{ epoch: string; head: string; oldest: string | null }>({
    name: 'feed-bounds',
    text: 'select epoch::text, head::text, (select min(position) from change)::text as oldest from feed where id = 1',
  });
  const row = rows[0];
  if (!row) throw new Conflict('DATABASE_NOT_READY', 'the database has no feed yet: run `concord migrate`');
  const position = BigInt(row.head);
  return { epoch: row.epoch, position, before: row.oldest === null ? position : BigInt(row.oldest) - 1n };
}
interface FeedBounds extends FeedCursor {
  readonly before: bigint;
}

/**
 * Changes after a cursor, oldest first, at most `limit`, and the cursor to go on with. The cursor moves to the end of what was
 * looked at, also where a filter let nothing through.
 * Throws InvalidInput: CURSOR_FOREIGN_EPOCH (another database, or one restored from a backup), CURSOR_BEYOND_HEAD,
 * CURSOR_EXPIRED (changes after it were deleted).
 */
export async function readFeed(
  db: Db,
  after: FeedCursor,
  options: { readonly entityTypes?: readonly string[]; readonly ids?: readonly string[]; readonly limit: number },
): Promise<{ changes: FeedChange[]; cursor: FeedCursor }> {
  const head = await feedBounds(db);
  checkCursor(after, head);
  if (after.position < head.before) {
    throw new InvalidInput(
      'CURSOR_EXPIRED',
      `changes are kept from position ${head.before + 1n} on, the cursor is at ${after.position}: read the records anew`,
    );
  }
  const { rows } = await db.pool.query<Omit<FeedChange, 'position'> & { position: string }>({
    name: 'read-feed',
    text: `select position::text, entity_type as "entityType", golden_id::text as "goldenId", version, kind, attributes,
             operation_id::text as "operationId", ${iso('at')} as at
           from change where position > $1::bigint and position <= $2::bigint
             and ($3::text[] is null or entity_type = any($3)) and ($4::uuid[] is null or golden_id = any($4))
           order by change.position limit $5`,
    values: [
      String(after.position),
      String(head.position),
      options.entityTypes ?? null,
      options.ids ?? null,
      options.limit,
    ],
  });
  const changes = rows.map((row) => ({ ...row, position: BigInt(row.position) }));
  const last = changes.at(-1)?.position;
  const position = changes.length < options.limit || last === undefined ? head.position : last;
  return { changes, cursor: { epoch: head.epoch, position } };
}

export function checkCursor(cursor: FeedCursor, head: FeedCursor): void {
  if (cursor.epoch !== head.epoch) {
    throw new InvalidInput(
      'CURSOR_FOREIGN_EPOCH',
      'this cursor belongs to another database or to the time before a restore: read the records anew, then follow from the present head',
    );
  }
  if (cursor.position > head.position) {
    throw new InvalidInput(
      'CURSOR_BEYOND_HEAD',
      `the feed ends at ${head.position}, the cursor is at ${cursor.position}: read the records anew`,
    );
  }
}

export const encodeCursor = ({ epoch, position }: FeedCursor): string =>
  Buffer.from(`${epoch}:${position}`).toString('base64url');

/** Throws InvalidInput (INVALID_CURSOR). */
export function decodeCursor(text: string): FeedCursor {
  const match = /^([0-9a-f-]{36}):(\d{1,18})$/.exec(Buffer.from(text, 'base64url').toString());
  if (!match?.[1] || !match[2])
    throw new InvalidInput('INVALID_CURSOR', `"${text.slice(0, 80)}" is not a cursor of this feed`);
  return { epoch: match[1], position: BigInt(match[2]) };
}

/**
 * Give the feed its epoch. A copy of the database (a restored dump, a point-in-time recovery) has another fingerprint and
 * gets another epoch: what its readers saw may not be in it.
 */
export async function prepareFeed(tx: Tx): Promise<void> {
  await tx.execute(
    `insert into feed (id, epoch, fingerprint, head, audit_head, audit_hash) values (1, $1::uuid, ${FINGERPRINT}, 0, 0, $2)
     on conflict (id) do update set epoch = excluded.epoch, fingerprint = excluded.fingerprint where feed.fingerprint <> excluded.fingerprint`,
    newId(),
    GENESIS,
  );
}
// The table's own oid, as a dump can be restored over the very database that it was taken from.
const FINGERPRINT = `(select concat_ws(':', s.system_identifier, c.timeline_id, d.oid, 'feed'::regclass::oid)
  from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database())`;
