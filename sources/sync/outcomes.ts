import { type Db, type JsonObject, newId } from '../../golden-records/index.js';
import { Permanent, Retryable, type SourceError } from '../errors.js';
import { backoffMs, DELIVERY_BACKOFF } from './backoff.js';
import { afterWrite, type FieldBase } from './decide.js';
import { errorJson, isOfSystem, placeOf } from './failure.js';
import type { Finished, Home, LinkCase, SentAttempt } from './outbox-store.js';
import { goldenKey, type LinkPlanned } from './plan-link.js';
import type { RowOutcome } from './send.js';
import { noteFailure } from './system-state.js';
import type { Unquotable } from './unquotable.js';

const MOST_ATTEMPTS = 10;
/** A parent that has been a dead letter for so long isn't coming by itself. */
const PARENT_MS = 60 * 60_000;
const PARENT_RETRY_MS = 30_000;
/** What a delivery waits for whose record isn't there: whether it was deleted is for a sweep to say. */
export const SWEEP = 'sweep';
/** Before everything that the target has is known here, a create might double it. */
export const FIRST_LOAD = 'load';
const LOAD_RETRY_MS = 5_000;

export interface Work {
  readonly link: LinkCase;
  readonly planned: LinkPlanned;
}
export type Written = {
  readonly link: LinkCase;
  readonly attempt: SentAttempt;
  readonly fields: JsonObject;
  outcome: RowOutcome;
};

interface OutcomeOptions {
  readonly signal?: AbortSignal;
  readonly random?: () => number;
  readonly mostAttempts?: number;
}

/** What came of each record of one batch: done, to be tried again, or a dead letter. */
export class Outcomes {
  /** A call of this delivery got through: the system was there a moment ago. */
  hasAnswered = false;
  /** Once the system is known to be down the rest isn't tried. */
  down: SourceError | undefined;

  constructor(
    private readonly db: Db,
    private readonly home: Home,
    private readonly unquotable: Unquotable,
    private readonly options: OutcomeOptions,
  ) {}

  async of(
    works: readonly Work[],
    written: readonly Written[],
    after: ReadonlyMap<string, JsonObject>,
  ): Promise<Finished[]> {
    const byLink = new Map(written.map((entry) => [entry.link.linkId, entry]));
    const finished: Finished[] = [];
    for (const { link, planned } of works) {
      const entry = byLink.get(link.linkId);
      finished.push(
        entry ? await this.after(link, planned, entry, after.get(link.linkId)) : await this.without(link, planned),
      );
    }
    return finished;
  }

  private async without(link: LinkCase, { plan, lacks }: LinkPlanned): Promise<Finished> {
    if (plan.kind === 'FAIL') return this.failed(link, plan.error, null);
    if (plan.kind === 'WAIT') {
      const now = this.db.now().getTime();
      if (plan.deadSince !== undefined && now - Date.parse(plan.deadSince) > PARENT_MS) {
        const error = new Permanent('PARENT_MISSING', `${plan.waitsFor} is a dead letter itself`, { place: 'HUB' });
        // As soon as that one is there, so is this one's turn.
        return { ...this.dead(link, error, null), waitsFor: plan.waitsFor };
      }
      const retryMs = plan.waitsFor === FIRST_LOAD ? LOAD_RETRY_MS : PARENT_RETRY_MS;
      const dueAt = new Date(now + retryMs).toISOString();
      return { ...this.base(link), state: 'PENDING', dueAt, waitsFor: plan.waitsFor };
    }
    if (plan.kind !== 'NOTHING') throw new Error(`a ${plan.kind} was planned and not sent`);
    return {
      ...this.base(link),
      waitsFor: lacks ?? null,
      bases: Object.keys(plan.agreed).length > 0 ? plan.agreed : null,
      gone: plan.gone ?? false,
      confirms: plan.confirms,
    };
  }

  private async after(
    link: LinkCase,
    { plan, lacks }: LinkPlanned,
    { attempt, outcome, fields }: Written,
    after: JsonObject | undefined,
  ): Promise<Finished> {
    if (outcome.kind === 'FAILED') return this.failed(link, outcome.error, attempt, outcome.externalId);
    const agreed = plan.kind === 'UPDATE' ? plan.agreed : {};
    const bases = Object.entries(fields).map(([field, wrote]): [string, FieldBase] => [
      field,
      after
        ? afterWrite(link.bases[field], wrote, after[field] ?? null)
        : { wrote, shown: wrote, seen: 0, written: true },
    ]);
    return {
      ...this.base(link),
      waitsFor: lacks ?? null,
      bases: { ...agreed, ...Object.fromEntries(bases) },
      attempt: { id: attempt.id, result: 'WRITTEN', externalId: outcome.externalId },
    };
  }

