import {
  Arg,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  registerEnumType,
} from 'type-graphql';
import type { Permission } from './authorization.js';
import type { Context } from './context.js';
import { requireStorableInput } from './storable.js';

/**
 * type-graphql's decorators, called as functions: types that are derived from a definition have no class in the source.
 * What is declared here is what a decorated class would be.
 */

export type Constructor = new () => object;
/** A GraphQL type as type-graphql takes it: a class, an enum object, a scalar; in an array for a list. */
export type TypeThunk = () => unknown;

export interface FieldDeclaration {
  readonly type: TypeThunk;
  readonly description: string;
  /** Default: yes. */
  readonly nullable?: boolean;
  /** A list with gaps. Default: no. */
  readonly itemsNullable?: boolean;
}
export interface ArgumentDeclaration extends FieldDeclaration {
  readonly name: string;
}

type ReturnType = Parameters<typeof Field>[0] & TypeThunk;
const asReturnType = (type: TypeThunk): ReturnType => type as ReturnType;

function namedClass(name: string): Constructor {
  const made = class {};
  Object.defineProperty(made, 'name', { value: name });
  return made;
}

/** Further fields of a type or interface that is declared elsewhere. */
export function addFields(
  target: { readonly prototype: object },
  fields: Readonly<Record<string, FieldDeclaration>>,
): void {
  for (const [name, { type, description, nullable = true }] of Object.entries(fields))
    Field(asReturnType(type), { nullable, description })(target.prototype, name);
}

/** An object type whose values are plain objects, read by property. */
export function objectType(
  name: string,
  description: string,
  fields: Readonly<Record<string, FieldDeclaration>>,
  interfaces: readonly object[] = [],
): Constructor {
  const target = namedClass(name);
  addFields(target, fields);
  ObjectType(name, { description, simpleResolvers: true, implements: interfaces as never[] })(target);
  return target;
}

export function inputType(
  name: string,
  description: string,
  fields: Readonly<Record<string, FieldDeclaration>>,
): Constructor {
  const target = namedClass(name);
  addFields(target, fields);
  InputType(name, { description })(target);
  return target;
}

/** Values are what is stored; names are the values in the spelling that GraphQL allows. */
export function enumType(name: string, description: string, values: readonly string[]): Record<string, string> {
  const members = Object.fromEntries(values.map((value) => [enumName(value), value]));
  registerEnumType(members, { name, description });
  return members;
}

const enumName = (value: string): string => {
  const name = value.replace(/[^A-Za-z0-9_]/g, '_');
  return /^[0-9]/.test(name) ? `_${name}` : name;
};

export type Resolve<R, A> = (root: R, context: Context, args: A) => unknown;

interface Resolved {
  readonly arguments?: readonly ArgumentDeclaration[];
  readonly needs?: Permission;
}
export interface RootDeclaration extends FieldDeclaration, Resolved {}

/** A resolver class in the making. Register it by handing `target` to `buildSchema`. */
export class ResolverClass {
  readonly target: Constructor;

  constructor(name: string, of?: { readonly prototype: object }) {
    this.target = namedClass(name);
    if (of) Resolver(() => of as Constructor)(this.target);
    else Resolver()(this.target);
  }

  /** How a field that its type declares is found. */
  field<R, A = object>(name: string, resolve: Resolve<R, A>, { arguments: taken = [], needs }: Resolved = {}): this {
    this.method(name, resolve, taken);
    FieldResolver()(this.target.prototype, name, {});
    if (needs) Authorized<Permission>(needs)(this.target.prototype, name, {});
    return this;
  }

  query<A>(
    name: string,
    { type, description, nullable = true, itemsNullable, ...rest }: RootDeclaration,
    resolve: Resolve<undefined, A>,
  ): this {
    this.method(name, resolve, rest.arguments ?? []);
    Query(asReturnType(type), { nullable: itemsNullable ? 'items' : nullable, description })(
      this.target.prototype,
      name,
      {},
    );
    if (rest.needs) Authorized<Permission>(rest.needs)(this.target.prototype, name, {});
    return this;
  }

  mutation<A>(name: string, { type, description, ...rest }: RootDeclaration, resolve: Resolve<undefined, A>): this {
    const checked: Resolve<undefined, A> = (root, context, args) => {
      requireStorableInput(args);
      return resolve(root, context, args);
    };
    this.method(name, checked, rest.arguments ?? []);
    Mutation(asReturnType(type), { nullable: false, description })(this.target.prototype, name, {});
    if (rest.needs) Authorized<Permission>(rest.needs)(this.target.prototype, name, {});
    return this;
  }

  private method<R, A>(name: string, resolve: Resolve<R, A>, taken: readonly ArgumentDeclaration[]): void {
    const { prototype } = this.target;
    const names = taken.map((argument) => argument.name);
    Object.defineProperty(prototype, name, {
      configurable: true,
      value: (root: R, context: Context, ...values: unknown[]) =>
        resolve(root, context, Object.fromEntries(names.map((key, at) => [key, values[at]])) as A),
    });
    // type-graphql hands over the declared parameters without gaps: an undeclared first one would shift the rest.
    Root()(prototype, name, 0);
    Ctx()(prototype, name, 1);
    taken.forEach(({ name: argument, type, description, nullable = true }, at) => {
      Arg(argument, asReturnType(type), { nullable, description })(prototype, name, at + 2);
    });
  }
}
