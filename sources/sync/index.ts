export { type CodeInput, setCode } from './codes.js';
export { connectorProblems } from './connector-problems.js';
export { type DeadLetterFilter, discard, redrive } from './dead-letters.js';
export * from './deliver.js';
export { DeliveryLane } from './deliver-ahead.js';
export {
  type AttemptRow,
  attemptsOf,
  attemptsSince,
  countDeliveries,
  type DeliveryQuery,
  type DeliveryRow,
  deadSince,
  listDeliveries,
} from './deliveries.js';
export { DELIVERY_STATES, type DeliveryState } from './delivery-state.js';
export { checkDrift, type Drift } from './drift.js';
export { asSourceError } from './failure.js';
export { healOnce } from './heal.js';
export { type PlannedRecord, type PlanOptions, plan, type StreamPlan } from './plan.js';
export {
  backfillOnce,
  type PullOptions,
  pullDueOnce,
  pullOnce,
  type StreamStep,
  type SyncPullStep,
} from './pull.js';
export { type ReplayInput, type ReplayResult, replay } from './replay.js';
export { type StreamStatus, type SyncStatus, syncStatus, type TargetStatus } from './status.js';
export {
  acceptSystem,
  hint,
  pauseStream,
  pauseSystem,
  registerStreams,
  resumeStream,
  resumeSystem,
  STREAM_CHANNEL,
} from './stream-store.js';
export { type SweepResult, sweep } from './sweep.js';
export * from './synchronised.js';
export { keyFacts } from './system-key.js';
export {
  type AttributeWrite,
  deliveriesOf,
  maskedChange,
  maskedWrite,
  type WayOut,
  waysOut,
} from './ways-out.js';
