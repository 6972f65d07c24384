import { createRequire } from 'node:module';
import { runProgram } from './commands/program.js';

/** Where bin/concord.js comes in. */
const exit = await runProgram(
  process.argv.slice(2),
  { env: process.env, cwd: process.cwd(), stdout: process.stdout, stderr: process.stderr },
  version(),
);
// Written out first: a pipe takes its time, and process.exit would not wait for it.
process.stdout.write('', () => process.exit(exit));

function version(): string {
  const { version: found } = createRequire(import.meta.url)('../../package.json') as { version: string };
  return found;
}
