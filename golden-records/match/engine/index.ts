/** The matching engine: one way to score, for files, whole hubs and single records. */

export { LEAST_STRENGTH } from './candidates.js';
export {
  type Block,
  type Cell,
  type Column,
  type Frequencies,
  type MadeBlock,
  makeBlock,
  type RecordFeatures,
} from './columns.js';
export { cellsOfAttributes, ENTITY_SCHEMAS, type EntitySchema, rootOf } from './entity-schemas.js';
export { type FrozenParameters, frozen, thawed } from './frozen-parameters.js';
export { learnParameters } from './learn.js';
export {
  explainPair,
  JOIN_THRESHOLD,
  type MatchOptions,
  type MatchResult,
  type MatchStage,
  matchBlock,
  matchRecords,
  pairOf,
  sharesFor,
  UNSCORED,
} from './match-records.js';
export { type Explained, type ExplainedStep, PairScorer, probabilityOf } from './pair-scorer.js';
export type { ComparisonParameters, MatchParameters } from './parameters.js';
export { MOST_WEIGHT, type PartitionOptions, partition, type ScoredPairs } from './partition.js';
export {
  type Comparable,
  type DescribedRecord,
  RecordMatcher,
  type ScoredCandidate,
  shippedFor,
} from './record-matcher.js';
export {
  FIELD_KINDS,
  type FieldKind,
  type FieldSpec,
  isExclusive,
  type MatchSchema,
  parseMatchSchema,
} from './schema.js';
