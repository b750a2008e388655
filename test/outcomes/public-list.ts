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

const DAY_MS = 86_400_000;
const MONTH_MS = 31 * DAY_MS;

/** Every row that a GraphQL endpoint shows of a kind, oldest first; `range` is for kinds that have one. */
export function listSeen(url: string, kind: OutcomeKind, range: Range): AsyncIterable<OutcomeRow> {
  return kind.readSeen(listNodes(url, kind, range));
}

/** The nodes of the list by pages, and by parts of the range where that is asked for. */
async function* listNodes(
  url: string,
  { query, isRanged, isBackward }: OutcomeKind,
  range: Range,
): AsyncGenerator<unknown> {
  for (const part of isRanged === 'by month' ? months(range) : [range]) {
    let cursor: string | null | undefined = null;
    while (cursor !== undefined) {
      const { pageInfo, edges } = await askPage(url, query, {
        size: PAGE_ROWS,
        cursor,
        ...(isRanged && { range: part }),
      });
      for (const { node } of isBackward ? edges.toReversed() : edges) yield node;
      const [hasMore, next] = isBackward
        ? [pageInfo.hasPreviousPage, pageInfo.startCursor]
        : [pageInfo.hasNextPage, pageInfo.endCursor];
      cursor = hasMore === true ? (next ?? undefined) : undefined;
    }
  }
}

/** From midnight to midnight, but for the first. */
function* months({ start, end }: Range): Generator<Range> {
  const endMs = Date.parse(end);
  for (let fromMs = Date.parse(start); fromMs < endMs; ) {
    const toMs = Math.min(Math.floor((fromMs + MONTH_MS) / DAY_MS) * DAY_MS, endMs);
    yield { start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() };
    fromMs = toMs;
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
