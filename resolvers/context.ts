import { randomUUID } from 'node:crypto';
import type { Principal, Role } from '../golden-records/api-keys.js';
import { appendAuditOfRead } from '../golden-records/audit.js';
import type { Sensitivity } from '../golden-records/model.js';
import type { Actor, Db, Log } from '../golden-records/transaction.js';
import type { Synchronised } from '../sources/index.js';
import { authorize, type Permission } from './authorization.js';
import type { ChangeFeed } from './changes/feed.js';
import { createLoaders, type Loaders } from './loaders.js';

export interface ContextOptions {
  readonly db: Db;
  readonly principal: Principal;
  readonly correlationId: string;
  readonly changes: ChangeFeed;
  /** Systems that are kept in agreement. */
  readonly systems?: readonly Synchronised[] | undefined;
}

/** What every resolver gets. One per request; one per run of events in a subscription. */
export class Context {
  readonly db: Db;
  readonly principal: Principal;
  readonly actor: Actor;
  readonly role: Role;
  readonly unmasked: ReadonlySet<Sensitivity>;
  readonly correlationId: string;
  readonly log: Log;
  readonly changes: ChangeFeed;
  readonly systems: readonly Synchronised[];
  /** Whether the cost of this request has been taken from the key's budget. */
  charged = false;
  private readonly read: UnmaskedReads = new Map();
  // In a box of its own: Apollo copies the context, and copies must share one set of loaders.
  private readonly lazy: { loaders?: Loaders } = {};

  constructor({ db, principal, correlationId, changes, systems = [] }: ContextOptions) {
    this.db = db;
    this.principal = principal;
    this.actor = actorOf(principal);
    this.role = principal.role;
    this.unmasked = principal.unmasked;
    this.correlationId = correlationId;
    this.log = db.log;
    this.changes = changes;
    this.systems = systems;
  }

  get loaders(): Loaders {
    this.lazy.loaders ??= createLoaders(this);
    return this.lazy.loaders;
  }

  /** Throws FORBIDDEN. */
  authorize(needs: Permission): void {
    authorize(this.role, needs);
  }

  /** Say that sensitive values of these records were read unmasked; one audit entry a request tells of all. */
  noteUnmasked(kind: Sensitivity, ids: readonly string[]): void {
    const noted = this.read.get(kind) ?? new Set();
    for (const id of ids) noted.add(id);
    this.read.set(kind, noted);
  }

  /** Write that entry, if there is something to tell. The answer must not leave before. */
  async flushUnmasked(): Promise<void> {
    if (this.read.size === 0) return;
    await auditUnmasked(this.db, this.actor, this.correlationId, this.read);
    this.read.clear();
  }

  /** What was noted so far: a shared result is audited once for each key that gets it. */
  get unmaskedReads(): UnmaskedReads {
    return this.read;
  }
}

export type UnmaskedReads = Map<Sensitivity, Set<string>>;

export async function auditUnmasked(db: Db, actor: Actor, correlationId: string, read: UnmaskedReads): Promise<void> {
  const subject = Object.fromEntries([...read].map(([kind, ids]) => [kind, [...ids].sort()]));
  await appendAuditOfRead(db, { actor, action: 'UNMASKED_READ', subject, correlationId });
}

export const actorOf = (principal: Principal): Actor => ({
  kind: 'PERSON',
  id: principal.keyId,
  name: principal.name,
});

const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's own id when it has an acceptable shape (it goes into logs and rows), else a new one. */
export const correlationIdOf = (given: string | undefined): string =>
  given !== undefined && CORRELATION_ID.test(given) ? given : randomUUID();
