import { ID, registerEnumType } from 'type-graphql';
import { isJsonObject, type Json } from '../../golden-records/index.js';
import { connectionType } from '../connection.js';
import { type Constructor, objectType, ResolverClass } from '../declare.js';
import { EntityType, GoldenRecord } from '../golden-record/golden-record.type.js';
import { visibleDetails, visibleValue } from '../masks.js';
import { Node } from '../node.type.js';
import { goldenId } from '../node-ids.js';
import type { DecisionRoot } from '../roots.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';
import { SourceRecord } from '../source-record/source-record.type.js';
import { Actor, Operation } from './operation.type.js';

const KINDS = [
  'MERGE',
  'SPLIT',
  'UNMERGE',
  'LINK',
  'UNLINK',
  'NOT_DUPLICATE',
  'OVERRIDE',
  'CLEAR_OVERRIDE',
  'RETIRE',
  'RESTORE',
  'WITHDRAWAL',
] as const;
export const DecisionKind = Object.fromEntries(KINDS.map((kind) => [kind, kind]));
registerEnumType(DecisionKind, { name: 'DecisionKind', description: 'What a steward decided.' });

const MemberSide = { LEFT: 'LEFT', RIGHT: 'RIGHT', APART: 'APART' } as const;
registerEnumType(MemberSide, {
  name: 'DecisionSide',
  description: 'On which side of a decision a source record stands; APART is what a link took it away from.',
});

const DecisionMember = objectType('DecisionMember', 'A source record that a decision speaks of.', {
  side: { type: () => MemberSide, nullable: false, description: 'On which side it stands.' },
  sourceRecord: { type: () => SourceRecord, description: 'The source record.' },
});

export const Decision: Constructor = objectType(
  'Decision',
  "A steward's word on sets of source records. It is never deleted: withdrawing it is a decision of its own.",
  {
    id: { type: () => ID, nullable: false, description: 'Typed id, dec_….' },
    kind: { type: () => DecisionKind, nullable: false, description: 'What was decided.' },
    entityType: { type: () => EntityType, nullable: false, description: 'The type of records that it is about.' },
    record: { type: () => GoldenRecord, description: 'The golden record that it was taken on.' },
    attribute: { type: () => String, description: 'The attribute, of an override.' },
    value: { type: () => JsonScalar, description: 'The value, of an override.' },
    details: {
      type: () => JsonScalar,
      nullable: false,
      description: 'What else was said: survivor, sides, what reopens it.',
    },
    evidence: { type: () => JsonScalar, nullable: false, description: 'What the steward saw.' },
    reason: { type: () => String, nullable: false, description: 'Why.' },
    actor: { type: () => Actor, nullable: false, description: 'Who decided.' },
    operation: { type: () => Operation, description: 'The command that took it: the one to undo.' },
    decidedAt: { type: () => DateTimeScalar, nullable: false, description: 'When.' },
    expiresAt: { type: () => DateTimeScalar, description: 'When an override ends by itself.' },
    standing: {
      type: () => Boolean,
      nullable: false,
      description: 'False once it was withdrawn or has expired. A later decision may outweigh one that stands.',
    },
    withdraws: { type: () => Decision, description: 'The decision that this one withdraws.' },
    members: { type: () => [DecisionMember], nullable: false, description: 'The source records that it speaks of.' },
  },
  [Node],
);

export const decisionConnection = connectionType('Decision', () => Decision);

export const DECISION_RESOLVERS: readonly Constructor[] = [
  decisionConnection.resolver,
  new ResolverClass('DecisionResolver', Decision)
    .field<DecisionRoot>('record', ({ entityType, goldenId: uuid }, { db, loaders }) => {
      const definition = db.model.entityTypes.get(entityType);
      return definition && uuid !== null ? loaders.of(definition).golden.load(uuid) : null;
    })
    .field<DecisionRoot>('attribute', ({ payload }) => attributeOf(payload))
    .field<DecisionRoot>('value', ({ entityType, payload, ...decision }, context) => {
      const definition = context.db.model.entityTypes.get(entityType);
      const attribute = attributeOf(payload);
      if (!definition || attribute === null || !isJsonObject(payload)) return null;
      const owner = decision.goldenId === null ? decision.id : goldenId(definition, decision.goldenId);
      return visibleValue(context, definition, owner, attribute, payload.value ?? null);
    })
    .field<DecisionRoot>('details', ({ entityType, payload, id }, context) =>
      visibleDetails(context, context.db.model.entityTypes.get(entityType), id, payload),
    )
    .field<DecisionRoot>('evidence', ({ entityType, evidence, id }, context) =>
      visibleDetails(context, context.db.model.entityTypes.get(entityType), id, evidence),
    )
    .field<DecisionRoot>('operation', ({ operationId }, { loaders }) => loaders.operation.load(operationId))
    .field<DecisionRoot>('withdraws', ({ withdrawsId }, { loaders }) =>
      withdrawsId === null ? null : loaders.decision.load(withdrawsId),
    ).target,
  new ResolverClass('DecisionMemberResolver', DecisionMember).field<{ id: string }>(
    'sourceRecord',
    ({ id }, { loaders }) => loaders.sourceRecord.load(id),
  ).target,
];

const attributeOf = (payload: Json): string | null =>
  isJsonObject(payload) && typeof payload.attribute === 'string' ? payload.attribute : null;
