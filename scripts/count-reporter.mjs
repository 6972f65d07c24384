// Adds this run's counts to the file named by CONCORD_TEST_COUNTS: one line for each suite, "passed failed suite".
import { appendFileSync } from 'node:fs';

export default class CountReporter {
  onRunComplete(_contexts, results) {
    // A file that does not load has no tests to count, and must not pass for that.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    appendFileSync(process.env.CONCORD_TEST_COUNTS, `${results.numPassedTests} ${failed} jest\n`);
  }
}
