import { createHash } from 'node:crypto';
import type { Actor, Db, Tx } from './transaction.js';

export interface AuditEvent {
  readonly actor: Actor;
  /** What was done, e.g. API_KEY_CREATED, UNMASKED_READ. */
  readonly action: string;
  /** What it was done to: ids and kinds, never values. */
  readonly subject: object;
  /** Kept only as a hash: values stay erasable, and whoever has them can still prove them. */
  readonly details?: unknown;
  readonly correlationId: string;
  readonly operationId?: string;
}

export interface AuditEntry {
  /** Place in the chain; null until the sequencer has stamped it. */
  readonly position: bigint | null;
  readonly seq: bigint;
  readonly at: Date;
  readonly actorKind: string;
  readonly actorId: string;
  readonly action: string;
  readonly subject: unknown;
  readonly detailsHash: string;
  /** Chain hash over this entry and the one before. */
  readonly hash: string | null;
  readonly correlationId: string;
  readonly operationId: string | null;
}

const INSERT = `
  insert into audit_entry (at, actor_kind, actor_id, action, subject, details_hash, correlation_id, operation_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;

/** Append one entry in the caller's transaction; the sequencer chains it once it has committed. */
export async function appendAudit(tx: Tx, event: AuditEvent): Promise<void> {
  await tx.prisma.auditEntry.create({
    data: {
      at: tx.now,
      actorKind: event.actor.kind,
      actorId: event.actor.id,
      action: event.action,
      subject: event.subject,
      detailsHash: hashDetails(event.details ?? null),
      correlationId: event.correlationId,
      operationId: event.operationId ?? null,
    },
  });
  await tx.query(`select pg_notify('concord_change', '')::text`);
}

/** Append one entry by itself, for a read: one statement instead of a transaction, as it delays an answer. */
export async function appendAuditOfRead(db: Db, event: AuditEvent): Promise<void> {
  await db.pool.query({
    name: 'append-audit',
    text: `with entry as (${INSERT} returning 1) select pg_notify('concord_change', '') from entry`,
    values: [
      db.now(),
      event.actor.kind,
      event.actor.id,
      event.action,
      JSON.stringify(event.subject),
      hashDetails(event.details ?? null),
      event.correlationId,
      event.operationId ?? null,
    ],
  });
}

/** A page of the trail, newest first; `before` is the `seq` of the last entry seen. */
export async function listAudit(db: Db, page: { before?: bigint; limit: number }): Promise<AuditEntry[]> {
  return db.prisma.auditEntry.findMany({
    where: page.before === undefined ? {} : { seq: { lt: page.before } },
    orderBy: { seq: 'desc' },
    take: page.limit,
  });
}

/** SHA-256, hex, over JSON with sorted keys: the same details give the same hash whoever wrote them down. */
export const hashDetails = (details: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(details)))
    .digest('hex');

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
