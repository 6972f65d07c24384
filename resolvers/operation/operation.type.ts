import { ID, registerEnumType } from 'type-graphql';
import { objectType } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { Node } from '../node.type.js';
import { DateTimeScalar } from '../scalars.js';

export const ActorKind = { PERSON: 'PERSON', SYSTEM: 'SYSTEM', HUB: 'HUB' } as const;
registerEnumType(ActorKind, {
  name: 'ActorKind',
  description: 'Who acts.',
  valuesConfig: {
    PERSON: { description: 'Somebody, or something, with an API key.' },
    SYSTEM: { description: 'A source system, by sending a record.' },
    HUB: { description: 'The hub by itself.' },
  },
});

export const Actor = objectType('Actor', 'Who did something.', {
  kind: { type: () => ActorKind, nullable: false, description: 'Person, system or hub.' },
  id: { type: () => String, nullable: false, description: 'Id of the key, code of the system, or "hub".' },
  name: { type: () => String, nullable: false, description: 'Name at that time.' },
});

export const Operation = objectType(
  'Operation',
  'One command that changed something.',
  {
    id: { type: () => ID, nullable: false, description: 'Typed id, opr_….' },
    kind: { type: () => String, nullable: false, description: 'What was done: INGEST, MERGE, SPLIT, OVERRIDE, ….' },
    entityType: { type: () => EntityType, description: 'The type of records that it was about.' },
    actor: { type: () => Actor, nullable: false, description: 'Who did it.' },
    reason: { type: () => String, description: 'Why, in their words.' },
    correlationId: {
      type: () => String,
      nullable: false,
      description: 'Ties it to the request, the logs and the rest.',
    },
    rulesVersion: { type: () => String, nullable: false, description: 'Version of the rules that applied.' },
    at: { type: () => DateTimeScalar, nullable: false, description: 'When.' },
  },
  [Node],
);
