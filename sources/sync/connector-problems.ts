import type { ConfigProblem, EntityTypeDefinition } from '../../golden-records/index.js';
import type { Connector, SyncStream } from '../connector.js';
import { scheduleProblem } from './schedule.js';

/** What is wrong with a connector's configuration, whatever it connects: its own problems, and those of its streams. */
export function connectorProblems(
  connector: Connector,
  path: string,
  scopes: readonly string[],
  entityTypes: readonly EntityTypeDefinition[],
): ConfigProblem[] {
  const { streams, callsPerSecond } = connector;
  const problems = connector.problems(path);
  if (callsPerSecond !== undefined && !(callsPerSecond > 0))
    problems.push({ path: `${path}.callsPerSecond`, expected: 'more than 0', found: String(callsPerSecond) });
  const names = streams.map(({ scope, name }) => `${scope}/${name}`);
  for (const twice of new Set(names.filter((name, at) => names.indexOf(name) !== at)))
    problems.push({ path: `${path}.streams`, expected: 'each name once in a scope', found: `"${twice}" twice` });
  const written = streams.filter(({ outward }) => outward).map(({ scope, entityType }) => `${scope}/${entityType}`);
  for (const twice of new Set(written.filter((name, at) => written.indexOf(name) !== at)))
    problems.push({
      path: `${path}.streams`,
      expected: 'one stream that writes a type of a scope',
      found: `"${twice}" twice`,
    });
  return [
    ...problems,
    ...streams.flatMap((stream) => streamProblems(stream, `${path}.streams.${stream.name}`, scopes, entityTypes)),
  ];
}

function streamProblems(
  stream: SyncStream,
  path: string,
  scopes: readonly string[],
  entityTypes: readonly EntityTypeDefinition[],
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const check = (isRight: boolean, key: string, expected: string, found: unknown) => {
    if (!isRight) problems.push({ path: `${path}.${key}`, expected, found: JSON.stringify(found) ?? 'nothing' });
  };
  const { scope, entityType, every, tier, resolutionMs, overlapMs, pageSize, outward, capabilities } = stream;
  check(scopes.includes(scope), 'scope', `a scope of the system (${scopes.join(', ')})`, scope);
  const definition = entityTypes.find(({ code }) => code === entityType);
  check(definition !== undefined, 'entityType', `one of ${entityTypes.map(({ code }) => code).join(', ')}`, entityType);
  const wrongTime = scheduleProblem(every);
  check(wrongTime === undefined, 'every', wrongTime ?? '', every);
  const isCron = typeof every === 'string';
  check(isCron === (tier === 'PERIODIC'), 'every', tier === 'PERIODIC' ? 'a cron expression' : 'milliseconds', every);
  check(resolutionMs > 0, 'resolutionMs', 'more than 0', resolutionMs);
  check(overlapMs >= 0, 'overlapMs', '0 or more', overlapMs);
  check(pageSize >= 1 && pageSize <= 1_000, 'pageSize', '1 to 1000', pageSize);
  const sweeps = stream.sweepEveryMs !== undefined;
  check(
    !sweeps || capabilities.deletes === 'LISTED',
    'sweepEveryMs',
    'a system that can list its ids',
    stream.sweepEveryMs,
  );
  check(
    !outward || capabilities.push !== undefined,
    'outward',
    'a system that can be written to',
    'no push in its capabilities',
  );
  for (const attribute of Object.keys(outward?.attributes ?? {}))
    check(
      !definition || attribute in definition.attributes,
      'outward.attributes',
      `attributes of ${entityType}`,
      attribute,
    );
  const fields = Object.values(outward?.attributes ?? {}).flatMap((attribute) => attribute.fields);
  for (const field of new Set(fields.filter((name, at) => fields.indexOf(name) !== at)))
    check(false, 'outward.attributes', 'each field written by one attribute', field);
  return problems;
}
