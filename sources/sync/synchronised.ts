import type { Actor, Log, TargetDefinition } from '../../golden-records/index.js';
import type { Connector, OpenSystem, SyncStream } from '../connector.js';
import { Permanent } from '../errors.js';
import { nextTurn } from './turns.js';

/** A system that the engine keeps in agreement, with its connector open. */
export interface Synchronised {
  readonly system: string;
  readonly connector: Connector;
  readonly open: OpenSystem;
  /** What arrives from it carries this actor. */
  readonly actor: Actor;
}

export function openSystem(
  system: string,
  name: string,
  connector: Connector,
  context: { readonly log: Log; readonly env: Readonly<Record<string, string | undefined>> },
): Synchronised {
  return {
    system,
    connector,
    open: connector.open({ system, ...context, turn: () => nextTurn(system, connector.callsPerSecond) }),
    actor: { kind: 'SYSTEM', id: system, name },
  };
}

/** How a stream is named everywhere: in cursors, in `syncStatus`, on the command line. */
export const streamName = (system: string, { scope, name }: Pick<SyncStream, 'scope' | 'name'>): string =>
  `${system}/${scope}/${name}`;

/** Throws Permanent STREAM_UNKNOWN, naming those that there are. */
export function streamOf({ system, connector }: Synchronised, name: string): SyncStream {
  const found = connector.streams.find((stream) => streamName(system, stream) === name);
  if (found) return found;
  const names = connector.streams.map((stream) => streamName(system, stream));
  throw new Permanent('STREAM_UNKNOWN', `expected one of ${names.join(', ')}, found "${name}"`);
}

/** The stream of an entity type and scope that is written to, if there is one. */
export const outwardStream = (
  { connector }: Synchronised,
  scope: string,
  entityType: string,
): (SyncStream & { readonly outward: NonNullable<SyncStream['outward']> }) | undefined =>
  connector.streams.find(isOutward(scope, entityType));

const isOutward =
  (scope: string, entityType: string) =>
  (stream: SyncStream): stream is SyncStream & { readonly outward: NonNullable<SyncStream['outward']> } =>
    stream.scope === scope && stream.entityType === entityType && stream.outward !== undefined;

/** What a connector's outward streams mean for the model: where changes are queued for. */
export const targetsOf = (system: string, { streams }: Pick<Connector, 'streams'>): TargetDefinition[] =>
  streams.flatMap(({ scope, entityType, outward, capabilities }) => {
    if (!outward || !capabilities.push) return [];
    const { creates = false } = outward;
    return [
      {
        system,
        scope,
        entityType,
        attributes: Object.keys(outward.attributes),
        writesState: outward.state !== undefined,
        creates: typeof creates === 'function' ? creates : () => creates,
        mayCreate: creates !== false,
        provisional: outward.provisional ?? false,
      },
    ];
  });
