import { EXIT } from './exit.js';

export interface Interruption {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP: finish the step under way, then stop. */
  readonly signal: AbortSignal;
  /** Give the signals back. */
  dispose(): void;
}

/** npm hands Ctrl-C on to a child that the terminal has told already: that echo is not somebody's second wish. */
const ECHO_MS = 750;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Stop in order at the first signal; at a second one call `force`, and end. */
export function onInterruption(force: () => void): Interruption {
  const stopping = new AbortController();
  let firstAt = 0;
  const receive = () => {
    if (!stopping.signal.aborted) {
      firstAt = Date.now();
      stopping.abort();
      return;
    }
    if (Date.now() - firstAt < ECHO_MS) return;
    force();
    process.exit(EXIT.interrupted);
  };
  for (const name of SIGNALS) process.on(name, receive);
  return {
    signal: stopping.signal,
    dispose: () => {
      for (const name of SIGNALS) process.off(name, receive);
    },
  };
}