  base(link: LinkCase): Finished {
    return {
      linkId: link.linkId,
      goldenId: link.golden?.id ?? null,
      generation: link.generation,
      state: 'DONE',
      dueAt: null,
      waitsFor: null,
      attempts: link.attempts,
      place: null,
      error: null,
      attempt: null,
      failedBefore: null,
      bases: null,
      gone: false,
      confirms: false,
      uncreate: false,
    };
  }

  /** When the whole system is meant the record's tries are not used up; it waits for the system. */
  private systemDueAt: Promise<Date> | undefined;

  get concernsSystem(): boolean {
    return this.systemDueAt !== undefined;
  }

  /** `externalId`: it is there, but for a part. */
  async failed(
    link: LinkCase,
    cause: SourceError,
    attempt: SentAttempt | null,
    externalId = link.externalId,
  ): Promise<Finished> {
    const error = this.unquotable.without(cause);
    if (error instanceof Permanent) return this.dead(link, error, attempt, externalId);
    const random = (this.options.random ?? Math.random)();
    const told = {
      ...this.base(link),
      place: placeOf(error),
      error: errorJson(error),
      ...refusalOf(link, error, attempt, externalId),
    };
    // A worker that is told to stop cuts its call short: nobody's fault, and no try.
    if (this.options.signal?.aborted) return { ...told, state: 'PENDING', dueAt: this.db.now().toISOString() };
    const attempts = link.attempts + 1;
    const isLast = attempts >= (this.options.mostAttempts ?? MOST_ATTEMPTS);
    if (isOfSystem(error) || this.down) {
      this.systemDueAt ??= noteFailure(
        this.db,
        this.home.system,
        this.down ? this.unquotable.without(this.down) : error,
        random,
      );
      const dueAt = (await this.systemDueAt).toISOString();
      // The system went down over it: perhaps because of it.
      const isSuspect = this.hasAnswered && attempt !== null && error instanceof Retryable && error.outcomeUnknown;
      if (!isSuspect) return { ...told, state: 'PENDING', dueAt };
      if (!isLast) return { ...told, state: 'PENDING', attempts, dueAt };
      return this.dead(link, error, attempt, externalId);
    }
    if (isLast) return this.dead(link, error, attempt, externalId);
    const retryAfterMs = error instanceof Retryable ? error.retryAfterMs : undefined;
    const waitMs = backoffMs(attempts, random, DELIVERY_BACKOFF, retryAfterMs);
    return { ...told, state: 'PENDING', attempts, dueAt: new Date(this.db.now().getTime() + waitMs).toISOString() };
  }

  dead(link: LinkCase, error: SourceError, attempt: SentAttempt | null, externalId = link.externalId): Finished {
    return {
      ...this.base(link),
      state: 'DEAD',
      attempts: link.attempts + 1,
      place: placeOf(error),
      error: errorJson(error),
      ...refusalOf(link, error, attempt, externalId),
      failedBefore: attempt === null ? { id: newId(), changes: [] } : null,
    };
  }

  /** Who was sent for together with its parent goes next: only those that waited before are woken by it. */
  withoutWaitFor(finished: readonly Finished[]): Finished[] {
    const done = new Set(
      finished.flatMap(({ state, goldenId }) =>
        state === 'DONE' && goldenId !== null ? [goldenKey(this.home.entityType, goldenId)] : [],
      ),
    );
    const dueAt = this.db.now().toISOString();
    const next = { state: 'PENDING', dueAt, waitsFor: null, place: null, error: null, failedBefore: null } as const;
    return finished.map((entry) =>
      entry.waitsFor !== null && done.has(entry.waitsFor) ? { ...entry, ...next } : entry,
    );
  }
}

function refusalOf(
  link: LinkCase,
  error: SourceError,
  attempt: SentAttempt | null,
  externalId: string | null,
): Pick<Finished, 'attempt' | 'uncreate'> {
  if (attempt === null) return { attempt: null, uncreate: false };
  const isUnknown = error instanceof Retryable && error.outcomeUnknown;
  return {
    attempt: { id: attempt.id, result: isUnknown ? 'UNKNOWN' : 'REFUSED', externalId },
    // Refused for certain, and never sent before: nothing needs to be looked for.
    uncreate: attempt.action === 'CREATE' && !isUnknown && externalId === null && link.creatingSince === null,
  };
}
