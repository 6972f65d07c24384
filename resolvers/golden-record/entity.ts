import { ID } from 'type-graphql';
import { type EntityTypeDefinition, InvalidInput } from '../../golden-records/index.js';
import { IDENTIFIER_SCHEMES, type SchemeCode } from '../../golden-records/normalise/index.js';
import {
  countGolden,
  type GoldenOrder,
  type GoldenQuery,
  goldenAsOf,
  goldenByExternalId,
  goldenByIdentifier,
  listGolden,
  orderAttributes,
} from '../../golden-records/read/index.js';
import { connection, connectionType, PAGE_ARGUMENTS, type PageArguments, pageRequest } from '../connection.js';
import type { Context } from '../context.js';
import { type Constructor, objectType, ResolverClass } from '../declare.js';
import { visibleValue } from '../masks.js';
import { Node } from '../node.type.js';
import { parseGoldenId } from '../node-ids.js';
import { type AttributesRoot, type GoldenRoot, goldenRoot, OWNER } from '../roots.js';
import { DateTimeScalar } from '../scalars.js';
import { AttributeTypes, IdentifierScheme, pascalCase } from './attribute-types.js';
import { constantCase, FilterInputs, readFilter } from './filter-inputs.js';
import { GoldenRecord } from './golden-record.type.js';
import { scopeOf } from './scope.js';

/** The GraphQL types of one entity type, and the resolvers behind them. */
export interface EntityGraphQL {
  readonly definition: EntityTypeDefinition;
  readonly type: Constructor;
  /** The connection over `type`. */
  readonly list: Constructor;
  readonly resolvers: readonly Constructor[];
}

export const camelCase = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;

/** Derive object type, list and queries from a definition. */
export function entityGraphQL(
  definition: EntityTypeDefinition,
  types: AttributeTypes,
  filters: FilterInputs,
): EntityGraphQL {
  const attributes = attributesType(definition, types);
  const type = objectType(
    definition.name,
    definition.description,
    { attributes: { type: () => attributes.type, nullable: false, description: 'Its golden values.' } },
    [GoldenRecord, Node],
  );
  const list = connectionType(definition.name, () => type);
  return {
    definition,
    type,
    list: list.type,
    resolvers: [attributes.resolver, list.resolver, queries(definition, type, list.type, filters)],
  };
}

function attributesType(definition: EntityTypeDefinition, types: AttributeTypes) {
  const entries = Object.entries(definition.attributes);
  const type = objectType(
    `${definition.name}Attributes`,
    `Golden values of a ${definition.name}: null where nobody says anything.`,
    Object.fromEntries(
      entries.map(([name, attribute]) => [name, types.field(attribute, `${definition.name}${pascalCase(name)}`)]),
    ),
  );
  const resolver = new ResolverClass(`${definition.name}AttributesResolver`, type);
  for (const [name, { kind, sensitive }] of entries) {
    const load = types.load(kind);
    if (sensitive !== undefined)
      resolver.field<AttributesRoot>(name, (root, context) => sensitiveValue(context, definition, root, name));
    else if (load) resolver.field<AttributesRoot>(name, (root, context) => load(context, root[name]));
  }
  return { type, resolver: resolver.target };
}

const sensitiveValue = (context: Context, definition: EntityTypeDefinition, root: AttributesRoot, name: string) =>
  visibleValue(context, definition, root[OWNER] ?? '', name, root[name] ?? null);

interface ListArguments extends PageArguments {
  filter?: Record<string, unknown> | null;
  orderBy?: { field: string; direction?: string | null } | null;
  search?: string | null;
}

