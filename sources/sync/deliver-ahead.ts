import type { Db } from '../../golden-records/index.js';
import { type ClaimedBatch, claimOnce, type DeliverOptions, type DeliverStep } from './deliver.js';
import type { Synchronised } from './synchronised.js';

/**
 * Worker step of a lane's deliveries: while one batch is on its way the next is claimed and planned, and the one before is read back
 * and taken in, so that the target never waits for the hub. One batch at a time is sent, and one settled.
 */
export class DeliveryLane {
  private next: Promise<ClaimedBatch | null> | undefined;
  private settling: Promise<DeliverStep> | undefined;
  private noted: Promise<unknown> | undefined;

  constructor(
    private readonly db: Db,
    private readonly sync: Synchronised,
    private readonly options: DeliverOptions = {},
  ) {}

  /** Send the next batch, settle the one before. `more`: neither was nothing. */
  async once(): Promise<{ readonly settled: DeliverStep | null; readonly more: boolean }> {
    const batch = (await this.taken()) ?? (await claimOnce(this.db, this.sync, this.options));
    const sending = batch?.send(this.noted);
    if (batch?.isFull) this.next = this.ahead();
    const written = (await sending) ?? null;
    this.noted = written?.noted;
    const before = this.settling;
    try {
      const settled = (await before) ?? null;
      return { settled, more: written !== null || settled !== null };
    } finally {
      this.settling = written?.settle();
      // Whoever asks next is told.
      this.settling?.catch(() => undefined);
    }
  }

  /** Nothing more is sent: settle what was, and let go of what is claimed ahead. */
  async stop(): Promise<void> {
    const unsent = await this.taken().catch(() => null);
    await Promise.all([unsent?.letGo(), this.settling]).catch((err: unknown) =>
      this.db.log.error(
        { err, system: this.sync.system },
        'a delivery could not be settled; the next worker looks at it',
      ),
    );
  }

  private taken(): Promise<ClaimedBatch | null> {
    const taken = this.next;
    this.next = undefined;
    return taken ?? Promise.resolve(null);
  }

  private ahead(): Promise<ClaimedBatch | null> {
    const next = claimOnce(this.db, this.sync, this.options).then(async (batch) => {
      // What fails is tried again in its turn, and told then.
      await batch?.prepare().catch(() => undefined);
      return batch;
    });
    // Whoever takes it is told.
    next.catch(() => undefined);
    return next;
  }
}
