import { type Connector, type OdooConnector, type OdooOptions, odoo } from '../../../sources/index.js';

/** The connector of the Odoo that `npm start` runs for the demo, in the place of a real one. */
export interface DemoOdoo extends OdooConnector {
  /** The connector proper, once it is known where that Odoo listens. */
  at(url: string): OdooConnector;
}

/** What a client of the demo's Odoo says. Its data are made up, it listens on this machine only: the keys are no secrets. */
export const DEMO_ODOO = { database: 'demo', login: 'sync', key: 'key-of-sync' } as const;
const KEY_ENV = 'DEMO_ODOO_KEY';

/** Nothing listens there, as long as nobody knows better. */
const NOWHERE = 'http://127.0.0.1:9';

/**
 * An imitation of Odoo 19 as a system of the demo, by the connector that a real one has. It runs within `concord start` where
 * the demo does, and nowhere else: without `demo`, or with `--no-demo`, the system has no connector.
 */
export function demoOdoo(
  options: Partial<Omit<OdooOptions, keyof typeof DEMO_ODOO | 'url' | 'keyEnv'>> = {},
): DemoOdoo {
  const { database, login, key } = DEMO_ODOO;
  const at = (url: string): OdooConnector => {
    // None of its transactions lasts: a look needn't reach back far.
    const real = odoo({ overlapMs: 2_000, ...options, url, database, login, keyEnv: KEY_ENV });
    return { ...real, open: (context) => real.open({ ...context, env: { ...context.env, [KEY_ENV]: key } }) };
  };
  return { ...at(NOWHERE), at };
}

export const isDemoOdoo = (connector: Connector): connector is DemoOdoo => 'at' in connector;
