// Do the migrations lead to what prisma/schema.prisma and prisma/schema.dump.txt say? `--write` renews the dump.
import './typescript.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { dumpSchema } from './schema-dump.mjs';
import { diffDatabase } from './schema-engine.mjs';

const { startEmbeddedPostgres } = await import('../src/embedded-postgres.ts');
const { migrate } = await import('../src/migrations.ts');

const root = fileURLToPath(new URL('..', import.meta.url));
const dumpFile = join(root, 'prisma', 'schema.dump.txt');
const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: console.error, error: console.error };

const problems = await withMigratedDatabase(async (pool, url) => [
  ...(await checkPrisma(url)),
  ...(await checkDump(await dumpSchema(pool))),
  ...checkGraphql(),
]);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exit(problems.length > 0 ? 1 : 0);

async function withMigratedDatabase(work) {
  const dataDir = mkdtempSync(join(tmpdir(), 'concord-schema-'));
  const server = await startEmbeddedPostgres({ dataDir, log, settings: { fsync: 'off' } });
  const pool = new pg.Pool({ connectionString: server.url });
  try {
    await migrate(pool, { log });
    return await work(pool, server.url);
  } finally {
    await pool.end();
    await server.stop();
    rmSync(dataDir, { recursive: true });
  }
}

async function checkPrisma(url) {
  const sql = await diffDatabase(url, readFileSync(join(root, 'prisma', 'schema.prisma'), 'utf8'));
  return sql ? [`prisma/schema.prisma asks for more than the migrations give. Missing:\n${sql}`] : [];
}

function checkDump(dump) {
  if (process.argv.includes('--write')) {
    writeFileSync(dumpFile, dump);
    return [];
  }
  const committed = existsSync(dumpFile) ? readFileSync(dumpFile, 'utf8') : '';
  if (committed === dump) return [];
  return [
    `The migrations lead to another schema than prisma/schema.dump.txt. If that is meant: npm run check:schema -- --write\n${differences(committed, dump)}`,
  ];
}

/** Enough to see what changed; a full diff is git's business after `--write`. */
function differences(before, after) {
  const [old, fresh] = [before, after].map((text) => text.split('\n'));
  const gone = old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`);
  const added = fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  return [...gone, ...added].slice(0, 60).join('\n') || 'the same lines in another order';
}

function checkGraphql() {
  const script = join(root, 'scripts', 'check-graphql.mjs');
  if (!existsSync(script)) return [];
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit', cwd: root });
  return status === 0 ? [] : ['resolvers/schema.graphql: see above'];
}
