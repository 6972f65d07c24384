import { HubError, InvalidInput } from '../../golden-records/errors.js';
import { decodeCursor, type FeedChange, type FeedCursor, feedHead, readFeed } from '../../golden-records/feed.js';
import type { Db } from '../../golden-records/transaction.js';
import { ChangeFilter } from './filter.js';
import { Ring } from './ring.js';
import { ChangeStream } from './stream.js';

export interface FeedOptions {
  /** A message with the cursor goes out after so much silence. */
  readonly heartbeatMs: number;
  /** Looks into the table at least so often, also when no NOTIFY came. */
  readonly pollMs: number;
  /** Changes kept in memory. */
  readonly ringSize: number;
}

export const DEFAULT_FEED_OPTIONS: FeedOptions = { heartbeatMs: 15_000, pollMs: 1_000, ringSize: 8_192 };

const READ_SIZE = 500;

export interface Subscribed {
  /** Cursor of the last change seen; without it: from now on. */
  readonly after?: string | undefined;
  /** Codes of entity types; empty or missing: all. */
  readonly types?: readonly string[] | undefined;
  /** Golden records; empty or missing: all. */
  readonly ids?: readonly { readonly entityType: string; readonly id: string }[] | undefined;
}

/**
 * The change feed of one process. One tailer reads stamped changes from the table into a ring; each subscriber is a
 * cursor that reads the ring, or the table when it is behind the ring, or waits. A slow subscriber therefore costs
 * a cursor and never a queue. NOTIFY only wakes the tailer: nothing is lost when one is.
 *
 * The tailer runs while somebody is subscribed.
 */
export class ChangeFeed {
  private tail: { readonly epoch: string; readonly ring: Ring } | undefined;
  private starting: Promise<void> | undefined;
  private readonly streams = new Set<ChangeStream>();
  private timer: NodeJS.Timeout | undefined;
  private pumping: Promise<void> | undefined;
  private again = false;
  private closed = false;

  constructor(
    readonly db: Db,
    readonly options: FeedOptions = DEFAULT_FEED_OPTIONS,
  ) {}

  /**
   * Follow the feed. Throws InvalidInput for a cursor that is malformed, of another database, beyond the head (a
   * restored database) or older than retention.
   */
  async subscribe(request: Subscribed): Promise<ChangeStream> {
    if (this.closed) throw new Error('the change feed is closed');
    const filter = await ChangeFilter.create(this.db, request);
    const given = request.after === undefined ? undefined : await this.checked(request.after);
    // From here to the registration nothing may wait: the last other subscriber could leave and take the ring along.
    while (!this.tail) await this.start();
    const after = given ?? { epoch: this.tail.epoch, position: this.tail.ring.head };
    const stream = new ChangeStream(this, filter, after);
    this.streams.add(stream);
    this.schedule();
    return stream;
  }

  /** Something may have been stamped. */
  wake(): void {
    if (this.streams.size > 0) void this.pump();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    for (const stream of this.streams) stream.end();
    await this.pumping;
  }

  /** For a stream: what is held in memory, as of now. */
  get ring(): Ring | undefined {
    return this.tail?.ring;
  }

  /** For a stream: a stretch of the table. */
  readTable(
    after: FeedCursor,
    filter: ChangeFilter,
    limit: number,
  ): Promise<{ changes: FeedChange[]; cursor: FeedCursor }> {
    return readFeed(this.db, after, { ...filter.forTable(), limit });
  }

  /** For a stream that ends. */
  drop(stream: ChangeStream): void {
    this.streams.delete(stream);
    if (this.streams.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    // A ring that nobody keeps up to date is worth nothing: the next subscriber starts a new one at the head.
    this.tail = undefined;
  }

  private async checked(after: string): Promise<FeedCursor> {
    const cursor = decodeCursor(after);
    await readFeed(this.db, cursor, { limit: 1 });
    return cursor;
  }

  private start(): Promise<void> {
    this.starting ??= this.startAtHead().finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  private async startAtHead(): Promise<void> {
    const head = await feedHead(this.db);
    this.tail ??= { epoch: head.epoch, ring: new Ring(head.position, this.options.ringSize) };
  }

  private schedule(): void {
    if (this.timer || this.closed) return;
    const everyMs = Math.min(this.options.pollMs, this.options.heartbeatMs);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.streams.size === 0) return;
      this.schedule();
      void this.pump();
      const now = performance.now();
      for (const stream of this.streams) if (stream.isSilent(now)) stream.wake();
    }, everyMs);
  }

  /** Read on from the head until nothing is left; a wake-up meanwhile makes it look once more. */
  private pump(): Promise<void> {
    this.again = true;
    this.pumping ??= this.readOn().finally(() => {
      this.pumping = undefined;
    });
    return this.pumping;
  }

  private async readOn(): Promise<void> {
    while (this.again && this.tail && !this.closed) {
      this.again = false;
      try {
        this.again = (await this.readStretch(this.tail)) || this.again;
      } catch (err) {
        this.giveUp(err);
      }
    }
  }

  /** Whether there may be more. */
  private async readStretch(tail: { epoch: string; ring: Ring }): Promise<boolean> {
    const { changes } = await readFeed(this.db, { epoch: tail.epoch, position: tail.ring.head }, { limit: READ_SIZE });
    if (changes.length === 0 || this.tail !== tail) return false;
    tail.ring.push(changes);
    for (const stream of this.streams) stream.wake();
    return changes.length === READ_SIZE;
  }

  /** A foreign epoch or lost positions (a restored database) end every stream with that error; else we try again later. */
  private giveUp(err: unknown): void {
    this.db.log.warn({ err }, 'cannot read the change feed');
    if (!(err instanceof HubError)) return;
    for (const stream of this.streams) stream.end(err);
    this.tail = undefined;
  }
}

/** Throws INVALID_CURSOR when the text is empty: a client that forgot its cursor should not silently start at now. */
export function requireCursor(after: string | undefined | null): string | undefined {
  if (after === '') throw new InvalidInput('INVALID_CURSOR', 'the cursor is empty', { field: 'after' });
  return after ?? undefined;
}
