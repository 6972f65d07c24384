import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { v7 as uuidv7 } from 'uuid';
import { appendAudit } from './audit.js';
import { InvalidInput, NotFound } from './errors.js';
import { SENSITIVITIES, type Sensitivity } from './model.js';
import { type Actor, type Db, inTransaction } from './transaction.js';

export const ROLES = ['reader', 'steward', 'integrator', 'auditor', 'administrator'] as const;
export type Role = (typeof ROLES)[number];

/** Who is behind a verified key. */
export interface Principal {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly unmasked: ReadonlySet<Sensitivity>;
  readonly expiresAt: Date | null;
}

/** Why a key was not accepted; for logs and for tests, callers only hear that it was not. */
export type Refusal = 'MALFORMED' | 'UNKNOWN' | 'EXPIRED' | 'REVOKED';
export type Authentication = { readonly principal: Principal } | { readonly refusal: Refusal };

export interface NewKey {
  readonly name: string;
  readonly role: string;
  readonly unmasked?: readonly string[];
  readonly expiresAt?: Date;
  readonly correlationId?: string;
}

export interface ListedKey {
  readonly id: string;
  readonly prefix: string;
  readonly name: string;
  readonly role: Role;
  readonly unmasked: readonly Sensitivity[];
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** NOTIFYd with the prefix when a key is revoked, so that other processes need not wait for their caches. */
export const KEYS_CHANNEL = 'concord_keys';

/** How long a verified key is believed: the longest that a revocation may go unnoticed. */
const BELIEVED_MS = 4_000;

const PREFIX_LENGTH = 10;
const SECRET_BYTES = 32;
const SHAPE = /^ck_([a-z0-9]{10})_([A-Za-z0-9_-]{43})$/;
const LONGEST_NAME = 200;

/** `key` is shown here and never again: the store has only its hash. */
export async function createKey(db: Db, actor: Actor, input: NewKey): Promise<ListedKey & { key: string }> {
  const { name, role, unmasked } = checkNewKey(db, input);
  const prefix = randomText(PREFIX_LENGTH);
  const key = `ck_${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const row = await inTransaction(db, async (tx) => {
    const created = await tx.prisma.apiKey.create({
      data: {
        id: uuidv7(),
        prefix,
        hash: hashKey(key).toString('hex'),
        name,
        role,
        unmasked: [...unmasked],
        createdAt: tx.now,
        createdBy: actor.id,
        expiresAt: input.expiresAt ?? null,
      },
    });
    await appendAudit(tx, {
      actor,
      action: 'API_KEY_CREATED',
      subject: { keyId: created.id, prefix },
      details: { name, role, unmasked, expiresAt: input.expiresAt?.toISOString() ?? null },
      correlationId: input.correlationId ?? created.id,
    });
    return created;
  });
  return { ...asListed(row), key };
}

/** All keys, newest first, revoked and expired ones too. */
export async function listKeys(db: Db): Promise<ListedKey[]> {
  const rows = await db.prisma.apiKey.findMany({ orderBy: { id: 'desc' } });
  return rows.map(asListed);
}

/** By id or prefix. Revoking twice changes nothing. Throws NotFound. */
export async function revokeKey(
  db: Db,
  actor: Actor,
  input: { idOrPrefix: string; correlationId?: string },
): Promise<ListedKey> {
  const row = await inTransaction(db, async (tx) => {
    const found = await tx.prisma.apiKey.findFirst({ where: whichKey(input.idOrPrefix) });
    if (!found) throw new NotFound('NOT_FOUND', `no API key "${input.idOrPrefix}"`);
    const { count } = await tx.prisma.apiKey.updateMany({
      where: { id: found.id, revokedAt: null },
      data: { revokedAt: tx.now },
    });
    if (count === 0) return found;
    await appendAudit(tx, {
      actor,
      action: 'API_KEY_REVOKED',
      subject: { keyId: found.id, prefix: found.prefix },
      correlationId: input.correlationId ?? found.id,
    });
    await tx.query(`select pg_notify($1, $2)::text`, KEYS_CHANNEL, found.prefix);
    return { ...found, revokedAt: tx.now };
  });
  return asListed(row);
}

/** Look the key up in the store. Compares in constant time, also when there is no such key. */
export async function authenticate(db: Db, key: string): Promise<Authentication> {
  const prefix = SHAPE.exec(key)?.[1];
  if (prefix === undefined) return { refusal: 'MALFORMED' };
  const { rows } = await db.pool.query<StoredKey>({ name: 'api-key-by-prefix', text: BY_PREFIX, values: [prefix] });
  return verify(rows[0], hashKey(key), db.now());
}

/** Verified keys of one process, believed for some seconds. Refusals are remembered too: a flood of one costs nothing. */
export class KeyRing {
  private readonly known = new LRUCache<string, Promise<Authentication>>({ max: 10_000, ttl: BELIEVED_MS });

  constructor(private readonly db: Db) {}

  async authenticate(key: string): Promise<Authentication> {
    const answer = await this.lookUp(key);
    if ('principal' in answer && hasExpired(answer.principal, this.db.now())) return { refusal: 'EXPIRED' };
    return answer;
  }

  /** After a NOTIFY; '' forgets all (some notices may have been missed). */
  forget(prefix: string): void {
    for (const cached of [...this.known.keys()]) {
      if (prefix === '' || cached.startsWith(`${prefix}:`)) this.known.delete(cached);
    }
  }

  private lookUp(key: string): Promise<Authentication> {
    // Only hashes stay in memory, where a heap dump would show them.
    const id = `${SHAPE.exec(key)?.[1] ?? ''}:${hashKey(key).toString('base64')}`;
    const cached = this.known.get(id);
    if (cached) return cached;
    const fresh = authenticate(this.db, key);
    this.known.set(id, fresh);
    fresh.catch(() => this.known.delete(id));
    return fresh;
  }
}

interface StoredKey {
  id: string;
  hash: string;
  name: string;
  role: Role;
  unmasked: Sensitivity[] | null;
  expires_at: Date | null;
  revoked_at: Date | null;
}

const BY_PREFIX = 'select id, hash, name, role, unmasked, expires_at, revoked_at from api_key where prefix = $1';
const NOBODY = Buffer.alloc(32);

function verify(row: StoredKey | undefined, hash: Buffer, now: Date): Authentication {
  const equal = timingSafeEqual(row ? Buffer.from(row.hash, 'hex') : NOBODY, hash);
  if (!row || !equal) return { refusal: 'UNKNOWN' };
  if (row.revoked_at) return { refusal: 'REVOKED' };
  const principal: Principal = {
    keyId: row.id,
    name: row.name,
    role: row.role,
    unmasked: new Set(row.unmasked ?? []),
    expiresAt: row.expires_at,
  };
  return hasExpired(principal, now) ? { refusal: 'EXPIRED' } : { principal };
}

const hasExpired = (principal: Principal, now: Date) => principal.expiresAt !== null && principal.expiresAt <= now;

function checkNewKey(db: Db, input: NewKey): { name: string; role: Role; unmasked: Sensitivity[] } {
  const name = input.name.trim();
  if (name === '' || name.length > LONGEST_NAME) {
    throw new InvalidInput('INVALID_INPUT', `a key needs a name of 1 to ${LONGEST_NAME} characters`, { field: 'name' });
  }
  const role = ROLES.find((known) => known === input.role);
  if (!role) {
    throw new InvalidInput('INVALID_INPUT', `role "${input.role}" is not one of ${ROLES.join(', ')}`, {
      field: 'role',
    });
  }
  if (input.expiresAt && input.expiresAt <= db.now()) {
    throw new InvalidInput('INVALID_INPUT', 'expiresAt lies in the past', { field: 'expiresAt' });
  }
  return { name, role, unmasked: [...new Set((input.unmasked ?? []).map(asSensitivity))] };
}

function asSensitivity(text: string): Sensitivity {
  const found = SENSITIVITIES.find((known) => known === text);
  if (found) return found;
  throw new InvalidInput('INVALID_INPUT', `unmasked "${text}" is not one of ${SENSITIVITIES.join(', ')}`, {
    field: 'unmasked',
  });
}

interface KeyRow {
  id: string;
  prefix: string;
  name: string;
  role: string;
  unmasked: string[];
  createdAt: Date;
  createdBy: string;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

const asListed = (row: KeyRow): ListedKey => ({
  id: row.id,
  prefix: row.prefix,
  name: row.name,
  role: ROLES.find((known) => known === row.role) ?? 'reader',
  unmasked: SENSITIVITIES.filter((kind) => row.unmasked.includes(kind)),
  createdAt: row.createdAt,
  createdBy: row.createdBy,
  expiresAt: row.expiresAt,
  revokedAt: row.revokedAt,
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const whichKey = (idOrPrefix: string) => (UUID.test(idOrPrefix) ? { id: idOrPrefix } : { prefix: idOrPrefix });

const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const randomText = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
