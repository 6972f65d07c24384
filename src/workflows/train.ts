import { learnFromStored } from '../../golden-records/index.js';
import type { Workflow } from './workflow.js';

/** One step: learning is short enough to begin anew when a process dies over it. */
export const train: Workflow = { kind: 'TRAIN', steps: { learn: learnFromStored }, outcome: 'drafted' };
