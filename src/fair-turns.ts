/**
 * Lets others have a turn. A socket that takes a message at once calls back before the event loop goes on, so a thousand
 * subscribers with much to read would keep requests, timers and pings waiting until all had all.
 */
export class FairTurns {
  private startedAt = performance.now();
  private next: Promise<void> | undefined;

  constructor(private readonly longestMs = 10) {}

  /** Something to wait for when the present turn has lasted long enough. */
  breathe(): Promise<void> | undefined {
    if (performance.now() - this.startedAt < this.longestMs) return undefined;
    this.next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.startedAt = performance.now();
        this.next = undefined;
        resolve();
      });
    });
    return this.next;
  }
}
