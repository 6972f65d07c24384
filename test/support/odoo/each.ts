import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Json, JsonObject } from '../../../golden-records/index.js';
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
  /** The golden record of that name. */
  golden(name: string): Promise<NamedGolden | undefined>;
  /** What is linked with a golden record, by system. */
  links(goldenId: string): Promise<Link[]>;
  /** A partner as Odoo has it. */
  partner(id: number, fields: readonly string[]): Promise<JsonObject | undefined>;
}

export interface NamedGolden {
  readonly id: string;
  readonly attributes: Readonly<Record<string, Json>>;
}

export interface Link {
  readonly system: string;
  readonly externalId: string;
  readonly state: string;
}

/** An Odoo, and a hub beside it, for all tests of a `describe`. */
export function setScene(
  { start }: Pick<OdooChoice, 'start'>,
  ready: (scene: Scene) => unknown,
  options: OdooHubOptions = {},
): void {
  const open: { odoo?: OdooTarget; at?: OdooHub } = {};
  beforeAll(async () => {
    const odoo = await start();
    open.odoo = odoo;
    const at = await createOdooHub(odoo, options);
    open.at = at;
    await ready(sceneOf(odoo, at));
  }, 240_000);
  afterAll(async () => {
    await open.at?.close();
    await open.odoo?.stop();
  }, 60_000);
}

function sceneOf(odoo: OdooTarget, at: OdooHub): Scene {
  const admin = odoo.client('admin');
  return {
    odoo,
    admin,
    at,
    async golden(name) {
      const [found] = await at.query<NamedGolden>(
        `select id::text, attributes from golden_record where attributes->>'name' = $1 and state <> 'MERGED'`,
        name,
      );
      return found;
    },
    links: (goldenId) =>
      at.query(
        `select system, external_id as "externalId", state from source_record where golden_record_id = $1::uuid order by system`,
        goldenId,
      ),
    async partner(id, fields) {
      const [found] = await admin.read('res.partner', [id], fields, { lang: 'en_US' });
      return found;
    },
  };
}
