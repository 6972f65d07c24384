import { invalid, type Normalised, valid } from './normalised.js';

const LOCAL_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(?:[Zz]|([+-])(\d{2})(?::?(\d{2}))?)$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A calendar day, YYYY-MM-DD, that exists (years 0001 to 9999). No time, no zone. */
export function localDate(input: unknown): Normalised<string> {
  const day = typeof input === 'string' ? input.trim() : '';
  const [, year, month, date] = LOCAL_DATE.exec(day) ?? [];
  return isCalendarDay(Number(year), Number(month), Number(date))
    ? valid(day)
    : invalid('a calendar day, YYYY-MM-DD', input);
}

function isCalendarDay(year: number, month: number, date: number): boolean {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeapYear ? 29 : DAYS[month - 1];
  return days !== undefined && year >= 1 && date >= 1 && date <= days;
}

/**
 * A point in time: ISO 8601 with Z or an offset, or a Date; answered in UTC with milliseconds (finer digits are cut).
 * A time without offset is refused, because what it means depends on who wrote it.
 */
export function instant(input: unknown): Normalised<string> {
  const time = input instanceof Date ? input.getTime() : typeof input === 'string' ? epochMs(input.trim()) : Number.NaN;
  return time >= FIRST_MS && time <= LAST_MS
    ? valid(new Date(time).toISOString())
    : invalid('a point in time with its offset, e.g. 2026-11-23T08:00:00Z', input);
}

// Four-digit years only: toISOString writes others as "+010000-…", which PostgreSQL doesn't read.
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const MINUTE_MS = 60_000;
// The widest offset in use, with a margin: +14:00 (Line Islands).
const MOST_OFFSET_MINUTES = 15 * 60;

function epochMs(spelling: string): number {
  const parts = INSTANT.exec(spelling);
  if (parts === null) return Number.NaN;
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (!isCalendarDay(year, month, date) || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const milliseconds = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const offset = offsetMinutes(parts[8], parts[9], parts[10]);
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, date);
  time.setUTCHours(hour, minute, second, milliseconds);
  return time.getTime() - offset * MINUTE_MS;
}

function offsetMinutes(sign = '+', hours = '0', minutes = '0'): number {
  const offset = Number(hours) * 60 + Number(minutes);
  if (offset > MOST_OFFSET_MINUTES || Number(minutes) > 59) return Number.NaN;
  return sign === '-' ? -offset : offset;
}
