import type { Command } from 'commander';
import { recompute } from '../../golden-records/index.js';
import { newId, parsePublicId } from '../../golden-records/ids.js';
import { InvalidInput } from '../../golden-records/errors.js';
import { commandLineActor, type Invocation, type Outcome } from './command.js';
import type { Run } from './program.js';
import { count } from './table.js';

interface RecomputeOptions {
  readonly type?: readonly string[];
  readonly reason?: string;
}

export function addRecompute(program: Command, run: Run): void {
  program
    .command('recompute')
    .description('survive golden records again from their sources and decisions, e.g. after the rules changed')
    .argument('[id...]', 'canonical ids; none: all of the types given')
    .option('--type <type...>', 'entity types; none: all')
    .option('--reason <text>', 'kept with the operation')
    .addHelpText('after', '\nExample:\n  concord recompute --type supplier --reason "ERP owns payment terms now"\n')
    .action(run(recomputeRecords));
}

function recomputeRecords(invocation: Invocation, options: RecomputeOptions, ids: readonly string[]): Promise<Outcome> {
  return invocation.withStore(async ({ db }) => {
    const wanted = group(ids.map((id) => parsePublicId(db.model, id)));
    const types = ids.length > 0 ? [...wanted.keys()] : typesOf([...db.model.entityTypes.keys()], options.type);
    const done: { entityType: string; recomputed: number; changed: number }[] = [];
    for (const entityType of types) {
      invocation.signal.throwIfAborted();
      invocation.progress.show(`recomputing ${entityType} …`);
      const only = wanted.get(entityType);
      const { recomputed, changed } = await recompute(db, commandLineActor(), {
        entityType,
        correlationId: newId(),
        ...(only && { ids: only }),
        ...(options.reason !== undefined && { reason: options.reason }),
      });
      done.push({ entityType, recomputed: sizeOf(recomputed), changed: sizeOf(changed) });
    }
    const text = done.map(
      (one) => `${one.entityType}: ${count(one.recomputed)} recomputed, ${count(one.changed)} changed`,
    );
    return { json: { types: done }, text: text.join('\n') };
  });
}

const sizeOf = (value: number | readonly unknown[]): number => (typeof value === 'number' ? value : value.length);

function group(ids: readonly { entityType: string; id: string }[]): Map<string, string[]> {
  const byType = new Map<string, string[]>();
  for (const { entityType, id } of ids) byType.set(entityType, [...(byType.get(entityType) ?? []), id]);
  return byType;
}

/** Throws InvalidInput for a type that isn't known. */
export function typesOf(known: readonly string[], wanted: readonly string[] | undefined): readonly string[] {
  const stranger = wanted?.find((type) => !known.includes(type));
  if (stranger === undefined) return wanted ?? known;
  throw new InvalidInput('UNKNOWN_ENTITY_TYPE', `no entity type "${stranger}"; there are ${known.join(', ')}`);
}
