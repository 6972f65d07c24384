import { afterAll, beforeAll, describe } from '@jest/globals';
import type { OdooClient } from '../../../sources/odoo/client.js';
import { createOdooHub, type OdooHub, type OdooHubOptions } from './hub.js';
import { type OdooChoice, type OdooTarget, odooChoices } from './targets.js';

/** The same cases against each real server; none where the lab isn't named, which the first line of a run has said. */
export function describeReal(cases: (choice: OdooChoice) => void): void {
  for (const choice of odooChoices({ only: 'real' })) describe(choice.name, () => cases(choice));
}

export interface Scene {
  readonly odoo: OdooTarget;
  readonly admin: OdooClient;
  readonly at: OdooHub;
}

/** An Odoo, and a hub beside it, for all tests of a `describe`. */
export function setScene(
  { start }: Pick<OdooChoice, 'start'>,
  ready: (scene: Scene) => unknown,
  options: OdooHubOptions = {},
): void {
  const open: Partial<Scene> = {};
  beforeAll(async () => {
    const odoo = await start();
    Object.assign(open, { odoo });
    const at = await createOdooHub(odoo, options);
    Object.assign(open, { at });
    await ready({ odoo, at, admin: odoo.client('admin') });
  }, 240_000);
  afterAll(async () => {
    await open.at?.close();
    await open.odoo?.stop();
  }, 60_000);
}
