import { Cron } from 'croner';

/** When a stream is due again: after so many milliseconds, or when its cron expression (UTC) says so. */
export function nextDue(every: number | string, now: Date): Date {
  if (typeof every === 'number') return new Date(now.getTime() + every);
  const next = new Cron(every, { timezone: 'UTC', paused: true }).nextRun(now);
  // An expression that never comes again, e.g. a date in the past.
  return next ?? new Date(now.getTime() + YEAR_MS);
}
const YEAR_MS = 365 * 24 * 60 * 60_000;

/** What is wrong with an interval; undefined: nothing. */
export function scheduleProblem(every: number | string): string | undefined {
  if (typeof every === 'number') return every > 0 ? undefined : 'more than 0 milliseconds';
  try {
    new Cron(every, { timezone: 'UTC', paused: true });
    return undefined;
  } catch {
    return 'a cron expression, e.g. "0 3 * * *"';
  }
}
