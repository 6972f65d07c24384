import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../golden-records/errors.js';
import { type CheckedConfig, checkConfig } from './define-config.js';

export interface LoadedConfig extends CheckedConfig {
  /** The file itself, and its folder: relative paths start there. */
  readonly path: string;
  readonly folder: string;
}

export const CONFIG_NAMES = ['hub.config.ts', 'hub.config.mjs', 'hub.config.js'] as const;

/**
 * The configuration file: the one named, or the nearest hub.config.ts from `cwd` upwards. Throws ConfigError.
 */
export function findConfig(cwd: string, named?: string): string {
  if (named !== undefined) {
    const path = resolve(cwd, named);
    if (existsSync(path)) return path;
    throw new ConfigError([{ path: '--config', expected: 'a file that exists', found: path }]);
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const name = CONFIG_NAMES.find((candidate) => existsSync(join(folder, candidate)));
    if (name) return join(folder, name);
    if (folder === dirname(folder)) break;
  }
  const found = `none in ${resolve(cwd)} or a folder above`;
  throw new ConfigError([
    { path: 'hub.config.ts', expected: 'a configuration (docs/configuration.md has one to start with)', found },
  ]);
}

/** Load and check a configuration file. Throws ConfigError with every problem found. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  requireTypeStripping(path);
  resolveOurselves();
  const loaded = await importConfig(path);
  if (!('default' in loaded)) {
    throw new ConfigError([{ path, expected: 'export default defineConfig({ … })', found: 'no default export' }]);
  }
  return Object.freeze({ ...checkConfig(loaded.default), path, folder: dirname(path) });
}

/** Node reads TypeScript by itself from 22.18 on. */
function requireTypeStripping(path: string): void {
  if (!path.endsWith('.ts') || process.features.typescript) return;
  const expected =
    'Node 22.18 or newer to read TypeScript (the npm scripts bring Node 24: npm start, npm run -s concord -- …)';
  throw new ConfigError([{ path, expected, found: `Node ${process.versions.node}` }]);
}

async function importConfig(path: string): Promise<object> {
  try {
    return (await import(pathToFileURL(path).href)) as object;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const found = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ConfigError([{ path, expected: 'a file that loads', found }]);
  }
}

const PACKAGE = '@concord-mdm/hub';
let isResolving = false;

/**
 * `@concord-mdm/hub` in a configuration means the program that reads it, wherever the file lies: a second copy would
 * bring classes of its own, and a folder without node_modules would find none.
 */
function resolveOurselves(): void {
  // Absent before Node 22.15, which can read a configuration in JavaScript through its own node_modules.
  if (isResolving || typeof registerHooks !== 'function') return;
  isResolving = true;
  const url = new URL('./index.js', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === PACKAGE ? { url, format: 'module', shortCircuit: true } : next(specifier, context),
  });
}
