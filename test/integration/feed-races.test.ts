import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  advanceFeedOnce,
  type Db,
  decodeCursor,
  encodeCursor,
  type FeedChange,
  type FeedCursor,
  feedHead,
  inTransaction,
  readFeed,
  type Tx,
} from '../../golden-records/index.js';
import { carryOut } from '../../golden-records/operations.js';
import { connect, type Database } from '../../src/database.js';
import { createTestHub, goldenOf, STEWARD, type TestHub } from '../support/hub.js';
import { emptyStore } from '../support/laws/empty.js';
import { silentLog } from '../support/log.js';

// The feed of DESIGN §3: dense, and in order per record, whatever the order of commits. Law 8's changes reach everybody.
let hub: TestHub;
let second: Database;
let others: Db;
beforeAll(async () => {
  hub = await createTestHub();
  second = connect(hub.database.url, { log: silentLog });
  others = { ...hub.db, ...second };
});
beforeEach(() => emptyStore(hub.db.pool));
afterEach(() => hub.expectLawful());
afterAll(async () => {
  await second.close();
  await hub.close();
});

/** A point that a transaction reaches and is kept at until somebody opens it. */
class Gate {
  readonly reached: Promise<void>;
  private readonly opened: Promise<void>;
  private arrive: () => void = () => undefined;
  open: () => void = () => undefined;
  constructor() {
    this.reached = new Promise((resolve) => {
      this.arrive = resolve;
    });
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }
  pass(): Promise<void> {
    this.arrive();
    return this.opened;
  }
}

const rename = (tx: Tx, id: string, value: string) =>
  carryOut(tx, STEWARD, { correlationId: 'feed', reason: 'a race' }, 'OVERRIDE', {
    entityType: 'supplier',
    id,
    attribute: 'name',
    value,
  });
async function supplierNo(nth: number): Promise<string> {
  await hub.arrive('erp', 'supplier', { [`V${nth}`]: { name: `Vendor ${nth}` } });
  return goldenOf(hub, 'erp', `V${nth}`);
}
const told = ({ entityType, version, kind }: FeedChange) => `${entityType} ${version} ${kind}`;

/** Follows the feed and keeps what it saw, in the order in which it saw it. */
class Reader {
  readonly seen: FeedChange[] = [];
  private constructor(
    private cursor: FeedCursor,
    private readonly db: Db,
  ) {}
  static async atHead(db: Db): Promise<Reader> {
    return new Reader(await feedHead(db), db);
  }
  async read(limit = 100): Promise<FeedChange[]> {
    const { changes, cursor } = await readFeed(this.db, this.cursor, { limit });
    this.cursor = cursor;
    this.seen.push(...changes);
    return changes;
  }
}

