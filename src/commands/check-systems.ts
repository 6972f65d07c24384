import { asSourceError, type Connector, type OpenContext, type SystemReport } from '../../sources/index.js';
import type { ConfiguredConnector } from '../define-config.js';
import { isDemoOdoo } from '../demo/odoo/connector.js';
import type { Hub, Invocation } from './command.js';
import type { Finding } from './finding.js';

/** All at once: a system that doesn't answer costs its own line a while, and the others nothing. */
export function connectedSystems(invocation: Invocation, { config, settings }: Hub): Promise<Finding[]> {
  const context = { log: invocation.log(settings, 'error'), env: invocation.io.env };
  return Promise.all(config.connectors.map((configured) => connectedSystem(configured, context, invocation.signal)));
}

const ANSWERS_WITHIN_MS = 15_000;

async function connectedSystem(
  { system, connector }: ConfiguredConnector,
  context: Omit<OpenContext, 'system'>,
  interrupted: AbortSignal,
): Promise<Finding> {
  const check = `system ${system}`;
  if (isDemoOdoo(connector)) return { check, ok: true, found: "the demo's Odoo, which runs as long as the hub does" };
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(ANSWERS_WITHIN_MS)]);
  try {
    const { found, problems } = await within(signal, () => reportOf(connector, { system, ...context }, signal));
    if (problems.length === 0) return { check, ok: true, found };
    return { check, ok: false, found, advice: problems.join('; ') };
  } catch (error) {
    interrupted.throwIfAborted();
    const { code, message } = asSourceError(error);
    return { check, ok: false, found: code, advice: message };
  }
}

async function reportOf(connector: Connector, context: OpenContext, signal: AbortSignal): Promise<SystemReport> {
  const open = connector.open(context);
  try {
    if (open.check) return await open.check(signal);
    const now = await open.pull.now(signal);
    return { found: `answers; its clock says ${now}`, problems: [] };
  } finally {
    await open.close();
  }
}

/** Not every client can be told to stop waiting. */
function within<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work().then(resolve, reject);
  });
}
