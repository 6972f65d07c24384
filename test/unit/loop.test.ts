import { describe, expect, test } from '@jest/globals';
import { Loop } from '../../src/loop.js';
import { silentLog } from '../support/log.js';

const NEVER_MS = 1_000_000;

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

describe('a loop', () => {
  test('goes on while there is more, then rests until it is woken', async () => {
    const gates = [gate(), gate()];
    const answers = [true, true, false, false];
    let steps = 0;
    const loop = new Loop({
      name: 'test',
      everyMs: NEVER_MS,
      log: silentLog,
      step: async () => {
        steps++;
        if (steps === 3) gates[0]?.open();
        if (steps === 4) gates[1]?.open();
        return answers[steps - 1] ?? false;
      },
    });
    loop.start();
    await gates[0]?.opened;
    await new Promise(setImmediate);
    expect(steps).toBe(3);
    loop.wake();
    await gates[1]?.opened;
    await loop.stop();
    expect(steps).toBe(4);
  });

  test('a wake-up during a step is not lost', async () => {
    const second = gate();
    let steps = 0;
    const loop: Loop = new Loop({
      name: 'test',
      everyMs: NEVER_MS,
      log: silentLog,
      step: async () => {
        steps++;
        if (steps === 1) loop.wake();
        else second.open();
        return false;
      },
    });
    loop.start();
    await second.opened;
    await loop.stop();
    expect(steps).toBe(2);
  });

  test('a failure is logged and tried again, and does not end it', async () => {
    const third = gate();
    const messages: string[] = [];
    let steps = 0;
    const loop = new Loop({
      name: 'test',
      everyMs: NEVER_MS,
      backoffMs: 1,
      log: {
        ...silentLog,
        error: (_fields, message) => void messages.push(message),
        info: (_fields, message) => void messages.push(message),
      },
      step: async () => {
        steps++;
        if (steps < 3) throw new Error('not yet');
        third.open();
        return false;
      },
    });
    loop.start();
    await third.opened;
    await loop.stop();
    expect(messages).toEqual([
      'worker step failed; it will be tried again',
      'worker step failed; it will be tried again',
      'worker step works again',
    ]);
  });

  test('stopping waits for the step under way', async () => {
    const begun = gate();
    const finish = gate();
    let done = false;
    const loop = new Loop({
      name: 'test',
      everyMs: NEVER_MS,
      log: silentLog,
      step: async () => {
        begun.open();
        await finish.opened;
        done = true;
        return true;
      },
    });
    loop.start();
    await begun.opened;
    const stopping = loop.stop();
    finish.open();
    await stopping;
    expect(done).toBe(true);
  });
});