describe('races', () => {
  test('a change whose number was drawn early and that commits late is not skipped', async () => {
    const id = await supplierNo(1);
    await hub.settleAll();
    const reader = await Reader.atHead(hub.db);
    const gate = new Gate();
    const late = inTransaction(others, async (tx) => {
      await rename(tx, id, 'Drawn early');
      await gate.pass();
    });
    await gate.reached;
    await hub.arrive('erp', 'item', { I1: { name: 'Gauze' } });
    const [early] = await hub.db.prisma.change.findMany({ where: { entityType: 'item' } });
    expect(await advanceFeedOnce(hub.db)).toMatchObject({ changes: 1 });
    expect((await reader.read()).map(told)).toEqual(['item 1 CREATED']);

    gate.open();
    await late;
    await advanceFeedOnce(hub.db);
    expect((await reader.read()).map(told)).toEqual(['supplier 2 UPDATED']);
    const drawn = await hub.db.prisma.change.findFirstOrThrow({ where: { entityType: 'supplier', version: 2 } });
    expect(drawn.seq).toBeLessThan(early?.seq ?? 0n);
    expect(drawn.position).toBeGreaterThan(
      (await hub.db.prisma.change.findFirstOrThrow({ where: { entityType: 'item' } })).position ?? 0n,
    );
  });

  test('two versions of one record are never inverted though a transaction took its id early', async () => {
    const id = await supplierNo(1);
    const gate = new Gate();
    const xid = (tx: Tx) =>
      tx.query<{ xid: string }>('select pg_current_xact_id()::text as xid').then(([row]) => BigInt(row?.xid ?? 0));
    const slow = inTransaction(others, async (tx) => {
      const taken = await xid(tx);
      await gate.pass();
      await rename(tx, id, 'Third');
      return taken;
    });
    await gate.reached;
    const fastXid = await inTransaction(hub.db, async (tx) => {
      await rename(tx, id, 'Second');
      return xid(tx);
    });
    gate.open();
    expect(await slow).toBeLessThan(fastXid);
    await hub.settleAll();
    const { changes } = await readFeed(hub.db, { ...(await feedHead(hub.db)), position: 0n }, { limit: 10 });
    expect(changes.map(told)).toEqual(['supplier 1 CREATED', 'supplier 2 UPDATED', 'supplier 3 UPDATED']);
    expect(changes.map(({ position }) => position)).toEqual([1n, 2n, 3n]);
  });

  test('a change that rolls back leaves a hole in the numbers and none in the positions', async () => {
    const id = await supplierNo(1);
    const failing = inTransaction(hub.db, async (tx) => {
      await rename(tx, id, 'Never');
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await supplierNo(2);
    await hub.settleAll();
    const rows = await hub.db.prisma.change.findMany({ orderBy: { seq: 'asc' } });
    expect(rows.map(({ position }) => position)).toEqual([1n, 2n]);
    expect((rows[1]?.seq ?? 0n) - (rows[0]?.seq ?? 0n)).toBe(2n);
  });

  test('two sequencers and a reader while many write: everything once, dense, and in order per record', async () => {
    const ids = await Promise.all([1, 2, 3].map(supplierNo));
    await hub.settleAll();
    const reader = await Reader.atHead(hub.db);
    let writing = true;
    const until = async (step: (db: Db) => Promise<unknown>, db: Db) => {
      while (writing) await step(db);
    };
    const write = async (db: Db, own: number) => {
      for (let version = 0; version < 8; version++) {
        const id = ids[(own + version) % ids.length] ?? '';
        await inTransaction(db, (tx) => rename(tx, id, `Told ${own} ${version}`));
      }
    };
    const items = async () => {
      for (let nth = 0; nth < 8; nth++) await hub.arrive('erp', 'item', { I1: { name: `Gauze ${nth}` } });
    };
    const background = [
      until(advanceFeedOnce, hub.db),
      until(advanceFeedOnce, others),
      until(() => reader.read(3), others),
    ];
    await Promise.all([write(hub.db, 0), write(others, 1), write(hub.db, 2), items()]);
    writing = false;
    await Promise.all(background);
    await hub.settleAll();
    while ((await reader.read(3)).length > 0);

    expect(reader.seen).toHaveLength(3 * 8 + 8);
    const positions = reader.seen.map(({ position }) => position);
    expect(positions).toEqual(positions.map((_, at) => BigInt(at) + 4n));
    for (const [, versions] of Map.groupBy(reader.seen, ({ goldenId }) => goldenId)) {
      const numbers = versions.map(({ version }) => version);
      expect(numbers).toEqual(numbers.map((_, at) => at + (numbers[0] ?? 0)));
    }
  });
});

describe('readFeed', () => {
  const from = async (position: bigint): Promise<FeedCursor> => ({ ...(await feedHead(hub.db)), position });
  let ids: string[];
  beforeEach(async () => {
    ids = [];
    for (const nth of [1, 2, 3, 4, 5]) ids.push(await supplierNo(nth));
    await hub.arrive('erp', 'item', { I1: { name: 'Gauze' } });
    await hub.settleAll();
  });

  test('pages to the end and on', async () => {
    let cursor = await from(0n);
    const pages: number[] = [];
    for (let page = await readFeed(hub.db, cursor, { limit: 4 }); page.changes.length > 0; ) {
      pages.push(page.changes.length);
      cursor = page.cursor;
      page = await readFeed(hub.db, cursor, { limit: 4 });
    }
    expect(pages).toEqual([4, 2]);
    expect(cursor).toEqual(await feedHead(hub.db));
    await hub.arrive('erp', 'item', { I2: { name: 'Tape' } });
    expect((await readFeed(hub.db, cursor, { limit: 4 })).changes).toEqual([]);
    await hub.settleAll();
    expect((await readFeed(hub.db, cursor, { limit: 4 })).changes.map(told)).toEqual(['item 1 CREATED']);
  });

  test('filters by type and record; the cursor passes what it left out', async () => {
    const items = await readFeed(hub.db, await from(0n), { entityTypes: ['item'], limit: 10 });
    expect(items.changes.map(told)).toEqual(['item 1 CREATED']);
    const two = { ids: [ids[1] ?? '', ids[3] ?? ''] };
    const first = await readFeed(hub.db, await from(0n), { ...two, limit: 1 });
    expect(first.changes.map(({ position }) => position)).toEqual([2n]);
    expect(first.cursor.position).toBe(2n);
    const rest = await readFeed(hub.db, first.cursor, { ...two, limit: 10 });
    expect(rest.changes.map(({ position }) => position)).toEqual([4n]);
    expect(rest.cursor.position).toBe(6n);
    const nothing = await readFeed(hub.db, await from(0n), { entityTypes: ['warehouse'], limit: 10 });
    expect(nothing).toMatchObject({ changes: [], cursor: { position: 6n } });
  });

  test('a cursor of another database and one beyond the head are refused', async () => {
    const head = await feedHead(hub.db);
    const refusal = (cursor: FeedCursor) => readFeed(hub.db, cursor, { limit: 1 }).catch(({ code }) => code);
    expect(await refusal({ epoch: randomUUID(), position: 0n })).toBe('CURSOR_FOREIGN_EPOCH');
    expect(await refusal({ ...head, position: head.position + 1n })).toBe('CURSOR_BEYOND_HEAD');
    expect(await refusal(head)).toMatchObject({ changes: [] });
  });

  test('a cursor older than the changes that are kept is refused; one at their start is not', async () => {
    const { rows } = await hub.db.pool.query<{ gone: object }>(
      'delete from change where position <= 3 returning to_jsonb(change) as gone',
    );
    const told = (position: bigint) =>
      from(position).then((cursor) => readFeed(hub.db, cursor, { limit: 1 }).catch(({ code }) => code));
    expect(await told(2n)).toBe('CURSOR_EXPIRED');
    expect(await told(3n)).toMatchObject({ changes: [{ position: 4n }] });
    // Who deletes them gives up law 8 for these records; put back, all is as it was.
    await hub.db.pool.query('insert into change select * from jsonb_populate_recordset(null::change, $1::jsonb)', [
      JSON.stringify(rows.map(({ gone }) => gone)),
    ]);
  });

  test('a cursor as text comes back as it was; other text is refused', async () => {
    const head = await feedHead(hub.db);
    expect(decodeCursor(encodeCursor(head))).toEqual(head);
    for (const text of ['', 'x', encodeCursor(head).slice(1), Buffer.from(`${head.epoch}:-1`).toString('base64url')])
      expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'INVALID_CURSOR' }));
  });
});
