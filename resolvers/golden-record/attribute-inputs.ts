import { ID, Int } from 'type-graphql';
import {
  BY_CANONICAL_ID,
  type EntityTypeDefinition,
  type Field,
  InvalidInput,
  type Kind,
  type SourceReference,
} from '../../golden-records/index.js';
import { goldenByExternalId } from '../../golden-records/read/index.js';
import type { Context } from '../context.js';
import { type Constructor, type FieldDeclaration, inputType, type TypeThunk } from '../declare.js';
import { parseGoldenId } from '../node-ids.js';
import { DateTimeScalar, DecimalScalar, LocalDateScalar } from '../scalars.js';
import { type AttributeTypes, element, IdentifierScheme, pascalCase } from './attribute-types.js';
import { scopeOf } from './scope.js';

export const MoneyInput = inputType('MoneyInput', 'An amount of money.', {
  amount: { type: () => DecimalScalar, nullable: false, description: 'The amount.' },
  currency: { type: () => String, nullable: false, description: 'ISO 4217 code.' },
});
export const QuantityInput = inputType('QuantityInput', 'A number of units.', {
  value: { type: () => DecimalScalar, nullable: false, description: 'How many.' },
  unit: { type: () => String, nullable: false, description: 'UNECE Recommendation 20 code, or UCUM.' },
});
export const QualifiedIdentifierInput = inputType('QualifiedIdentifierInput', 'An identifier with its scheme.', {
  scheme: { type: () => IdentifierScheme, nullable: false, description: 'The scheme.' },
  value: { type: () => String, nullable: false, description: 'The identifier, in any usual spelling.' },
  country: { type: () => String, description: 'Country that issued it, ISO 3166-1 alpha-2.' },
});
export const ReferenceInput = inputType(
  'ReferenceInput',
  "Another record: by its canonical id, or by a system's own id, which may still be on its way.",
  {
    id: { type: () => ID, description: 'Canonical id.' },
    system: { type: () => String, description: 'Code of the system whose id `externalId` is.' },
    scope: { type: () => String, description: 'Scope within the system; needed when it has several.' },
    externalId: { type: () => String, description: "The system's own id." },
  },
);

const PLAIN: Readonly<Partial<Record<Kind['kind'], unknown>>> = {
  boolean: Boolean,
  integer: Int,
  decimal: DecimalScalar,
  money: MoneyInput,
  quantity: QuantityInput,
  localDate: LocalDateScalar,
  instant: DateTimeScalar,
  qualifiedIdentifier: QualifiedIdentifierInput,
  reference: ReferenceInput,
};

/** The input types of attributes: like the output types, with `Input` at the end. */
export class AttributeInputs {
  private readonly made = new Map<string, Constructor>();

  constructor(private readonly types: AttributeTypes) {}

  field({ kind, description }: Field, place: string): FieldDeclaration {
    return { type: this.input(kind, place), description };
  }

  private input(kind: Kind, place: string): TypeThunk {
    switch (kind.kind) {
      case 'enumeration': {
        const type = this.types.enumeration(kind, place);
        return () => type;
      }
      case 'list': {
        const of = this.input(element(kind), place);
        return () => [of()];
      }
      case 'byBusinessUnit': {
        const type = this.byBusinessUnit(kind, place);
        return () => [type];
      }
      case 'object': {
        const type = this.object(kind);
        return () => type;
      }
      default:
        return () => PLAIN[kind.kind] ?? String;
    }
  }

  private object(kind: Kind): Constructor {
    const name = kind.name ?? 'Object';
    const fields = Object.entries(kind.fields ?? {});
    return this.once(`${name}Input`, `Input of ${name}.`, () =>
      Object.fromEntries(
        fields.map(([field, declared]) => [field, this.field(declared, `${name}${pascalCase(field)}`)]),
      ),
    );
  }

  private byBusinessUnit(kind: Kind, place: string): Constructor {
    const of = element(kind);
    return this.once(`${of.name ?? place}ForBusinessUnitInput`, 'A value that holds for one business unit.', () => ({
      businessUnit: { type: () => ReferenceInput, nullable: false, description: 'For whom.' },
      value: { type: this.input(of, place), nullable: false, description: 'The value.' },
    }));
  }

  private once(name: string, description: string, fields: () => Record<string, FieldDeclaration>): Constructor {
    const type = this.made.get(name) ?? inputType(name, description, fields());
    this.made.set(name, type);
    return type;
  }
}

