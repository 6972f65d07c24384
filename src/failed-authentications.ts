import type { Refusal } from '../golden-records/api-keys.js';
import type { Log } from '../golden-records/transaction.js';

/** Counts refused keys. The first is logged at once; then one line a period, or a flood would fill the log. */
export class RefusalCounter {
  private counts: Partial<Record<Refusal, number>> = {};
  private total = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: Log,
    private readonly periodMs = 10_000,
  ) {}

  count(refusal: Refusal, from: string | undefined): void {
    this.total++;
    if (this.timer) {
      this.counts[refusal] = (this.counts[refusal] ?? 0) + 1;
      return;
    }
    this.log.warn({ refusal, from, total: this.total }, 'authentication failed');
    this.timer = setTimeout(() => this.flush(), this.periodMs).unref();
  }

  close(): void {
    clearTimeout(this.timer);
    this.flush();
  }

  private flush(): void {
    this.timer = undefined;
    if (Object.keys(this.counts).length === 0) return;
    this.log.warn({ refusals: this.counts, total: this.total }, 'more authentications failed');
    this.counts = {};
  }
}
