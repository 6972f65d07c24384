import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { AttributeDiff, EntityType, GoldenRecord } from '../golden-record/golden-record.type.js';
import type { GoldenRoot } from '../roots.js';
import { DateTimeScalar } from '../scalars.js';

export const ChangeKind = {
  CREATED: 'CREATED',
  UPDATED: 'UPDATED',
  MERGED: 'MERGED',
  UNMERGED: 'UNMERGED',
  RETIRED: 'RETIRED',
  RESTORED: 'RESTORED',
} as const;
registerEnumType(ChangeKind, {
  name: 'ChangeKind',
  description: 'What happened to a golden record.',
  valuesConfig: {
    CREATED: { description: 'It is new.' },
    UPDATED: { description: 'Attributes, links or state changed.' },
    MERGED: { description: 'It was joined with another, which answers in its place from now on.' },
    UNMERGED: { description: 'It stands by itself again.' },
    RETIRED: { description: 'It is no longer used.' },
    RESTORED: { description: 'It is used again.' },
  },
});

@ObjectType({ description: 'One change of one golden record, as the feed has it.', simpleResolvers: true })
export class Change {
  @Field({ description: 'Where it stands in the feed: hand it back as `after` to go on from here.' })
  cursor!: string;

  @Field({ description: 'Place in the feed, a whole number without gaps; as text, since it may outgrow 2^53.' })
  position!: string;

  @Field(() => EntityType, { description: 'Type of the record.' })
  entityType!: string;

  @Field(() => ID, { description: 'Canonical id of the record that changed, also when it has since been merged.' })
  id!: string;

  @Field(() => Int, { description: 'The version that this change began.' })
  version!: number;

  @Field(() => ChangeKind, { description: 'What happened.' })
  kind!: string;

  @Field(() => [String], { description: 'Names of the attributes that changed.' })
  attributes!: string[];

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  at!: string;

  @Field(() => ID, { description: 'The operation that made it.' })
  operationId!: string;

  @Field(() => GoldenRecord, {
    nullable: true,
    description: 'The record as it is now; after a merge, the one that answers for it.',
  })
  record!: GoldenRoot | null;

  @Field(() => [AttributeDiff], { description: 'Values before and after, of the attributes that changed.' })
  diff!: AttributeDiff[];
}

@ObjectType({ description: 'A message of the change feed: a change, or a sign of life.', simpleResolvers: true })
export class ChangeEvent {
  @Field({ description: 'Hand it back as `after` to go on from here, after heartbeats too.' })
  cursor!: string;

  @Field(() => Boolean, { description: 'True when there was nothing to tell for a while.' })
  heartbeat!: boolean;

  @Field(() => Change, { nullable: true, description: 'What changed; null in a heartbeat.' })
  change!: Change | null;
}
