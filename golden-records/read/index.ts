export {
  crosswalkOf,
  type InboxRow,
  inboxEventsOf,
  type SourceKey,
  type SourceRow,
  type SourceValues,
  sourceRecordByKey,
  sourceRecordsByIds,
  sourceValuesByIds,
} from './crosswalk.js';
export {
  countDecisions,
  type DecisionQuery,
  type DecisionRow,
  decisionsByIds,
  decisionsOf,
  listDecisions,
} from './decisions.js';
export { countDuplicates, type DuplicateQuery, type DuplicateRow, listDuplicates } from './duplicates.js';
export {
  comparisonOf,
  filterAttributes,
  filterExpression,
  type IndexDefinition,
  indexDefinitions,
  orderAttributes,
  orderExpression,
  partitionName,
  searchAttributes,
  searchExpression,
  viewDefinition,
  viewName,
} from './expressions.js';
export type { AttributeCondition, GoldenFilter, GoldenState } from './filter.js';
export {
  type AttributeDiff,
  countGolden,
  type GoldenOrder,
  type GoldenQuery,
  type GoldenRow,
  goldenAsOf,
  goldenByExternalId,
  goldenByIdentifier,
  goldenByIds,
  listGolden,
  mergedIdsOf,
  type PastGoldenRow,
  type PositionedGoldenRow,
  type StoredProvenance,
} from './golden.js';
export {
  diffAttributes,
  type OperationRow,
  operationsByIds,
  type VersionRow,
  versionsByNumber,
  versionsOf,
} from './history.js';
export { countJobs, type JobQuery, listJobs } from './jobs.js';
export {
  DEFAULT_ROWS,
  decodePosition,
  encodePosition,
  MOST_ROWS,
  type Page,
  type PageRequest,
  pageSize,
} from './keyset.js';
export {
  grantedKinds,
  hiddenAttributes,
  maskAttributes,
  maskDetails,
  maskPayload,
  maskText,
  maskValue,
  schemesOf,
} from './masking.js';
export { type MatchStatistics, matchStatistics } from './match-statistics.js';
export { maskNumbers, maskQuotes, secretTexts, secretTextsIn } from './quotes.js';
export { countReferring, referringTo } from './referring.js';
export { type PairKey, type ScoreRow, scoresOfPairs } from './scores.js';
export { countTasks, listTasks, openTasksOf, type TaskQuery, type TaskRow, tasksByIds } from './tasks.js';
