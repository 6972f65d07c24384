import { InvalidInput, NotFound } from './errors.js';
import type { JsonObject } from './json.js';
import type { Model, Thresholds } from './rules.js';
import type { Tx } from './transaction.js';

/** What the matcher of one entity type goes by. Frozen: another value is another version. */
export interface ParameterSet {
  readonly entityType: string;
  /** 0 is the set that the program ships, with the thresholds of the configuration. */
  readonly version: number;
  readonly thresholds: Thresholds;
  /** What else it says; null where the weights are the shipped ones, as they are today in every set. */
  readonly parameters: JsonObject | null;
}

/**
 * The sets that this process goes by. It is told of another one by NOTIFY, and asks again whenever it takes an entity
 * type's lock, so that nothing is ever decided by a set that is not active.
 */
export class ActiveParameters {
  private readonly active = new Map<string, ParameterSet>();

  constructor(private readonly model: Model) {}

  for(entityType: string): ParameterSet {
    const known = this.active.get(entityType) ?? shippedSet(this.model, entityType);
    this.active.set(entityType, known);
    return known;
  }

  use(set: ParameterSet): void {
    this.active.set(set.entityType, set);
  }
}

export const shippedSet = (model: Model, entityType: string): ParameterSet => ({
  entityType,
  version: 0,
  thresholds: model.thresholdsFor(entityType),
  parameters: null,
});

/** As it stands with everything that is written: the rules, and the parameters where they aren't the shipped ones. */
export const rulesVersionFor = (
  { model, parameters }: Pick<Tx, 'model' | 'parameters'>,
  entityType: string,
): string => {
  const { version } = parameters.for(entityType);
  return version === 0 ? model.rulesVersion : `${model.rulesVersion}+p${version}`;
};

/** Throws NotFound when there is no such version. */
export async function parameterSet(
  db: Pick<Tx, 'prisma' | 'model'>,
  entityType: string,
  version: number,
): Promise<ParameterSet> {
  requireType(db.model, entityType);
  if (version === 0) return shippedSet(db.model, entityType);
  const row = await db.prisma.matchParameters.findUnique({ where: { entityType_version: { entityType, version } } });
  if (!row) throw new NotFound('NOT_FOUND', `${entityType} has no parameter set ${version}`, { field: 'version' });
  return {
    entityType,
    version,
    thresholds: row.thresholds as unknown as Thresholds,
    parameters: row.parameters as JsonObject,
  };
}

/** Called with the version that counts under the lock: what was taken up before may be out of date. */
export async function takeUp(tx: Tx, entityType: string, version: number): Promise<void> {
  if (tx.parameters.for(entityType).version === version) return;
  tx.parameters.use(await parameterSet(tx, entityType, version));
}

export function requireType(model: Model, entityType: string): void {
  if (!model.entityTypes.has(entityType))
    throw new InvalidInput(
      'UNKNOWN_ENTITY_TYPE',
      `expected ${[...model.entityTypes.keys()].join(', ')}, found "${entityType}"`,
      { field: 'entityType' },
    );
}
