import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { ROLES } from '../../golden-records/api-keys.js';
import { SENSITIVITIES } from '../../golden-records/model.js';
import { DateTimeScalar } from '../scalars.js';

export const Role = Object.fromEntries(ROLES.map((role) => [role.toUpperCase(), role]));
registerEnumType(Role, {
  name: 'Role',
  description: 'What a key may do.',
  valuesConfig: {
    READER: { description: 'Read golden records.' },
    STEWARD: { description: 'Also decide, resolve tasks, take records in and read what systems sent.' },
    INTEGRATOR: { description: 'Read, take records in, recompute.' },
    AUDITOR: { description: 'Read everything, with the audit trail.' },
    ADMINISTRATOR: { description: 'All of it, and the keys.' },
  },
});

export const SensitivityEnum = Object.fromEntries(SENSITIVITIES.map((kind) => [kind, kind]));
registerEnumType(SensitivityEnum, {
  name: 'Sensitivity',
  description: 'Kinds of values that are masked unless a key is granted them.',
});

@ObjectType({ description: 'A key that lets somebody in. The key itself is never stored.', simpleResolvers: true })
export class ApiKey {
  @Field(() => ID, { description: 'Id of the key.' })
  id!: string;

  @Field({ description: 'The part of the key that may be shown: ck_<prefix>_…' })
  prefix!: string;

  @Field({ description: 'Whose it is, or what it is for.' })
  name!: string;

  @Field(() => Role, { description: 'What it may do.' })
  role!: string;

  @Field(() => [SensitivityEnum], { description: 'Sensitive values that it reads unmasked.' })
  unmasked!: string[];

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field({ description: 'Id of who made it.' })
  createdBy!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it stops working; null: never by itself.' })
  expiresAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;
}

@ObjectType({ description: 'A key just made.', simpleResolvers: true })
export class CreatedApiKey {
  @Field({ description: 'The key: shown now and never again.' })
  key!: string;

  @Field(() => ApiKey, { description: 'What is kept of it.' })
  apiKey!: ApiKey;
}

@ObjectType({ description: 'A key just revoked.', simpleResolvers: true })
export class RevokedApiKey {
  @Field(() => ApiKey, { description: 'What is kept of it. Everybody notices within 5 seconds.' })
  apiKey!: ApiKey;
}

@InputType({ description: 'A key to be made.' })
export class CreateApiKeyInput {
  @Field({ description: 'Whose it is, or what it is for: 1 to 200 characters.' })
  name!: string;

  @Field(() => Role, { description: 'What it may do.' })
  role!: string;

  @Field(() => [SensitivityEnum], {
    nullable: true,
    description: 'Sensitive values that it reads unmasked. Default: none.',
  })
  unmasked?: string[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it stops working. Default: never by itself.' })
  expiresAt?: Date;
}

@InputType({ description: 'A key to be revoked.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'Its id or its prefix.' })
  id!: string;
}
