import type { Db } from '../../golden-records/index.js';
import { type DeliverOptions, type DeliverStep, writeOnce } from './deliver.js';
import type { Synchronised } from './synchronised.js';

/**
 * Worker step of a lane's deliveries: while what was written is read back and taken in, the next batch is on its way already.
 * One batch at a time is sent, and one settled.
 */
export class DeliveryLane {
  private settling: Promise<DeliverStep> | undefined;

  constructor(
    private readonly db: Db,
    private readonly sync: Synchronised,
    private readonly options: DeliverOptions = {},
  ) {}

  /** Send the next batch, settle the one before. `more`: neither was nothing. */
  async once(): Promise<{ readonly settled: DeliverStep | null; readonly more: boolean }> {
    const written = await writeOnce(this.db, this.sync, this.options);
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

  /** Nothing more is sent: settle what was. */
  async stop(): Promise<void> {
    await this.settling?.catch((err: unknown) =>
      this.db.log.error(
        { err, system: this.sync.system },
        'a delivery could not be settled; the next worker looks at it',
      ),
    );
  }
}
