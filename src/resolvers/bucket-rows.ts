import type { ApiContext } from './context.js';
import { listFingerprint } from './cursor.js';
import { type GroupedArgs, type GroupedSource, openBuckets } from './grouped-answer.js';
import { compareKeys, type GrainValues, groupKey } from './grouping.js';
import { type Page, type PageKey, pageOf, pageRequest, slicePage } from './page.js';
import { BUCKET_MS } from './range.js';

/** Buckets that the first statement of a page reads; each further one reads so many times those of the one before. */
const FIRST_BUCKETS = 24;
const GROWTH = 8;

/** Sums of one group in one bucket. */
export interface BucketRow<Sums> {
  readonly startMs: number;
  readonly grain: GrainValues;
  readonly sums: Sums;
}

export type BucketRowsArgs = Omit<GroupedArgs, 'last' | 'before'>;

/**
 * A page of groups by bucket, newest first, empty ones left out: those with start ≤ bucket start < end.
 *
 * Reads back from the cursor until the page is full, so that a page costs its own buckets and not the range. A range
 * has 1,500 buckets at most: three statements, whatever the number of rows.
 */
export async function bucketRows<Sums>(
  context: ApiContext,
  source: GroupedSource<Sums>,
  { first, after, ...args }: BucketRowsArgs,
): Promise<Page<BucketRow<Sums>>> {
  const { range, grouping, read } = await openBuckets(context, source, args);
  const key: PageKey<BucketRow<Sums>> = {
    fingerprint: listFingerprint(`${source.field} by bucket`, {
      grouping,
      range: args.range ?? null,
      bucket: range.bucket,
      ...source.boundTo,
    }),
    shape: ['number', ...grouping.groupBy.map(() => 'string' as const)],
    of: ({ startMs, grain }) => [-startMs, ...groupKey(grouping.groupBy, grain)],
  };
  const request = pageRequest({ first, after }, key);
  const width = BUCKET_MS[range.bucket];
  // the range is snapped outwards; a list begins with the first bucket that starts in what was asked
  const firstMs = args.range ? Math.ceil(args.range.start.getTime() / width) * width : range.startMs;
  const lastMs = request.after === null ? range.endMs : Math.floor(-Number(request.after[0]) / width) * width;

  const rows: BucketRow<Sums>[] = [];
  let endMs = Math.min(range.endMs, lastMs + width);
  for (let count = FIRST_BUCKETS; endMs > firstMs && rows.length <= request.limit; count *= GROWTH) {
    const startMs = Math.max(firstMs, endMs - count * width);
    const ordered = (await read({ startMs, endMs }))
      .map(({ atMs, grain, sums }) => ({ startMs: atMs ?? startMs, grain, sums }))
      .sort((a, b) => compareKeys(key.of(a), key.of(b)));
    rows.push(...slicePage(ordered, request, (row, cursor) => compareKeys(key.of(row), cursor)));
    endMs = startMs;
  }
  return pageOf(rows.slice(0, request.limit + 1), request, key);
}
