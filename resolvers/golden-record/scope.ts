import { InvalidInput, type Model } from '../../golden-records/index.js';

/** The scope asked for, or the only one that the system has. Throws InvalidInput when that leaves a choice. */
export function scopeOf(model: Model, system: string, scope: string | null | undefined, field = 'scope'): string {
  const known = model.systems.get(system);
  if (!known) throw new InvalidInput('UNKNOWN_SYSTEM', `unknown system "${system.slice(0, 80)}"`, { field: 'system' });
  if (scope !== null && scope !== undefined) return scope;
  const scopes = Object.keys(known.scopes);
  const [only] = scopes;
  if (only !== undefined && scopes.length === 1) return only;
  throw new InvalidInput(
    'INVALID_INPUT',
    `system "${system}" has ${scopes.length} scopes (${scopes.join(', ')}): say which`,
    { field },
  );
}
