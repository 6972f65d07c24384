import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Servers and their load run in processes of their own, so that neither takes the other's time for its own. Parent
 * and child speak by messages: one options object in, `ready` back, then questions and answers in turn.
 */
export interface Child {
  /** Send a question and wait for its answer. */
  ask<T>(question: object): Promise<T>;
  stop(): Promise<void>;
}

/** Start a compiled file of this folder; `ready` is what it says once it can work. */
export async function startChild<T>(file: string, options: object): Promise<{ child: Child; ready: T }> {
  const path = fileURLToPath(new URL(`./${file}.js`, import.meta.url));
  const process_ = fork(path, [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: ['--expose-gc'],
  });
  const ready = await answerOf<T>(process_, file);
  return {
    ready,
    child: {
      ask: async <A>(question: object) => {
        const answer = answerOf<A>(process_, file);
        process_.send(question);
        return answer;
      },
      stop: async () => {
        const exited = process_.exitCode === null ? once(process_, 'exit') : undefined;
        process_.kill();
        await exited;
      },
    },
  };
}

function answerOf<T>(child: ChildProcess, file: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`${file} ended with ${code} instead of answering`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message as T);
    });
  });
}

/** In the child: its options. */
export const childOptions = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

/** In the child: say that it is ready, then answer each question. */
export function serveParent<Q>(ready: object, answer: (question: Q) => Promise<object>): void {
  // The parent's end is ours too: nobody else would stop us.
  process.on('disconnect', () => process.exit(0));
  process.on('message', (question: Q) => {
    answer(question).then(
      (found) => process.send?.(found),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.send?.(ready);
}

/** What a child uses: memory after a collection, and processor seconds since its start. */
export interface Usage {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly cpuSeconds: number;
}

/** In the child: an answer to any question. */
export async function usage(): Promise<Usage> {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { rssBytes: rss, heapBytes: heapUsed, cpuSeconds: (user + system) / 1e6 };
}
