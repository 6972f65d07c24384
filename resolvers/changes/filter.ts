import type { FeedChange } from '../../golden-records/feed.js';
import type { Db } from '../../golden-records/transaction.js';
import type { Subscribed } from './feed.js';

/** Which changes a subscriber asked for. The ids grow as records that it follows are merged into others. */
export class ChangeFilter {
  private constructor(
    private readonly db: Db,
    private readonly types: ReadonlySet<string> | undefined,
    private readonly ids: Set<string> | undefined,
  ) {}

  static async create(db: Db, { types, ids }: Subscribed): Promise<ChangeFilter> {
    const filter = new ChangeFilter(
      db,
      types && types.length > 0 ? new Set(types) : undefined,
      ids && ids.length > 0 ? new Set(ids.map(({ id }) => id)) : undefined,
    );
    if (filter.ids) await filter.followMerges([...filter.ids]);
    return filter;
  }

  matches(change: FeedChange): boolean {
    if (this.types && !this.types.has(change.entityType)) return false;
    return !this.ids || this.ids.has(change.goldenId);
  }

  forTable(): { entityTypes?: string[]; ids?: string[] } {
    return {
      ...(this.types ? { entityTypes: [...this.types] } : {}),
      ...(this.ids ? { ids: [...this.ids] } : {}),
    };
  }

  /** Whether this change makes the filter wider, so that it must be widened before anything after it is judged. */
  widensAt(change: FeedChange): boolean {
    return this.ids !== undefined && change.kind === 'MERGED' && this.ids.has(change.goldenId);
  }

  async widen(change: FeedChange): Promise<void> {
    await this.followMerges([change.goldenId]);
  }

  private async followMerges(ids: readonly string[]): Promise<void> {
    const { rows } = await this.db.pool.query<{ id: string }>({
      name: 'survivors-of-merged',
      text: 'select merged_into_id as id from golden_record where id = any($1::uuid[]) and merged_into_id is not null',
      values: [ids],
    });
    for (const { id } of rows) this.ids?.add(id);
  }
}
