import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import { createGraphQLError, createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { AppError, type ErrorCode, publicError } from '../errors.js';
import type { Log } from '../log.js';
import type { Api } from '../resolvers/api.js';
import type { ApiContext } from '../resolvers/context.js';
import { EXAMPLE_QUERIES } from './example-queries.js';
import type { RequestMetrics } from './request-metrics.js';

export interface RequestScope {
  readonly requestId: string;
}

export interface GraphqlEndpointDependencies {
  readonly schema: GraphQLSchema;
  readonly api: Api;
  readonly log: Log;
  readonly metrics: RequestMetrics;
}

const MAX_ALIASES = 60;
const MAX_TOKENS = 4_000;
const MAX_DIRECTIVES = 30;

/** GraphQL on node's own listener, GraphiQL served from local files, errors masked except those with a code. */
export function createGraphqlEndpoint(
  dependencies: GraphqlEndpointDependencies,
): YogaServerInstance<RequestScope, ApiContext> {
  const { schema, api, log } = dependencies;
  return createYoga<RequestScope, ApiContext>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    batching: false,
    cors: { origin: '*', credentials: false, exposedHeaders: ['x-request-id'] },
    logging: {
      debug: () => undefined,
      info: (...parts) => log.debug({ parts }, 'yoga said something'),
      warn: (...parts) => log.warn({ parts }, 'yoga warned'),
      error: (...parts) => log.error({ parts }, 'yoga failed'),
    },
    graphiql: {
      title: 'naap-data-api',
      defaultTabs: EXAMPLE_QUERIES.map((query) => ({ query })),
    },
    renderGraphiQL,
    context: ({ requestId }) => api.createContext(requestId),
    maskedErrors: { errorMessage: 'internal error', maskError: (error) => maskError(dependencies, error) },
    plugins: [
      EnvelopArmorPlugin({
        costLimit: { enabled: false },
        maxDepth: { enabled: false },
        blockFieldSuggestion: { enabled: false },
        maxAliases: { n: MAX_ALIASES },
        maxTokens: { n: MAX_TOKENS },
        maxDirectives: { n: MAX_DIRECTIVES },
      }),
      errorLogging(dependencies),
    ],
  });
}

/** What a caller sees of a failure; errors of parsing and validation are the caller's own and pass as they are. */
function maskError({ api }: GraphqlEndpointDependencies, error: unknown): Error {
  if (!isGraphqlError(error)) return maskedError(api.translateError(error), undefined);
  const cause = rootCause(error);
  return cause === undefined ? error : maskedError(api.translateError(cause), error);
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

function errorLogging(dependencies: GraphqlEndpointDependencies): Plugin<ApiContext> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone: ({ result }) => {
        if ('errors' in result) logErrors(dependencies, args.contextValue.requestId, result.errors ?? []);
      },
    }),
  };
}

function logErrors(
  { log, metrics, api }: GraphqlEndpointDependencies,
  requestId: string,
  errors: readonly GraphQLError[],
): void {
  for (const error of errors) {
    const cause = api.translateError(rootCause(error) ?? error);
    const code: ErrorCode = publicError(cause).code;
    metrics.countGraphqlError(code);
    if (cause instanceof AppError && cause.actor === 'caller') {
      log.debug({ requestId, code, path: error.path?.join('.') }, 'query refused');
    } else {
      log.error({ requestId, code, path: error.path?.join('.'), err: cause }, 'query failed');
    }
  }
}
