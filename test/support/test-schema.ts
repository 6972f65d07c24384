import 'reflect-metadata';
import { GraphQLError, type GraphQLSchema, isInterfaceType } from 'graphql';
import {
  Arg,
  Authorized,
  buildSchemaSync,
  Ctx,
  Field,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import { Conflict, IllegalOperation, InvalidInput, NotFound } from '../../golden-records/errors.js';
import type { Model } from '../../golden-records/rules.js';
import { ApiKeyResolver } from '../../resolvers/api-key/api-key.resolver.js';
import { AuditResolver } from '../../resolvers/audit/audit.resolver.js';
import { authChecker, type Permission } from '../../resolvers/authorization.js';
import { CHANGES_RESOLVERS } from '../../resolvers/changes/changes.resolver.js';
import { Context } from '../../resolvers/context.js';
import { objectType } from '../../resolvers/declare.js';
import { GoldenRecord, nameEntityTypes } from '../../resolvers/golden-record/golden-record.type.js';
import { Node } from '../../resolvers/node.type.js';

/** What the server does with a schema, whatever is in it: each field here provokes one behaviour. */

@ObjectType({ simpleResolvers: true })
class Thing {
  @Field()
  name!: string;

  @Field(() => Thing, { nullable: true })
  inner!: Thing | null;
}

@InputType()
class Options {
  @Field({ defaultValue: 'by default' })
  text!: string;
}

@Resolver()
class TestResolver {
  @Query(() => String)
  hello(@Arg('name', { defaultValue: 'world' }) name: string): string {
    return `hello ${name}`;
  }

  @Query(() => String)
  me(@Ctx() { actor, role, correlationId }: Context): string {
    return `${actor.name} ${role} ${correlationId}`;
  }

  @Query(() => String, { nullable: true })
  async supplierName(@Arg('id') id: string, @Ctx() { db }: Context): Promise<string | null> {
    const { rows } = await db.pool.query<{ name: string }>({
      name: 'test-supplier-name',
      text: `select attributes->>'name' as name from golden_record where entity_type = 'supplier' and id = $1`,
      values: [id],
    });
    return rows[0]?.name ?? null;
  }

  @Query(() => [Thing])
  things(@Arg('first', () => Int) first: number): Thing[] {
    return Array.from({ length: first }, (_, at) => ({ name: `thing ${at}`, inner: { name: 'inner', inner: null } }));
  }

  @Query(() => String)
  echo(@Arg('options', () => Options) options: Options): string {
    return options.text;
  }

  @Query(() => String, { nullable: true })
  failing(@Arg('how') how: string): string {
    switch (how) {
      case 'InvalidInput':
        throw new InvalidInput('INVALID_ID', 'that is no id', { field: 'id' });
      case 'NotFound':
        throw new NotFound('NOT_FOUND', 'no such supplier');
      case 'Conflict':
        throw new Conflict('STALE_VERSION', 'version 3 is current');
      case 'IllegalOperation':
        throw new IllegalOperation('SAME_RECORD', 'a record and itself');
      case 'GraphQLError':
        throw new GraphQLError('with a stack of its own', {
          extensions: { code: 'DATABASE_PASSWORD', password: 'secret' },
        });
      default:
        throw new Error(`syntax error at or near "select secret" (${how})`);
    }
  }

  @Query(() => String)
  async sql(@Ctx() { db }: Context): Promise<string> {
    await db.pool.query('select secret_column from secret_table');
    return 'never';
  }

  @Query(() => String)
  taxId(@Ctx() context: Context): string {
    if (!context.unmasked.has('TAX_ID')) return '••••6789';
    context.noteUnmasked('TAX_ID', ['sup_1']);
    context.noteUnmasked('TAX_ID', ['sup_2', 'sup_1']);
    return '123456789';
  }

  @Authorized<Permission>('decide')
  @Query(() => String)
  decision(): string {
    return 'decided';
  }

  @Mutation(() => String)
  write(@Ctx() { correlationId }: Context): string {
    return correlationId;
  }
}

const Supplier = objectType('Supplier', 'A supplier.', { mark: { type: () => String, description: 'Nothing.' } }, [
  Node,
  GoldenRecord,
]);

export function buildTestSchema(model: Model): GraphQLSchema {
  nameEntityTypes(model);
  const schema = buildSchemaSync({
    resolvers: [TestResolver, ApiKeyResolver, AuditResolver, ...CHANGES_RESOLVERS],
    orphanedTypes: [Supplier],
    authChecker,
    pubSub: { publish: neverUsed, subscribe: neverUsed },
    validate: false,
  });
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInterfaceType(type)) type.resolveType = (value: { __typename: string }) => value.__typename;
  }
  return schema;
}

function neverUsed(): never {
  throw new Error('changes come from the feed');
}
