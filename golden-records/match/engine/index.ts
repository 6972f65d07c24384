/** The matching engine: one way to score, for files, whole hubs and single records. */
export type { Block, Cell, Frequencies } from './columns.js';
export { type MatchInput, type MatchResult, matchRecords } from './match-records.js';
export { type ExplainedStep, PairScorer, probabilityOf } from './pair-scorer.js';
export type { ComparisonParameters, MatchParameters } from './parameters.js';
export { type PartitionOptions, partition, type ScoredPairs } from './partition.js';
export { RecordMatcher, type ScoredCandidate } from './record-matcher.js';
export { FIELD_KINDS, type FieldKind, type FieldSpec, type MatchSchema, parseMatchSchema } from './schema.js';
