import type { EntityTypeDefinition, JsonObject } from '../golden-records/index.js';
import type {
  DecisionRow,
  GoldenRow,
  GoldenState,
  OperationRow,
  SourceRow,
  StoredProvenance,
  TaskRow,
} from '../golden-records/read/index.js';
import { goldenId, nodeId } from './node-ids.js';

/**
 * The plain objects behind GraphQL types, shaped so that most fields are read by property: a page holds thousands of
 * fields, and each resolver call costs.
 */

/** Golden attributes, and whose they are: the audit of unmasked reads needs the id. */
export type AttributesRoot = JsonObject & { [OWNER]?: string };
export const OWNER: unique symbol = Symbol('id of the golden record');

export interface GoldenRoot {
  readonly __typename: string;
  readonly id: string;
  readonly uuid: string;
  readonly definition: EntityTypeDefinition;
  readonly state: GoldenState;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly attributes: AttributesRoot;
  readonly stored: Readonly<Record<string, StoredProvenance>>;
  /** The source records that were linked then; undefined for the current version. */
  readonly members: readonly string[] | undefined;
}

export function goldenRoot(definition: EntityTypeDefinition, row: GoldenRow, members?: readonly string[]): GoldenRoot {
  const id = goldenId(definition, row.id);
  const attributes: AttributesRoot = row.attributes;
  attributes[OWNER] = id;
  return {
    __typename: definition.name,
    id,
    uuid: row.id,
    definition,
    state: row.state,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.validFrom,
    attributes,
    stored: row.provenance,
    members,
  };
}

export interface SourceRoot extends Omit<SourceRow, 'id'> {
  readonly __typename: 'SourceRecord';
  readonly id: string;
  readonly uuid: string;
}
export const sourceRoot = (row: SourceRow): SourceRoot => ({
  ...row,
  __typename: 'SourceRecord',
  id: nodeId('SourceRecord', row.id),
  uuid: row.id,
});

export interface OperationRoot extends Omit<OperationRow, 'id'> {
  readonly __typename: 'Operation';
  readonly id: string;
  readonly uuid: string;
  readonly actor: ActorRoot;
}
export interface ActorRoot {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
}
const actorRoot = (row: { actorKind: string; actorId: string; actorName: string }): ActorRoot => ({
  kind: row.actorKind,
  id: row.actorId,
  name: row.actorName,
});
export const operationRoot = (row: OperationRow): OperationRoot => ({
  ...row,
  __typename: 'Operation',
  id: nodeId('Operation', row.id),
  uuid: row.id,
  actor: actorRoot(row),
});

export interface DecisionRoot extends Omit<DecisionRow, 'id'> {
  readonly __typename: 'Decision';
  readonly id: string;
  readonly uuid: string;
  readonly actor: ActorRoot;
}
export const decisionRoot = (row: DecisionRow): DecisionRoot => ({
  ...row,
  __typename: 'Decision',
  id: nodeId('Decision', row.id),
  uuid: row.id,
  actor: actorRoot(row),
});

export interface TaskRoot extends Omit<TaskRow, 'id'> {
  readonly __typename: 'StewardTask';
  readonly id: string;
  readonly uuid: string;
}
export const taskRoot = (row: TaskRow): TaskRoot => ({
  ...row,
  __typename: 'StewardTask',
  id: nodeId('StewardTask', row.id),
  uuid: row.id,
});
