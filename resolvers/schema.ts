import 'reflect-metadata';
import { type GraphQLSchema, isInterfaceType, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import type { Model } from '../golden-records/index.js';
import { ApiKeyResolver } from './api-key/api-key.resolver.js';
import { AuditResolver } from './audit/audit.resolver.js';
import { assertGuardsHold, authChecker } from './authorization.js';
import { businessUnit } from './business-unit.js';
import { CHANGES_RESOLVERS } from './changes/changes.resolver.js';
import type { Constructor } from './declare.js';
import { AttributeInputs } from './golden-record/attribute-inputs.js';
import { AttributeTypes } from './golden-record/attribute-types.js';
import { COMMON_RESOLVERS } from './golden-record/common-fields.js';
import { type EntityGraphQL, entityGraphQL } from './golden-record/entity.js';
import { FilterInputs } from './golden-record/filter-inputs.js';
import { nameEntityTypes } from './golden-record/golden-record.type.js';
import { NODE_RESOLVERS } from './golden-record/node.resolver.js';
import { recordMutations } from './golden-record/record-mutations.js';
import { addRelations, type EntityAdditions } from './golden-record/relations.js';
import { item } from './item.js';
import { JOB_RESOLVERS } from './job/job.resolver.js';
import { Job } from './job/job.type.js';
import { MATCHING_MUTATIONS } from './matching/matching.mutations.js';
import { MATCHING_RESOLVERS } from './matching/matching.resolver.js';
import { CHANGES_QUERY } from './operation/changes.resolver.js';
import { COMMAND_MUTATIONS } from './operation/commands.resolver.js';
import { DECISION_RESOLVERS, Decision } from './operation/decision.type.js';
import { OPERATION_QUERIES } from './operation/operation.resolver.js';
import { Operation } from './operation/operation.type.js';
import { PAYLOAD_RESOLVERS } from './operation/payload.type.js';
import { RECOMPUTE_MUTATION } from './operation/recompute.resolver.js';
import { LINEAGE_RESOLVERS } from './source-record/lineage.resolver.js';
import { SOURCE_RECORD_QUERIES } from './source-record/source-record.resolver.js';
import { SOURCE_RECORD_RESOLVERS, SourceRecord } from './source-record/source-record.type.js';
import { TASK_MUTATIONS } from './steward-task/steward-task.mutations.js';
import { TASK_QUERIES } from './steward-task/steward-task.resolver.js';
import { StewardTask, TASK_RESOLVERS } from './steward-task/steward-task.type.js';
import { supplier } from './supplier.js';
import { SYSTEM_RESOLVERS } from './system/system.resolver.js';
import { SYNC_MUTATIONS } from './sync/sync.mutations.js';
import { SYNC_QUERIES } from './sync/sync.resolver.js';
import { SyncSubscriptions } from './sync/sync.subscriptions.js';
import { SYNC_TYPE_RESOLVERS } from './sync/sync.type.js';
import { warehouse } from './warehouse.js';

/** The GraphQL files of the entity types. One without a file has what its definition gives. */
const ADDITIONS: readonly EntityAdditions[] = [supplier, item, warehouse, businessUnit];

const FIXED_RESOLVERS: readonly object[] = [
  ...COMMON_RESOLVERS,
  ...NODE_RESOLVERS,
  ...DECISION_RESOLVERS,
  ...SOURCE_RECORD_RESOLVERS,
  ...TASK_RESOLVERS,
  ...LINEAGE_RESOLVERS,
  ...SYSTEM_RESOLVERS,
  ...CHANGES_RESOLVERS,
  ...PAYLOAD_RESOLVERS,
  ...TASK_MUTATIONS,
  ...JOB_RESOLVERS,
  ...MATCHING_RESOLVERS,
  ...MATCHING_MUTATIONS,
  COMMAND_MUTATIONS,
  RECOMPUTE_MUTATION,
  OPERATION_QUERIES,
  SOURCE_RECORD_QUERIES,
  TASK_QUERIES,
  CHANGES_QUERY,
  ApiKeyResolver,
  AuditResolver,
  ...SYNC_TYPE_RESOLVERS,
  SYNC_QUERIES,
  SYNC_MUTATIONS,
  SyncSubscriptions,
];

const built = new WeakMap<Model, GraphQLSchema>();

/**
 * The executable schema of a model; built once for each. `more`: GraphQL files of entity types that a configuration adds.
 * Throws when definitions can't be told apart in GraphQL.
 */
export function buildHubSchema(model: Model, more: readonly EntityAdditions[] = []): GraphQLSchema {
  const schema = built.get(model) ?? build(model, [...ADDITIONS, ...more]);
  built.set(model, schema);
  return schema;
}

/** The text of `schema.graphql`: sorted, so that equal schemas have equal texts. */
export const printHubSchema = (model: Model): string =>
  `${printSchema(lexicographicSortSchema(buildHubSchema(model)))}\n`;

function build(model: Model, additions: readonly EntityAdditions[]): GraphQLSchema {
  nameEntityTypes(model);
  const { entities, resolvers } = deriveTypes(model, additions);
  assertGuardsHold();
  const schema = buildSchemaSync({
    resolvers: [...resolvers, ...FIXED_RESOLVERS] as unknown as NonEmptyArray<Constructor>,
    orphanedTypes: [
      ...[...entities.values()].map(({ type }) => type),
      SourceRecord,
      StewardTask,
      Operation,
      Decision,
      Job,
    ],
    authChecker,
    validate: false,
    // Subscriptions bring their own `subscribe`; type-graphql asks for a bus all the same.
    pubSub: { publish: refuseToPublish, subscribe: refuseToPublish },
  });
  resolveTypesByName(schema);
  return schema;
}

function refuseToPublish(): never {
  throw new Error('changes come from the feed, not from a bus');
}

function deriveTypes(model: Model, additions: readonly EntityAdditions[]) {
  const entities = new Map<string, EntityGraphQL>();
  const types = new AttributeTypes(model, (code) => {
    const entity = entities.get(code);
    if (!entity) throw new Error(`no entity type ${code}`);
    return entity.type;
  });
  const filters = new FilterInputs(types);
  for (const definition of model.entityTypes.values())
    entities.set(definition.code, entityGraphQL(definition, types, filters));
  const relations = additions.flatMap(({ entityType, relations: added }) => {
    const entity = entities.get(entityType);
    return entity ? [addRelations(entity, added, entities)] : [];
  });
  const inputs = new AttributeInputs(types);
  const derived = [...entities.values()].flatMap(({ definition, type, resolvers }) => [
    ...resolvers,
    ...recordMutations(definition, type, inputs),
  ]);
  return { entities, resolvers: [...derived, ...types.resolvers, ...relations] };
}

/** type-graphql resolves interfaces with a promise for each record; ours say their type themselves. */
function resolveTypesByName(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap()))
    if (isInterfaceType(type)) type.resolveType = (value: { __typename: string }) => value.__typename;
}