export interface ReferenceArgument {
  readonly id?: string | null;
  readonly system?: string | null;
  readonly scope?: string | null;
  readonly externalId?: string | null;
}

/** What a reference becomes: a source's way of naming the record, or the canonical id. */
export type ReadReference = (target: string, reference: ReferenceArgument, field: string) => Promise<unknown>;

/**
 * Attributes as GraphQL gives them (instances of input classes, dates) → plain JSON, with each reference read by
 * `readReference`. Keys that were not given stay away; null stays null. Throws InvalidInput.
 */
export async function readAttributes(
  definition: EntityTypeDefinition,
  given: Readonly<Record<string, unknown>>,
  readReference: ReadReference,
): Promise<Record<string, unknown>> {
  const entries = Object.entries(definition.attributes).filter(([name]) => given[name] !== undefined);
  const read = entries.map(async ([name, { kind }]) => [name, await readValue(kind, given[name], name, readReference)]);
  return Object.fromEntries(await Promise.all(read));
}

async function readValue(kind: Kind, value: unknown, field: string, readReference: ReadReference): Promise<unknown> {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (kind.kind === 'reference') return readReference(kind.target ?? '', value as ReferenceArgument, field);
  if (kind.kind === 'list' && Array.isArray(value))
    return Promise.all(value.map((inner, at) => readValue(element(kind), inner, `${field}[${at}]`, readReference)));
  if (kind.kind === 'byBusinessUnit' && Array.isArray(value))
    return Promise.all(value.map((inner, at) => readForUnit(kind, inner, `${field}[${at}]`, readReference)));
  if (kind.kind === 'object') return readFields(kind, value as Record<string, unknown>, field, readReference);
  return typeof value === 'object' ? withoutBlanks(value) : value;
}

async function readForUnit(
  kind: Kind,
  entry: { businessUnit: ReferenceArgument; value: unknown },
  field: string,
  readReference: ReadReference,
) {
  return {
    businessUnit: await readReference('business_unit', entry.businessUnit, `${field}.businessUnit`),
    value: await readValue(element(kind), entry.value, `${field}.value`, readReference),
  };
}

async function readFields(kind: Kind, value: Record<string, unknown>, field: string, readReference: ReadReference) {
  const entries = Object.entries(kind.fields ?? {}).filter(
    ([name]) => value[name] !== undefined && value[name] !== null,
  );
  const read = entries.map(async ([name, inner]) => [
    name,
    await readValue(inner.kind, value[name], `${field}.${name}`, readReference),
  ]);
  return Object.fromEntries(await Promise.all(read));
}

const withoutBlanks = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null));

/** The canonical id that a reference names, for what is stored on the golden side. */
export const asCanonicalId =
  (context: Context): ReadReference =>
  async (target, reference, field) => {
    const { definition, id } = await existing(context, target, reference, field);
    const record = await context.loaders.of(definition).golden.load(id);
    if (!record) throw new InvalidInput('INVALID_INPUT', `no ${definition.name} has this id`, { field });
    return record.uuid;
  };

/** How the hub's own record names another: by its canonical id, which goes on through merges, or as its system does. */
export const asSourceReference =
  (context: Context): ReadReference =>
  async (target, reference, field): Promise<SourceReference> =>
    reference.id
      ? { ...BY_CANONICAL_ID, id: String(await asCanonicalId(context)(target, reference, field)) }
      : externalReference(context, reference, field);

async function existing(context: Context, target: string, reference: ReferenceArgument, field: string) {
  const definition = context.db.model.entityTypes.get(target);
  if (!definition) throw new InvalidInput('UNKNOWN_ENTITY_TYPE', `unknown entity type ${target}`, { field });
  if (reference.id) return { definition, id: parseGoldenId(context.db.model, reference.id, definition, field).id };
  const { system, scope, id } = externalReference(context, reference, field);
  const row = await goldenByExternalId(context.db, definition, { system, scope, externalId: id });
  if (!row)
    throw new InvalidInput('INVALID_INPUT', `no ${definition.name} is known as ${system}/${scope}/${id}`, { field });
  return { definition, id: row.id };
}

function externalReference(context: Context, reference: ReferenceArgument, field: string) {
  const { system, scope, externalId } = reference;
  if (!system || !externalId)
    throw new InvalidInput('INVALID_INPUT', 'a reference needs `id`, or `system` and `externalId`', { field });
  return { system, scope: scopeOf(context.db.model, system, scope, field), id: externalId };
}
