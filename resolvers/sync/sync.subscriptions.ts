import { setTimeout as delay } from 'node:timers/promises';
import { Resolver, Root, Subscription } from 'type-graphql';
import { attemptsSince, deadSince, type SyncStatus, syncStatus } from '../../sources/index.js';
import type { Context } from '../context.js';
import { attemptRoot, DeliveryAttempt, DeliveryType, deliveryRoot, SyncStatusType } from './sync.type.js';

interface Subscribed {
  readonly context: Context;
}
const LOOK_MS = 1_000;
const PAGE = 200;

/** Refused before it begins. */
const guarded =
  <T>(subscribe: (subscribed: Subscribed) => AsyncGenerator<T>) =>
  ({ context }: Subscribed) => {
    context.authorize('readSync');
    return subscribe({ context });
  };

/** Looks once a second, as long as somebody listens; a listener that is slow is looked for less often. */
async function* eachLook<T>(look: () => Promise<readonly T[]>): AsyncGenerator<T> {
  for (;;) {
    yield* await look();
    await delay(LOOK_MS);
  }
}

function statusChanges(subscribed: Subscribed): AsyncGenerator<SyncStatus> {
  const { db, systems } = subscribed.context;
  let last = '';
  return eachLook(async () => {
    const status = await syncStatus(db, systems);
    const text = JSON.stringify(withoutAges(status));
    if (text === last) return [];
    last = text;
    return [status];
  });
}

/** What grows by itself is no change. */
const withoutAges = ({ streams, targets }: SyncStatus) => ({
  streams: streams.map(({ lagMs: _lag, cursor: _cursor, lastPullAt: _pulled, ...stream }) => stream),
  targets: targets.map(({ oldestMs: _age, ...target }) => target),
});

/** Rows by the time at which they ended; those of the last instant are remembered, so that each comes once. */
function ended<T extends { readonly id: string; readonly finishedAt: Date | null }>(
  { context: { db } }: Subscribed,
  since: (at: Date, limit: number) => Promise<T[]>,
): () => Promise<T[]> {
  // A transaction that took its time a moment ago may commit after the look: look back that far.
  const LATE_MS = 5_000;
  let at = new Date(db.now().getTime() - 1);
  const begun = at;
  let seen = new Map<string, number>();
  return async () => {
    const from = new Date(Math.max(begun.getTime(), at.getTime() - LATE_MS));
    const rows = await since(from, PAGE);
    const fresh = rows.filter(({ id, finishedAt }) => seen.get(id) !== finishedAt?.getTime());
    for (const { id, finishedAt } of fresh) seen.set(id, finishedAt?.getTime() ?? 0);
    const last = rows.at(-1)?.finishedAt;
    // A full page may end inside the time that is looked at again: go on from its end.
    if (last) at = rows.length === PAGE ? new Date(last.getTime() + LATE_MS) : last;
    seen = new Map([...seen].filter(([, finished]) => finished >= at.getTime() - 2 * LATE_MS));
    return fresh;
  };
}

const deliveries = (subscribed: Subscribed) =>
  eachLook(ended(subscribed, (at, limit) => attemptsSince(subscribed.context.db, at, limit)));
const deadLetters = (subscribed: Subscribed) =>
  eachLook(ended(subscribed, (at, limit) => deadSince(subscribed.context.db, at, limit)));

@Resolver()
export class SyncSubscriptions {
  @Subscription(() => SyncStatusType, {
    name: 'syncStatus',
    description: 'The status now, then whenever it changes, at most once a second.',
    subscribe: guarded(statusChanges) as never,
  })
  syncStatusChanges(@Root() status: object): object {
    return status;
  }

  @Subscription(() => DeliveryAttempt, {
    name: 'deliveries',
    description: 'Each write to a system, once its outcome is known, from now on.',
    subscribe: guarded(({ context }) => withContext(context, deliveries({ context }))) as never,
  })
  deliveriesMade(@Root() { context, row }: { context: Context; row: Parameters<typeof attemptRoot>[1] }): object {
    return attemptRoot(context, row);
  }

  @Subscription(() => DeliveryType, {
    name: 'deadLetters',
    description: 'Each delivery that fails for good, from now on.',
    subscribe: guarded(deadLetters) as never,
  })
  deadLettersFound(@Root() row: Parameters<typeof deliveryRoot>[0]): object {
    return deliveryRoot(row);
  }
}

async function* withContext<T>(
  context: Context,
  rows: AsyncGenerator<T>,
): AsyncGenerator<{ context: Context; row: T }> {
  for await (const row of rows) yield { context, row };
}
