import { EnvelopArmorPlugin } from '@escape.tech/graphql-armor';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphQLSchema } from 'graphql';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Log } from '../log.js';
import type { Api } from '../resolvers/api.js';
import type { ApiContext } from '../resolvers/context.js';
import { EXAMPLE_QUERIES } from './example-queries.js';
import { createGraphqlErrors } from './graphql-errors.js';
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
  const errors = createGraphqlErrors(dependencies);
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
      error: (...parts) => errors.logUnlessLogged(parts),
    },
    graphiql: {
      title: 'naap-data-api',
      defaultTabs: EXAMPLE_QUERIES.map((query) => ({ query })),
    },
    renderGraphiQL,
    context: ({ requestId }) => api.createContext(requestId),
    maskedErrors: { errorMessage: 'internal error', maskError: errors.mask },
    plugins: [
      EnvelopArmorPlugin({
        costLimit: { enabled: false },
        maxDepth: { enabled: false },
        blockFieldSuggestion: { enabled: false },
        maxAliases: { n: MAX_ALIASES },
        maxTokens: { n: MAX_TOKENS },
        maxDirectives: { n: MAX_DIRECTIVES },
      }),
      errors.logging,
    ],
  });
}
