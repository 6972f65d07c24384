import { fileURLToPath, pathToFileURL } from 'node:url';
import { type CheckedConfig, checkConfig, type HubConfig } from '../src/define-config.js';
import { loadConfig } from '../src/load-config.js';
import { SUPPLIER_STREAM } from './suppliers.js';

/** The demo's systems and rules, with the benchmark's files as one more stream of its ERP, and nobody to deliver to. */
export async function benchConfig(): Promise<CheckedConfig> {
  // Two levels up from dist/bench: the configuration itself is not compiled.
  const path = fileURLToPath(new URL('../../hub.config.ts', import.meta.url));
  await loadConfig(path);
  const { default: demo } = (await import(pathToFileURL(path).href)) as { default: HubConfig };
  const { erp } = demo.systems;
  if (!erp) throw new Error('the demo has no system "erp"');
  const { watch: _watch, demo: _demo, ...rest } = demo;
  const systems = Object.entries(demo.systems).map(([code, { connector: _connector, ...system }]) => [code, system]);
  return checkConfig({
    ...rest,
    systems: { ...Object.fromEntries(systems), erp: { ...erp, streams: [SUPPLIER_STREAM] } },
  });
}
