import { ID } from 'type-graphql';
import { InvalidInput } from '../../golden-records/index.js';
import type { Context } from '../context.js';
import { type Constructor, ResolverClass } from '../declare.js';
import { jobById } from '../job/job.resolver.js';
import { Node } from '../node.type.js';
import { type NodeType, nodeTypeOf, parseGoldenId, parseNodeId } from '../node-ids.js';

const MOST_NODES = 100;

export const NODE_RESOLVERS: readonly Constructor[] = [
  new ResolverClass('NodeQueries')
    .query<{ id: string }>(
      'node',
      {
        type: () => Node,
        needs: 'readGolden',
        description: 'Anything by its id. A merged id answers with its survivor.',
        arguments: [{ name: 'id', type: () => ID, nullable: false, description: 'Typed id.' }],
      },
      (_, context, { id }) => nodeById(context, id),
    )
    .query<{ ids: string[] }>(
      'nodes',
      {
        // A missing one is a null in its place, so the list says which.
        type: () => [Node],
        itemsNullable: true,
        nullable: false,
        needs: 'readGolden',
        description: 'Many things by their ids, in the order asked, null where there is none; at most 100.',
        arguments: [{ name: 'ids', type: () => [ID], nullable: false, description: 'Typed ids.' }],
      },
      (_, context, { ids }) => {
        if (ids.length > MOST_NODES)
          throw new InvalidInput('INVALID_INPUT', `at most ${MOST_NODES} ids, got ${ids.length}`, { field: 'ids' });
        return Promise.all(ids.map((id) => nodeById(context, id)));
      },
    ).target,
];

async function nodeById(context: Context, text: string): Promise<object | null> {
  const type = nodeTypeOf(text);
  if (type !== undefined) return loadNode(context, type, parseNodeId(type, text, 'id'));
  const { entityType, id } = parseGoldenId(context.db.model, text, undefined, 'id');
  const definition = context.db.model.entityTypes.get(entityType);
  return definition ? context.loaders.of(definition).golden.load(id) : null;
}

function loadNode(context: Context, type: NodeType, id: string): Promise<object | null> {
  const { loaders } = context;
  switch (type) {
    case 'SourceRecord':
      return loaders.sourceRecord.load(id);
    case 'StewardTask':
      return loaders.task.load(id);
    case 'Operation':
      return loaders.operation.load(id);
    case 'Decision':
      return loaders.decision.load(id);
    case 'Job':
      return jobById(context, id);
  }
}
