// Tells a test file whether one of its tests or hooks failed, so that it can keep its database.
import { TestEnvironment } from 'jest-environment-node';

export default class ConcordEnvironment extends TestEnvironment {
  async handleTestEvent(event) {
    const failed = event.name === 'hook_failure' || (event.name === 'test_done' && event.test.errors.length > 0);
    if (failed) this.global.concordFileFailed = true;
  }
}
