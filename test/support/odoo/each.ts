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

/** Reads both sides by name or id. */
type Readers = Pick<Scene, 'golden' | 'links' | 'partner'>;

/** An Odoo, and a hub beside it, for all tests of a `describe`; what it gives back reads them, once they are there. */
export function setScene(
  { start }: Pick<OdooChoice, 'start'>,
  ready: (scene: Scene) => unknown,
  options: OdooHubOptions = {},
): Readers {
  const open: { odoo?: OdooTarget; at?: OdooHub; scene?: Scene } = {};
  beforeAll(async () => {
    const odoo = await start();
    open.odoo = odoo;
    const at = await createOdooHub(odoo, options);
    open.at = at;
    open.scene = sceneOf(odoo, at);
    await ready(open.scene);
  }, 240_000);
  afterAll(async () => {
    await open.at?.close();
    await open.odoo?.stop();
  }, 60_000);
  const scene = (): Scene => {
    if (!open.scene) throw new Error('expected to be called within a test');
    return open.scene;
  };
  return {
    golden: (name) => scene().golden(name),
    links: (goldenId) => scene().links(goldenId),
    partner: (id, fields) => scene().partner(id, fields),
  };
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
