import {
  type Db,
  HUB_ACTOR,
  inTransaction,
  isJsonObject,
  type Json,
  newId,
  type RaisedTask,
  recordOperation,
} from '../../golden-records/index.js';
import type { SchemaSnapshot, SyncStream } from '../connector.js';
import { driftKey } from './stream-store.js';
import { type Synchronised, streamName } from './synchronised.js';
import { registerSystem } from './system-state.js';
import { inTurn } from './turns.js';

/** One field that a mapping reads or writes, and that isn't what it was. */
export interface Drift {
  readonly model: string;
  readonly field: string;
  /** Null: it was never seen. */
  readonly was: string | null;
  /** Null: it is gone. */
  readonly is: string | null;
}

/** What of a stream's fields is missing now, or has another type than when it was last accepted. Pure. */
export function driftOf(
  reads: NonNullable<SyncStream['reads']>,
  accepted: SchemaSnapshot | null,
  now: SchemaSnapshot,
): Drift[] {
  return Object.entries(reads).flatMap(([model, fields]) =>
    fields.flatMap((field): Drift[] => {
      const is = now[model]?.[field] ?? null;
      const was = accepted?.[model]?.[field] ?? null;
      return is === null || (was !== null && was !== is) ? [{ model, field, was, is }] : [];
    }),
  );
}

const CHECK_MS = 60_000;

/**
 * Look at the system's own schema: a stream whose fields changed is paused with a task that says which; one whose fields are
 * as they were goes on. The others aren't touched. Answers the streams that are stopped.
 */
export async function checkDrift(db: Db, sync: Synchronised, signal?: AbortSignal): Promise<string[]> {
  const limit = AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(CHECK_MS)]);
  const now = await inTurn(db, sync, { signal: limit }, async () => sync.open.schema?.(limit));
  if (!now) return [];
  await registerSystem(db, sync.system);
  return inTransaction(db, async (tx) => {
    const row = await tx.prisma.syncSystem.findUniqueOrThrow({ where: { system: sync.system } });
    const streams = await tx.prisma.syncStream.findMany({ where: { system: sync.system } });
    const accepted = isJsonObject(row.schema as Json) ? (row.schema as SchemaSnapshot) : null;
    const raise: RaisedTask[] = [];
    const close: string[] = [];
    const stopped: string[] = [];
    let next: SchemaSnapshot = accepted ?? {};
    for (const stream of sync.connector.streams) {
      const name = streamName(sync.system, stream);
      const stored = streams.find((candidate) => candidate.name === name);
      if (!stored || !stream.reads) continue;
      const drift = driftOf(stream.reads, accepted, now);
      if (drift.length === 0) next = adopt(next, now, stream.reads);
      else stopped.push(name);
      if (JSON.stringify(stored.drift ?? []) === JSON.stringify(drift)) continue;
      await tx.execute(
        `update sync_stream set drift = $2::jsonb where name = $1`,
        name,
        drift.length === 0 ? null : (drift as unknown as Json),
      );
      if (drift.length === 0) close.push(driftKey(name));
      else {
        const fields = drift.map((entry) => ({ ...entry }));
        raise.push({ kind: 'SCHEMA_DRIFT', key: driftKey(name), details: { stream: name, fields } });
      }
    }
    await tx.execute(
      `update sync_system set schema = $2::jsonb, schema_at = $3::timestamptz where system = $1`,
      sync.system,
      next,
      tx.now.toISOString(),
    );
    if (raise.length + close.length > 0) {
      const subject = { system: sync.system, stopped: stopped.length };
      await recordOperation(
        tx,
        { kind: 'SCHEMA_CHECK', actor: HUB_ACTOR, correlationId: newId(), subject },
        { raise, close },
      );
    }
    return stopped;
  });
}

function adopt(accepted: SchemaSnapshot, now: SchemaSnapshot, reads: NonNullable<SyncStream['reads']>): SchemaSnapshot {
  const models = Object.entries(reads).map(([model, fields]) => {
    const own = fields.map((field) => [field, now[model]?.[field] ?? ''] as const);
    return [model, { ...accepted[model], ...Object.fromEntries(own) }] as const;
  });
  return { ...accepted, ...Object.fromEntries(models) };
}
