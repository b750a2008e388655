import { HORIZON_MS, HOUR_MS, parseInstantMs } from '../domain/time.js';
import { AppError } from '../errors.js';

/** Width of a bucket as callers name it. */
export const BUCKETS = ['MINUTE_1', 'MINUTE_5', 'HOUR_1', 'DAY_1'] as const;
export type Bucket = (typeof BUCKETS)[number];

/** Buckets that rollups of service and scores come in. */
export const ROLLUP_BUCKETS = ['MINUTE_5', 'HOUR_1', 'DAY_1'] as const satisfies readonly Bucket[];

export const BUCKET_MS: Readonly<Record<Bucket, number>> = {
  MINUTE_1: 60_000,
  MINUTE_5: 300_000,
  HOUR_1: 3_600_000,
  DAY_1: 86_400_000,
};

/** The finest bucket that a range without one is answered in. */
export type FinestUnasked = 'MINUTE_5' | 'HOUR_1';

/** No list of a time series is longer. */
export const MAX_POINTS = 1500;
const MINUTE_1_MAX_SPAN_MS = 6 * HOUR_MS;
const DEFAULT_HOURS = 24;
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

export interface RangeArgument {
  readonly start: Date;
  readonly end: Date;
}

/** A half-open range whose ends lie on borders of its bucket, in milliseconds since the epoch. */
export interface UsedRange {
  readonly startMs: number;
  readonly endMs: number;
  readonly bucket: Bucket;
}

export interface RangeRequest {
  readonly range?: RangeArgument | null | undefined;
  readonly bucket?: Bucket | null | undefined;
}

/**
 * The range an answer is about: what was asked, snapped outwards to the bucket; without a range the 24 hourly buckets
 * that end with the open one. The bucket is the asked one, else the finest of 5 minutes, hour and day that suits the span
 * and is not below `finestUnasked`.
 *
 * Fails with INVALID_RANGE, RANGE_TOO_WIDE or UNSUPPORTED_BUCKET; it never answers for another range than it says.
 */
export function resolveRange(
  request: RangeRequest,
  nowMs: number,
  offered: readonly Bucket[] = BUCKETS,
  finestUnasked: FinestUnasked = 'MINUTE_5',
): UsedRange {
  if (request.bucket && !offered.includes(request.bucket)) {
    throw new AppError(
      'UNSUPPORTED_BUCKET',
      `bucket ${request.bucket} is not offered here, wanted ${offered.join(', ')}`,
    );
  }
  const asked = request.range ? checkedEnds(request.range) : defaultEnds(request.bucket ?? 'HOUR_1', nowMs);
  const bucket = request.bucket ?? bucketForSpan(asked.endMs - asked.startMs, finestUnasked);
  const width = BUCKET_MS[bucket];
  const startMs = Math.floor(asked.startMs / width) * width;
  const endMs = Math.ceil(asked.endMs / width) * width;
  checkWidth(bucket, startMs, endMs);
  return { startMs, endMs, bucket };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** An end of a range from RFC 3339 text or a UTC day, which stands for its start; null when it is neither. */
export function parseEnd(text: string): Date | null {
  const ms = text.includes('-') ? parseInstantMs(DAY.test(text) ? `${text}T00:00:00Z` : text) : null;
  return ms === null ? null : new Date(ms);
}

/** The range of equal length that ends where this one starts. */
export function previousRange({ startMs, endMs, bucket }: UsedRange): UsedRange {
  return { startMs: startMs - (endMs - startMs), endMs: startMs, bucket };
}

/** Starts of the buckets of a range, in order. */
export function bucketStarts({ startMs, endMs, bucket }: UsedRange): readonly number[] {
  const width = BUCKET_MS[bucket];
  return Array.from({ length: (endMs - startMs) / width }, (_, index) => startMs + index * width);
}

/** Whether only late evidence can still change the answer. */
export function isFinalAt(endMs: number, nowMs: number): boolean {
  return endMs + HORIZON_MS <= nowMs;
}

interface Ends {
  readonly startMs: number;
  readonly endMs: number;
}

function checkedEnds({ start, end }: RangeArgument): Ends {
  const [startMs, endMs] = [start.getTime(), end.getTime()];
  for (const ms of [startMs, endMs]) {
    if (!(ms >= EARLIEST_MS && ms <= LATEST_MS)) {
      throw new AppError('INVALID_RANGE', 'range must lie between the years 2000 and 2100');
    }
  }
  checkOrder({ start, end });
  return { startMs, endMs };
}

/** The half-open bounds a list is kept to, not snapped; open without a range. Fails with INVALID_RANGE. */
export function listBounds(range: RangeArgument | null | undefined): {
  readonly fromMs: number | null;
  readonly untilMs: number | null;
} {
  if (!range) return { fromMs: null, untilMs: null };
  checkOrder(range);
  return { fromMs: range.start.getTime(), untilMs: range.end.getTime() };
}

function checkOrder({ start, end }: RangeArgument): void {
  if (end <= start) {
    throw new AppError('INVALID_RANGE', `range end ${end.toISOString()} is not after start ${start.toISOString()}`);
  }
}

function defaultEnds(bucket: Bucket, nowMs: number): Ends {
  const width = Math.max(BUCKET_MS[bucket], BUCKET_MS.HOUR_1);
  const spanMs = bucket === 'MINUTE_1' ? MINUTE_1_MAX_SPAN_MS : DEFAULT_HOURS * BUCKET_MS.HOUR_1;
  const endMs = (Math.floor(nowMs / width) + 1) * width;
  return { startMs: endMs - Math.max(spanMs, width), endMs };
}

function bucketForSpan(spanMs: number, finest: FinestUnasked): Bucket {
  if (finest === 'MINUTE_5' && spanMs <= 6 * BUCKET_MS.HOUR_1) return 'MINUTE_5';
  return spanMs <= 31 * BUCKET_MS.DAY_1 ? 'HOUR_1' : 'DAY_1';
}

function checkWidth(bucket: Bucket, startMs: number, endMs: number): void {
  const points = (endMs - startMs) / BUCKET_MS[bucket];
  if (bucket === 'MINUTE_1' && endMs - startMs > MINUTE_1_MAX_SPAN_MS) {
    throw new AppError('RANGE_TOO_WIDE', `range holds ${points} minutes, wanted at most 360 with MINUTE_1`);
  }
  if (points > MAX_POINTS) {
    throw new AppError('RANGE_TOO_WIDE', `range holds ${points} ${bucket} buckets, wanted at most ${MAX_POINTS}`);
  }
}
