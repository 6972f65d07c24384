// Starts the databases that a failed test run kept, and holds them open until Ctrl-C.
import './typescript.mjs';

const { startEmbeddedPostgres } = await import('../src/embedded-postgres.ts');

const [dataDir] = process.argv.slice(2);
if (!dataDir) {
  process.stderr.write('Usage: node scripts/open-test-database.mjs <folder that the test run named>\n');
  process.exit(2);
}
const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: console.error, error: console.error };
const server = await startEmbeddedPostgres({ dataDir, log });
process.stdout.write(`${server.url.replace(/\/concord$/, '/<name>')}\nCtrl-C ends it.\n`);
const open = setInterval(nothing, 60_000);
const close = async () => {
  clearInterval(open);
  await server.stop();
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, close);