function queries(
  definition: EntityTypeDefinition,
  type: Constructor,
  list: Constructor,
  filters: FilterInputs,
): Constructor {
  const { name, plural } = definition;
  const one = camelCase(name);
  const filter = filters.filter(definition);
  const order = filters.order(definition);
  const shape = (row: Parameters<typeof goldenRoot>[1]) => goldenRoot(definition, row);
  return new ResolverClass(`${name}Queries`)
    .query<{ id: string; asOf?: Date | null }>(
      one,
      {
        type: () => type,
        needs: 'readGolden',
        description: `One ${name} by its canonical id. A merged id answers with its survivor, for ever.`,
        arguments: [
          { name: 'id', type: () => ID, nullable: false, description: 'Canonical id.' },
          { name: 'asOf', type: () => DateTimeScalar, description: 'The record as it was at this time.' },
        ],
      },
      (_, context, { id, asOf }) => goldenById(context, definition, id, asOf),
    )
    .query<{ system: string; scope?: string | null; id: string }>(
      `${one}ByExternalId`,
      {
        type: () => type,
        needs: 'readGolden',
        description: `The ${name} that a system knows by this id of its own.`,
        arguments: [
          { name: 'system', type: () => String, nullable: false, description: 'Code of the system.' },
          { name: 'scope', type: () => String, description: 'Scope within the system; needed when it has several.' },
          { name: 'id', type: () => String, nullable: false, description: "The system's own id." },
        ],
      },
      async (_, { db }, { system, scope, id }) => {
        const row = await goldenByExternalId(db, definition, {
          system,
          scope: scopeOf(db.model, system, scope),
          externalId: id,
        });
        return row && shape(row);
      },
    )
    .query<{ scheme: SchemeCode; value: string; country?: string | null }>(
      `${one}ByIdentifier`,
      {
        type: () => [type],
        nullable: false,
        needs: 'readGolden',
        description: `The ${plural} with this identifier, in any usual spelling: one, unless a question is open.`,
        arguments: [
          { name: 'scheme', type: () => IdentifierScheme, nullable: false, description: 'Scheme of the identifier.' },
          { name: 'value', type: () => String, nullable: false, description: 'The identifier.' },
          { name: 'country', type: () => String, description: 'Country that issued it, where the scheme is national.' },
        ],
      },
      async (_, { db }, { scheme, value, country }) =>
        (await goldenByIdentifier(db, definition, scheme, normalised(scheme, value, country))).map(shape),
    )
    .query<ListArguments>(
      camelCase(plural),
      {
        type: () => list,
        nullable: false,
        needs: 'readGolden',
        description: `A page of ${plural}, merged ones left out.`,
        arguments: [
          ...PAGE_ARGUMENTS,
          { name: 'filter', type: () => filter, description: 'Which ones.' },
          { name: 'orderBy', type: () => order, description: 'In which order. Default: by age.' },
          { name: 'search', type: () => String, description: 'Words, each the beginning of a word of the record.' },
        ],
      },
      async (_, { db }, args) => {
        const query: GoldenQuery = {
          ...pageRequest(args),
          filter: readFilter(db.model, definition, args.filter),
          order: readOrder(definition, args.orderBy),
          search: args.search,
        };
        return connection(await listGolden(db, definition, query), shape, () => countGolden(db, definition, query));
      },
    ).target;
}

export async function goldenById(
  { db, loaders }: Context,
  definition: EntityTypeDefinition,
  publicId: string,
  asOf?: Date | null,
): Promise<GoldenRoot | null> {
  const { id } = parseGoldenId(db.model, publicId, definition, 'id');
  if (!asOf) return loaders.of(definition).golden.load(id);
  const row = await goldenAsOf(db, definition, id, asOf);
  return row && goldenRoot(definition, row, row.members);
}

function normalised(scheme: SchemeCode, value: string, country: string | null | undefined): string {
  const read = IDENTIFIER_SCHEMES[scheme].normalise(value, { country: country ?? undefined });
  if (!read.ok)
    throw new InvalidInput('INVALID_INPUT', `value: expected ${read.expected}, found ${read.found}`, {
      field: 'value',
    });
  return read.value;
}

function readOrder(definition: EntityTypeDefinition, order: ListArguments['orderBy']): GoldenOrder | undefined {
  if (!order) return undefined;
  const attribute = orderAttributes(definition).find(([name]) => constantCase(name) === order.field)?.[0];
  const descending = order.direction === 'DESC';
  if (attribute !== undefined) return { by: { attribute }, descending };
  return { by: order.field as 'ID' | 'CREATED_AT' | 'UPDATED_AT', descending };
}
