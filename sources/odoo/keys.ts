import type { KeyFacts } from '../connector.js';
import type { OdooRow } from './client.js';
import type { Session } from './session.js';
import { instantOf, textOf } from './values.js';
import { keysExpire } from './versions.js';

export interface KeyReport {
  readonly name: string;
  readonly createdAt: string | undefined;
  readonly ageDays: number | undefined;
  /** Null: it never expires. Undefined: this version knows no expiry. */
  readonly expiresAt: string | null | undefined;
}

const DAY_MS = 24 * 60 * 60_000;

/** Keys of the user; undefined: Odoo doesn't show them. */
export async function keysOf(session: Session, now: Date): Promise<KeyReport[] | undefined> {
  const { client } = session;
  const context = { lang: 'en_US' };
  let expire: boolean;
  let rows: OdooRow[];
  try {
    const user = await client.userId();
    expire = keysExpire(await session.fieldsOf('res.users.apikeys'));
    rows = await client.searchRead(
      'res.users.apikeys',
      [['user_id', '=', user]],
      ['name', 'create_date', ...(expire ? ['expiration_date'] : [])],
      context,
    );
  } catch (error) {
    if (error instanceof Error && 'failure' in error) return undefined;
    throw error;
  }
  return rows.map((row) => {
    const createdAt = instantOf(row.create_date);
    const ageDays = createdAt === undefined ? undefined : Math.floor((now.getTime() - Date.parse(createdAt)) / DAY_MS);
    const expiresAt = expire ? (instantOf(row.expiration_date) ?? null) : undefined;
    return { name: textOf(row.name) ?? '', createdAt, ageDays, expiresAt };
  });
}

/** Which of its user's keys is used Odoo doesn't tell: the oldest of those that hold, and the first of them to expire. */
export function factsOf(keys: readonly KeyReport[], now: Date): KeyFacts | null {
  const held = keys.filter(({ expiresAt }) => !expiresAt || Date.parse(expiresAt) > now.getTime());
  if (held.length === 0) return null;
  const least = (times: readonly (string | null | undefined)[]) =>
    times.filter((time) => typeof time === 'string').sort()[0] ?? null;
  return {
    createdAt: least(held.map(({ createdAt }) => createdAt)),
    expiresAt: least(held.map(({ expiresAt }) => expiresAt)),
  };
}
