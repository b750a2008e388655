import {
  type ByocAuthSums,
  type ByocWorkerSums,
  readByocAuthMetrics,
  readByocWorkerMetrics,
} from '../warehouse/readers/byoc-metrics-reader.js';
import { type ByocAuth, type ByocWorkers, readByocAuth, readByocWorkers } from '../warehouse/readers/byoc-reader.js';
import type { CountedSpan } from '../warehouse/readers/contribution-reader.js';
import { keysOfRollup } from '../warehouse/readers/grain.js';
import type { BatchedPage, ByocAuthEvent, ByocWorkerEvent } from './batched-lists.js';
import type { ApiContext } from './context.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs, type GroupedSource } from './grouped-answer.js';
import { keptRange, SINGLE_ROWS } from './kept-range.js';
import { type Metric, metric, ratioMetric } from './metric.js';
import type { PageArgs } from './page.js';
import { type RangeRequest, ROLLUP_BUCKETS, type UsedRange } from './range.js';

export type { ByocAuthEvent, ByocAuthSums, ByocWorkerEvent, ByocWorkerSums };

/** A row of a range, with the range that it is counted over. */
export type Ranged<Row> = Row & { readonly range: UsedRange };

/** Rows of a range, whole. */
export interface RangedRows<Row> {
  readonly range: UsedRange;
  readonly rows: readonly Ranged<Row>[];
}

export type RangedWorkers = Ranged<ByocWorkers>;
export type RangedAuth = Ranged<ByocAuth>;

/** BYOC workers by capability, from what they said in a range. */
export async function byocWorkers(
  context: ApiContext,
  request: Pick<RangeRequest, 'range'>,
): Promise<RangedRows<ByocWorkers>> {
  const range = await keptRange(context, { range: request.range }, SINGLE_ROWS);
  return { range, rows: (await readByocWorkers(context.db, range)).map((row) => ({ ...row, range })) };
}

/** Authorisations of BYOC jobs by capability in a range. */
export async function byocAuth(
  context: ApiContext,
  request: Pick<RangeRequest, 'range'>,
): Promise<RangedRows<ByocAuth>> {
  const range = await keptRange(context, { range: request.range }, SINGLE_ROWS);
  return { range, rows: (await readByocAuth(context.db, range)).map((row) => ({ ...row, range })) };
}

/** What the workers of a capability said in its range, oldest first [LINEAGE-002]. */
export function workerEvents(
  { loaders }: ApiContext,
  row: RangedWorkers,
  args: PageArgs,
): Promise<BatchedPage<ByocWorkerEvent>> {
  return loaders.lists.workerEvents(countedOf(row), args);
}

/** The authorisations for a capability in its range, oldest first [LINEAGE-002]. */
export function authEvents(
  { loaders }: ApiContext,
  row: RangedAuth,
  args: PageArgs,
): Promise<BatchedPage<ByocAuthEvent>> {
  return loaders.lists.authEvents(countedOf(row), args);
}

/** Counted in 5 minutes, hours and days alike, so the finest that suits the range is taken. */
const ADDITIVE = { buckets: ROLLUP_BUCKETS, finestUnasked: 'MINUTE_5' } as const;

const AUTH_METRICS: GroupedSource<ByocAuthSums> = {
  ...ADDITIVE,
  field: 'byocAuthMetrics',
  keys: keysOfRollup('byoc_auth'),
  read: readByocAuthMetrics,
  weight: (sums) => sums.eventCount,
};

const WORKER_METRICS: GroupedSource<ByocWorkerSums> = {
  ...ADDITIVE,
  field: 'byocWorkerMetrics',
  keys: keysOfRollup('byoc_worker'),
  read: readByocWorkerMetrics,
  weight: (sums) => sums.eventCount,
};

/** BYOC events do not say whether they are test traffic, so that there is nothing to choose. */
export type ByocMetricsArgs = Omit<GroupedArgs, 'synthetic'>;

/** How authorisations of BYOC jobs went, at any grain, most events first [domain 4.2]. */
export function byocAuthMetrics(context: ApiContext, args: ByocMetricsArgs): Promise<GroupedAnswer<ByocAuthSums>> {
  return answerGrouped(context, AUTH_METRICS, args);
}

/** What BYOC workers said of themselves, at any grain, most events first [domain 4.2]. */
export function byocWorkerMetrics(context: ApiContext, args: ByocMetricsArgs): Promise<GroupedAnswer<ByocWorkerSums>> {
  return answerGrouped(context, WORKER_METRICS, args);
}

/** Share of granted ones among the authorisations that say; null when none does. */
export function grantedRatio({ successCount, failedCount }: ByocAuthSums): Metric {
  return ratioMetric(successCount, successCount + failedCount);
}

/** Mean price per unit in wei over the events that say one; null without any. */
export function averagePrice({ priceSum, priceSampleCount: count }: ByocWorkerSums): Metric {
  return metric('WEI', priceSum === null ? null : Number(priceSum) / count, count);
}

function countedOf({ pipelines, range }: Ranged<{ readonly pipelines: readonly string[] }>): CountedSpan {
  const filter = { wanted: { PIPELINE: pipelines }, isHardwareBacked: null };
  return { bucket: range.bucket, range, synthetic: 'INCLUDE', filter };
}
