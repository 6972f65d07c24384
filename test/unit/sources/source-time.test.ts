import { describe, expect, test } from '@jest/globals';
import { isTimeZone, sourceInstant } from '../../../sources/source-time.js';

describe('the instant that a source means', () => {
  test.each([
    ['2026-03-01', 'UTC', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01', 'America/Chicago', '2026-03-01T06:00:00.000Z'],
    ['2026-07-01 08:30', 'America/Chicago', '2026-07-01T13:30:00.000Z'],
    ['2026-07-01T08:30:15.25', 'Europe/Berlin', '2026-07-01T06:30:15.250Z'],
    ['2026-07-01T08:30:15Z', 'Europe/Berlin', '2026-07-01T08:30:15.000Z'],
    ['2026-07-01 08:30:15+0530', 'Europe/Berlin', '2026-07-01T03:00:15.000Z'],
    ['2026-07-01 08:30:15 -05:00', 'UTC', '2026-07-01T13:30:15.000Z'],
    ['2026-07-01 08:30:15.123456789', 'UTC', '2026-07-01T08:30:15.123Z'],
    // The hour that daylight saving skips, and the one that it repeats.
    ['2026-03-08 02:30', 'America/Chicago', '2026-03-08T08:30:00.000Z'],
    ['2026-11-01 01:30', 'America/Chicago', '2026-11-01T06:30:00.000Z'],
    ['2026-03-29 03:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    // What programs write that know no time of change.
    ['0001-01-01 00:00:00', 'UTC', '0001-01-01T00:00:00.000Z'],
    ['0001-01-01 00:00:00', 'America/Chicago', '0001-01-01T00:00:00.000Z'],
  ])('%s in %s', (text, zone, expected) => expect(sourceInstant(text, zone)).toBe(expected));

  test.each(['', 'soon', '2026-02-30', '2026-13-01', '03/01/2026', '2026-01-01T25:00', '1772323200'])(
    '%j can not be read',
    (text) => expect(sourceInstant(text, 'UTC')).toBeUndefined(),
  );

  test.each([
    ['0000-12-31', 'UTC'],
    ['0001-01-01 00:00+02:00', 'UTC'],
    ['9999-12-31 23:59:59', 'America/Chicago'],
  ])('%s in %s is no year of four digits', (text, zone) => expect(sourceInstant(text, zone)).toBeUndefined());

  test('time zones are IANA names', () => {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Mars/Olympus'), isTimeZone('')]).toEqual([true, false, false]);
  });
});
