import { InvalidInput } from '../../golden-records/index.js';
import {
  countDeliveries,
  type DeliveryQuery,
  type DeliveryState,
  listDeliveries,
  type Place,
  syncStatus,
} from '../../sources/index.js';
import { connection, FORWARD_ARGUMENTS } from '../connection.js';
import type { Context } from '../context.js';
import { type Constructor, ResolverClass } from '../declare.js';
import { parseGoldenId } from '../node-ids.js';
import {
  DeadLetterFilterInput,
  DeliveryFilter,
  deliveryConnection,
  deliveryRoot,
  parseDeliveryId,
  SyncStatusType,
} from './sync.type.js';

interface ForwardArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}
export interface FilterInput {
  readonly system?: string | null;
  readonly scope?: string | null;
  readonly entityType?: string | null;
  readonly state?: DeliveryState[] | null;
  readonly goldenId?: string | null;
  readonly code?: string | null;
  readonly place?: Place | null;
  readonly ids?: string[] | null;
}

const MOST_ROWS = 100;
const DEFAULT_ROWS = 20;

async function page(
  context: Context,
  { first, after }: ForwardArguments,
  filter: FilterInput,
  states?: DeliveryState[],
) {
  const size = first ?? DEFAULT_ROWS;
  if (size < 1 || size > MOST_ROWS)
    throw new InvalidInput('INVALID_INPUT', `first is 1 to ${MOST_ROWS}, found ${size}`, { field: 'first' });
  const { db } = context;
  const query: DeliveryQuery = {
    system: filter.system ?? undefined,
    scope: filter.scope ?? undefined,
    entityType: filter.entityType ?? undefined,
    states: states ?? filter.state ?? undefined,
    code: filter.code ?? undefined,
    place: filter.place ?? undefined,
    goldenId: filter.goldenId ? parseGoldenId(db.model, filter.goldenId, undefined, 'filter.goldenId').id : undefined,
    after: after ? parseDeliveryId(after, 'after') : undefined,
    limit: size + 1,
  };
  const rows = (await listDeliveries(db, query)).map(deliveryRoot);
  const kept = {
    rows: rows.slice(0, size),
    hasNextPage: rows.length > size,
    hasPreviousPage: query.after !== undefined,
  };
  return connection(
    kept,
    (row) => row,
    () => countDeliveries(db, query),
  );
}

export const SYNC_QUERIES: Constructor = new ResolverClass('SyncQueries')
  .query(
    'syncStatus',
    {
      type: () => SyncStatusType,
      nullable: false,
      needs: 'readSync',
      description: 'Is everything flowing; if not, where is it stuck?',
    },
    (_, { db, systems }) => syncStatus(db, systems),
  )
  .query<ForwardArguments & { filter?: FilterInput | null }>(
    'deliveries',
    {
      type: () => deliveryConnection.type,
      nullable: false,
      needs: 'readSync',
      description: 'What goes out to the systems, with every attempt; the newest link first.',
      arguments: [...FORWARD_ARGUMENTS, { name: 'filter', type: () => DeliveryFilter, description: 'Which ones.' }],
    },
    (_, context, { filter, ...forward }) => page(context, forward, filter ?? {}),
  )
  .query<ForwardArguments & { filter?: FilterInput | null }>(
    'deadLetters',
    {
      type: () => deliveryConnection.type,
      nullable: false,
      needs: 'readSync',
      description: 'Deliveries that failed for good and wait for a person.',
      arguments: [
        ...FORWARD_ARGUMENTS,
        { name: 'filter', type: () => DeadLetterFilterInput, description: 'Which ones.' },
      ],
    },
    (_, context, { filter, ...forward }) => page(context, forward, filter ?? {}, ['DEAD']),
  ).target;
