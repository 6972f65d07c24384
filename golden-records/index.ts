/** What the other folders use of the domain. They import only from here. */
export { BY_CANONICAL_ID, externalIdFault, type Issue, LONGEST_EXTERNAL_ID, normaliseRecord } from './attributes.js';
export * from './define-model.js';
export * from './entity-types/index.js';
export * from './errors.js';
export * from './feed.js';
export * from './ids.js';
export * from './ingest.js';
export * from './jobs.js';
export * from './json.js';
export * from './active-parameters.js';
export * from './match-parameters.js';
export * from './match-candidates.js';
export type { WaterfallStep } from './match/matcher.js';
export * from './model.js';
export {
  type Address,
  canonicalJson,
  contentHash,
  countryCode,
  currencyCode,
  IDENTIFIER_SCHEMES,
  isSchemeCode,
  type Normalised,
  SCHEME_CODES,
  type SchemeCode,
  splitLegalForm,
  UNITS,
} from './normalise/index.js';
export * from './operations.js';
export { iso } from './store/component.js';
export { DELIVERY_CHANNEL, type QueuedDelivery, rankOf } from './outbox.js';
export { TASK_KINDS, type TaskKind } from './plan.js';
export * from './prepare-store.js';
export { queueAll } from './queue-all.js';
export * from './recompute.js';
export { type NamedOperation, type RaisedTask, recordOperation } from './record-operation.js';
export * from './rematch.js';
export * from './rules.js';
export * from './steward-tasks.js';
export * from './train.js';
export type { AttributeDiff, ChangedRecord, DecisionKind, GoldenState } from './store/rows.js';
export { saveCursor } from './store/write.js';
export { ECHO_TIME, type Provenance, ruleFor } from './survivorship/survive.js';
export * from './transaction.js';
export * from './verify.js';
