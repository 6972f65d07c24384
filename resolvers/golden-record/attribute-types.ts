import { Int, registerEnumType } from 'type-graphql';
import type { Field, Kind, Model } from '../../golden-records/index.js';
import { SCHEME_CODES } from '../../golden-records/normalise/index.js';
import type { Context } from '../context.js';
import {
  type Constructor,
  enumType,
  type FieldDeclaration,
  objectType,
  ResolverClass,
  type TypeThunk,
} from '../declare.js';
import { DateTimeScalar, DecimalScalar, LocalDateScalar } from '../scalars.js';

export const IdentifierScheme = Object.fromEntries(SCHEME_CODES.map((code) => [code, code]));
registerEnumType(IdentifierScheme, {
  name: 'IdentifierScheme',
  description: 'Schemes of identifiers that the hub checks and normalises.',
});

export const Money = objectType('Money', 'An amount of money.', {
  amount: { type: () => DecimalScalar, description: 'The amount.' },
  currency: { type: () => String, description: 'ISO 4217 code.' },
});
export const Quantity = objectType('Quantity', 'A number of units.', {
  value: { type: () => DecimalScalar, description: 'How many.' },
  unit: { type: () => String, description: 'UNECE Recommendation 20 code, or UCUM.' },
});
export const QualifiedIdentifier = objectType('QualifiedIdentifier', 'An identifier with its scheme.', {
  scheme: { type: () => IdentifierScheme, nullable: false, description: 'The scheme.' },
  value: { type: () => String, nullable: false, description: 'The identifier, normalised.' },
  country: { type: () => String, description: 'Country that issued it, ISO 3166-1 alpha-2.' },
});

/** GraphQL types of kinds that have the same one everywhere. */
const PLAIN: Readonly<Partial<Record<Kind['kind'], unknown>>> = {
  boolean: Boolean,
  integer: Int,
  decimal: DecimalScalar,
  money: Money,
  quantity: Quantity,
  localDate: LocalDateScalar,
  instant: DateTimeScalar,
  qualifiedIdentifier: QualifiedIdentifier,
};

export const pascalCase = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** A type's own values and those inside: which references must be loaded, and how deep they lie. */
type Load = (context: Context, value: unknown) => unknown;

/**
 * The output types of attributes, made once for each kind: enumerations are named after where they stand
 * (`SupplierStatus`), objects have their own names and are shared between entity types.
 */
export class AttributeTypes {
  readonly resolvers: Constructor[] = [];
  private readonly objects = new Map<string, { readonly kind: Kind; readonly type: Constructor }>();
  private readonly enumerations = new Map<string, { readonly values: string; readonly type: Record<string, string> }>();

  constructor(
    private readonly model: Model,
    private readonly goldenType: (entityType: string) => Constructor,
  ) {}

  field({ kind, description }: Field, place: string): FieldDeclaration {
    return { type: this.output(kind, place), description };
  }

  /** The enum of an enumeration; `place` names it. */
  enumeration(kind: Kind, place: string): Record<string, string> {
    const values = (kind.values ?? []).join(' ');
    const known = this.enumerations.get(place);
    if (known && known.values !== values) throw new Error(`two enumerations would both be called ${place}`);
    const type = known?.type ?? enumType(place, `Values of ${place}.`, kind.values ?? []);
    this.enumerations.set(place, { values, type });
    return type;
  }

  output(kind: Kind, place: string): TypeThunk {
    switch (kind.kind) {
      case 'enumeration': {
        const type = this.enumeration(kind, place);
        return () => type;
      }
      case 'list': {
        const of = this.output(element(kind), place);
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
      case 'reference':
        return () => this.goldenType(kind.target ?? '');
      default:
        return () => PLAIN[kind.kind] ?? String;
    }
  }

  /** How a value that is, or holds, references becomes records; undefined when property access is enough. */
  load(kind: Kind): Load | undefined {
    if (kind.kind === 'reference') {
      const target = this.model.entityTypes.get(kind.target ?? '');
      if (!target) throw new Error(`reference to the unknown entity type ${kind.target}`);
      return ({ loaders }, value) => (typeof value === 'string' ? loaders.of(target).golden.load(value) : null);
    }
    if (kind.kind !== 'list') return undefined;
    const load = this.load(element(kind));
    if (!load) return undefined;
    return async (context, values) => {
      if (!Array.isArray(values)) return null;
      const loaded = await Promise.all(values.map((value) => load(context, value)));
      return loaded.filter((record) => record !== null);
    };
  }

  private object(kind: Kind): Constructor {
    const name = kind.name ?? 'Object';
    const known = this.objects.get(name);
    if (known) return sameShape(known, kind, name);
    const fields = Object.entries(kind.fields ?? {});
    const type = objectType(
      name,
      `${pascalCase(name)}: ${fields.map(([field]) => field).join(', ')}.`,
      Object.fromEntries(
        fields.map(([field, declared]) => [field, this.field(declared, `${name}${pascalCase(field)}`)]),
      ),
    );
    this.objects.set(name, { kind, type });
    this.loadFields(type, fields);
    return type;
  }

  private byBusinessUnit(kind: Kind, place: string): Constructor {
    const of = element(kind);
    const name = `${of.name ?? place}ForBusinessUnit`;
    const known = this.objects.get(name);
    if (known) return sameShape(known, kind, name);
    const businessUnit: Kind = { kind: 'reference', target: 'business_unit' };
    const type = objectType(name, 'A value that holds for one business unit.', {
      businessUnit: {
        type: this.output(businessUnit, name),
        description: 'For whom; null while the unit is not known.',
      },
      value: { type: this.output(of, place), description: 'The value.' },
    });
    this.objects.set(name, { kind, type });
    this.loadFields(type, [
      ['businessUnit', { kind: businessUnit }],
      ['value', { kind: of }],
    ]);
    return type;
  }

  private loadFields(type: Constructor, fields: readonly (readonly [string, { readonly kind: Kind }])[]): void {
    const resolver = new ResolverClass(`${type.name}Resolver`, type);
    for (const [name, { kind }] of fields) {
      const load = this.load(kind);
      if (load) resolver.field<Record<string, unknown>>(name, (root, context) => load(context, root[name]));
    }
    this.resolvers.push(resolver.target);
  }
}

export const element = (kind: Kind): Kind => kind.of ?? { kind: 'text' };

function sameShape(known: { readonly kind: Kind; readonly type: Constructor }, kind: Kind, name: string): Constructor {
  if (known.kind !== kind && JSON.stringify(known.kind) !== JSON.stringify(kind))
    throw new Error(`two different objects are called ${name}`);
  return known.type;
}
