import { ID, Int } from 'type-graphql';
import {
  decodeCursor,
  encodeCursor,
  type FeedCursor,
  feedHead,
  InvalidInput,
  readFeed,
} from '../../golden-records/index.js';
import { DEFAULT_ROWS, MOST_ROWS } from '../../golden-records/read/index.js';
import { Change } from '../changes/change.type.js';
import { changeRoot } from '../changes/changes.resolver.js';
import { ChangeFilter } from '../changes/filter.js';
import type { Context } from '../context.js';
import { type Constructor, objectType, ResolverClass } from '../declare.js';
import { EntityType } from '../golden-record/golden-record.type.js';
import { parseGoldenId } from '../node-ids.js';

const ChangePage = objectType('ChangePage', 'A stretch of the change feed.', {
  changes: { type: () => [Change], nullable: false, description: 'The changes, oldest first.' },
  cursor: {
    type: () => String,
    nullable: false,
    description: 'Everything up to here was read: go on from it, also when empty.',
  },
  hasMore: { type: () => Boolean, nullable: false, description: 'Are there changes after this page?' },
});

interface ChangesArguments {
  after?: string | null;
  first?: number | null;
  types?: string[] | null;
  ids?: string[] | null;
}

export const CHANGES_QUERY: Constructor = new ResolverClass('ChangesQuery').query<ChangesArguments>(
  'changes',
  {
    type: () => ChangePage,
    nullable: false,
    needs: 'readGolden',
    description:
      'The change feed, page by page; without a cursor, from its head. `Subscription.changes` follows it live.',
    arguments: [
      { name: 'after', type: () => String, description: 'Cursor of the last change seen.' },
      { name: 'first', type: () => Int, description: 'At most so many changes: 1 to 100, 20 when nothing is said.' },
      { name: 'types', type: () => [EntityType], description: 'Only these types.' },
      { name: 'ids', type: () => [ID], description: 'Only these records.' },
    ],
  },
  async (_, context, args) => {
    const { db } = context;
    const after = args.after ? decodeCursor(args.after) : await feedHead(db);
    const limit = sizeOf(args.first);
    const { changes, cursor } = await readFeed(db, after, { ...(await filterOf(context, args)), limit });
    const head = await feedHead(db);
    return {
      changes: changes.map((change) => changeRoot(cursorAt(after, change.position), change)),
      cursor: encodeCursor(cursor),
      hasMore: cursor.position < head.position,
    };
  },
).target;

const cursorAt = ({ epoch }: FeedCursor, position: bigint): string => encodeCursor({ epoch, position });

function sizeOf(first: number | null | undefined): number {
  const size = first ?? DEFAULT_ROWS;
  if (size < 1 || size > MOST_ROWS)
    throw new InvalidInput('INVALID_INPUT', `\`first\` must be between 1 and ${MOST_ROWS}, got ${size}`, {
      field: 'first',
    });
  return size;
}

const filterOf = async ({ db }: Context, { types, ids }: ChangesArguments) => {
  const filter = await ChangeFilter.create(db, {
    types: types ?? undefined,
    ids: ids?.map((id) => parseGoldenId(db.model, id, undefined, 'ids')),
  });
  return filter.forTable();
};
