import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export default async function stopPostgres() {
  const { server, dataDir, end } = globalThis.concordTestPostgres;
  const kept = join(dataDir, 'kept');
  if (!existsSync(kept) || process.env.CI) return end();
  await server.stop();
  process.stderr.write(
    `\nDatabases of the files that failed:\n${readFileSync(kept, 'utf8')}To look at them: node scripts/open-test-database.mjs ${dataDir}\n`,
  );
}
