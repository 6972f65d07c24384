import { Field, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { type Model, STRATEGIES } from '../../golden-records/index.js';
import { Node } from '../node.type.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';

/**
 * The entity types of the model, by their names in GraphQL. Filled by `nameEntityTypes` just before a schema is built:
 * types that are written by hand can then name the enum that only the configuration knows.
 */
export const EntityType: Record<string, string> = {};
registerEnumType(EntityType, { name: 'EntityType', description: 'The kinds of things that have golden records.' });

export function nameEntityTypes(model: Model): void {
  for (const known of Object.keys(EntityType)) delete EntityType[known];
  for (const { code } of model.entityTypes.values()) EntityType[code.toUpperCase()] = code;
}

export const GoldenRecordState = {
  ACTIVE: 'ACTIVE',
  PROVISIONAL: 'PROVISIONAL',
  RETIRED: 'RETIRED',
  MERGED: 'MERGED',
} as const;
registerEnumType(GoldenRecordState, {
  name: 'GoldenRecordState',
  description: 'What a golden record is worth.',
  valuesConfig: {
    ACTIVE: { description: 'Stands.' },
    PROVISIONAL: { description: 'In doubt: a steward is asked whether it is the same as another.' },
    RETIRED: { description: 'No longer used; still answers.' },
    MERGED: { description: 'Joined with another, which answers in its place. Seen only in history.' },
  },
});

const upperSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
export const ProvenanceRule: Record<string, string> = Object.fromEntries(
  ['owner', 'override', 'follows', ...STRATEGIES].map((rule) => [upperSnake(rule), rule]),
);
registerEnumType(ProvenanceRule, {
  name: 'ProvenanceRule',
  description:
    'Why a value won: its source owns the attribute, a steward overrode it, it follows another attribute, or a survivorship strategy chose.',
});

@InterfaceType({
  description: 'The surviving version of one real thing, whatever its type.',
  implements: Node,
  autoRegisterImplementations: false,
})
export abstract class GoldenRecord extends Node {
  @Field(() => GoldenRecordState, { description: 'What the record is worth.' })
  state!: string;

  @Field(() => Int, { description: 'Grows by one with each change: hand it back as `expectedVersion`.' })
  version!: number;

  @Field(() => DateTimeScalar, { description: 'When the record was first known.' })
  createdAt!: string;

  @Field(() => DateTimeScalar, { description: 'When this version began.' })
  updatedAt!: string;
}

@ObjectType({ description: 'A reference that names a record nobody has sent yet.', simpleResolvers: true })
export class PendingReference {
  @Field(() => EntityType, { description: 'Type of the record referred to.' })
  entityType!: string;

  @Field({ description: 'System whose id it is.' })
  system!: string;

  @Field({ description: 'Scope within the system.' })
  scope!: string;

  @Field({ description: "The system's own id." })
  externalId!: string;
}

@ObjectType({ description: 'One attribute before and after a change.', simpleResolvers: true })
export class AttributeDiff {
  @Field({ description: 'Name of the attribute.' })
  attribute!: string;

  @Field(() => JsonScalar, { nullable: true, description: 'Its value before.' })
  before!: unknown;

  @Field(() => JsonScalar, { nullable: true, description: 'Its value after.' })
  after!: unknown;
}
