import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import { AppError } from '../errors.js';
import type { ApiContext } from '../resolvers/context.js';
import type { PageArgs } from '../resolvers/page.js';
import { checkNodeType, parseNodeId } from './node-query.js';
import type PrismaTypes from './pothos-types.js';
import { getDatamodel } from './pothos-types.js';

interface ApiTypes {
  Context: ApiContext;
  PrismaTypes: PrismaTypes;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    DateTime: { Input: Date; Output: Date };
    Count: { Input: number; Output: number };
    Wei: { Input: string; Output: string };
    Decimal: { Input: string; Output: string };
  };
}

export type Builder = PothosSchemaTypes.SchemaBuilder<PothosSchemaTypes.ExtendDefaultTypes<ApiTypes>>;

/** Cost of one request, at most; a field costs 1, a connection as many times its content as rows were asked for. */
const MAX_COMPLEXITY = 50_000;
const MAX_DEPTH = 16;
const MAX_BREADTH = 600;

export const CURSOR_DESCRIPTION = 'Opaque position of the row, usable as `after` or `before` of the same list.';
const PAGE_ARGUMENTS = {
  first: { description: 'Rows from the start of the list, 1 to 100; 50 when neither first nor last is given.' },
  last: { description: 'Rows from the end of the list, 1 to 100. Not together with first.' },
  after: { description: 'Only rows after this cursor. It is bound to the filter and order it came from.' },
  before: { description: 'Only rows before this cursor. It is bound to the filter and order it came from.' },
} as const;

/** The schema builder; every module of this folder adds its types to one. */
export function createBuilder(): Builder {
  return new SchemaBuilder<ApiTypes>({
    plugins: [ComplexityPlugin, RelayPlugin, DataloaderPlugin, PrismaPlugin],
    defaultFieldNullability: false,
    prisma: { client: (context) => context.prisma, dmmf: getDatamodel() },
    complexity: {
      defaultComplexity: 1,
      defaultListMultiplier: 1,
      limit: { complexity: MAX_COMPLEXITY, depth: MAX_DEPTH, breadth: MAX_BREADTH },
      complexityError: (kind, seen) =>
        new AppError(
          'QUERY_TOO_COMPLEX',
          `${kind.toLowerCase()} of the query is over the limit: complexity ${seen.complexity} of ${MAX_COMPLEXITY}, ` +
            `depth ${seen.depth} of ${MAX_DEPTH}, breadth ${seen.breadth} of ${MAX_BREADTH}`,
        ),
    },
    relay: {
      edgesFieldOptions: { nullable: { list: false, items: false }, description: 'Rows of the page, in list order.' },
      nodeFieldOptions: { nullable: false, description: 'The row.' },
      cursorFieldOptions: { description: CURSOR_DESCRIPTION },
      pageInfoFieldOptions: { description: 'Whether the list goes on, and from where.' },
      pageInfoTypeOptions: { description: 'Where a page lies in its list.' },
      hasNextPageFieldOptions: { description: 'Whether rows follow the page.' },
      hasPreviousPageFieldOptions: { description: 'Whether rows precede the page.' },
      startCursorFieldOptions: { description: 'Cursor of the first row; null when the page is empty.' },
      endCursorFieldOptions: { description: 'Cursor of the last row; null when the page is empty.' },
      firstArgOptions: PAGE_ARGUMENTS.first,
      lastArgOptions: PAGE_ARGUMENTS.last,
      afterArgOptions: PAGE_ARGUMENTS.after,
      beforeArgOptions: PAGE_ARGUMENTS.before,
      nodeTypeOptions: { description: 'An entity that `node(id:)` finds again.' },
      cursorType: 'String',
      decodeGlobalID: parseNodeId,
      idFieldOptions: { description: 'Opaque global id of the entity, for `node(id:)`.' },
      nodeQueryOptions: {
        description: 'The entity with a global id; null when there is none.',
        nullable: true,
        args: { id: { description: 'Global id, as an `id` field gave it; INVALID_ARGUMENT when it is none.' } },
        resolve: (_, { id }, _context, info, resolveNode) => {
          checkNodeType(id, info);
          return resolveNode(id);
        },
      },
      nodesQueryOptions: false,
    },
  });
}

/** Page arguments of a connection whose types are written out. */
export function pageArguments(builder: Builder) {
  return builder.args((t) => ({
    first: t.int({ required: false, ...PAGE_ARGUMENTS.first }),
    after: t.string({ required: false, ...PAGE_ARGUMENTS.after }),
    last: t.int({ required: false, ...PAGE_ARGUMENTS.last }),
    before: t.string({ required: false, ...PAGE_ARGUMENTS.before }),
  }));
}

/** Cost of a connection: its content once per row asked for. */
export function connectionCost(args: PageArgs): {
  field: number;
  multiplier: number;
} {
  return { field: 1, multiplier: args.first ?? args.last ?? 50 };
}

/** Cost of a number that is summed over everything selected: as much as a page, of groups that nobody sees. */
export const WHOLE_COST = 50;
/** Cost of a list that no argument bounds, such as of pipelines, topics or capabilities: its content for as many as there are. */
export const SHORT_LIST_COST = { field: 1, multiplier: 15 } as const;

/** Cost of a time series: its content once per bucket of the default range. */
export const POINTS_COST = { field: 1, multiplier: 24 } as const;
