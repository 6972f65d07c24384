import { Conflict, IllegalOperation, InvalidInput, NotFound } from './errors.js';
import { newId } from './ids.js';
import type { Json, JsonObject } from './json.js';
import { contentHash } from './normalise/index.js';
import {
  type CommandInput,
  type CommandKind,
  carryOut,
  findRepeat,
  type OperationOutcome,
  type OperationRequest,
} from './operations.js';
import { queueLinks } from './outbox.js';
import type { ChangedRecord } from './store/rows.js';
import { type Actor, type Db, inTransaction, type Tx } from './transaction.js';

export type TaskState = 'OPEN' | 'CLAIMED' | 'RESOLVED' | 'CLOSED';

/** The state changes that a person can make. A question that goes away by itself is CLOSED by what made it go. */
const TRANSITIONS = {
  CLAIM: [['OPEN', 'CLAIMED']],
  ASSIGN: [
    ['OPEN', 'CLAIMED'],
    ['CLAIMED', 'CLAIMED'],
  ],
  RELEASE: [['CLAIMED', 'OPEN']],
  SNOOZE: [
    ['OPEN', 'OPEN'],
    ['CLAIMED', 'OPEN'],
  ],
  RESOLVE: [
    ['OPEN', 'RESOLVED'],
    ['CLAIMED', 'RESOLVED'],
  ],
} as const satisfies Record<string, readonly (readonly [TaskState, TaskState])[]>;
type Step = keyof typeof TRANSITIONS;

