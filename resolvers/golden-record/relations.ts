import type { EntityTypeDefinition } from '../../golden-records/index.js';
import { decodePosition, encodePosition, pageSize } from '../../golden-records/read/index.js';
import { connection, FORWARD_ARGUMENTS, type PageArguments } from '../connection.js';
import type { Context } from '../context.js';
import { addFields, type Constructor, ResolverClass } from '../declare.js';
import { type GoldenRoot, goldenRoot } from '../roots.js';
import type { EntityGraphQL } from './entity.js';

/** A list of other records that refer to this one. */
export interface Relation {
  readonly name: string;
  readonly description: string;
  /** Type of the other records, and their reference attribute; it is offered as a filter, and so has an index. */
  readonly entityType: string;
  readonly by: string;
}

/** What the GraphQL file of a type adds to what its definition gives. */
export interface EntityAdditions {
  readonly entityType: string;
  readonly relations: readonly Relation[];
}

/** Add the relations whose other side the model has. Answers the resolver to register. */
export function addRelations(
  { definition, type }: EntityGraphQL,
  relations: readonly Relation[],
  others: ReadonlyMap<string, EntityGraphQL>,
): Constructor {
  const resolver = new ResolverClass(`${definition.name}Relations`, type);
  for (const { name, description, entityType, by } of relations) {
    const other = others.get(entityType);
    if (!other) continue;
    checkReference(other.definition, by, definition);
    addFields(type, { [name]: { type: () => other.list, nullable: false, description } });
    resolver.field<GoldenRoot, PageArguments>(
      name,
      (root, context, page) => related(root, context, other.definition, by, page),
      {
        arguments: FORWARD_ARGUMENTS,
      },
    );
  }
  return resolver.target;
}

function checkReference(other: EntityTypeDefinition, by: string, target: EntityTypeDefinition): void {
  const attribute = other.attributes[by];
  if (attribute?.kind.kind !== 'reference' || attribute.kind.target !== target.code || attribute.filter !== true)
    throw new Error(`${other.code}.${by} must be a reference to ${target.code} that is offered as a filter`);
}

const ORDER = 'ID';

async function related(
  { uuid }: GoldenRoot,
  { loaders }: Context,
  other: EntityTypeDefinition,
  attribute: string,
  page: PageArguments,
) {
  const { size } = pageSize({ first: page.first ?? undefined });
  const after = page.after ? decodePosition(page.after, ORDER).id : null;
  const { referring, referringCount } = loaders.of(other);
  const rows = await referring.load({ attribute, target: uuid, after, limit: size + 1 });
  const kept = rows
    .slice(0, size)
    .map((row) => ({ ...row, cursor: encodePosition({ order: ORDER, value: row.id, id: row.id }) }));
  return connection(
    { rows: kept, hasNextPage: rows.length > size, hasPreviousPage: after !== null },
    (row) => goldenRoot(other, row),
    () => referringCount.load({ attribute, target: uuid }),
  );
}
