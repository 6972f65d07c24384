import { encodeCursor, type FeedChange, type FeedCursor } from '../../golden-records/feed.js';
import type { ChangeFeed } from './feed.js';
import type { ChangeFilter } from './filter.js';

/** One message to a subscriber: a change, or a heartbeat, always with the cursor to come back with. */
export interface ChangeMessage {
  readonly cursor: string;
  readonly change: FeedChange | null;
}

/** What a subscriber that is behind the ring holds in memory at most. */
const TABLE_STRETCH = 100;
/** A filter that rejects everything must not keep the event loop to itself. */
const SCAN_AT_ONCE = 5_000;

/**
 * One subscriber: a cursor, pulled. Nothing is read ahead of what `next` asks for, apart from one stretch of the table.
 */
export class ChangeStream implements AsyncGenerator<ChangeMessage, undefined, undefined> {
  private position: bigint;
  private readonly epoch: string;
  private stretch: FeedChange[] = [];
  private stretchEnd: bigint;
  private lastSentAt = performance.now();
  private ended = false;
  private failure: Error | undefined;
  private woken: (() => void) | undefined;

  constructor(
    private readonly feed: ChangeFeed,
    private readonly filter: ChangeFilter,
    after: FeedCursor,
  ) {
    this.position = after.position;
    this.stretchEnd = after.position;
    this.epoch = after.epoch;
  }

  async next(): Promise<IteratorResult<ChangeMessage, undefined>> {
    try {
      const value = await this.nextMessage();
      if (value) return { done: false, value };
    } catch (error) {
      this.end();
      throw error;
    }
    if (!this.failure) return { done: true, value: undefined };
    const failure = this.failure;
    this.failure = undefined;
    throw failure;
  }

  async return(): Promise<IteratorResult<ChangeMessage, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  async throw(error: Error): Promise<IteratorResult<ChangeMessage, undefined>> {
    this.end(error);
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }

  /** No more messages; with a reason, `next` throws it once. */
  end(failure?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = failure;
    this.stretch = [];
    this.feed.drop(this);
    this.wake();
  }

  wake(): void {
    this.woken?.();
    this.woken = undefined;
  }

  isSilent(now: number): boolean {
    return now - this.lastSentAt >= this.feed.options.heartbeatMs;
  }

  /** The messages that `next` would give after this one, as far as they are in memory: to load their records at once. */
  upcoming(limit: number): ChangeMessage[] {
    return this.upcomingChanges(limit).map((change) => this.messageAt(change.position, change));
  }

  private upcomingChanges(limit: number): FeedChange[] {
    const found: FeedChange[] = this.stretch.slice(0, limit);
    const ring = this.feed.ring;
    if (found.length > 0 || !ring?.covers(this.position)) return found;
    const end = this.position + BigInt(limit) * 4n;
    for (let at = this.position + 1n; at <= ring.head && at <= end && found.length < limit; at++) {
      const change = ring.at(at);
      if (!change || this.filter.widensAt(change)) break;
      if (this.filter.matches(change)) found.push(change);
    }
    return found;
  }

  /** Undefined at the end. */
  private async nextMessage(): Promise<ChangeMessage | undefined> {
    while (!this.ended) {
      const change = await this.nextChange();
      if (this.ended) return undefined;
      if (change) return this.message(change);
      if (this.isSilent(performance.now())) return this.message(null);
      await this.sleep();
    }
    return undefined;
  }

  /** Undefined when there is nothing for this subscriber now. */
  private async nextChange(): Promise<FeedChange | undefined> {
    while (!this.ended) {
      const held = this.stretch.shift();
      if (held) return this.take(held);
      if (this.stretchEnd > this.position) this.position = this.stretchEnd;
      const ring = this.feed.ring;
      if (!ring) return undefined;
      if (!ring.covers(this.position)) {
        await this.readStretch();
        continue;
      }
      const found = this.scan(ring);
      if (found) return this.take(found);
      if (this.position >= ring.head) return undefined;
      await new Promise(setImmediate);
    }
    return undefined;
  }

  private scan(ring: NonNullable<ChangeFeed['ring']>): FeedChange | undefined {
    for (let seen = 0; this.position < ring.head && seen < SCAN_AT_ONCE; seen++) {
      const change = ring.at(this.position + 1n);
      if (!change) return undefined;
      if (this.filter.matches(change)) return change;
      this.position = change.position;
    }
    return undefined;
  }

  private async take(change: FeedChange): Promise<FeedChange> {
    if (this.filter.widensAt(change)) {
      await this.filter.widen(change);
      // What was read with the narrower filter may lack changes of the survivor.
      this.stretch = [];
      this.stretchEnd = change.position;
    }
    this.position = change.position;
    return change;
  }

  private async readStretch(): Promise<void> {
    const { changes, cursor } = await this.feed.readTable(
      { epoch: this.epoch, position: this.position },
      this.filter,
      TABLE_STRETCH,
    );
    this.stretch = changes;
    this.stretchEnd = cursor.position;
  }

  private message(change: FeedChange | null): ChangeMessage {
    this.lastSentAt = performance.now();
    return this.messageAt(this.position, change);
  }

  private messageAt(position: bigint, change: FeedChange | null): ChangeMessage {
    return { cursor: encodeCursor({ epoch: this.epoch, position }), change };
  }

  private sleep(): Promise<void> {
    return new Promise((resolve) => {
      const head = this.feed.ring?.head;
      // What came between our look and now has rung already.
      if (this.ended || (head !== undefined && head > this.position)) resolve();
      else this.woken = resolve;
    });
  }
}
