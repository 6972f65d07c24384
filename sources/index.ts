export type * from './connector.js';
export {
  Changed,
  Down,
  Permanent,
  PLACES,
  type Place,
  Retryable,
  SOURCE_ERROR_CODES,
  SourceError,
  type SourceErrorCode,
  Throttled,
} from './errors.js';
export {
  type Cell,
  type CellOptions,
  cell,
  cells,
  choice,
  commaDecimal,
  day,
  each,
  listOf,
  type Mapped,
  money,
  nested,
  objectOf,
  qualified,
  quantity,
} from './files/mapping.js';
export {
  BATCH_SIZE,
  type ImportOptions,
  type ImportProgress,
  type ImportResult,
  importFile,
} from './files/pull.js';
export { type FileStream, type FileStreamOptions, fileStream, matchesPattern, streamProblems } from './files/stream.js';
export { FolderWatch, type WatchedStream, type Watcher, type WatchOptions, watchFolder } from './files/watch.js';
export {
  checkOdoo,
  clientOf,
  type OdooConnector,
  type OdooOptions,
  type OdooReport,
  odoo,
  odooTold,
  setupOdoo,
  teardownOdoo,
} from './odoo/index.js';
export { type SqlConnectorOptions, sqlConnector } from './sql/connector.js';
export { type SqlStream, type SqlStreamOptions, type SqlWriteOptions, sqlStream } from './sql/mapping.js';
export * from './sync/index.js';
