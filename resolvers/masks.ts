import {
  type EntityTypeDefinition,
  isJsonObject,
  type Json,
  type JsonObject,
  type Kind,
  type Model,
  type Sensitivity,
} from '../golden-records/index.js';
import {
  type AttributeDiff,
  hiddenAttributes,
  maskAttributes,
  maskDetails,
  maskPayload,
  maskValue,
  type SourceValues,
  schemesOf,
} from '../golden-records/read/index.js';
import type { Context } from './context.js';
import { goldenId, nodeId, parseGoldenId } from './node-ids.js';

/**
 * What the caller of this request may see. Sensitive values without a grant come masked; with one they come as they
 * are, and the reading is noted for the audit trail. `id` is the public id of the record that they belong to.
 */

const perCaller = new WeakMap<ReadonlySet<Sensitivity>, Map<EntityTypeDefinition, ReadonlyMap<string, Kind>>>();

function hiddenFrom(context: Context, definition: EntityTypeDefinition): ReadonlyMap<string, Kind> {
  const byType = perCaller.get(context.unmasked) ?? new Map<EntityTypeDefinition, ReadonlyMap<string, Kind>>();
  perCaller.set(context.unmasked, byType);
  const hidden = byType.get(definition) ?? hiddenAttributes(definition, context.unmasked);
  byType.set(definition, hidden);
  return hidden;
}

/** One value of one attribute. */
export function visibleValue(
  context: Context,
  definition: EntityTypeDefinition,
  id: string,
  attribute: string,
  value: Json,
): Json {
  const declared = definition.attributes[attribute];
  if (declared === undefined || value === null) return value;
  const { sensitive, kind } = declared;
  if (sensitive === undefined) return withPublicIds(context.db.model, kind, value);
  if (hiddenFrom(context, definition).has(attribute)) return maskValue(kind, value);
  context.noteUnmasked(sensitive, [id]);
  return withPublicIds(context.db.model, kind, value);
}

const refersCache = new WeakMap<Kind, boolean>();

function refers(kind: Kind): boolean {
  const known = refersCache.get(kind);
  if (known !== undefined) return known;
  const found =
    kind.kind === 'reference' ||
    kind.kind === 'byBusinessUnit' ||
    (kind.of !== undefined && refers(kind.of)) ||
    Object.values(kind.fields ?? {}).some((field) => refers(field.kind));
  refersCache.set(kind, found);
  return found;
}

/** An untyped golden value, its references as canonical ids: outside, nobody knows the UUIDs. */
export const withPublicIds = (model: Model, kind: Kind, value: Json): Json =>
  mapReferences(kind, value, (target, uuid) => {
    const definition = model.entityTypes.get(target);
    return definition && UUID.test(uuid) ? goldenId(definition, uuid) : uuid;
  });

/** The way back. Throws InvalidInput INVALID_ID. */
export const withUuids = (model: Model, kind: Kind, value: Json): Json =>
  mapReferences(kind, value, (target, id) => parseGoldenId(model, id, model.entityTypes.get(target), 'value').id);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function mapReferences(kind: Kind, value: Json, map: (target: string, id: string) => string): Json {
  if (value === null || !refers(kind)) return value;
  if (kind.kind === 'reference') return typeof value === 'string' ? map(kind.target ?? '', value) : value;
  if (Array.isArray(value)) return value.map((inner) => mapElement(kind, inner, map));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const field = kind.fields?.[name];
      return [name, field ? mapReferences(field.kind, inner, map) : inner];
    }),
  );
}

function mapElement(kind: Kind, element: Json, map: (target: string, id: string) => string): Json {
  const of = kind.of ?? { kind: 'text' };
  if (kind.kind !== 'byBusinessUnit' || !isJsonObject(element)) return mapReferences(of, element, map);
  const { businessUnit = null, value = null } = element;
  return {
    ...element,
    businessUnit: typeof businessUnit === 'string' ? map('business_unit', businessUnit) : businessUnit,
    value: mapReferences(of, value, map),
  };
}

