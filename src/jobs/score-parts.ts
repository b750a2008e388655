import type { ScoreBucket } from '../warehouse/stores/score-input-store.js';

/**
 * Groups that are compared and appended at once, about: each is held twice with its thousands of digits, and the heap
 * grows to four times what is held. A part of fewer costs the server as many statements.
 */
const GROUPS_PER_PART = 400;

/** How many groups the part before had. */
export interface PartSize {
  readonly bucketCount: number;
  readonly groupCount: number;
}

/**
 * The first buckets that are compared at once, of buckets that come width by width: those of 5 minutes together, and as
 * many hours as the part before lets expect to be few enough, but at most twice as many as it had.
 */
export function partOf(buckets: readonly ScoreBucket[], before: PartSize | null): readonly ScoreBucket[] {
  const [first] = buckets;
  const end = buckets.findIndex(({ width }) => width !== first?.width);
  const ofWidth = end < 0 ? buckets : buckets.slice(0, end);
  if (first?.width !== '1h') return ofWidth;
  if (before === null) return ofWidth.slice(0, 1);
  const hours = Math.floor((GROUPS_PER_PART * before.bucketCount) / Math.max(before.groupCount, 1));
  return ofWidth.slice(0, Math.min(Math.max(hours, 1), 2 * before.bucketCount));
}
