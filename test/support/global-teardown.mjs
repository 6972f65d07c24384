import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export default async function stopPostgres() {
  const { server, dataDir, end } = globalThis.concordTestPostgres;
  stopOdoo(join(dataDir, 'odoo-servers'));
  const kept = join(dataDir, 'kept');
  if (!existsSync(kept) || process.env.CI) return end();
  await server.stop();
  process.stderr.write(
    `\nDatabases of the files that failed:\n${readFileSync(kept, 'utf8')}To look at them: node scripts/open-test-database.mjs ${dataDir}\n`,
  );
}

/** The lab's servers that test files started, each once however many files used it. */
function stopOdoo(list) {
  if (!existsSync(list)) return;
  for (const line of new Set(readFileSync(list, 'utf8').trim().split('\n'))) {
    const [version, database, port] = line.split(' ');
    const env = { ...process.env, ODOO_VERSION: version, ODOO_DB: database, ODOO_PORT: port };
    for (const [name, ...args] of [['stop'], ['reset', '--drop']]) {
      const { status, stderr } = spawnSync(join(process.env.ODOO_LAB_DIR ?? '', name), args, { env, encoding: 'utf8' });
      if (status !== 0) process.stderr.write(`Odoo ${version}: ${name} failed: ${stderr}\n`);
    }
  }
}
