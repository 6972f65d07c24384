import type { FeedChange } from '../../golden-records/feed.js';

/**
 * The latest changes of the feed, without a hole: position `first + i` is element `i`. Bounded; what falls out is
 * still in the table.
 */
export class Ring {
  private items: FeedChange[] = [];
  /** Elements at the start of `items` that have fallen out already: cut off now and then, not each time. */
  private dropped = 0;

  /** `head`: position of the latest change known; the ring itself starts empty. */
  constructor(
    private latest: bigint,
    private readonly capacity: number,
  ) {}

  get head(): bigint {
    return this.latest;
  }

  /** Position of the oldest change held; `head + 1` when there is none. */
  get first(): bigint {
    return this.latest - BigInt(this.items.length - this.dropped) + 1n;
  }

  /** Append what follows the head. Throws when it doesn't: a hole would lose changes for every subscriber. */
  push(changes: readonly FeedChange[]): void {
    for (const change of changes) {
      if (change.position !== this.latest + 1n) {
        throw new Error(`the feed is not dense: ${change.position} came after ${this.latest}`);
      }
      this.items.push(change);
      this.latest = change.position;
    }
    this.dropped = Math.max(this.dropped, this.items.length - this.capacity);
    if (this.dropped > this.capacity) {
      this.items = this.items.slice(this.dropped);
      this.dropped = 0;
    }
  }

  /** Whether everything after `position` up to the head is held. */
  covers(position: bigint): boolean {
    return position + 1n >= this.first;
  }

  /** The change at a position that is held. */
  at(position: bigint): FeedChange | undefined {
    const index = Number(position - this.first) + this.dropped;
    return index < this.dropped ? undefined : this.items[index];
  }
}
