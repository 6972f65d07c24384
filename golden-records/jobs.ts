import { IllegalOperation, InvalidInput, NotFound } from './errors.js';
import { newId } from './ids.js';
import type { Json, JsonObject } from './json.js';
import { contentHash } from './normalise/index.js';
import { type Actor, type Db, inTransaction, type Tx } from './transaction.js';

/**
 * A job is a named run of many steps. It is a row: a worker holds it for a while, advances it by one step, and writes in the
 * step's own transaction where it stands. A process that dies lets go of it by itself, and the next goes on from there.
 */
export const JOB_STATES = ['QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'] as const;
export type JobState = (typeof JOB_STATES)[number];

const MOVES = [
  ['QUEUED', 'RUNNING'],
  ['QUEUED', 'CANCELLED'],
  ['RUNNING', 'DONE'],
  ['RUNNING', 'FAILED'],
  ['RUNNING', 'CANCELLED'],
] as const satisfies readonly (readonly [JobState, JobState])[];

export const JOB_KINDS = ['REMATCH', 'TRAIN'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly entityType: string | null;
  readonly state: JobState;
  readonly input: JsonObject;
  /** The step that comes next, and where in it. */
  readonly step: string;
  readonly place: JsonObject;
  readonly done: number;
  readonly total: number | null;
  readonly result: JsonObject;
  readonly error: JsonObject | null;
  readonly actor: Actor;
  readonly reason: string | null;
  readonly correlationId: string;
  readonly cancelRequested: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** The step in which a job stands when nothing is left to do. */
export const END_OF_JOB = 'end';

/** NOTIFY on this channel says that a job waits. */
export const JOB_CHANNEL = 'concord_job';
/** A step is far shorter; whoever holds a job for longer has died. */
const HOLD_MS = 60_000;

export interface NewJob {
  readonly kind: JobKind;
  readonly entityType: string;
  readonly input: JsonObject;
  readonly step: string;
  readonly reason?: string | undefined;
  readonly correlationId: string;
}

/** Queue a job, with an operation that tells who asked. Throws InvalidInput for an unknown entity type. */
export function queueJob(db: Db, actor: Actor, job: NewJob): Promise<Job> {
  if (!db.model.entityTypes.has(job.entityType))
    throw new InvalidInput(
      'UNKNOWN_ENTITY_TYPE',
      `expected ${[...db.model.entityTypes.keys()].join(', ')}, found "${job.entityType}"`,
      { field: 'entityType' },
    );
  return inTransaction(db, async (tx) => {
    const row = await tx.prisma.job.create({
      data: {
        id: newId(),
        kind: job.kind,
        entityType: job.entityType,
        state: 'QUEUED',
        input: job.input,
        step: job.step,
        place: {},
        done: 0,
        result: {},
        actorKind: actor.kind,
        actorId: actor.id,
        actorName: actor.name,
        reason: job.reason ?? null,
        correlationId: job.correlationId,
        cancelRequested: false,
        createdAt: tx.now,
      },
    });
    await tx.prisma.auditEntry.create({
      data: {
        at: tx.now,
        actorKind: actor.kind,
        actorId: actor.id,
        action: `START_${job.kind}`,
        subject: { job: row.id, entityType: job.entityType },
        detailsHash: contentHash(job.input),
        correlationId: job.correlationId,
      },
    });
    await tx.query(`select pg_notify('${JOB_CHANNEL}', '')::text`);
    return asJob(row);
  });
}

type Row = NonNullable<Awaited<ReturnType<Db['prisma']['job']['findUnique']>>>;
const asJob = (row: Row): Job => ({
  id: row.id,
  kind: row.kind,
  entityType: row.entityType,
  state: row.state as JobState,
  input: row.input as JsonObject,
  step: row.step,
  place: row.place as JsonObject,
  done: row.done,
  total: row.total,
  result: row.result as JsonObject,
  error: row.error as JsonObject | null,
  actor: { kind: row.actorKind as Actor['kind'], id: row.actorId, name: row.actorName },
  reason: row.reason,
  correlationId: row.correlationId,
  cancelRequested: row.cancelRequested,
  createdAt: row.createdAt,
  startedAt: row.startedAt,
  finishedAt: row.finishedAt,
});

export async function findJob(db: Pick<Tx, 'prisma'>, id: string): Promise<Job | null> {
  const row = await db.prisma.job.findUnique({ where: { id } });
  return row ? asJob(row) : null;
}

/** Ask a job to stop: one that waits is stopped at once, one that runs after its step. Throws NotFound, IllegalOperation. */
export async function cancelJob(db: Db, actor: Actor, id: string, correlationId: string): Promise<Job> {
  return inTransaction(db, async (tx) => {
    const [held] = await tx.query<{ state: JobState }>('select state from job where id = $1::uuid for update', id);
    if (!held) throw new NotFound('NOT_FOUND', `no job ${id}`, { field: 'id' });
    if (held.state !== 'QUEUED' && held.state !== 'RUNNING')
      throw new IllegalOperation('JOB_STATE', `expected a job that waits or runs, found one that is ${held.state}`, {
        field: 'id',
      });
    await tx.prisma.job.update({
      where: { id },
      data: {
        cancelRequested: true,
        ...(held.state === 'QUEUED' ? { state: 'CANCELLED', finishedAt: tx.now } : {}),
      },
    });
    await tx.prisma.auditEntry.create({
      data: {
        at: tx.now,
        actorKind: actor.kind,
        actorId: actor.id,
        action: 'CANCEL_JOB',
        subject: { job: id },
        detailsHash: contentHash({ job: id }),
        correlationId,
      },
    });
    const row = await tx.prisma.job.findUniqueOrThrow({ where: { id } });
    return asJob(row);
  });
}

// `held_until` is compared with the database's clock: several machines needn't agree on the time.
const CLAIM = `
update job set held_until = clock_timestamp() + $1::int * interval '1 millisecond', state = 'RUNNING',
    started_at = coalesce(started_at, clock_timestamp())
  where id = (
    select id from job
      where state in ('QUEUED', 'RUNNING') and (held_until is null or held_until < clock_timestamp())
        and ($2::text is null or id = $2::uuid)
      order by id limit 1 for update skip locked)
  returning id::text as id`;

/** Take the oldest job that nobody holds, or a certain one; null when there is none. */
export async function claimJob(db: Db, only?: string): Promise<Job | null> {
  const { rows } = await db.pool.query<{ id: string }>({ text: CLAIM, values: [HOLD_MS, only ?? null] });
  const [claimed] = rows;
  return claimed ? findJob(db, claimed.id) : null;
}

/** Where a job stands after a step. */
export interface JobProgress {
  readonly step?: string;
  readonly place?: JsonObject;
  readonly done?: number;
  readonly total?: number | null;
  readonly result?: JsonObject;
}

/** Part of the step's own transaction, so that neither is without the other. Lets go of the job. */
export async function saveProgress(tx: Pick<Tx, 'prisma'>, { id }: Job, progress: JobProgress): Promise<void> {
  await tx.prisma.job.update({ where: { id }, data: { ...progress, heldUntil: null } as never });
}

/** End a job. Lost races change nothing: the state moves only from one in which it may. */
export async function endJob(
  tx: Pick<Tx, 'prisma'>,
  { id }: Job,
  state: 'DONE' | 'FAILED' | 'CANCELLED',
  at: Date,
  more: { result?: JsonObject; error?: Json } = {},
): Promise<boolean> {
  const from = MOVES.filter(([, to]) => to === state).map(([before]) => before);
  const { count } = await tx.prisma.job.updateMany({
    where: { id, state: { in: [...from] } },
    data: { ...more, state, finishedAt: at, heldUntil: null } as never,
  });
  return count === 1;
}
