import { DAY_MS } from '../domain/time.js';
import { AppError } from '../errors.js';
import type { Floors } from '../warehouse/readers/floor-reader.js';
import { LEAST_RETENTION_DAYS } from '../warehouse/retention.js';
import type { ApiContext } from './context.js';
import {
  BUCKET_MS,
  BUCKETS,
  type Bucket,
  type FinestUnasked,
  type RangeRequest,
  resolveRange,
  type UsedRange,
} from './range.js';

/** Which floor the rows behind each bucket end at; null: they are kept for ever. */
export type KeptTo = Readonly<Record<Bucket, keyof Floors | null>>;

/** Rollups; minutes are counted from sessions. */
export const ROLLUPS_KEPT: KeptTo = { MINUTE_1: 'core', MINUTE_5: 'rollup5m', HOUR_1: 'core', DAY_1: 'core' };

/** What the question needs of its request. */
type Asking = Pick<ApiContext, 'nowMs' | 'floors'>;

/** What a field answers ranges in. */
export interface RangeOffer {
  readonly buckets: readonly Bucket[];
  /** HOUR_1 where 5 minutes and hours are two answers: then 5 minutes are summed only when asked for [LIFECYCLE-009]. */
  readonly finestUnasked: FinestUnasked;
  /** As rollups are, unless said. */
  readonly keptTo?: KeptTo;
}

/** Answers that sum single rows when read: a bucket only says what their range is snapped to. */
export const SINGLE_ROWS: RangeOffer = {
  buckets: BUCKETS,
  finestUnasked: 'MINUTE_5',
  keptTo: { MINUTE_1: 'core', MINUTE_5: 'core', HOUR_1: 'core', DAY_1: 'core' },
};

/**
 * The range an answer is about, every bucket of which is still kept: as `resolveRange`, but hours in place of 5 minutes
 * that nobody asked for and that are gone.
 *
 * Fails with RANGE_NOT_KEPT instead of a part of the numbers, and as `resolveRange` does.
 */
export async function keptRange(context: Asking, request: RangeRequest, offer: RangeOffer): Promise<UsedRange> {
  const rangeFrom = (finest: FinestUnasked): UsedRange => resolveRange(request, context.nowMs, offer.buckets, finest);
  const range = rangeFrom(offer.finestUnasked);
  if (await isKept(context, range, offer)) return range;
  const wider = rangeFrom('HOUR_1');
  if (await isKept(context, wider, offer)) return wider;
  throw notKept(await context.floors(), range, offer);
}

/** Whether every bucket of a range is kept. What began within the least retention is: that needs no statement. */
export async function isKept(
  { nowMs, floors }: Asking,
  { startMs, bucket }: UsedRange,
  { keptTo = ROLLUPS_KEPT }: Pick<RangeOffer, 'keptTo'>,
): Promise<boolean> {
  const floor = keptTo[bucket];
  const alwaysKeptMs = (Math.floor(nowMs / DAY_MS) - LEAST_RETENTION_DAYS) * DAY_MS;
  if (floor === null || startMs >= alwaysKeptMs) return true;
  return startMs >= (await floors())[floor];
}

/** Names the first instant of the bucket, and the next wider one when it goes further back. */
function notKept(floors: Floors, { startMs, bucket }: UsedRange, offer: RangeOffer): AppError {
  const { keptTo = ROLLUPS_KEPT, buckets } = offer;
  const since = (kept: Bucket): number => {
    const floor = keptTo[kept];
    return floor === null ? Number.NEGATIVE_INFINITY : floors[floor];
  };
  const wider = buckets.find((other) => BUCKET_MS[other] > BUCKET_MS[bucket] && since(other) < since(bucket));
  const wanted = [bucket, ...(wider === undefined ? [] : [wider])].map((kept) =>
    Number.isFinite(since(kept)) ? `${kept} from ${new Date(since(kept)).toISOString()} on` : `${kept} of any time`,
  );
  return new AppError(
    'RANGE_NOT_KEPT',
    `the range starts at ${new Date(startMs).toISOString()}, wanted ${wanted.join(' or ')}`,
  );
}
