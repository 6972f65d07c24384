import { ID } from 'type-graphql';
import { countDecisions, listDecisions } from '../../golden-records/read/index.js';
import { connection, PAGE_ARGUMENTS, type PageArguments, pageRequest } from '../connection.js';
import { type Constructor, ResolverClass } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { parseNodeId } from '../node-ids.js';
import { decisionRoot } from '../roots.js';
import { DecisionKind, decisionConnection } from './decision.type.js';
import { Operation } from './operation.type.js';

interface DecisionArguments extends PageArguments {
  entityType?: string | null;
  kinds?: string[] | null;
  standing?: boolean | null;
}

export const OPERATION_QUERIES: Constructor = new ResolverClass('OperationQueries')
  .query<{ id: string }>(
    'operation',
    {
      type: () => Operation,
      needs: 'readGolden',
      description: 'One operation: who did what, when and why.',
      arguments: [{ name: 'id', type: () => ID, nullable: false, description: 'Typed id, opr_….' }],
    },
    (_, { loaders }, { id }) => loaders.operation.load(parseNodeId('Operation', id, 'id')),
  )
  .query<DecisionArguments>(
    'decisions',
    {
      type: () => decisionConnection.type,
      nullable: false,
      needs: 'readGolden',
      description: 'All decisions, newest first.',
      arguments: [
        ...PAGE_ARGUMENTS,
        { name: 'entityType', type: () => EntityType, description: 'Only about this type.' },
        { name: 'kinds', type: () => [DecisionKind], description: 'Only these kinds.' },
        { name: 'standing', type: () => Boolean, description: 'Only those that stand, or only those that do not.' },
      ],
    },
    async (_, { db }, { entityType, kinds, standing, ...page }) => {
      const query = {
        ...pageRequest(page),
        entityType: entityType ?? undefined,
        kinds: kinds ?? undefined,
        standing: standing ?? undefined,
      };
      return connection(await listDecisions(db, query), decisionRoot, () => countDecisions(db, query));
    },
  ).target;
