import { Arg, Ctx, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { FeedChange } from '../../golden-records/feed.js';
import { diffAttributes } from '../../golden-records/read/index.js';
import { Context } from '../context.js';
import { AttributeDiff, EntityType } from '../golden-record/golden-record.type.js';
import { visibleDiff } from '../masks.js';
import { goldenId, nodeId, parseGoldenId } from '../node-ids.js';
import type { GoldenRoot } from '../roots.js';
import { Change, ChangeEvent } from './change.type.js';
import { requireCursor } from './feed.js';
import type { ChangeMessage } from './stream.js';

interface ChangesArguments {
  readonly after?: string | null;
  readonly types?: readonly string[] | null;
  readonly ids?: readonly string[] | null;
}

/** What `Change` is read from. */
export interface ChangeRoot {
  readonly cursor: string;
  readonly change: FeedChange;
  readonly position: string;
  readonly entityType: string;
  readonly version: number;
  readonly kind: string;
  readonly attributes: readonly string[];
  readonly at: string;
}

export const changeRoot = (cursor: string, change: FeedChange): ChangeRoot => ({
  cursor,
  change,
  position: change.position.toString(),
  entityType: change.entityType,
  version: change.version,
  kind: change.kind,
  attributes: change.attributes,
  at: change.at,
});

function subscribe({ args, context }: { args: ChangesArguments; context: Context }) {
  context.authorize('readGolden');
  const { model } = context.db;
  return context.changes.subscribe({
    after: requireCursor(args.after),
    types: args.types ?? undefined,
    ids: args.ids?.map((id) => parseGoldenId(model, id, undefined, 'ids')),
  });
}

@Resolver()
export class ChangesSubscription {
  @Subscription(() => ChangeEvent, {
    description:
      'Every change of golden records, once and in order: from a cursor on, then live; without a cursor, from now. Ids that are merged are followed to the record that answers for them.',
    subscribe: subscribe as never,
  })
  changes(
    @Root() message: ChangeMessage,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the last event seen.' }) _after?: string,
    @Arg('types', () => [EntityType], { nullable: true, description: 'Only these types.' }) _types?: string[],
    @Arg('ids', () => [ID], { nullable: true, description: 'Only these records.' }) _ids?: string[],
  ): ChangeEvent {
    const { cursor, change } = message;
    const event = { cursor, heartbeat: change === null, change: change && changeRoot(cursor, change) };
    return event as unknown as ChangeEvent;
  }
}

@Resolver(() => Change)
export class ChangeResolver {
  @FieldResolver()
  id(@Root() { change }: ChangeRoot, @Ctx() { db }: Context): string {
    return goldenId(definitionOf(db.model, change), change.goldenId);
  }

  @FieldResolver()
  operationId(@Root() { change }: ChangeRoot): string {
    return nodeId('Operation', change.operationId);
  }

  @FieldResolver()
  record(@Root() { change }: ChangeRoot, @Ctx() { db, loaders }: Context): Promise<GoldenRoot | null> {
    return loaders.of(definitionOf(db.model, change)).golden.load(change.goldenId);
  }

  @FieldResolver()
  async diff(@Root() { change }: ChangeRoot, @Ctx() context: Context): Promise<AttributeDiff[]> {
    const { goldenId: id, version } = change;
    const [before, after] = await Promise.all([
      context.loaders.version.load({ goldenId: id, version: version - 1 }),
      context.loaders.version.load({ goldenId: id, version }),
    ]);
    if (!after) return [];
    const definition = definitionOf(context.db.model, change);
    const diff = diffAttributes(definition, before?.attributes ?? {}, after.attributes);
    return visibleDiff(context, definition, goldenId(definition, id), diff);
  }
}

function definitionOf(model: Context['db']['model'], { entityType }: FeedChange) {
  const definition = model.entityTypes.get(entityType);
  if (!definition) throw new Error(`the feed has a change of "${entityType}", which is not configured`);
  return definition;
}

/** To be handed to `buildSchema`. */
export const CHANGES_RESOLVERS = [ChangesSubscription, ChangeResolver] as const;
