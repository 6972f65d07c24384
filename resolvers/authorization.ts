import { type AuthChecker, getMetadataStorage } from 'type-graphql';
import type { Role } from '../golden-records/api-keys.js';
import type { Context } from './context.js';
import { forbidden } from './errors.js';

export const PERMISSIONS = [
  'readGolden',
  'readPayload',
  'decide',
  'resolveTask',
  'ingest',
  'recompute',
  'manageMatching',
  'readAudit',
  'manageKeys',
  'readSync',
  'operateSync',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Who may do what. Reading unmasked values is not a matter of role: it is granted key by key. */
export const GRANTS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  reader: new Set(['readGolden']),
  steward: new Set(['readGolden', 'readPayload', 'decide', 'resolveTask', 'ingest', 'readSync']),
  integrator: new Set([
    'readGolden',
    'readPayload',
    'ingest',
    'recompute',
    'manageMatching',
    'readSync',
    'operateSync',
  ]),
  auditor: new Set(['readGolden', 'readPayload', 'readAudit', 'readSync']),
  administrator: new Set(PERMISSIONS),
};

export const isPermitted = (role: Role, needs: Permission): boolean => GRANTS[role].has(needs);

/** Throws FORBIDDEN, naming what is missing. */
export function authorize(role: Role, needs: Permission): void {
  if (!isPermitted(role, needs)) throw forbidden(role, needs);
}

/** For `@Authorized<Permission>('decide')`: every permission named must be held. Without one: any key will do. */
export const authChecker: AuthChecker<Context, Permission> = ({ context }, needs) => {
  for (const permission of needs) authorize(context.role, permission);
  return true;
};

/**
 * Stop at start when a guarded field is `simple`: type-graphql then skips its guard without a word. `simpleByDefault`
 * is what `buildSchema` gets as `simpleResolvers`. Call before the schema is built. Throws with every such field.
 */
export function assertGuardsHold(simpleByDefault = false): void {
  const open = openGuards(simpleByDefault);
  if (open.length > 0) throw new Error(`guarded, but simple, so that anybody could read them: ${open.join(', ')}`);
}

function openGuards(simpleByDefault: boolean): string[] {
  const storage = getMetadataStorage();
  const guarded = new Map<object, Set<string>>();
  for (const { target, fieldName } of storage.authorizedFields) {
    guarded.set(target, (guarded.get(target) ?? new Set()).add(fieldName));
  }
  const simpleTypes = new Map<object, boolean>();
  for (const type of [...storage.objectTypes, ...storage.interfaceTypes]) {
    if (type.simpleResolvers !== undefined) simpleTypes.set(type.target, type.simpleResolvers);
  }
  return storage.fields
    .filter((field) => field.simple ?? simpleTypes.get(field.target) ?? simpleByDefault)
    .filter((field) => guarded.get(field.target)?.has(field.name))
    .map((field) => `${field.target.name}.${field.name}`);
}
