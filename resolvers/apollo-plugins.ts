import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import type { Context } from './context.js';
import { presentError } from './errors.js';
import type { PreparedOperation, PreparedOperations } from './jit.js';
import { type Cost, checkLimits, type QueryLimits } from './limits.js';
import { type RateLimiter, rateLimited, type Spending } from './rate-limit.js';

export interface GatekeeperOptions {
  readonly operations: PreparedOperations;
  readonly limits: QueryLimits;
  readonly rate: RateLimiter;
}

/**
 * All that happens to a request apart from its resolvers, in one plugin, since each plugin costs every request: limits
 * and budget before it runs, the compiled query instead of graphql-js, then audit, cost and errors on the answer.
 */
export function gatekeeper({ operations, limits, rate }: GatekeeperOptions): ApolloServerPlugin<Context> {
  return {
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      const { log, correlationId } = requestContext.contextValue;
      log.error({ err: error, correlationId }, 'request failed outside of its resolvers');
    },
    async requestDidStart() {
      let prepared: PreparedOperation | undefined;
      let cost: Cost | undefined;
      return {
        async didResolveOperation({ source, request, document, operation, contextValue }) {
          if (!operation) return; // Apollo says so itself, when it comes to run it
          prepared = operations.prepare(
            { source, operationName: request.operationName ?? undefined },
            document,
            operation,
          );
          const checked = checkLimits(prepared.measured, request.variables ?? {}, limits);
          cost = checked.cost;
          const [first] = checked.refusals;
          if (first) throw first;
          const spent = charge(rate, contextValue, cost.requested);
          if (!spent.ok) throw rateLimited(spent.retryAfterSeconds);
        },
        async responseForOperation({ request, contextValue }) {
          const result = prepared && (await operations.run(prepared, contextValue, request.variables ?? {}));
          if (!result) return null;
          const singleResult = { data: result.data ?? null };
          return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult } };
        },
        async willSendResponse(request) {
          await request.contextValue.flushUnmasked();
          finishAnswer(request, cost);
        },
      };
    },
  };
}

/** Take the cost from the key's budget, once a request. */
export function charge(rate: RateLimiter, context: Context, cost: number): Spending {
  if (context.charged) return { ok: true };
  const spent = rate.spend(context.principal.keyId, cost);
  context.charged = spent.ok;
  return spent;
}

function finishAnswer(request: GraphQLRequestContext<Context>, cost: Cost | undefined): void {
  const { body } = request.response;
  if (body?.kind !== 'single') return;
  const result = body.singleResult;
  if (result.errors)
    result.errors = (request.errors ?? result.errors).map((error) => presentError(error, request.contextValue));
  if (cost) result.extensions = { ...result.extensions, cost };
}

/**
 * Apollo's own formatting, before ours: what fails outside of any operation (a malformed request) ends here, without a
 * context to quote from.
 */
export const formatEarlyError = (formatted: GraphQLFormattedError): GraphQLFormattedError =>
  formatted.extensions?.code === 'INTERNAL_SERVER_ERROR'
    ? { message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }
    : formatted;
