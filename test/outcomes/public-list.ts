import { z } from 'zod';
import type { OutcomeKind, OutcomeRow } from './outcome-kind.js';

const PAGE_ROWS = 100;

const pageSchema = z.object({
  pageInfo: z.object({
    hasNextPage: z.boolean().optional(),
    endCursor: z.string().nullish(),
    hasPreviousPage: z.boolean().optional(),
    startCursor: z.string().nullish(),
  }),
  edges: z.array(z.object({ node: z.unknown() })),
});
const answerSchema = z.object({
  data: z.record(z.string(), pageSchema.nullable()).nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** Instants in ISO 8601. */
export interface Range {
  readonly start: string;
  readonly end: string;
}

/** Every row that a GraphQL endpoint lists of a kind, oldest first, by pages; `range` is for kinds that have one. */
export async function* listSeen(
  url: string,
  { query, isRanged, isBackward, readSeen }: OutcomeKind,
  range: Range,
): AsyncGenerator<OutcomeRow> {
  let cursor: string | null = null;
  for (;;) {
    const { pageInfo, edges } = await askPage(url, query, { size: PAGE_ROWS, cursor, ...(isRanged && { range }) });
    for (const { node } of isBackward ? edges.toReversed() : edges) yield readSeen(node);
    const [hasMore, next] = isBackward
      ? [pageInfo.hasPreviousPage, pageInfo.startCursor]
      : [pageInfo.hasNextPage, pageInfo.endCursor];
    if (hasMore !== true || next === null || next === undefined) return;
    cursor = next;
  }
}

async function askPage(url: string, query: string, variables: object): Promise<z.infer<typeof pageSchema>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`);
  const { data, errors } = answerSchema.parse(JSON.parse(text));
  const page = Object.values(data ?? {})[0];
  if (errors !== undefined || page === null || page === undefined)
    throw new Error(`${url} answered: ${errors?.map(({ message }) => message).join('; ') ?? 'no data'}`);
  return page;
}
