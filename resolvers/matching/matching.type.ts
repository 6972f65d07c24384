import { Float, ID, Int } from 'type-graphql';
import { PARAMETER_STATES } from '../../golden-records/index.js';
import { connectionType } from '../connection.js';
import { enumType, inputType, objectType } from '../declare.js';
import { EntityType, GoldenRecord } from '../golden-record/golden-record.type.js';
import { DateTimeScalar, DecimalScalar, JsonScalar } from '../scalars.js';
import { MatchEvidence, MatchOutcome, StewardTask } from '../steward-task/steward-task.type.js';

export const MatchSubjectInput = inputType(
  'MatchSubjectInput',
  'What candidates are sought for: a record by its id, or one that is not stored by its attributes.',
  {
    id: { type: () => ID, description: 'Canonical id of a golden record, or id of a source record (src_…).' },
    entityType: { type: () => EntityType, description: 'With `attributes`: their type.' },
    attributes: { type: () => JsonScalar, description: 'Attributes as for creating a record. Nothing is stored.' },
  },
);

export const MatchCandidate = objectType('MatchCandidate', 'A golden record that a record resembles.', {
  goldenRecord: { type: () => GoldenRecord, nullable: false, description: 'The golden record.' },
  weight: { type: () => Float, nullable: false, description: 'Log2 odds of the best pair: +10 is about 1000 : 1.' },
  outcome: { type: () => MatchOutcome, nullable: false, description: 'What the machine would make of this pair.' },
  evidence: { type: () => MatchEvidence, nullable: false, description: 'The best pair, comparison by comparison.' },
});

export const PossibleDuplicate = objectType('PossibleDuplicate', 'Two golden records that may be the same.', {
  weight: {
    type: () => DecimalScalar,
    nullable: false,
    description: 'Log2 odds of their best pair of source records.',
  },
  goldenRecords: { type: () => [GoldenRecord], nullable: false, description: 'The two.' },
  evidence: { type: () => MatchEvidence, description: 'Why they look alike.' },
  task: { type: () => StewardTask, nullable: false, description: 'The question to answer.' },
});
export const duplicateConnection = connectionType('PossibleDuplicate', () => PossibleDuplicate);

const MatchThresholds = objectType('MatchThresholds', 'Weights (log2 odds) at which the matcher acts.', {
  match: { type: () => Float, nullable: false, description: 'Link from here on.' },
  review: { type: () => Float, nullable: false, description: 'Ask from here on.' },
  confirmed: {
    type: () => Float,
    nullable: false,
    description: 'What a golden record that a person confirmed asks for before it takes another record by itself.',
  },
  margin: { type: () => Float, nullable: false, description: 'A second candidate this close to the best asks.' },
  keyCap: { type: () => Int, nullable: false, description: 'A key of more records than this brings no candidates.' },
});
export const MatchThresholdsInput = inputType('MatchThresholdsInput', 'Thresholds to change; the others stay.', {
  match: { type: () => Float, description: 'Link from here on.' },
  review: { type: () => Float, description: 'Ask from here on.' },
  confirmed: { type: () => Float, description: 'What a confirmed golden record asks for.' },
  margin: { type: () => Float, description: 'A second candidate this close to the best asks.' },
  keyCap: { type: () => Int, description: 'A key of more records than this brings no candidates.' },
});

const ParameterState = enumType(
  'MatchParameterState',
  'DRAFT: nothing is matched by it yet. ACTIVE: it counts. SUPERSEDED: it counted once, and can again.',
  PARAMETER_STATES,
);
export const MatchParameters = objectType(
  'MatchParameters',
  'A frozen set of what the matcher of an entity type goes by. Another value is another version; old ones stay.',
  {
    entityType: { type: () => EntityType, nullable: false, description: 'The type.' },
    version: { type: () => Int, nullable: false, description: '0 is what the program ships.' },
    state: { type: () => ParameterState, nullable: false, description: 'Whether it counts.' },
    thresholds: { type: () => MatchThresholds, nullable: false, description: 'At which weights the matcher acts.' },
    comparisons: {
      type: () => JsonScalar,
      nullable: false,
      description:
        'For each comparison its levels, m and u probabilities and weights; empty where they are the shipped ones.',
    },
    diagnostics: {
      type: () => JsonScalar,
      nullable: false,
      description: 'How it came to be.',
    },
    basedOn: { type: () => Int, description: 'The version that it was made from.' },
    reason: { type: () => String, description: 'Why it was made.' },
    createdAt: { type: () => DateTimeScalar, description: 'When; null for the shipped set.' },
    createdBy: { type: () => String, description: 'By whom; null for the shipped set.' },
    activatedAt: { type: () => DateTimeScalar, description: 'When it was activated last.' },
  },
);

const PairCount = objectType('MatchPairCount', 'Scored pairs of one outcome.', {
  outcome: { type: () => MatchOutcome, nullable: false, description: 'The outcome.' },
  count: { type: () => Int, nullable: false, description: 'How many.' },
});
const HistogramBar = objectType('MatchHistogramBar', 'Scored pairs of one outcome in a range of weights.', {
  from: { type: () => Float, nullable: false, description: 'Least weight, included.' },
  to: { type: () => Float, nullable: false, description: 'Greatest weight, not included.' },
  outcome: { type: () => MatchOutcome, nullable: false, description: 'The outcome.' },
  count: { type: () => Int, nullable: false, description: 'How many.' },
});
const CrowdedKey = objectType('CrowdedMatchKey', 'A key that so many records share that it brings no candidates.', {
  key: { type: () => String, nullable: false, description: 'Hash of what they have in common.' },
  records: { type: () => Int, nullable: false, description: 'Source records that have it.' },
});
export const MatchStatistics = objectType('MatchStatistics', 'How matching of one entity type stands now.', {
  parametersVersion: { type: () => Int, nullable: false, description: 'The parameter set that counts.' },
  sourceRecords: { type: () => Int, nullable: false, description: 'Linked source records.' },
  goldenRecords: { type: () => Int, nullable: false, description: 'Golden records that answer for themselves.' },
  linked: { type: () => Int, nullable: false, description: 'Records that the machine put together with others.' },
  placedByPersons: { type: () => Int, nullable: false, description: 'Records that a person placed.' },
  inDoubt: { type: () => Int, nullable: false, description: 'Records of which a person is asked.' },
  alone: { type: () => Int, nullable: false, description: 'Records that resemble no other.' },
  autoRate: { type: () => Float, nullable: false, description: 'Share of the records that the machine linked.' },
  reviewRate: { type: () => Float, nullable: false, description: 'Share that is in doubt.' },
  newRate: { type: () => Float, nullable: false, description: 'Share that stands alone.' },
  pairs: { type: () => [PairCount], nullable: false, description: 'Scored pairs by outcome.' },
  histogram: { type: () => [HistogramBar], nullable: false, description: 'Scored pairs by weight, from the top.' },
  crowdedKeys: { type: () => [CrowdedKey], nullable: false, description: 'Keys that brought nobody: the 20 fullest.' },
});
