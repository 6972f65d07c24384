import { registerEnumType } from 'type-graphql';
import type { SystemDefinition } from '../../golden-records/index.js';
import { Role, SensitivityEnum } from '../api-key/api-key.type.js';
import { GRANTS, PERMISSIONS } from '../authorization.js';
import { type Constructor, objectType, ResolverClass } from '../declare.js';
import { DateTimeScalar } from '../scalars.js';

const Scope = objectType('Scope', 'A database or company of a system, within which its ids are unique.', {
  code: { type: () => String, nullable: false, description: 'Code of the scope.' },
  name: { type: () => String, description: 'Name for people.' },
  businessUnits: {
    type: () => [String],
    nullable: false,
    description: 'Codes of the business units that it speaks for.',
  },
});

const System = objectType('System', 'An external system, source and target at once.', {
  code: { type: () => String, nullable: false, description: 'Code, as in external ids.' },
  name: { type: () => String, nullable: false, description: 'Name for people.' },
  scopes: { type: () => [Scope], nullable: false, description: 'Its databases or companies.' },
  uniqueRecords: {
    type: () => [String],
    nullable: false,
    description: 'Codes of the entity types of which it promises one record per real thing.',
  },
});

const asEnum = (values: readonly string[]) => Object.fromEntries(values.map((value) => [upper(value), value]));
const upper = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

export const Permission = asEnum(PERMISSIONS);
registerEnumType(Permission, { name: 'Permission', description: 'One thing that a role may do.' });

const Me = objectType('Me', 'Whoever asks.', {
  id: { type: () => String, nullable: false, description: 'Id of the key.' },
  name: { type: () => String, nullable: false, description: 'Name of the key.' },
  role: { type: () => Role, nullable: false, description: 'Its role.' },
  permissions: { type: () => [Permission], nullable: false, description: 'What the role may do.' },
  unmasked: { type: () => [SensitivityEnum], nullable: false, description: 'Sensitive values that it reads unmasked.' },
  expiresAt: { type: () => DateTimeScalar, description: 'When the key ends.' },
});

const systemRoot = ({ code, name, scopes, uniqueRecords }: SystemDefinition) => ({
  code,
  name,
  uniqueRecords: uniqueRecords ?? [],
  scopes: Object.entries(scopes).map(([scope, definition]) => ({
    code: scope,
    name: definition.name ?? null,
    businessUnits: definition.businessUnits ?? [],
  })),
});

export const SYSTEM_RESOLVERS: readonly Constructor[] = [
  new ResolverClass('SystemQueries')
    .query(
      'systems',
      {
        type: () => [System],
        nullable: false,
        needs: 'readGolden',
        description: 'All systems, in the order of trust.',
      },
      (_, { db }) => [...db.model.systems.values()].map(systemRoot),
    )
    .query(
      'me',
      { type: () => Me, nullable: false, description: 'Who the key of this request belongs to.' },
      (_, context) => ({
        id: context.actor.id,
        name: context.actor.name,
        role: context.role,
        permissions: [...GRANTS[context.role]],
        unmasked: [...context.unmasked],
        expiresAt: context.principal.expiresAt,
      }),
    ).target,
];
