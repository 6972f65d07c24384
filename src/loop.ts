import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../golden-records/transaction.js';

export interface LoopOptions {
  readonly name: string;
  /** Does one bounded piece of work; answers whether there may be more. */
  readonly step: () => Promise<boolean>;
  /** The longest rest while nobody wakes it. */
  readonly everyMs: number;
  readonly log: Log;
  /** Rest after the first failure; doubles up to `longestBackoffMs`. */
  readonly backoffMs?: number;
  readonly longestBackoffMs?: number;
}

/** Repeats a step: at once while there is more, else when woken or after a while; after failures later and later. */
export class Loop {
  private running: Promise<void> | undefined;
  private readonly stopped = new AbortController();
  private resting: AbortController | undefined;
  private woken = false;
  private failures = 0;

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Don't rest any longer. While it backs off after a failure it isn't hurried. */
  wake(): void {
    this.woken = true;
    if (this.failures === 0) this.resting?.abort();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.resting?.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      this.woken = false;
      const more = await this.attempt();
      if (!more && (!this.woken || this.failures > 0)) await this.rest();
    }
  }

  private async attempt(): Promise<boolean> {
    const { name, step, log } = this.options;
    try {
      const more = await step();
      if (this.failures > 0) log.info({ step: name, failures: this.failures }, 'worker step works again');
      this.failures = 0;
      return more;
    } catch (err) {
      this.failures++;
      log.error({ err, step: name, failures: this.failures }, 'worker step failed; it will be tried again');
      return false;
    }
  }

  private async rest(): Promise<void> {
    this.resting = new AbortController();
    const signal = AbortSignal.any([this.resting.signal, this.stopped.signal]);
    await delay(this.restMs(), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    this.resting = undefined;
  }

  private restMs(): number {
    const { everyMs, backoffMs = 200, longestBackoffMs = 30_000 } = this.options;
    if (this.failures === 0) return everyMs;
    // Full jitter, so that many workers that lost one database don't return in step.
    return Math.random() * Math.min(longestBackoffMs, backoffMs * 2 ** this.failures);
  }
}
