import DataLoader from 'dataloader';
import type { Db, EntityTypeDefinition } from '../golden-records/index.js';
import {
  countReferring,
  crosswalkOf,
  decisionsByIds,
  decisionsOf,
  type GoldenRow,
  goldenByIds,
  type InboxRow,
  inboxEventsOf,
  mergedIdsOf,
  openTasksOf,
  operationsByIds,
  type PairKey,
  referringTo,
  type ScoreRow,
  type SourceKey,
  type SourceValues,
  scoresOfPairs,
  sourceRecordsByIds,
  sourceValuesByIds,
  tasksByIds,
  type VersionRow,
  versionsByNumber,
  versionsOf,
} from '../golden-records/read/index.js';
import {
  type DecisionRoot,
  decisionRoot,
  type GoldenRoot,
  goldenRoot,
  type OperationRoot,
  operationRoot,
  type SourceRoot,
  sourceRoot,
  type TaskRoot,
  taskRoot,
} from './roots.js';

export interface HistoryKey {
  readonly goldenId: string;
  readonly before: number;
  readonly limit: number;
}
export interface ReferringKey {
  readonly attribute: string;
  readonly target: string;
}
export interface ReferringPageKey extends ReferringKey {
  readonly after: string | null;
  readonly limit: number;
}
export interface VersionKey {
  readonly goldenId: string;
  readonly version: number;
}

/** What is loaded below golden records of one type: one statement for all that a step of the query asks. Ids are UUIDs. */
export interface TypeLoaders {
  /** A merged id answers with its survivor. */
  readonly golden: DataLoader<string, GoldenRoot | null>;
  readonly mergedIds: DataLoader<string, string[]>;
  readonly crosswalk: DataLoader<string, SourceRoot[]>;
  readonly decisions: DataLoader<string, DecisionRoot[]>;
  readonly history: DataLoader<HistoryKey, VersionRow[], string>;
  /** Records of this type that refer to another record. */
  readonly referring: DataLoader<ReferringPageKey, GoldenRow[], string>;
  readonly referringCount: DataLoader<ReferringKey, number, string>;
}

export interface Loaders {
  of(definition: EntityTypeDefinition): TypeLoaders;
  readonly sourceRecord: DataLoader<string, SourceRoot | null>;
  readonly sourceValues: DataLoader<string, SourceValues | null>;
  readonly inboxEvents: DataLoader<SourceKey, InboxRow[], string>;
  readonly version: DataLoader<VersionKey, VersionRow | null, string>;
  readonly operation: DataLoader<string, OperationRoot | null>;
  readonly decision: DataLoader<string, DecisionRoot | null>;
  readonly task: DataLoader<string, TaskRoot | null>;
  readonly openTasks: DataLoader<string, TaskRoot[]>;
  /** Why two source records look alike. */
  readonly score: DataLoader<PairKey, ScoreRow | null, string>;
  /** Forget everything: after a change, what was read before is out of date. */
  forget(): void;
}

/** One set for each request: they remember what they loaded. */
export function createLoaders({ db }: { readonly db: Db }): Loaders {
  const byType = new Map<string, TypeLoaders>();
  const across: Omit<Loaders, 'of' | 'forget'> = {
    sourceRecord: new DataLoader(async (ids) => shaped(await sourceRecordsByIds(db, ids), sourceRoot)),
    sourceValues: new DataLoader(async (ids) => shaped(await sourceValuesByIds(db, ids), (values) => values)),
    inboxEvents: new DataLoader((keys) => inboxEventsOf(db, keys), { cacheKeyFn: (key) => JSON.stringify(key) }),
    version: new DataLoader(async (keys) => shaped(await versionsByNumber(db, keys), (version) => version), {
      cacheKeyFn: ({ goldenId, version }) => `${goldenId}.${version}`,
    }),
    operation: new DataLoader(async (ids) => shaped(await operationsByIds(db, ids), operationRoot)),
    decision: new DataLoader(async (ids) => shaped(await decisionsByIds(db, ids), decisionRoot)),
    task: new DataLoader(async (ids) => shaped(await tasksByIds(db, ids), taskRoot)),
    score: new DataLoader(async (pairs) => shaped(await scoresOfPairs(db, pairs), (score) => score), {
      cacheKeyFn: ({ entityType, left, right }) => [entityType, ...[left, right].sort()].join('.'),
    }),
    openTasks: new DataLoader(async (ids) => (await openTasksOf(db, ids)).map((rows) => rows.map(taskRoot))),
  };
  return {
    ...across,
    of(definition) {
      const known = byType.get(definition.code) ?? createTypeLoaders(db, definition);
      byType.set(definition.code, known);
      return known;
    },
    forget() {
      byType.clear();
      for (const loader of Object.values(across)) loader.clearAll();
    },
  };
}

function createTypeLoaders(db: Db, definition: EntityTypeDefinition): TypeLoaders {
  return {
    golden: new DataLoader(async (ids) =>
      shaped(await goldenByIds(db, definition, ids), (row) => goldenRoot(definition, row)),
    ),
    mergedIds: new DataLoader((ids) => mergedIdsOf(db, definition, ids)),
    crosswalk: new DataLoader(async (ids) =>
      (await crosswalkOf(db, definition, ids)).map((rows) => rows.map(sourceRoot)),
    ),
    decisions: new DataLoader(async (ids) =>
      (await decisionsOf(db, definition, ids)).map((rows) => rows.map(decisionRoot)),
    ),
    history: new DataLoader(
      (keys) =>
        inGroups(
          keys,
          ({ before, limit }) => `${before}.${limit}`,
          (group, { before, limit }) =>
            versionsOf(
              db,
              definition,
              group.map(({ goldenId }) => goldenId),
              { before, limit },
            ),
        ),
      { cacheKeyFn: ({ goldenId, before, limit }) => `${goldenId}.${before}.${limit}` },
    ),
    referring: new DataLoader(
      (keys) =>
        inGroups(
          keys,
          ({ attribute, after, limit }) => `${attribute}.${after}.${limit}`,
          (group, { attribute, after, limit }) =>
            referringTo(
              db,
              definition,
              attribute,
              group.map(({ target }) => target),
              { after, limit },
            ),
        ),
      { cacheKeyFn: ({ attribute, target, after, limit }) => `${attribute}.${target}.${after}.${limit}` },
    ),
    referringCount: new DataLoader(
      (keys) =>
        inGroups(
          keys,
          ({ attribute }) => attribute,
          (group, { attribute }) =>
            countReferring(
              db,
              definition,
              attribute,
              group.map(({ target }) => target),
            ),
        ),
      { cacheKeyFn: ({ attribute, target }) => `${attribute}.${target}` },
    ),
  };
}

const shaped = <Row, Root>(rows: readonly (Row | undefined)[], shape: (row: Row) => Root): (Root | null)[] =>
  rows.map((row) => (row === undefined ? null : shape(row)));

/** One statement for each group of keys that differ only in their record: below a list there is one group. */
async function inGroups<Key, Value>(
  keys: readonly Key[],
  groupOf: (key: Key) => string,
  load: (group: readonly Key[], like: Key) => Promise<Value[]>,
): Promise<Value[]> {
  const groups = new Map<string, Key[]>();
  for (const key of keys) groups.set(groupOf(key), [...(groups.get(groupOf(key)) ?? []), key]);
  const found = new Map<Key, Value>();
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const [like] = group;
      if (like === undefined) return;
      const values = await load(group, like);
      for (const [at, key] of group.entries()) found.set(key, values[at] as Value);
    }),
  );
  return keys.map((key) => found.get(key) as Value);
}
