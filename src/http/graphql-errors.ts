import type { GraphQLError } from 'graphql';
import { createGraphQLError, type Plugin } from 'graphql-yoga';
import { AppError, type ErrorCode, publicError } from '../errors.js';
import type { ApiContext } from '../resolvers/context.js';
import type { GraphqlEndpointDependencies } from './graphql-endpoint.js';

type Dependencies = Pick<GraphqlEndpointDependencies, 'api' | 'log' | 'metrics'>;

/** What becomes of a failed query: the caller sees a code, the log one line at the level of who must act. */
export interface GraphqlErrors {
  readonly mask: (error: unknown) => Error;
  /** Logs and counts the errors of every execution. */
  readonly logging: Plugin<ApiContext>;
  /** For the server's own error log, which is told of every masked error: only what no execution has logged. */
  readonly logUnlessLogged: (parts: readonly unknown[]) => void;
}

export function createGraphqlErrors({ api, log, metrics }: Dependencies): GraphqlErrors {
  const logged = new WeakSet<object>();

  function write(error: unknown, where: { readonly requestId?: string; readonly path?: string }): void {
    const cause = api.translateError((isGraphqlError(error) ? rootCause(error) : undefined) ?? error);
    const code: ErrorCode = publicError(cause).code;
    metrics.countGraphqlError(code);
    if (cause instanceof AppError && cause.actor === 'caller') log.debug({ ...where, code }, 'query refused');
    else log.error({ ...where, code, err: cause }, 'query failed');
  }

  return {
    /** Errors of parsing and validation are the caller's own and pass as they are. */
    mask: (error) => {
      if (!isGraphqlError(error)) return maskedError(api.translateError(error), undefined);
      const cause = rootCause(error);
      return cause === undefined ? error : maskedError(api.translateError(cause), error);
    },
    logging: {
      onExecute: ({ args }) => ({
        onExecuteDone: ({ result }) => {
          if (!('errors' in result)) return;
          for (const error of result.errors ?? []) {
            logged.add(error);
            const path = error.path?.join('.');
            write(error, { requestId: args.contextValue.requestId, ...(path !== undefined && { path }) });
          }
        },
      }),
    },
    logUnlessLogged: (parts) => {
      for (const part of parts) {
        if (typeof part === 'object' && part !== null && logged.has(part)) continue;
        write(part, {});
      }
    },
  };
}

function maskedError(cause: unknown, shell: GraphQLError | undefined): GraphQLError {
  const { code, message, httpStatus } = publicError(cause);
  return createGraphQLError(message, {
    ...(shell?.nodes !== undefined && { nodes: shell.nodes }),
    ...(shell?.path !== undefined && { path: shell.path }),
    // A failed field is an answer with an error in it; only a request that has no data gets its status.
    extensions: { code, ...(shell?.path === undefined && { http: { status: httpStatus } }) },
    ...(cause instanceof Error && { originalError: cause }),
  });
}

/** By name: a bundler may load the package twice, and then `instanceof` says no to half of them. */
function isGraphqlError(error: unknown): error is GraphQLError {
  return error instanceof Error && error.name === 'GraphQLError';
}

function rootCause(error: GraphQLError): Error | undefined {
  let cause: Error | undefined = error.originalError ?? undefined;
  while (isGraphqlError(cause)) cause = cause.originalError ?? undefined;
  return cause;
}
