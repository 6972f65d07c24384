/** The matching engine: one way to score, for files, whole hubs and single records. */

export { type Block, type Cell, type Column, type Frequencies, type MadeBlock, makeBlock } from './columns.js';
export { cellsOfAttributes, ENTITY_SCHEMAS } from './entity-schemas.js';
export { type FrozenParameters, frozen, thawed } from './frozen-parameters.js';
export {
  explainPair,
  JOIN_THRESHOLD,
  type MatchOptions,
  type MatchResult,
  type MatchStage,
  matchBlock,
  matchRecords,
  sharesFor,
  UNSCORED,
} from './match-records.js';
export { type ExplainedStep, PairScorer, probabilityOf } from './pair-scorer.js';
export type { ComparisonParameters, MatchParameters } from './parameters.js';
export { type PartitionOptions, partition, type ScoredPairs } from './partition.js';
export { RecordMatcher, type ScoredCandidate } from './record-matcher.js';
export { FIELD_KINDS, type FieldKind, type FieldSpec, type MatchSchema, parseMatchSchema } from './schema.js';
