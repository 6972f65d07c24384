// Uses the bundled PostgreSQL in the folder given: prints its URL, and leaves when standard input ends.
const { startEmbeddedPostgres } = await import('../../src/embedded-postgres.ts');

const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const server = await startEmbeddedPostgres({ dataDir: process.argv[2], log });
process.stdout.write(`${server.url}\n`);
process.stdin.resume().once('end', () => server.stop());
