import type { Lane, Page, Window } from '../connector.js';
import type { Synchronised } from './synchronised.js';

/**
 * The next page of a window, asked for while the present one is taken in: the system reads while the hub writes. It is no more
 * than an answer that came early: the cursor moves when its page is taken in, and another worker asks for itself. That it may
 * be older than the call it stands in for is no harm: whatever changes after a window began comes with the next one.
 */
interface Ahead {
  readonly key: string;
  readonly startedAt: number;
  readonly page: Promise<Page>;
}

const ahead = new WeakMap<Synchronised, Map<string, Ahead>>();
/** A stream may have been paused meanwhile: what is so old is asked for anew. */
const KEPT_MS = 30_000;

const keyOf = (window: Window, after: string | null) => `${window.from}\n${window.to}\n${after}`;

/** Ask for the page after `after`. A failure is told to whoever takes it. */
export function askAhead(
  sync: Synchronised,
  stream: string,
  lane: Lane,
  window: Window,
  after: string,
  ask: () => Promise<Page>,
): void {
  const page = ask();
  // Nobody may come for it.
  page.catch(() => undefined);
  const pages = ahead.get(sync) ?? new Map<string, Ahead>();
  ahead.set(sync, pages.set(`${stream}\n${lane}`, { key: keyOf(window, after), startedAt: performance.now(), page }));
}

/** The page that was asked for ahead; undefined: it wasn't. */
export function takeAhead(
  sync: Synchronised,
  stream: string,
  lane: Lane,
  window: Window,
  after: string | null,
): Promise<Page> | undefined {
  const pages = ahead.get(sync);
  const found = pages?.get(`${stream}\n${lane}`);
  pages?.delete(`${stream}\n${lane}`);
  const isIt = found?.key === keyOf(window, after) && performance.now() - found.startedAt < KEPT_MS;
  return isIt ? found.page : undefined;
}
