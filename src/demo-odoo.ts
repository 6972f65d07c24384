import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connector, Down } from '../sources/index.js';
import type { ConfiguredConnector } from './define-config.js';
import { type DemoOptions, demoWorld } from './demo/index.js';
import { isDemoOdoo } from './demo/odoo/connector.js';

/** The demo's Odoo while it runs. */
export interface RunningOdoo {
  readonly url: string;
  close(): Promise<void>;
}

export interface DemoOdooOptions {
  readonly dataDir: string;
  readonly demo: Pick<DemoOptions, 'seed' | 'scale'>;
  /** Begin anew: the database knows nothing of an Odoo yet. */
  readonly isNew: boolean;
}

/** Run the demo's Odoo in this process, as it was when it last ran, on a free port of this machine. */
export async function startDemoOdoo({ dataDir, demo, isNew }: DemoOdooOptions): Promise<RunningOdoo> {
  const [{ keepWorld, OdooWorld, startOdooImitation }, { fillOdoo }] = await Promise.all([
    import('./demo/odoo/index.js'),
    import('./demo/systems/odoo.js'),
  ]);
  const folder = join(dataDir, 'demo');
  const file = join(folder, 'odoo.jsonl');
  await mkdir(folder, { recursive: true });
  if (isNew) await rm(file, { force: true });
  const odoo = new OdooWorld({ version: 19 });
  keepWorld(odoo, file, () => {
    const { world, random } = demoWorld(demo);
    fillOdoo(odoo, world, random.fork('odoo'));
  });
  return startOdooImitation(odoo);
}

/** Connectors of the systems that are there: the demo's Odoo at its address, or left out where it doesn't run. */
export const withDemoOdoo = (
  connectors: readonly ConfiguredConnector[],
  url: string | undefined,
): ConfiguredConnector[] =>
  connectors.flatMap((configured) => {
    const { connector } = configured;
    if (!isDemoOdoo(connector)) return [configured];
    return url === undefined ? [] : [{ ...configured, connector: connector.at(url) }];
  });

/** For commands that call it. Throws Down where no hub runs it. */
export function requireRunning(connector: Connector): void {
  if (isDemoOdoo(connector))
    throw new Down('SYSTEM_UNREACHABLE', "the demo's Odoo runs as long as the hub does: concord start", {
      place: 'TARGET',
    });
}