/** Attributes by name. */
export function visibleAttributes(
  context: Context,
  definition: EntityTypeDefinition,
  id: string,
  attributes: JsonObject,
): JsonObject {
  noteAttributes(context, definition, id, attributes);
  const visible = maskAttributes(hiddenFrom(context, definition), attributes);
  return Object.fromEntries(
    Object.entries(visible).map(([name, value]) => {
      const kind = definition.attributes[name]?.kind;
      return [name, kind ? withPublicIds(context.db.model, kind, value) : value];
    }),
  );
}

export const visibleDiff = (
  context: Context,
  definition: EntityTypeDefinition,
  id: string,
  diff: readonly AttributeDiff[],
): AttributeDiff[] =>
  diff.map(({ attribute, before, after }) => ({
    attribute,
    before: visibleValue(context, definition, id, attribute, before),
    after: visibleValue(context, definition, id, attribute, after),
  }));

/** JSON of the hub's own making: details of tasks, payloads of decisions, issues. */
export function visibleDetails(
  context: Context,
  definition: EntityTypeDefinition | undefined,
  id: string,
  details: Json,
): Json {
  if (definition === undefined) return details;
  noteSensitive(context, definition, id, namesIn(details));
  return withPublicNames(definition, maskDetails(hiddenFrom(context, definition), details));
}

const SOURCE_KEYS = new Set(['left', 'right', 'source', 'sourceRecordId', 'about']);
const GOLDEN_KEYS = new Set(['survivorId', 'mergedIds', 'ids', 'from', 'goldenId']);

/** Ids of records inside such JSON, as they are known outside. */
function withPublicNames(definition: EntityTypeDefinition, details: Json, key = ''): Json {
  if (Array.isArray(details)) return details.map((inner) => withPublicNames(definition, inner, key));
  if (isJsonObject(details))
    return Object.fromEntries(
      Object.entries(details).map(([name, inner]) => [name, withPublicNames(definition, inner, name)]),
    );
  if (typeof details !== 'string' || !UUID.test(details)) return details;
  if (SOURCE_KEYS.has(key)) return nodeId('SourceRecord', details);
  if (GOLDEN_KEYS.has(key)) return goldenId(definition, details);
  return key === 'operation' ? nodeId('Operation', details) : details;
}

/** A payload as the system sent it. */
export function visiblePayload(
  context: Context,
  definition: EntityTypeDefinition,
  id: string,
  payload: Json,
  read: Pick<SourceValues, 'attributes' | 'issues' | 'heldReason'>,
): Json {
  noteAttributes(context, definition, id, read.attributes);
  const complete = read.heldReason === null;
  return maskPayload(hiddenFrom(context, definition), payload, { ...read, complete });
}

function noteAttributes(context: Context, definition: EntityTypeDefinition, id: string, attributes: JsonObject): void {
  noteSensitive(context, definition, id, new Set(Object.keys(attributes).filter((name) => attributes[name] !== null)));
}

function noteSensitive(
  context: Context,
  definition: EntityTypeDefinition,
  id: string,
  names: ReadonlySet<string>,
): void {
  if (context.unmasked.size === 0) return;
  for (const [name, { sensitive, kind }] of Object.entries(definition.attributes)) {
    if (sensitive === undefined || !context.unmasked.has(sensitive)) continue;
    // A waterfall and an identifier's evidence name the scheme, not the attribute.
    if (names.has(name) || schemesOf(kind).some((scheme) => names.has(scheme))) context.noteUnmasked(sensitive, [id]);
  }
}

/** Every key, and every text, as details may name an attribute either way. */
function namesIn(details: Json, into: Set<string> = new Set()): Set<string> {
  if (typeof details === 'string') into.add(details);
  else if (Array.isArray(details)) for (const inner of details) namesIn(inner, into);
  else if (isJsonObject(details))
    for (const [key, inner] of Object.entries(details)) {
      into.add(key);
      namesIn(inner, into);
    }
  return into;
}
