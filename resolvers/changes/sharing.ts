import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FieldNode,
  type FormattedExecutionResult,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { auditUnmasked, Context, type UnmaskedReads } from '../context.js';
import { presentError } from '../errors.js';
import { type ChangeMessage, ChangeStream } from './stream.js';

export interface Subscription {
  readonly args: ExecutionArgs & { readonly contextValue: Context };
  readonly operation: OperationDefinitionNode;
  /** Text of the document. */
  readonly source: string;
}

/** Answers kept for the next subscriber of the same kind; about 1 kB each, more with large records. */
const MOST_ANSWERS = 1_024;
const MOST_KINDS = 10_000;
/** Changes whose records are loaded together. */
const BLOCK = 32;

interface Block {
  readonly answers: readonly FormattedExecutionResult[];
  readonly reads: UnmaskedReads;
}
interface Answer {
  readonly block: Promise<Block>;
  readonly index: number;
}

/**
 * Executes each change once for all subscriptions that are alike: same selection, same sight. Some changes ahead, so
 * that their records load in one go. Without this, a thousand equal subscribers would run one query a thousand times
 * a change.
 */
export class SharedExecutions {
  private readonly answers = new LRUCache<string, Answer>({ max: MOST_ANSWERS });
  private readonly kinds = new LRUCache<string, number>({ max: MOST_KINDS });
  private kindsSeen = 0;

  /** Errors when the subscription can't begin (a bad cursor, a missing permission). */
  async subscribe(
    subscription: Subscription,
  ): Promise<AsyncGenerator<FormattedExecutionResult> | readonly GraphQLError[]> {
    const source = await createSourceEventStream(subscription.args);
    if (!(Symbol.asyncIterator in source)) return source.errors ?? [];
    if (!(source instanceof ChangeStream)) return executedAlone(source, subscription);
    return new SharedSubscription(this, source, subscription, this.kindOf(subscription));
  }

  executeAlone({ args }: Subscription, message: ChangeMessage): Promise<FormattedExecutionResult> {
    return executeOne(args, args.contextValue, message);
  }

  /** The answer to a change, in the block that it was executed with. */
  answerTo(kind: number, subscription: Subscription, stream: ChangeStream, message: ChangeMessage): Answer {
    const known = this.answers.get(keyOf(kind, message));
    return known ?? this.executeBlock(kind, subscription, stream, message);
  }

  private executeBlock(kind: number, { args }: Subscription, stream: ChangeStream, first: ChangeMessage): Answer {
    const context = withFreshLoaders(args.contextValue);
    const messages = [first, ...stream.upcoming(BLOCK - 1)];
    const block = Promise.all(messages.map((message) => executeOne(args, context, message))).then((answers) => ({
      answers,
      reads: context.unmaskedReads,
    }));
    for (const [index, message] of messages.entries()) this.answers.set(keyOf(kind, message), { block, index });
    // A failure (the database went away) must not be remembered as everybody's answer.
    block.catch(() => {
      for (const message of messages) this.answers.delete(keyOf(kind, message));
    });
    return { block, index: 0 };
  }

  /** A number for everything that an answer depends on, apart from the change itself. */
  private kindOf({ source, operation, args }: Subscription): number {
    const { role, unmasked } = args.contextValue;
    const variables = variablesBelowRoot(args.document, operation).map((name) => [name, args.variableValues?.[name]]);
    const text = JSON.stringify([source, operation.name?.value, variables, role, [...unmasked].sort()]);
    const kind = this.kinds.get(text) ?? ++this.kindsSeen;
    this.kinds.set(text, kind);
    return kind;
  }
}

/** One subscriber's view: its own cursor over answers that it may share. */
class SharedSubscription implements AsyncGenerator<FormattedExecutionResult, undefined, undefined> {
  private audited: Block | undefined;

  constructor(
    private readonly shared: SharedExecutions,
    private readonly stream: ChangeStream,
    private readonly subscription: Subscription,
    private readonly kind: number,
  ) {}

  async next(): Promise<IteratorResult<FormattedExecutionResult, undefined>> {
    const { value: message, done } = await this.stream.next();
    if (done) return { done, value: undefined };
    if (!message.change) return { done: false, value: await this.shared.executeAlone(this.subscription, message) };
    const { block, index } = this.shared.answerTo(this.kind, this.subscription, this.stream, message);
    const { answers, reads } = await block;
    if (reads.size > 0) await this.audit(await block);
    return { done: false, value: answers[index] as FormattedExecutionResult };
  }

  /** Each key that gets unmasked values leaves an entry of its own, before it gets them; one for a whole block. */
  private async audit(block: Block): Promise<void> {
    if (this.audited === block) return;
    const { db, actor, correlationId } = this.subscription.args.contextValue;
    await auditUnmasked(db, actor, correlationId, block.reads);
    this.audited = block;
  }

  async return(): Promise<IteratorResult<FormattedExecutionResult, undefined>> {
    await this.stream.return();
    return { done: true, value: undefined };
  }

  async throw(error: Error): Promise<IteratorResult<FormattedExecutionResult, undefined>> {
    await this.stream.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream.return();
  }
}

const keyOf = (kind: number, message: ChangeMessage): string => `${kind} ${message.change?.position}`;

/** So that records are read as they are now and not as an earlier change found them. */
const withFreshLoaders = ({ db, principal, correlationId, changes, systems }: Context): Context =>
  new Context({ db, principal, correlationId, changes, systems });

/** Few listen to what isn't the feed: each message is executed for each. */
async function* executedAlone(
  source: AsyncIterable<unknown>,
  { args }: Subscription,
): AsyncGenerator<FormattedExecutionResult> {
  for await (const message of source) {
    const context = withFreshLoaders(args.contextValue);
    const result = await executeOne(args, context, message);
    await context.flushUnmasked();
    yield result;
  }
}

async function executeOne(
  args: ExecutionArgs,
  contextValue: Context,
  rootValue: unknown,
): Promise<FormattedExecutionResult> {
  const result: ExecutionResult = await execute({ ...args, contextValue, rootValue });
  const data = result.data ?? null;
  if (!result.errors) return { data };
  return { data, errors: result.errors.map((error) => presentError(error, contextValue)) };
}

/** Variables that an answer can depend on: those of the root field only choose which changes come. */
export function variablesBelowRoot(document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const names = new Set<string>();
  const collect = { Variable: (node: { name: { value: string } }) => void names.add(node.name.value) };
  for (const root of operation.selectionSet.selections) {
    if (root.kind !== Kind.FIELD) visit(root, collect);
    else visit(withoutArguments(root), collect);
  }
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) visit(node, collect);
  return [...names].sort();
}

const withoutArguments = (field: FieldNode): FieldNode => ({ ...field, arguments: [] });
