import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { WriteBatch, WriteResult, WriteRow } from '../../../../sources/index.js';
import { Permanent, Retryable } from '../../../../sources/index.js';
import { backoffMs, DELIVERY_BACKOFF } from '../../../../sources/sync/backoff.js';
import { afterFailure, type Breaker, CLOSED, passage } from '../../../../sources/sync/breaker.js';
import { driftOf } from '../../../../sources/sync/drift.js';
import { nextDue, scheduleProblem } from '../../../../sources/sync/schedule.js';
import { groupRows, send } from '../../../../sources/sync/send.js';
import { compare } from '../../../../sources/sync/sweep.js';
import { BEGINNING, nextWindow, placeAfter } from '../../../../sources/sync/windows.js';

describe('backoff', () => {
  test('full jitter under a doubling ceiling, never earlier than it was asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(1e6),
        (failures, random, asked) => {
          const waitMs = backoffMs(failures, random, DELIVERY_BACKOFF, asked);
          expect(waitMs).toBeGreaterThanOrEqual(asked);
          expect(waitMs).toBeLessThanOrEqual(Math.max(asked, DELIVERY_BACKOFF.capMs, 1));
          if (asked === 0) expect(waitMs).toBeLessThanOrEqual(DELIVERY_BACKOFF.baseMs * 2 ** (failures - 1));
        },
      ),
    );
  });
});

describe('breaker', () => {
  const now = new Date('2026-11-24T08:00:00Z');
  test('opens after three failures in a row, tries once its time is over, waits longer each time', () => {
    let breaker: Breaker = CLOSED;
    const waits: number[] = [];
    for (let nth = 0; nth < 8; nth++) {
      breaker = afterFailure(breaker, now, 1);
      waits.push(breaker.retryAt === null ? 0 : Date.parse(breaker.retryAt) - now.getTime());
    }
    expect(waits.slice(0, 2)).toEqual([0, 0]);
    expect(waits.slice(2)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000]);
    expect(passage(breaker, now)).toBe('SHUT');
    expect(passage(breaker, new Date(now.getTime() + 64_000))).toBe('TRIAL');
    expect(passage(CLOSED, now)).toBe('FREE');
  });
  test('a trial that fails opens it again at once', () => {
    const half: Breaker = { state: 'HALF_OPEN', failures: 3, retryAt: now.toISOString() };
    expect(afterFailure(half, now, 0).state).toBe('OPEN');
  });
});

describe('windows', () => {
  const stream = { resolutionMs: 1_000, overlapMs: 5_000 };
  test('end before the second that is running, reach back by the overlap', () => {
    expect(nextWindow(BEGINNING, '2026-11-24T08:00:07.900Z', stream)).toEqual({
      from: null,
      to: '2026-11-24T08:00:07.000Z',
    });
    const place = { high: '2026-11-24T08:00:07.000Z', window: null };
    expect(nextWindow(place, '2026-11-24T08:00:07.999Z', stream)).toBeNull();
    expect(nextWindow(place, '2026-11-24T08:00:09.100Z', stream)).toEqual({
      from: '2026-11-24T08:00:02.000Z',
      to: '2026-11-24T08:00:09.000Z',
    });
  });
  test('a system that was set back far starts anew from there', () => {
    const place = { high: '2026-11-24T08:00:00.000Z', window: null };
    expect(nextWindow(place, '2026-11-24T07:59:30.000Z', stream)).toBeNull();
    expect(nextWindow(place, '2026-11-23T08:00:00.000Z', stream)).toMatchObject({ to: '2026-11-23T08:00:00.000Z' });
  });
  test('nothing falls between two windows, wherever pages end', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 20 }), (steps) => {
        let at = Date.parse('2026-11-24T08:00:00Z');
        let place = placeAfter(BEGINNING, { from: null, to: new Date(at).toISOString() }, null, 0);
        for (const step of steps) {
          at += step;
          const before = place.high;
          const window = nextWindow(place, new Date(at).toISOString(), stream);
          if (!window || before === null) continue;
          expect(window.from !== null && window.from <= before).toBe(true);
          expect(placeAfter(place, window, '17', 5)).toEqual({ high: before, window: { ...window, after: '17' } });
          place = placeAfter(place, window, null, 5);
        }
      }),
    );
  });
});

describe('schedule', () => {
  test('milliseconds, or cron in UTC', () => {
    const now = new Date('2026-11-24T08:00:00Z');
    expect(nextDue(1_500, now).toISOString()).toBe('2026-11-24T08:00:01.500Z');
    expect(nextDue('0 3 * * *', now).toISOString()).toBe('2026-11-25T03:00:00.000Z');
    expect(scheduleProblem('0 3 * * *')).toBeUndefined();
    expect(scheduleProblem('every night')).toContain('cron');
    expect(scheduleProblem(0)).toContain('more than 0');
  });
});

