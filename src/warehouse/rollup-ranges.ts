import type { BucketRange } from './engines/engine.js';
import type { Rollup } from './rollup-definition.js';
import type { SqlSession } from './sql-session.js';

/** Storage is made for whole ranges, so a row of January does not make a year of it. */
const WIDEST_GAP_MS = 86_400_000;

/**
 * Ranges of adjacent buckets. Buckets that do not touch stay apart: one range would rewrite all between them.
 *
 * `bucketStarts` ascend and are distinct.
 */
export function mergeBuckets(bucketStarts: readonly Date[], bucketMs: number): readonly BucketRange[] {
  const ranges: { fromAt: Date; toAt: Date }[] = [];
  for (const fromAt of bucketStarts) {
    const toAt = new Date(fromAt.getTime() + bucketMs);
    const last = ranges.at(-1);
    if (last !== undefined && last.toAt.getTime() === fromAt.getTime()) last.toAt = toAt;
    else ranges.push({ fromAt, toAt });
  }
  return ranges;
}

const EMPTY_GAPS = (source: string) => `
  select g.from_at
  from unnest($1::timestamptz[], $2::timestamptz[]) as g (from_at, to_at)
  where not exists (select from ${source} as s where s.bucket_start >= g.from_at and s.bucket_start < g.to_at)`;

/**
 * The same ranges, joined where the source has nothing between them: rewriting nothing is free, and each range costs
 * milliseconds of its own (1,176 of them 5.3 s of CPU for a week of 6,000 sessions).
 */
export async function joinOverNothing(
  session: SqlSession,
  { source }: Pick<Rollup, 'source'>,
  ranges: readonly BucketRange[],
): Promise<readonly BucketRange[]> {
  const gaps = ranges.slice(1).flatMap(({ fromAt: toAt }, index) => {
    const fromAt = ranges[index]?.toAt ?? toAt;
    return toAt.getTime() - fromAt.getTime() <= WIDEST_GAP_MS ? [{ fromAt, toAt }] : [];
  });
  if (gaps.length === 0) return ranges;
  const { rows } = await session.query<{ from_at: Date }>(EMPTY_GAPS(source), [
    gaps.map(({ fromAt }) => fromAt),
    gaps.map(({ toAt }) => toAt),
  ]);
  const empty = new Set(rows.map(({ from_at: fromAt }) => fromAt.getTime()));
  const joined: { fromAt: Date; toAt: Date }[] = [];
  for (const { fromAt, toAt } of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && empty.has(last.toAt.getTime())) last.toAt = toAt;
    else joined.push({ fromAt, toAt });
  }
  return joined;
}
