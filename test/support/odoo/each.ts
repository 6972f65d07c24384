import { describe } from '@jest/globals';
import { type OdooChoice, odooChoices } from './targets.js';

/** The same cases against each real server; none where the lab isn't named, which the first line of a run has said. */
export function describeReal(cases: (choice: OdooChoice) => void): void {
  for (const choice of odooChoices({ only: 'real' })) describe(choice.name, () => cases(choice));
}
