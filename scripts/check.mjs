// Every check, in order, whatever the ones before it said.
import { spawnSync } from 'node:child_process';

const failed = ['types', 'lint', 'format', 'schema'].filter((name) => {
  process.stdout.write(`\n> check:${name}\n`);
  return (
    spawnSync('npm', ['run', '-s', `check:${name}`], { stdio: 'inherit', shell: process.platform === 'win32' })
      .status !== 0
  );
});
process.stdout.write(failed.length > 0 ? `\nFailed: ${failed.join(', ')}\n` : '\nAll checks passed.\n');
process.exit(failed.length > 0 ? 1 : 0);
