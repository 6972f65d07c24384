import { Arg, Authorized, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { listAudit, type AuditEntry as StoredEntry } from '../../golden-records/audit.js';
import { InvalidInput } from '../../golden-records/errors.js';
import type { Permission } from '../authorization.js';
import { Context } from '../context.js';
import { PageInfo } from '../node.type.js';
import { nodeId } from '../node-ids.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';

@ObjectType({ description: 'One entry of the audit trail, which only ever grows.', simpleResolvers: true })
export class AuditEntry {
  @Field(() => ID, { description: 'Number of the entry.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Place in the chain; null for a moment after writing.' })
  position!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  at!: Date;

  @Field({ description: 'PERSON, SYSTEM or HUB.' })
  actorKind!: string;

  @Field({ description: 'Who did it.' })
  actorId!: string;

  @Field({ description: 'What was done, e.g. UNMASKED_READ.' })
  action!: string;

  @Field(() => JsonScalar, { description: 'To what: ids and kinds, never values.' })
  subject!: unknown;

  @Field({ description: 'SHA-256 of the details, which are not kept.' })
  detailsHash!: string;

  @Field(() => String, { nullable: true, description: 'Hash over this entry and the one before it.' })
  hash!: string | null;

  @Field({ description: 'Of the request in which it happened.' })
  correlationId!: string;

  @Field(() => ID, { nullable: true, description: 'The operation that it belongs to.' })
  operationId!: string | null;
}

@ObjectType({ description: 'An entry with its cursor.', simpleResolvers: true })
export class AuditEntryEdge {
  @Field({ description: 'Hand it back as `after`.' })
  cursor!: string;

  @Field(() => AuditEntry, { description: 'The entry.' })
  node!: AuditEntry;
}

@ObjectType({ description: 'A page of the audit trail.', simpleResolvers: true })
export class AuditEntryConnection {
  @Field(() => [AuditEntryEdge], { description: 'The entries with their cursors.' })
  edges!: AuditEntryEdge[];

  @Field(() => [AuditEntry], { description: 'The entries alone.' })
  nodes!: AuditEntry[];

  @Field(() => PageInfo, { description: 'Whether there is more.' })
  pageInfo!: PageInfo;
}

const MOST_ROWS = 100;
const DEFAULT_ROWS = 20;

@Resolver()
export class AuditResolver {
  @Authorized<Permission>('readAudit')
  @Query(() => AuditEntryConnection, { description: 'The audit trail, newest first.' })
  async auditEntries(
    @Ctx() { db }: Context,
    @Arg('first', () => Int, { nullable: true, description: 'Entries wanted: 1 to 100, 20 when nothing is said.' })
    first?: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the last entry seen.' }) after?: string,
  ): Promise<AuditEntryConnection> {
    const limit = checkedSize(first ?? DEFAULT_ROWS);
    const found = await listAudit(db, { limit: limit + 1, ...(after ? { before: decode(after) } : {}) });
    const edges = found.slice(0, limit).map((entry) => ({ cursor: encode(entry.seq), node: shown(entry) }));
    return {
      edges,
      nodes: edges.map(({ node }) => node),
      pageInfo: {
        hasNextPage: found.length > limit,
        hasPreviousPage: after !== undefined && after !== null,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  }
}

function checkedSize(first: number): number {
  if (first >= 1 && first <= MOST_ROWS) return first;
  throw new InvalidInput('INVALID_INPUT', `first is 1 to ${MOST_ROWS}, found ${first}`, { field: 'first' });
}

const encode = (seq: bigint): string => Buffer.from(`audit:${seq}`).toString('base64url');

function decode(cursor: string): bigint {
  const digits = /^audit:(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1];
  if (digits === undefined)
    throw new InvalidInput('INVALID_CURSOR', `"${cursor.slice(0, 80)}" is not a cursor of this list`, {
      field: 'after',
    });
  return BigInt(digits);
}

const shown = ({ seq, position, operationId, ...entry }: StoredEntry): AuditEntry => ({
  ...entry,
  id: seq.toString(),
  position: position?.toString() ?? null,
  operationId: operationId === null ? null : nodeId('Operation', operationId),
});
