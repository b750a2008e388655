import { AppError } from '../errors.js';
import { type CursorKey, decodeCursor, encodeCursor } from './cursor.js';

export const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 50;

/** Arguments of every connection. */
export interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** Which rows of an ordered list to read: `limit` of them from one end, between two keys that are not included. */
export interface PageRequest {
  readonly limit: number;
  readonly isBackward: boolean;
  readonly after: CursorKey | null;
  readonly before: CursorKey | null;
}

export interface Page<Node> {
  readonly edges: { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** How the rows of one list are named by cursors. */
export interface PageKey<Node> {
  readonly fingerprint: string;
  readonly shape: readonly ('string' | 'number')[];
  readonly of: (node: Node) => CursorKey;
}

/** Checks the page arguments; fails with INVALID_ARGUMENT or INVALID_CURSOR. */
export function pageRequest(args: PageArgs, key: Pick<PageKey<never>, 'fingerprint' | 'shape'>): PageRequest {
  const { first, last } = args;
  if (isGiven(first) && isGiven(last))
    throw new AppError('INVALID_ARGUMENT', 'first and last were both given, wanted one');
  for (const [name, value] of Object.entries({ first, last })) {
    if (isGiven(value) && !(value >= 1 && value <= MAX_PAGE_SIZE)) {
      throw new AppError('INVALID_ARGUMENT', `${name} is ${value}, wanted 1 to ${MAX_PAGE_SIZE}`);
    }
  }
  const decode = (cursor: string | null | undefined): CursorKey | null =>
    isGiven(cursor) ? decodeCursor(key.fingerprint, key.shape, cursor) : null;
  return {
    limit: first ?? last ?? DEFAULT_PAGE_SIZE,
    isBackward: isGiven(last),
    after: decode(args.after),
    before: decode(args.before),
  };
}

/**
 * The connection for rows read in list order; `rows` holds one more than `limit` when there is one, at the far end.
 * What lies behind a given cursor is a row that was read before, so it counts as a neighbour.
 */
export function pageOf<Node>(rows: readonly Node[], request: PageRequest, key: PageKey<Node>): Page<Node> {
  const hasMore = rows.length > request.limit;
  const kept = request.isBackward ? rows.slice(hasMore ? 1 : 0) : rows.slice(0, request.limit);
  const edges = kept.map((node) => ({ node, cursor: encodeCursor(key.fingerprint, key.of(node)) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: request.isBackward ? request.before !== null : hasMore,
      hasPreviousPage: request.isBackward ? hasMore : request.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Takes the asked page out of a whole list in order, with one row more at the far end as `pageOf` wants it. */
export function slicePage<Node>(
  all: readonly Node[],
  request: PageRequest,
  compare: (node: Node, key: CursorKey) => number,
): readonly Node[] {
  const { after, before, limit, isBackward } = request;
  const between = all.filter(
    (node) => (after === null || compare(node, after) > 0) && (before === null || compare(node, before) < 0),
  );
  return isBackward ? between.slice(Math.max(0, between.length - limit - 1)) : between.slice(0, limit + 1);
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
