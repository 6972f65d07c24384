import type { Actor, Json, SystemDefinition } from '../../golden-records/index.js';

/** Who acts in the tests, and the systems between which they disagree. Without jest, for processes of their own. */
export const STEWARD: Actor = { kind: 'PERSON', id: 'steward-1', name: 'Stella Steward' };
export const INTEGRATOR: Actor = { kind: 'SYSTEM', id: 'importer', name: 'Importer' };

export const SYSTEMS: readonly SystemDefinition[] = [
  { code: 'erp', name: 'ERP', scopes: { main: { businessUnits: ['north'] } } },
  { code: 'procurement', name: 'Procurement', scopes: { main: {} } },
  { code: 'portal', name: 'Portal', scopes: { main: {} } },
];

/** The mapping of the tests: the payload is what the source states. */
export const identityMapping = { version: 'test', map: (payload: Json) => payload as Record<string, unknown> };
