import type { Json } from '../../golden-records/index.js';
import { isJsonObject } from '../../golden-records/index.js';
import type { SyncStream, Window } from '../connector.js';

/**
 * Where a stream stands, in the system's own times. `high`: everything that changed before has been read once. `window`: under
 * way, read up to the id `after`; of a first load with how far it is.
 */
export interface Place {
  readonly high: string | null;
  readonly window: (Window & { readonly after: string | null; readonly load?: LoadProgress }) | null;
}

/** Records that a first load has brought, of how many that there were when it began; null: the system doesn't tell. */
export interface LoadProgress {
  readonly loaded: number;
  readonly toLoad: number | null;
}

export const BEGINNING: Place = { high: null, window: null };

export function placeIn(cursor: Json): Place {
  if (!isJsonObject(cursor)) return BEGINNING;
  const { high, window } = cursor as unknown as Place;
  return { high: high ?? null, window: window ?? null };
}
export function asCursor({ high, window }: Place): Json {
  if (window === null) return { high, window };
  const { load, ...rest } = window;
  return { high, window: { ...rest, ...(load ? { load: { ...load } } : {}) } };
}

/** The start of the tick that the system's clock is in: what is written in it may still come, so a window ends before it. */
export function tickOf(now: string, resolutionMs: number): string {
  return new Date(Math.floor(Date.parse(now) / resolutionMs) * resolutionMs).toISOString();
}

/**
 * The next window, from as far back as the longest transaction there may have kept a change to itself; null: no whole tick has
 * gone by. Pure.
 */
export function nextWindow(
  { high }: Place,
  now: string,
  { resolutionMs, overlapMs }: Pick<SyncStream, 'resolutionMs' | 'overlapMs'>,
): Window | null {
  const to = tickOf(now, resolutionMs);
  if (high === null) return { from: null, to };
  if (to <= high) {
    // Set back by more than an overlap, its clock (or the whole system, from a backup) starts anew from there.
    if (Date.parse(high) - Date.parse(to) <= Math.max(overlapMs, CLOCK_MS)) return null;
    return { from: shifted(to, -overlapMs, resolutionMs), to };
  }
  return { from: shifted(high, -overlapMs, resolutionMs), to };
}
const CLOCK_MS = 60_000;

const shifted = (at: string, byMs: number, resolutionMs: number) =>
  tickOf(new Date(Date.parse(at) + byMs).toISOString(), resolutionMs);

/** How far a first load is after so many records more. Pure. */
export const loadAfter = ({ window }: Place, records: number): LoadProgress | undefined =>
  window?.load && { ...window.load, loaded: window.load.loaded + records };

/** The place after a page of the window with so many records: `next` as the system gave it. Pure. */
export function placeAfter(place: Place, window: Window, next: string | null, records: number): Place {
  if (next === null) return { high: window.to, window: null };
  const load = loadAfter(place, records);
  return { high: place.high, window: { ...window, after: next, ...(load ? { load } : {}) } };
}
