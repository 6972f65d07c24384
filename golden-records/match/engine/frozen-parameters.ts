import { ConfigError, type ConfigProblem } from '../../errors.js';
import type { MatchParameters } from './parameters.js';
import { RecordMatcher } from './record-matcher.js';
import type { FieldSpec, MatchSchema } from './schema.js';

/** Parameters as a file keeps them, with the schema that they were learnt for. */
export interface FrozenParameters {
  readonly format: typeof FORMAT;
  readonly schema: MatchSchema;
  readonly parameters: MatchParameters;
}

const FORMAT = 'concord match parameters 1';

export const frozen = ({ fields }: MatchSchema, parameters: MatchParameters): FrozenParameters => ({
  format: FORMAT,
  schema: { fields },
  parameters,
});

/**
 * The parameters of a file, for records of this schema. Throws ConfigError with every problem: where it is no such file, where it
 * was learnt for other columns, and where this release compares in other levels.
 */
export function thawed(input: unknown, schema: MatchSchema, path: string): MatchParameters {
  const file = (input ?? {}) as Partial<FrozenParameters>;
  if (file.format !== FORMAT) {
    throw new ConfigError([
      { path: `${path}: format`, expected: `"${FORMAT}", as --save-parameters writes it`, found: told(file.format) },
    ]);
  }
  const problems = [...otherColumns(file.schema?.fields ?? [], schema.fields, path)];
  if (problems.length === 0) problems.push(...otherLevels(file.parameters, schema, path));
  if (problems.length > 0) throw new ConfigError(problems);
  return file.parameters as MatchParameters;
}

const told = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
/** Where the hub finds it is no part of what a column is. */
const plain = (field: FieldSpec | undefined) =>
  field && Object.fromEntries(Object.entries(field).filter(([name]) => name !== 'from'));
const described = (field: FieldSpec | undefined) =>
  field &&
  JSON.stringify([
    field.name,
    field.kind,
    field.scheme ?? null,
    field.exclusive ?? null,
    field.part ?? null,
    field.checkedAs ?? null,
  ]);

function* otherColumns(
  learnt: readonly FieldSpec[],
  asked: readonly FieldSpec[],
  path: string,
): Generator<ConfigProblem> {
  for (let at = 0; at < Math.max(learnt.length, asked.length); at++) {
    if (described(learnt[at]) === described(asked[at])) continue;
    yield {
      path: `${path}: schema.fields[${at}]`,
      expected: `${told(plain(asked[at]))}, as the records have it`,
      found: `${told(plain(learnt[at]))}; learn parameters for these columns, or choose them with --map or --schema`,
    };
  }
}

function* otherLevels(found: MatchParameters | undefined, schema: MatchSchema, path: string): Generator<ConfigProblem> {
  const { comparisons, relations } = new RecordMatcher(schema).parameters;
  const numbers = (list: readonly unknown[] | undefined, length: number) =>
    Array.isArray(list) && list.length === length && list.every((one) => Number.isFinite(one));
  if (!Number.isFinite(found?.prior)) {
    yield { path: `${path}: parameters.prior`, expected: 'a number', found: told(found?.prior) };
  }
  for (const [at, { name, levels }] of comparisons.entries()) {
    const own = found?.comparisons?.[at];
    const isSame =
      own?.name === name &&
      JSON.stringify(own.levels) === JSON.stringify(levels) &&
      [own.m, own.u, own.weights, own.usualInfo].every((list) => numbers(list, levels.length));
    if (isSame) continue;
    yield {
      path: `${path}: parameters.comparisons[${at}]`,
      expected: `"${name}" with a number for each of: ${levels.join(', ')}`,
      found: own ? `"${own.name}" with ${told(own.levels)}; learn the parameters again with this release` : told(own),
    };
  }
  for (const [at, { name }] of relations.entries()) {
    const own = found?.relations?.[at];
    const isSame =
      own?.name === name &&
      Number.isFinite(own.prior) &&
      comparisons.every(({ levels }, which) => numbers(own.comparisons?.[which]?.weights, levels.length));
    if (!isSame) yield { path: `${path}: parameters.relations[${at}]`, expected: `"${name}"`, found: told(own?.name) };
  }
  if (typeof found?.frequencies !== 'object') {
    yield { path: `${path}: parameters.frequencies`, expected: 'how often values are found', found: told(undefined) };
  }
}