describe('send', () => {
  const rows = (count: number): WriteRow[] =>
    Array.from({ length: count }, (_, nth) => ({
      key: `k${nth}`,
      externalId: String(nth),
      fields: { name: 'x' },
      before: null,
    }));
  const batch = (count: number): WriteBatch => ({ action: 'UPDATE', fields: ['name'], rows: rows(count) });
  const written = (all: readonly WriteRow[]): WriteResult[] =>
    all.map(({ externalId }) => ({ kind: 'WRITTEN', externalId: externalId ?? '' }));

  test('bisects to exactly the rows at fault, each other row is written once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 80 }),
        fc.array(fc.nat(79), { maxLength: 4 }),
        fc.boolean(),
        async (count, bad, named) => {
          const poison = new Set(bad.filter((nth) => nth < count).map((nth) => `k${nth}`));
          const done: string[] = [];
          let calls = 0;
          const outcomes = await send(
            async ({ rows: all }) => {
              calls++;
              const first = all.findIndex(({ key }) => poison.has(key));
              const error = new Permanent('VALUE_REFUSED', 'no');
              if (first >= 0 && !named) throw error;
              if (first >= 0)
                return all.map(
                  (_, at): WriteResult => (at === first ? { kind: 'FAILED', error } : { kind: 'UNTRIED' }),
                );
              done.push(...all.map(({ key }) => key));
              return written(all);
            },
            batch(count),
            false,
          );
          expect(
            [...outcomes]
              .filter(([, { kind }]) => kind === 'FAILED')
              .map(([key]) => key)
              .sort(),
          ).toEqual([...poison].sort());
          expect(done.length).toBe(count - poison.size);
          expect(new Set(done).size).toBe(done.length);
          expect(calls).toBeLessThanOrEqual(1 + poison.size * 2 * (Math.ceil(Math.log2(count)) + 1));
        },
      ),
    );
  });

  test('what may work later is not bisected, unless it failed before without a reason', async () => {
    let calls = 0;
    const failing = async () => {
      calls++;
      throw new Retryable('SYSTEM_FAILED', '500');
    };
    await send(failing, batch(8), false);
    expect(calls).toBe(1);
    await send(failing, batch(8), true);
    expect(calls).toBe(1 + 15);
  });

  test('updates go together by their fields, creates all together', () => {
    const given = [
      { ...row('a', { x: 1 }), action: 'UPDATE' as const },
      { ...row('b', { x: 1, y: 2 }), action: 'UPDATE' as const },
      { ...row('c', { x: 2 }), action: 'UPDATE' as const },
      { ...row('d', { x: 1 }), action: 'CREATE' as const },
      { ...row('e', { y: 1 }), action: 'CREATE' as const },
    ];
    const groups = groupRows(given, 2).map(({ action, fields, rows: all }) => [
      action,
      fields,
      all.map(({ key }) => key),
    ]);
    expect(groups).toEqual([
      ['UPDATE', ['x'], ['a', 'c']],
      ['UPDATE', ['x', 'y'], ['b']],
      ['CREATE', ['x', 'y'], ['d', 'e']],
    ]);
  });
  const row = (key: string, fields: WriteRow['fields']): WriteRow => ({ key, externalId: key, fields, before: null });
});

test('a sweep tells what is missing and what is otherwise', () => {
  const known = new Map(
    [
      { externalId: '1', contentHash: 'h', state: 'ACTIVE' as const, sourceTime: 't1', parts: 0 },
      { externalId: '2', contentHash: 'h', state: 'ACTIVE' as const, sourceTime: 't1', parts: 0 },
      { externalId: '3', contentHash: 'h', state: 'DELETED' as const, sourceTime: 't1', parts: 0 },
      { externalId: '4', contentHash: 'h', state: 'HELD' as const, sourceTime: 't1', parts: 0 },
      { externalId: '6', contentHash: 'h', state: 'ACTIVE' as const, sourceTime: 't1', parts: 2 },
      { externalId: '7', contentHash: 'h', state: 'ACTIVE' as const, sourceTime: 't1', parts: 2 },
      { externalId: '8', contentHash: 'h', state: 'ACTIVE' as const, sourceTime: 't1', seenTime: 't2', parts: 0 },
      { externalId: '9', contentHash: 'h', state: 'ACTIVE' as const, sourceTime: 't1', seenTime: 't2', parts: 0 },
    ].map((entry) => [entry.externalId, { seenTime: null, ...entry }]),
  );
  const listed = new Map([
    ['2', { sourceTime: 't2' }],
    ['3', { sourceTime: 't1' }],
    ['5', { sourceTime: 't1' }],
    // A part is gone, which leaves no date.
    ['6', { sourceTime: 't1', parts: 1 }],
    ['7', { sourceTime: 't1', parts: 2 }],
    // Seen under another date already.
    ['8', { sourceTime: 't2' }],
    ['9', { sourceTime: 't3' }],
  ]);
  expect(compare(known, listed)).toEqual({ missing: ['1'], different: ['2', '3', '5', '6', '9'] });
});

test('drift: a field that is gone, or has another type than was accepted; a new one is no drift', () => {
  const reads = { partner: ['name', 'vat'] };
  expect(driftOf(reads, null, { partner: { name: 'char', vat: 'char' } })).toEqual([]);
  expect(driftOf(reads, { partner: { name: 'char' } }, { partner: { name: 'text', more: 'x' } })).toEqual([
    { model: 'partner', field: 'name', was: 'char', is: 'text' },
    { model: 'partner', field: 'vat', was: null, is: null },
  ]);
});
