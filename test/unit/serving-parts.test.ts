import { describe, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import type { FeedChange } from '../../golden-records/feed.js';
import { Ring } from '../../resolvers/changes/ring.js';
import { variablesBelowRoot } from '../../resolvers/changes/sharing.js';
import { correlationIdOf } from '../../resolvers/context.js';
import { RefusalCounter } from '../../src/failed-authentications.js';
import { FairTurns } from '../../src/fair-turns.js';
import { createLogger, readable } from '../../src/logger.js';
import { silentLog } from '../support/log.js';

const change = (position: number): FeedChange => ({
  position: BigInt(position),
  entityType: 'supplier',
  goldenId: 'g',
  version: 1,
  kind: 'CREATED',
  attributes: [],
  operationId: 'o',
  at: '2026-11-23T08:00:00.000Z',
});
const stretch = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => change(from + at));

describe('the ring', () => {
  test('starts empty behind the head', () => {
    const ring = new Ring(10n, 4);
    expect([ring.first, ring.covers(10n), ring.covers(9n), ring.at(10n)]).toEqual([11n, true, false, undefined]);
  });

  test('holds the latest, whatever the size of the stretches', () => {
    const ring = new Ring(0n, 4);
    for (let from = 1, size = 1; from < 200; from += size, size = (size % 11) + 1) {
      ring.push(stretch(from, from + size - 1));
      const head = from + size - 1;
      expect(ring.head).toBe(BigInt(head));
      const held = Array.from({ length: Math.min(4, head) }, (_, at) => BigInt(head - at));
      expect(held.map((position) => ring.at(position)?.position)).toEqual(held);
      expect([ring.at(ring.first - 1n), ring.at(ring.head + 1n)]).toEqual([undefined, undefined]);
      expect(ring.first).toBe(BigInt(Math.max(1, head - 3)));
    }
  });

  test('a hole is an error, never skipped', () => {
    expect(() => new Ring(3n, 4).push([change(5)])).toThrow(/not dense/);
  });
});

describe('what an answer to a change depends on', () => {
  const below = (source: string) => {
    const document = parse(source);
    const [operation] = document.definitions;
    if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
    return variablesBelowRoot(document, operation);
  };

  test('not on the arguments of the feed, but on all beneath', () => {
    expect(below('subscription ($a: String, $t: [T!]) { changes(after: $a, types: $t) { cursor } }')).toEqual([]);
    expect(
      below(
        'subscription ($a: String, $n: Int) { changes(after: $a) { record { history(first: $n, after: $a) { x } } } }',
      ),
    ).toEqual(['a', 'n']);
    expect(
      below(
        'subscription ($a: String, $b: Boolean!) { changes(after: $a) @include(if: $b) { ...f } } fragment f on E { x @skip(if: $a) }',
      ),
    ).toEqual(['a', 'b']);
    expect(below('subscription ($b: Boolean!) { ... @include(if: $b) { changes { cursor } } }')).toEqual(['b']);
  });
});

test.each([
  ['abc-1:2.x_Y', true],
  ['', false],
  ['a b', false],
  ['a\nb', false],
  ['x'.repeat(129), false],
  [undefined, false],
])('correlation id %j is kept: %p', (given, kept) => {
  expect(correlationIdOf(given) === given).toBe(kept);
});

test('a long turn ends, a short one goes on', async () => {
  const turns = new FairTurns(5);
  expect(turns.breathe()).toBeUndefined();
  const until = performance.now() + 6;
  while (performance.now() < until);
  const first = turns.breathe();
  expect(first).toBeInstanceOf(Promise);
  expect(turns.breathe()).toBe(first);
  await first;
  expect(turns.breathe()).toBeUndefined();
});

test('refused keys: the first is logged at once, the others together', () => {
  const lines: object[] = [];
  const counter = new RefusalCounter({ ...silentLog, warn: (fields) => void lines.push(fields) });
  counter.count('UNKNOWN', '10.0.0.1');
  counter.count('UNKNOWN', '10.0.0.1');
  counter.count('EXPIRED', '10.0.0.2');
  expect(lines).toEqual([{ refusal: 'UNKNOWN', from: '10.0.0.1', total: 1 }]);
  counter.close();
  expect(lines[1]).toEqual({ refusals: { UNKNOWN: 1, EXPIRED: 1 }, total: 3 });
});

describe('the log', () => {
  const collect = (pretty: boolean) => {
    const lines: string[] = [];
    const log = createLogger({
      level: 'info',
      pretty,
      destination: { write: (line: string) => void lines.push(line) },
    });
    return { log, lines };
  };

  test('is JSON, and cuts secrets out', () => {
    const { log, lines } = collect(false);
    log.info(
      { correlationId: 'c-1', authorization: 'Bearer ck_a', headers: { 'x-api-key': 'ck_b', authorization: 'ck_c' } },
      'request',
    );
    log.debug({}, 'not shown');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      msg: 'request',
      correlationId: 'c-1',
      authorization: '[secret]',
    });
    expect(lines[0]).not.toContain('ck_');
  });

  test('is one line for people, with the stack of an error beneath', () => {
    const { log, lines } = collect(true);
    log.warn({ lag: 3, name: 'feed' }, 'behind');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}behind {2}lag=3 {2}name=feed\n$/);
    log.error({ err: new Error('broken') }, 'failed');
    expect(lines[1]).toMatch(/ERROR failed\n {2}Error: broken\n {2} {4}at /);
    expect(readable('{"time":"2026-11-23T08:00:00.000Z","level":"info","msg":"m","err":"text"}')).toBe(
      '08:00:00 INFO  m  text\n',
    );
  });
});
