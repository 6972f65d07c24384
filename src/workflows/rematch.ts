import { forgetTrial, rematchKeys, rematchLinks, rematchScores } from '../../golden-records/index.js';
import type { Workflow } from './workflow.js';

/** Keys, then scores, then links; a dry run scores on a sheet of its own. */
export const rematch: Workflow = {
  kind: 'REMATCH',
  steps: { keys: rematchKeys, scores: rematchScores, links: rematchLinks },
  cleanUp: forgetTrial,
  outcome: 'decided',
};