export const RESOLUTIONS = ['MERGE', 'NOT_DUPLICATE', 'ACCEPT_PROPOSED', 'KEEP', 'DISMISS'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** What each kind of question can be answered with. */
export const RESOLUTIONS_OF: Readonly<Record<string, readonly Resolution[]>> = {
  POSSIBLE_MATCH: ['MERGE', 'NOT_DUPLICATE', 'DISMISS'],
  POSSIBLE_DUPLICATE: ['MERGE', 'NOT_DUPLICATE', 'DISMISS'],
  QUESTIONED_MERGE: ['KEEP', 'NOT_DUPLICATE', 'DISMISS'],
  REJECTED_RECORD: ['DISMISS'],
  OWNERSHIP_CONFLICT: ['KEEP', 'ACCEPT_PROPOSED', 'DISMISS'],
  EXCEPTION: ['KEEP', 'ACCEPT_PROPOSED', 'DISMISS'],
  DEAD_LETTER: ['DISMISS'],
  MASS_DELETE: ['ACCEPT_PROPOSED', 'KEEP', 'DISMISS'],
  SCHEMA_DRIFT: ['DISMISS'],
  UNKNOWN_CODE: ['DISMISS'],
  REPLACED_RECORD: ['MERGE', 'DISMISS'],
};

export interface ResolveTaskInput {
  readonly taskId: string;
  readonly resolution: Resolution;
  /** MERGE: the golden record that survives; default: the older id. */
  readonly survivorId?: string;
  readonly note?: string;
}

type Task = NonNullable<Awaited<ReturnType<Tx['prisma']['stewardTask']['findUnique']>>>;

export const claimTask = (
  db: Db,
  actor: Actor,
  request: OperationRequest,
  input: { taskId: string },
): Promise<OperationOutcome> => changeTask(db, actor, request, 'CLAIM', input, { assignee: actor.id });

export const assignTask = (
  db: Db,
  actor: Actor,
  request: OperationRequest,
  input: { taskId: string; assignee: string },
): Promise<OperationOutcome> => changeTask(db, actor, request, 'ASSIGN', input, { assignee: input.assignee });

export const releaseTask = (
  db: Db,
  actor: Actor,
  request: OperationRequest,
  input: { taskId: string },
): Promise<OperationOutcome> => changeTask(db, actor, request, 'RELEASE', input, { assignee: null });

export function snoozeTask(
  db: Db,
  actor: Actor,
  request: OperationRequest,
  input: { taskId: string; until: string },
): Promise<OperationOutcome> {
  const until = new Date(input.until);
  if (!(until > db.now()))
    throw new InvalidInput('INVALID_INPUT', `expected a time to come, found ${input.until}`, { field: 'until' });
  return changeTask(db, actor, request, 'SNOOZE', input, { assignee: null, snoozedUntil: until });
}

/**
 * Answer a question; what the answer decides happens in the same transaction. Throws Conflict (TASK_STATE) when somebody was
 * faster, IllegalOperation when the kind of question can't be answered so.
 */
export function resolveTask(
  db: Db,
  actor: Actor,
  request: OperationRequest,
  input: ResolveTaskInput,
): Promise<OperationOutcome> {
  return inTransaction(db, (tx) => resolve(tx, actor, request, input), { dryRun: request.dryRun ?? false });
}

async function resolve(
  tx: Tx,
  actor: Actor,
  request: OperationRequest,
  input: ResolveTaskInput,
): Promise<OperationOutcome> {
  const inputHash = contentHash({ resolve: { ...input } });
  const repeat = await findRepeat(tx, actor, request.idempotencyKey, inputHash);
  if (repeat)
    return { operation: repeat.operation, changed: repeat.result as unknown as ChangedRecord[], repeated: true };
  const task = await taskById(tx, input.taskId);
  const allowed = RESOLUTIONS_OF[task.kind] ?? [];
  if (!allowed.includes(input.resolution)) {
    throw new IllegalOperation(
      'INVALID_INPUT',
      `a ${task.kind} is answered with ${allowed.join(', ')}, found ${input.resolution}`,
      { field: 'resolution' },
    );
  }
  // The answer first: it closes the question by itself where it takes its ground away, which must not count as a lost race.
  if (task.openKey === null) throw lostRace(task, 'RESOLVE');
  const reason = request.reason?.trim() || input.note?.trim() || `${input.resolution} of a ${task.kind} task`;
  const decided = await answer(tx, actor, { ...request, reason }, task, input, inputHash);
  const resolution: JsonObject = {
    resolution: input.resolution,
    note: input.note ?? null,
    operation: decided?.operation.id ?? null,
  };
  const count = await tx.prisma.stewardTask.updateMany({
    where: { id: task.id, state: { in: [task.state, 'CLOSED'] } },
    data: { state: 'RESOLVED', openKey: null, resolvedAt: tx.now, resolvedBy: actor.id, resolution },
  });
  if (count.count === 0) throw lostRace(task, 'RESOLVE');
  const outcome =
    decided ?? (await recordTaskOperation(tx, actor, { ...request, reason }, 'RESOLVE', task, resolution, inputHash));
  // "Keep ours" lets the golden value be written back to who differs.
  if (input.resolution === 'KEEP' && task.entityType !== null) {
    const operation = { id: outcome.operation.id, correlation_id: request.correlationId };
    await queueLinks(tx, task.entityType, task.sourceIds, operation);
  }
  return outcome;
}

/** The decision that an answer stands for; null where the answer only closes the question. */
function answer(
  tx: Tx,
  actor: Actor,
  request: OperationRequest,
  task: Task,
  { resolution, survivorId }: ResolveTaskInput,
  inputHash: string,
): Promise<OperationOutcome | null> {
  const entityType = task.entityType ?? '';
  const decide = <K extends CommandKind>(kind: K, command: CommandInput<K>) =>
    carryOut(tx, actor, request, kind, command, inputHash);
  const details = task.details as JsonObject;
  switch (resolution) {
    case 'MERGE': {
      const survivor = survivorId ?? [...task.goldenIds].sort()[0] ?? '';
      if (!task.goldenIds.includes(survivor)) {
        throw new InvalidInput('INVALID_INPUT', 'the survivor is one of the records that the task is about', {
          field: 'survivorId',
        });
      }
      return decide('MERGE', {
        entityType,
        survivorId: survivor,
        mergedIds: task.goldenIds.filter((id) => id !== survivor),
      });
    }
    case 'NOT_DUPLICATE':
      if (task.kind === 'QUESTIONED_MERGE') {
        return decide('SPLIT', {
          entityType,
          id: task.goldenIds[0] ?? '',
          sourceRecordIds: Array.isArray(details.part) ? details.part.map(String) : [String(details.right)],
        });
      }
      return decide('NOT_DUPLICATE', { entityType, ids: task.goldenIds });
    case 'ACCEPT_PROPOSED': {
      // The next sweep reads the answer.
      if (task.kind === 'MASS_DELETE') return Promise.resolve(null);
      const [first] = details.theirs as { value: Json }[];
      return decide('OVERRIDE', {
        entityType,
        id: task.goldenIds[0] ?? '',
        attribute: String(details.attribute),
        value: first?.value ?? null,
      });
    }
    case 'KEEP':
      // Nobody's word holds these together yet.
      if (task.kind !== 'QUESTIONED_MERGE' || details.part === undefined) return Promise.resolve(null);
      return decide('LINK', {
        entityType,
        sourceRecordId: String(details.right),
        goldenId: task.goldenIds[0] ?? '',
        beside: String(details.left),
      });
    default:
      return Promise.resolve(null);
  }
}

async function changeTask(
  db: Db,
  actor: Actor,
  request: OperationRequest,
  step: Step,
  { taskId }: { taskId: string },
  data: { assignee: string | null; snoozedUntil?: Date },
): Promise<OperationOutcome> {
  return inTransaction(
    db,
    async (tx) => {
      const inputHash = contentHash({ step, taskId, assignee: data.assignee, until: data.snoozedUntil?.toISOString() });
      const repeat = await findRepeat(tx, actor, request.idempotencyKey, inputHash);
      if (repeat) return { operation: repeat.operation, changed: [], repeated: true };
      const task = await taskById(tx, taskId);
      const to = TRANSITIONS[step].find(([from]) => from === task.state)?.[1];
      if (to === undefined) throw lostRace(task, step);
      const claimedAt = data.assignee === null ? {} : { snoozedUntil: null };
      const { count } = await tx.prisma.stewardTask.updateMany({
        where: { id: taskId, state: task.state },
        data: { state: to, ...claimedAt, ...data },
      });
      if (count === 0) throw lostRace(task, step);
      return recordTaskOperation(tx, actor, request, step, task, { assignee: data.assignee }, inputHash);
    },
    { dryRun: request.dryRun ?? false },
  );
}

async function taskById(tx: Tx, id: string): Promise<Task> {
  const task = await tx.prisma.stewardTask.findUnique({ where: { id } });
  if (!task) throw new NotFound('NOT_FOUND', 'there is no such steward task', { field: 'taskId' });
  return task;
}

const lostRace = (task: Task, step: Step) =>
  new Conflict('TASK_STATE', `this task is ${task.state}: it can't be changed by ${step}; look at it again`, {
    field: 'taskId',
  });

async function recordTaskOperation(
  tx: Tx,
  actor: Actor,
  request: OperationRequest,
  step: Step,
  task: Task,
  details: JsonObject,
  inputHash: string,
): Promise<OperationOutcome> {
  const kind = `${step}_TASK`;
  const id = newId();
  await tx.prisma.operation.create({
    data: {
      id,
      kind,
      entityType: task.entityType,
      actorKind: actor.kind,
      actorId: actor.id,
      actorName: actor.name,
      reason: request.reason ?? null,
      correlationId: request.correlationId,
      rulesVersion: tx.model.rulesVersion,
      idempotencyKey: request.idempotencyKey ?? null,
      inputHash,
      result: [] satisfies ChangedRecord[],
      at: tx.now,
    },
  });
  await tx.prisma.auditEntry.create({
    data: {
      at: tx.now,
      actorKind: actor.kind,
      actorId: actor.id,
      action: kind,
      subject: { task: task.id, kind: task.kind },
      detailsHash: contentHash(details),
      correlationId: request.correlationId,
      operationId: id,
    },
  });
  return { operation: { id, kind, at: tx.now.toISOString() }, changed: [], repeated: false };
}
