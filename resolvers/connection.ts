import { Int } from 'type-graphql';
import type { Page, PageRequest } from '../golden-records/read/index.js';
import type { ArgumentDeclaration, Constructor } from './declare.js';
import { objectType, ResolverClass } from './declare.js';
import { PageInfo } from './node.type.js';

/** A Relay connection as a plain object. */
export interface ConnectionRoot<N> {
  readonly edges: readonly { readonly cursor: string; readonly node: N }[];
  readonly nodes: readonly N[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  /** Called only when the total is asked for. */
  count(): Promise<number> | number;
}

export function connection<Row extends { cursor: string }, N>(
  page: Page<Row>,
  shape: (row: Row) => N,
  count: () => Promise<number> | number,
): ConnectionRoot<N> {
  const edges = page.rows.map((row) => ({ cursor: row.cursor, node: shape(row) }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    count,
  };
}

/** The edge and connection types over `node`, with the resolver that they need. */
export function connectionType(name: string, node: () => Constructor): { type: Constructor; resolver: Constructor } {
  const edge = objectType(`${name}Edge`, 'A row of a page.', {
    cursor: {
      type: () => String,
      nullable: false,
      description: 'Where the row stands: hand it back as `after` or `before`.',
    },
    node: { type: node, nullable: false, description: 'The row itself.' },
  });
  const type = objectType(`${name}Connection`, 'A page of a list.', {
    edges: { type: () => [edge], nullable: false, description: 'The rows with their cursors.' },
    nodes: { type: () => [node()], nullable: false, description: 'The rows alone.' },
    pageInfo: { type: () => PageInfo, nullable: false, description: 'Whether there is more.' },
    totalCount: {
      type: () => Int,
      nullable: false,
      description: 'Rows in the whole list; counted only when asked for.',
    },
  });
  const resolver = new ResolverClass(`${name}ConnectionResolver`, type).field<ConnectionRoot<unknown>>(
    'totalCount',
    (root) => root.count(),
  );
  return { type, resolver: resolver.target };
}

export const FORWARD_ARGUMENTS: readonly ArgumentDeclaration[] = [
  {
    name: 'first',
    type: () => Int,
    description: 'Rows from the start, or after `after`: 1 to 100, 20 when nothing is said.',
  },
  { name: 'after', type: () => String, description: 'Cursor of the row before the first wanted.' },
];
export const PAGE_ARGUMENTS: readonly ArgumentDeclaration[] = [
  ...FORWARD_ARGUMENTS,
  { name: 'last', type: () => Int, description: 'Rows from the end, or before `before`: 1 to 100.' },
  { name: 'before', type: () => String, description: 'Cursor of the row after the last wanted.' },
];

export interface PageArguments {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

export const pageRequest = ({ first, after, last, before }: PageArguments): PageRequest => ({
  first: first ?? undefined,
  after: after ?? undefined,
  last: last ?? undefined,
  before: before ?? undefined,
});
