import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Db, Json } from '../golden-records/index.js';
import { type HookDeclaration, hint } from '../sources/index.js';
import type { ConfiguredConnector } from './define-config.js';

/** Systems that post when something changed. A post is a hint: it makes streams due, and nothing of it is believed. */
export interface Hooks {
  /** True when the path is one of ours; the post has been taken then. */
  take(path: string, body: Json): Promise<boolean>;
}

const PREFIX = '/hooks/';

/**
 * The path of a system's endpoint: its secret is in it, as some systems can sign nothing. Who knows it can make the hub look
 * for changes, at most as often as it looks anyway, and no more.
 */
export function hookPath(system: string, secret: string): string {
  const token = createHmac('sha256', secret).update(`concord hook of ${system}`).digest('base64url');
  return `${PREFIX}${system}/${token}`;
}

/** The secrets of a system, the one that is given out first. */
export const hookSecrets = (
  { secretEnv }: HookDeclaration,
  env: Readonly<Record<string, string | undefined>>,
): string[] => (env[secretEnv] ?? '').split(/\s+/).filter((secret) => secret !== '');

export function createHooks(
  db: Db,
  connectors: readonly ConfiguredConnector[],
  env: Readonly<Record<string, string | undefined>>,
): Hooks {
  const known = connectors.flatMap(({ system, connector }) => {
    const { hook, streams } = connector;
    if (!hook) return [];
    const names = new Map(streams.map((stream) => [stream.name, `${system}/${stream.scope}/${stream.name}`]));
    return hookSecrets(hook, env).map((secret) => ({ path: hookPath(system, secret), hook, names }));
  });
  return {
    async take(path, body) {
      const found = known.find((one) => isSame(one.path, path));
      if (!found) return false;
      const names = found.hook.streams(body).map((name) => found.names.get(name));
      await hint(
        db,
        names.filter((name) => name !== undefined),
      );
      return true;
    },
  };
}

export const isHookPath = (path: string): boolean => path.startsWith(PREFIX);

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
