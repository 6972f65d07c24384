const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * The instant that a source means, as ISO 8601 in UTC with milliseconds; undefined when it can't be read.
 * A date-time without offset is local time in `timeZone`; a date alone is the start of that day there.
 */
export function sourceInstant(text: string, timeZone: string): string | undefined {
  const parts = INSTANT.exec(text.trim());
  if (!parts) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', offset] = parts;
  const utc = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  // Date.parse rolls 30 February over into March.
  if (Number.isNaN(utc) || new Date(utc).getUTCDate() !== Number(day)) return undefined;
  // 0001-01-01 is what programs write that know no time of change: it means that day, in whatever zone.
  const zoned = Number(year) < 1000 ? 0 : zoneOffsetMs(utc, timeZone);
  const shift = offset === undefined ? zoned : statedOffsetMs(offset);
  const instant = new Date(utc - shift);
  // An offset can push the first or last day of the calendar out of it.
  return instant.getUTCFullYear() >= 1 && instant.getUTCFullYear() <= 9999 ? instant.toISOString() : undefined;
}

export function isTimeZone(name: string): boolean {
  try {
    clock(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function statedOffsetMs(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Offset of a wall-clock time: guessed at that time in UTC, then corrected in case a shift lies between. */
function zoneOffsetMs(wallClock: number, timeZone: string): number {
  const guess = offsetAt(wallClock, timeZone);
  const corrected = offsetAt(wallClock - guess, timeZone);
  const exists = offsetAt(wallClock - corrected, timeZone) === corrected;
  // In the hour that daylight saving skips, clocks that were not set yet are right.
  return exists ? corrected : Math.min(guess, corrected);
}

const DAY_MS = 24 * 60 * 60 * 1000;
const MOST_DAYS = 20_000;
/** Offsets of whole days (UTC) in which the clocks of a zone stay as they are; asking the formatter costs 100 times more. */
const steadyDays = new Map<string, Map<number, number>>();

function offsetAt(at: number, timeZone: string): number {
  const days = steadyDays.get(timeZone) ?? new Map<number, number>();
  steadyDays.set(timeZone, days);
  const day = Math.floor(at / DAY_MS);
  const known = days.get(day);
  if (known !== undefined) return known;
  const starts = formattedOffset(day * DAY_MS, timeZone);
  if (starts !== formattedOffset((day + 1) * DAY_MS, timeZone)) return formattedOffset(at, timeZone);
  if (days.size >= MOST_DAYS) days.clear();
  days.set(day, starts);
  return starts;
}

function formattedOffset(at: number, timeZone: string): number {
  const parts = Object.fromEntries(
    clock(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

// One formatter per time zone: there are some 400 of them, and making one is slow.
const clocks = new Map<string, Intl.DateTimeFormat>();
function clock(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  clocks.set(timeZone, made);
  return made;
}
