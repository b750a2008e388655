import { AppError } from '../errors.js';
import { readService, type ServiceSums } from '../warehouse/readers/rollup-reader.js';
import { readStatusMinutes, type StatusSums } from '../warehouse/readers/status-minute-reader.js';
import type { CountedSamples } from './batched-lists.js';
import type { ApiContext } from './context.js';
import type { CountedSpan } from './contributions.js';
import { fillBuckets, type Point } from './grouped-answer.js';
import { DIMENSIONS, type GroupingArgs, resolveGrouping, spanOf } from './grouping.js';
import { keptRange, type RangeOffer, ROLLUPS_KEPT } from './kept-range.js';
import { BUCKET_MS, BUCKETS, type RangeRequest, type UsedRange } from './range.js';

export type { StatusSums };

/** Status samples by the state they report. */
export type StateSamples = Pick<
  StatusSums,
  | 'loadingSample'
  | 'offlineSample'
  | 'onlineSample'
  | 'degradedInputSample'
  | 'degradedInferenceSample'
  | 'errorStateSample'
>;

export interface StatusSeriesArgs extends RangeRequest, Pick<GroupingArgs, 'where' | 'synthetic'> {
  readonly sessionId?: string | null | undefined;
}

export interface StatusSeries {
  readonly range: UsedRange;
  readonly points: readonly StatusPoint[];
  /** What minutes are summed over [LINEAGE-002]; null in wider buckets. */
  readonly samples: CountedSamples | null;
}

export interface StatusPoint extends Point<StatusSums> {
  /** The parts of service that a wide bucket is summed over [LINEAGE-002]; null for a minute. */
  readonly counted: CountedSpan | null;
}

/** Minutes are counted from the samples themselves. */
const SAMPLES: RangeOffer = {
  buckets: BUCKETS,
  finestUnasked: 'MINUTE_5',
  keptTo: { ...ROLLUPS_KEPT, MINUTE_1: 'raw' },
};

/** Status samples over time: by minute from the samples, wider from the service rollups. */
export async function statusSeries(context: ApiContext, args: StatusSeriesArgs): Promise<StatusSeries> {
  const sessionId = args.sessionId ?? null;
  const bucket = args.bucket ?? (sessionId === null ? null : 'MINUTE_1');
  if (sessionId !== null && bucket !== 'MINUTE_1') {
    throw new AppError('UNSUPPORTED_BUCKET', `bucket ${bucket} has no single sessions, wanted MINUTE_1 with sessionId`);
  }
  const offer = sessionId === null ? SAMPLES : { ...SAMPLES, buckets: ['MINUTE_1'] as const };
  const range = await keptRange(context, { range: args.range, bucket }, offer);
  const { filter, synthetic } = resolveGrouping(args, { field: 'statusSeries', keys: DIMENSIONS });
  const spanFrom = (startMs: number, endMs: number): CountedSpan =>
    spanOf({ filter, synthetic }, range.bucket, { startMs, endMs }, {});
  if (range.bucket === 'MINUTE_1') {
    const rows = await readStatusMinutes(context.db, { range, filter, synthetic, sessionId });
    const points = fillBuckets(range, rows).map((point) => ({ ...point, counted: null }));
    return { range, points, samples: { span: spanFrom(range.startMs, range.endMs), sessionId } };
  }
  const rows = await readService(context.db, {
    bucket: range.bucket,
    range,
    step: 'bucket',
    groupBy: [],
    filter,
    synthetic,
    nowMs: context.nowMs,
  });
  const sums = rows.map(({ atMs, sums: own }) => ({ atMs, sums: statusSums(own) }));
  const points = fillBuckets(range, sums).map((point) => {
    return { ...point, counted: spanFrom(point.startMs, point.startMs + BUCKET_MS[range.bucket]) };
  });
  return { range, points, samples: null };
}

function statusSums({ samples, fpsSum, inputFpsSum }: ServiceSums): StatusSums {
  return { ...samples, fpsSum: Number(fpsSum), inputFpsSum: Number(inputFpsSum) };
}
