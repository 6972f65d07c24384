import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { authenticate, createKey, KeyRing, listKeys, type NewKey, revokeKey } from '../../golden-records/api-keys.js';
import { hashDetails } from '../../golden-records/audit.js';
import { advanceFeedOnce } from '../../golden-records/feed.js';
import { type Db, HUB_ACTOR } from '../../golden-records/transaction.js';
import { startTestHub, type TestHub } from '../support/test-server.js';

let hub: TestHub;
let db: Db;
let now = new Date('2026-11-23T08:00:00Z');

beforeAll(async () => {
  hub = await startTestHub({ now: () => now });
  db = hub.db;
});
afterAll(() => hub.close());

const make = (more: Partial<NewKey> = {}) => createKey(db, HUB_ACTOR, { name: 'test', role: 'reader', ...more });

describe('a key', () => {
  test('is shown once; the store has only its hash', async () => {
    const { key, prefix, id } = await make({ role: 'steward', unmasked: ['TAX_ID'] });
    expect(key).toMatch(new RegExp(`^ck_${prefix}_[A-Za-z0-9_-]{43}$`));
    const { rows } = await db.pool.query<{ row: string }>(
      'select to_jsonb(a)::text as row from api_key a where id = $1',
      [id],
    );
    expect(rows[0]?.row).not.toContain(key.split('_').slice(2).join('_'));
    expect(JSON.stringify(await listKeys(db))).not.toContain(key.split('_').slice(2).join('_'));
    expect(await authenticate(db, key)).toEqual({
      principal: { keyId: id, name: 'test', role: 'steward', unmasked: new Set(['TAX_ID']), expiresAt: null },
    });
  });

  test('is refused when any of it is wrong', async () => {
    const { key, prefix } = await make();
    const otherEnd = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    expect(await authenticate(db, otherEnd)).toEqual({ refusal: 'UNKNOWN' });
    expect(await authenticate(db, key.replace(prefix, 'zzzzzzzzzz'))).toEqual({ refusal: 'UNKNOWN' });
    for (const text of ['', 'ck_', key.toUpperCase(), `${key}x`, key.replaceAll('_', '-')]) {
      expect(await authenticate(db, text)).toEqual({ refusal: 'MALFORMED' });
    }
  });

  test('ends at its time, in the cache too', async () => {
    const { key } = await make({ expiresAt: new Date('2026-11-23T09:00:00Z') });
    const ring = new KeyRing(db);
    expect(await ring.authenticate(key)).toHaveProperty('principal');
    now = new Date('2026-11-23T09:00:00Z');
    expect(await ring.authenticate(key)).toEqual({ refusal: 'EXPIRED' });
    expect(await authenticate(db, key)).toEqual({ refusal: 'EXPIRED' });
  });

  test('revoked, by id or prefix, stays listed; a process that was told forgets it at once', async () => {
    const ring = new KeyRing(db);
    for (const which of ['id', 'prefix'] as const) {
      const made = await make();
      await ring.authenticate(made.key);
      await revokeKey(db, HUB_ACTOR, { idOrPrefix: made[which] });
      expect(await ring.authenticate(made.key)).toHaveProperty('principal');
      ring.forget(made.prefix);
      expect(await ring.authenticate(made.key)).toEqual({ refusal: 'REVOKED' });
      expect((await listKeys(db)).find(({ id }) => id === made.id)?.revokedAt).toEqual(now);
    }
  });

  test('revoking twice changes nothing, revoking nothing is NOT_FOUND', async () => {
    const { id } = await make();
    const first = await revokeKey(db, HUB_ACTOR, { idOrPrefix: id });
    now = new Date(now.getTime() + 1_000);
    expect((await revokeKey(db, HUB_ACTOR, { idOrPrefix: id })).revokedAt).toEqual(first.revokedAt);
    await expect(revokeKey(db, HUB_ACTOR, { idOrPrefix: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each<[Partial<NewKey>, string]>([
    [{ role: 'king' }, 'role'],
    [{ name: ' ' }, 'name'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ unmasked: ['EVERYTHING'] }, 'unmasked'],
    [{ expiresAt: new Date(0) }, 'expiresAt'],
  ])('%j is refused', async (input, field) => {
    await expect(make(input)).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
  });
});

describe('the trail', () => {
  test('has each making and revoking, with only a hash of the details, and is chained', async () => {
    const { id, prefix } = await make({ name: 'for the trail', correlationId: 'c-1' });
    await revokeKey(db, HUB_ACTOR, { idOrPrefix: id, correlationId: 'c-2' });
    await advanceFeedOnce(db);
    const { rows } = await db.pool.query(
      `select action, actor_id, subject, details_hash, correlation_id, position is not null as chained
       from audit_entry where subject->>'keyId' = $1 order by seq`,
      [id],
    );
    const details = { name: 'for the trail', role: 'reader', unmasked: [], expiresAt: null };
    expect(rows).toEqual([
      {
        action: 'API_KEY_CREATED',
        actor_id: 'hub',
        subject: { keyId: id, prefix },
        details_hash: hashDetails(details),
        correlation_id: 'c-1',
        chained: true,
      },
      {
        action: 'API_KEY_REVOKED',
        actor_id: 'hub',
        subject: { keyId: id, prefix },
        details_hash: hashDetails(null),
        correlation_id: 'c-2',
        chained: true,
      },
    ]);
  });

  test('details hash alike in any order of keys', () => {
    expect(hashDetails({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashDetails({ b: { d: null, c: [1, 2] }, a: 1 }));
    expect(hashDetails({ a: [1, 2] })).not.toBe(hashDetails({ a: [2, 1] }));
  });
});
