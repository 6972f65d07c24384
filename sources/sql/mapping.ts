import type { EntityTypeDefinition, Json, JsonObject, SourceAttributes } from '../../golden-records/index.js';
import type { Outward, OutwardAttribute, Row, SyncStream, Tier } from '../connector.js';
import type { Mapped } from '../files/mapping.js';
import { rowMapping } from '../row-mapping.js';

/** One table or view as a stream of one entity type. */
export interface SqlStreamOptions<D extends EntityTypeDefinition> {
  readonly scope: string;
  /** Table or view, with its schema where that isn't on the search path, e.g. `purchasing.vendor`. */
  readonly table: string;
  /** Column of the external id: unique, never null, never changed. */
  readonly id: string;
  /**
   * Column (timestamptz) of when the row last changed. Without it every poll reads the whole table; what is the same costs no
   * write.
   */
  readonly modifiedAt?: string;
  /** Default: the entity type. */
  readonly name?: string;
  /** Default: OPERATIONAL, every 10 seconds. */
  readonly tier?: Tier;
  readonly every?: number | string;
  /** At least the longest transaction there: rows carry the time at which theirs began. Default 60,000. */
  readonly overlapMs?: number;
  /** Default 3,600,000; deletes are found by it. */
  readonly sweepEveryMs?: number;
  /** Columns that `map` reads: the stream stops, with a task, when one is gone or changes its type. */
  readonly reads?: readonly string[];
  readonly map: (row: Row) => Mapped<SourceAttributes<D>>;
  readonly version?: string;
  readonly write?: SqlWriteOptions;
}

export interface SqlWriteOptions {
  /** By attribute: the column that it is written to, or how it becomes columns. */
  readonly columns: Readonly<Record<string, string | OutwardAttribute>>;
  /** A text column with a unique index, for the hub's key: rows can be created then. Without it rows are only changed. */
  readonly key?: string;
  /** Columns of a new row beside those. */
  readonly defaults?: JsonObject;
}

/** What the pull and push parts read of a stream. */
export interface SqlStream extends SyncStream {
  readonly sql: {
    readonly table: string;
    readonly id: string;
    readonly modifiedAt: string | undefined;
    readonly key: string | undefined;
  };
}

const MOST_ROWS = 500;

/** `sqlStream(supplier, { table: 'vendor', … })`: pure; problems are told by the connector. */
export function sqlStream<D extends EntityTypeDefinition>(definition: D, options: SqlStreamOptions<D>): SqlStream {
  const { scope, table, id, modifiedAt, name = definition.code, write, reads = [] } = options;
  const outward = write && outwardOf(write);
  const columns = [id, ...(modifiedAt === undefined ? [] : [modifiedAt]), ...reads, ...fieldsOf(outward)];
  return {
    connector: 'sql',
    name,
    entityType: definition.code,
    scope,
    capabilities: {
      incremental: modifiedAt !== undefined,
      deletes: 'LISTED',
      resumable: true,
      ...(write ? { push: { batch: MOST_ROWS, idempotency: write.key === undefined ? 'NONE' : 'UPSERT' } } : {}),
    },
    tier: options.tier ?? 'OPERATIONAL',
    every: options.every ?? 10_000,
    resolutionMs: 1,
    overlapMs: options.overlapMs ?? 60_000,
    pageSize: 200,
    sweepEveryMs: options.sweepEveryMs ?? 3_600_000,
    reads: { [table]: [...new Set(columns)] },
    mapping: rowMapping(options),
    ...(outward ? { outward } : {}),
    sql: { table, id, modifiedAt, key: write?.key },
  };
}

const fieldsOf = (outward: Outward | undefined): string[] =>
  Object.values(outward?.attributes ?? {}).flatMap(({ fields }) => fields);

function outwardOf({ columns, key, defaults }: SqlWriteOptions): Outward {
  const attributes = Object.fromEntries(
    Object.entries(columns).map(([attribute, column]) => [
      attribute,
      typeof column === 'string' ? { fields: [column], write: (value: Json) => ({ [column]: value }) } : column,
    ]),
  );
  const fields = Object.values(attributes).flatMap((attribute) => attribute.fields);
  return {
    attributes,
    present: (payload) => Object.fromEntries(fields.map((field) => [field, (payload as JsonObject)[field] ?? null])),
    creates: key !== undefined,
    ...(defaults ? { defaults } : {}),
  };
}
