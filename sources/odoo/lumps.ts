/** Records in one call of a first load: Odoo gives them for little more than half of what four pages cost. */
export const LUMP = 2_000;
/** What is so old is asked for anew. */
const KEPT_MS = 60_000;

interface Rows {
  readonly rows: readonly { readonly id: number }[];
}

interface Cut<R> {
  readonly taken: R;
  readonly last: number | null;
}

interface Lump<R> {
  readonly load: string;
  readonly after: number;
  readonly startedAt: number;
  readonly content: Promise<R>;
  /** Asked for as soon as this one is there. */
  next?: Lump<R>;
}

/** The rows after an id, ascending, at most `LUMP`; fewer are the last. */
type Read<R> = (after: number) => Promise<R>;

/**
 * First loads are read in lumps larger than the engine's pages, the next one while the present one is taken in. No more than
 * answers that came early: another worker asks for itself, and what changes meanwhile comes with the window after the load.
 */
export class Lumps<R extends Rows> {
  /** By stream the one that pages are cut from. */
  private readonly kept = new Map<string, Lump<R>>();

  /** `load` names the window: another one begins anew. `last` is the last id that was taken; null: there is nothing after it. */
  async page(stream: string, load: string, after: number, limit: number, read: Read<R>): Promise<Cut<R>> {
    const lump = this.covering(stream, load, after) ?? begin(load, after, read);
    this.kept.set(stream, lump);
    const content = await lump.content.catch((error: unknown) => {
      this.kept.delete(stream);
      throw error;
    });
    const isFull = content.rows.length === LUMP;
    const rest = content.rows.filter(({ id }) => id > after);
    if (isFull && rest.length === 0) {
      // Another worker took the rest of it, and more.
      this.kept.delete(stream);
      return this.page(stream, load, after, limit, read);
    }
    if (isFull) lump.next ??= begin(load, content.rows.at(-1)?.id ?? after, read);
    const rows = rest.slice(0, limit);
    const isUsedUp = rows.length === rest.length;
    if (isUsedUp && lump.next) this.kept.set(stream, lump.next);
    else if (isUsedUp) this.kept.delete(stream);
    return { taken: { ...content, rows }, last: isFull || !isUsedUp ? (rows.at(-1)?.id ?? null) : null };
  }

  private covering(stream: string, load: string, after: number): Lump<R> | undefined {
    const lump = this.kept.get(stream);
    const isIt = lump?.load === load && performance.now() - lump.startedAt < KEPT_MS && lump.after <= after;
    return isIt ? lump : undefined;
  }
}

function begin<R>(load: string, after: number, read: Read<R>): Lump<R> {
  const content = read(after);
  // Nobody may come for it; who does is told.
  content.catch(() => undefined);
  return { load, after, startedAt: performance.now(), content };
}
