import Sequencer from '@jest/test-sequencer';

/** Some half a minute and more each, which their size doesn't tell; the others go by size, or by an earlier run. */
const LONGEST = [
  'odoo/crash',
  'odoo/convergence',
  'odoo/faults',
  'odoo/lifecycle',
  'e2e/demo-odoo',
  'integration/sync-crash',
  'e2e/cli',
  'e2e/start-demo',
  'e2e/cli-sync',
  'integration/crash',
  'e2e/docs-graphql',
  'integration/demo',
].map((name) => `/test/${name}.test.ts`);

/** The longest first, so that none is left alone at the end. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = LONGEST.findIndex((name) => path.endsWith(name));
      return at < 0 ? LONGEST.length : at;
    };
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
  }
}
