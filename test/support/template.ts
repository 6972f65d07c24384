import pg from 'pg';
import type { Log } from '../../golden-records/transaction.js';
import { migrate } from '../../src/migrations.js';

/** Make the database that test files clone, as a fresh installation would find it. Returns its name. */
export async function prepareTemplate(admin: pg.Pool, url: string, log: Log): Promise<string> {
  const name = 'concord_template';
  await admin.query(`create database ${name}`);
  const target = new URL(url);
  target.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: target.href });
  try {
    await migrate(pool, { log });
  } finally {
    await pool.end();
  }
  // Nobody may sit in a template that is being cloned.
  await admin.query(`alter database ${name} with allow_connections false is_template true`);
  return name;
}
