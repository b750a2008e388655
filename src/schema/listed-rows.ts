import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import type { ApiContext } from '../resolvers/context.js';

/** Relations that the rows of a connection are asked for, to be loaded with them: one statement each for the page. */
export function relationsAskedFor<Include>(context: ApiContext, info: GraphQLResolveInfo, typeName: string): Include {
  const { include } = queryFromInfo({ context, info, path: ['edges', 'node'], typeName });
  // Pothos builds it from the model's own relations, under a type that has forgotten the model.
  return (include ?? {}) as Include;
}
