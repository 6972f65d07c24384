/** Where progress is shown: standard error, so that standard output stays an answer. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line that tells how far something is. */
export interface Progress {
  show(text: string): void;
  /** Leave the last state standing, as a line of its own. */
  end(): void;
}

const EVERY_MS = 2_000;
const CLEAR_LINE = '\r\u001b[2K';

/** At a terminal the line is rewritten; in a log there is a new one every two seconds. */
export function progressOn(stream: ProgressStream, now: () => number = Date.now): Progress {
  return stream.isTTY ? rewriting(stream) : repeating(stream, now);
}

function rewriting(stream: ProgressStream): Progress {
  let isOpen = false;
  return {
    show: (text) => {
      // A line that wraps could not be cleared again.
      stream.write(`${CLEAR_LINE}${text.slice(0, (stream.columns ?? 80) - 1)}`);
      isOpen = true;
    },
    end: () => {
      if (isOpen) stream.write('\n');
      isOpen = false;
    },
  };
}

function repeating(stream: ProgressStream, now: () => number): Progress {
  let writtenAt = now();
  let isLong = false;
  let unwritten: string | undefined;
  const write = (text: string) => {
    stream.write(`${text}\n`);
    writtenAt = now();
    isLong = true;
    unwritten = undefined;
  };
  return {
    show: (text) => {
      if (now() - writtenAt >= EVERY_MS) write(text);
      else unwritten = text;
    },
    end: () => {
      // What was over before the first line was due needs none.
      if (isLong && unwritten !== undefined) write(unwritten);
    },
  };
}
