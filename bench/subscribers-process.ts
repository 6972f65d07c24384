import { childOptions, serveParent } from './child.js';
import { type FeedSocket, openFeedSocket } from './feed-socket.js';

export interface SubscribersOptions {
  readonly url: string;
  readonly key: string;
  readonly query: string;
  readonly subscribers: number;
  /** One more that takes its first message and then reads no more, with this query. */
  readonly stalledQuery?: string;
}

/** Wait for so many changes at each subscriber, counted from the answer before. */
export interface SubscribersQuestion {
  readonly changes: number;
}

export interface SubscribersAnswer {
  readonly perSecond: number;
  /** One message, to have the floor send the same. */
  readonly sample: string;
}

const { url, key, query, subscribers, stalledQuery } = childOptions<SubscribersOptions>();

let round = startRound();
const counts = new Array<number>(subscribers).fill(0);
const sockets: FeedSocket[] = [];
for (let nth = 0; nth < subscribers; nth++) {
  sockets.push(await openFeedSocket({ url, key, query, receive: (text) => take(nth, text) }));
}
if (stalledQuery !== undefined) {
  const stalled = await openFeedSocket({ url, key, query: stalledQuery, receive: () => stalled.socket.pause() });
}

serveParent<SubscribersQuestion>({}, async ({ changes }): Promise<SubscribersAnswer> => {
  await new Promise<void>((resolve) => {
    round.wanted = changes * subscribers;
    round.done = resolve;
    if (round.delivered >= round.wanted) resolve();
  });
  const { delivered, firstAt, lastAt, sample } = round;
  if (counts.some((count) => count !== changes)) throw new Error(`not every subscriber got ${changes} changes once`);
  counts.fill(0);
  round = startRound();
  return { perSecond: ((delivered - 1) * 1000) / (lastAt - firstAt), sample };
});

function startRound() {
  return {
    delivered: 0,
    wanted: Number.POSITIVE_INFINITY,
    firstAt: 0,
    lastAt: 0,
    sample: '',
    done: (): void => undefined,
  };
}

function take(nth: number, text: string): void {
  if (text.includes('"change":null')) return;
  counts[nth] = (counts[nth] ?? 0) + 1;
  if (round.delivered === 0) {
    round.firstAt = performance.now();
    round.sample = text;
  }
  round.delivered++;
  if (round.delivered < round.wanted) return;
  round.lastAt = performance.now();
  round.done();
}
