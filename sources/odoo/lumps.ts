/** Rows in one call of a first load: Odoo gives thousands for little more than half of what pages of 500 cost. */
export const SIZES = { least: 500, first: 2_000, most: 5_000 };
/** A call should take about so long: a server with many computed fields is asked for fewer rows. */
const CALL_MS = 1_000;
/** What is so old is asked for anew. */
const KEPT_MS = 5 * 60_000;

interface Rows {
  readonly rows: readonly { readonly id: number }[];
  /** What belongs to the rows is there. */
  readonly ready: Promise<unknown>;
}

interface Cut<R> {
  readonly taken: R;
  readonly last: number | null;
}

interface Lump<R> {
  readonly load: string;
  readonly after: number;
  readonly size: number;
  readonly startedAt: number;
  readonly content: Promise<R>;
  /** Asked for as soon as the rows of this one are there. */
  next?: Lump<R>;
}

/** The rows after an id, ascending, at most `size`; fewer are the last. */
type Read<R> = (after: number, size: number) => Promise<R>;

/**
 * First loads are read in lumps larger than the engine's pages, the next one while the present one is taken in. No more than
 * answers that came early: another worker asks for itself, and what changes meanwhile comes with the window after the load.
 */
export class Lumps<R extends Rows> {
  /** By stream the one that pages are cut from. */
  private readonly kept = new Map<string, Lump<R>>();
  /** By stream how many rows the next call asks for. */
  private readonly sizes = new Map<string, number>();

  /** `load` names the window: another one begins anew. `last` is the last id that was taken; null: there is nothing after it. */
  async page(stream: string, load: string, after: number, limit: number, read: Read<R>): Promise<Cut<R>> {
    const lump = this.covering(stream, load, after) ?? this.begin(stream, load, after, read);
    this.kept.set(stream, lump);
    const content = await this.orAnew(stream, lump.content);
    const isFull = content.rows.length === lump.size;
    const rest = content.rows.filter(({ id }) => id > after);
    if (isFull && rest.length === 0) {
      // Another worker took the rest of it, and more.
      this.kept.delete(stream);
      return this.page(stream, load, after, limit, read);
    }
    if (isFull) lump.next ??= this.begin(stream, load, content.rows.at(-1)?.id ?? after, read);
    await this.orAnew(stream, content.ready);
    const rows = rest.slice(0, limit);
    const isUsedUp = rows.length === rest.length;
    if (isUsedUp && lump.next) this.kept.set(stream, lump.next);
    else if (isUsedUp) this.kept.delete(stream);
    return { taken: { ...content, rows }, last: isFull || !isUsedUp ? (rows.at(-1)?.id ?? null) : null };
  }

  private begin(stream: string, load: string, after: number, read: Read<R>): Lump<R> {
    const size = this.sizes.get(stream) ?? SIZES.first;
    const startedAt = performance.now();
    const content = read(after, size);
    content.then(
      () => this.sizes.set(stream, sizeAfter(size, performance.now() - startedAt)),
      // Nobody may come for it; who does is told.
      () => undefined,
    );
    return { load, after, size, startedAt, content };
  }

  private orAnew<T>(stream: string, part: Promise<T>): Promise<T> {
    return part.catch((error: unknown) => {
      this.kept.delete(stream);
      // It may have been too much to ask.
      this.sizes.set(stream, SIZES.least);
      throw error;
    });
  }

  private covering(stream: string, load: string, after: number): Lump<R> | undefined {
    const lump = this.kept.get(stream);
    const isIt = lump?.load === load && performance.now() - lump.startedAt < KEPT_MS && lump.after <= after;
    return isIt ? lump : undefined;
  }
}

/** Pure: how many rows to ask for after a call for `size` took so long. At most twice as many: the first call of all pays for more than its rows. */
export function sizeAfter(size: number, elapsedMs: number): number {
  const wanted = Math.min(2 * size, (size * CALL_MS) / Math.max(elapsedMs, 1));
  return Math.round(Math.min(SIZES.most, Math.max(SIZES.least, wanted)));
}
