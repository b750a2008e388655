import type { JobKind } from '../domain/job.js';
import type { JobFailureClass, JobFailureReason } from '../domain/job-failure.js';
import type { FailureClass, FailureReason, SwapReasonClass } from '../domain/resolved-rows.js';
import { keysOfRollup } from '../warehouse/readers/grain.js';
import {
  type FailureSums,
  type JobFailureSums,
  readFailures,
  readJobFailures,
  readSwaps,
  type SwapSums,
} from '../warehouse/readers/reason-reader.js';
import type { ApiContext } from './context.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs, type GroupedSource } from './grouped-answer.js';
import { ROLLUP_BUCKETS } from './range.js';

export type {
  FailureClass,
  FailureReason,
  FailureSums,
  JobFailureClass,
  JobFailureReason,
  JobFailureSums,
  SwapReasonClass,
  SwapSums,
};

/** How a swap is known: the gateway announced it, or only its effect was seen. */
export type SwapKind = 'explicit' | 'inferred';

export interface SwapReasonArgs extends GroupedArgs {
  readonly kind?: SwapKind | null | undefined;
  readonly reasons?: readonly SwapReasonClass[] | null | undefined;
}

export interface FailureReasonArgs extends GroupedArgs {
  readonly classes?: readonly FailureClass[] | null | undefined;
  readonly reasons?: readonly FailureReason[] | null | undefined;
}

/** Jobs do not say whether they are test traffic, so that there is nothing to choose. */
export interface JobFailureReasonArgs extends Omit<GroupedArgs, 'synthetic'> {
  readonly kind?: JobKind | null | undefined;
  readonly classes?: readonly JobFailureClass[] | null | undefined;
  readonly reasons?: readonly JobFailureReason[] | null | undefined;
}

/** Counted in 5 minutes, hours and days alike, so the finest that suits the range is taken. */
const ADDITIVE = { buckets: ROLLUP_BUCKETS, finestUnasked: 'MINUTE_5' } as const;

const SWAPS: GroupedSource<SwapSums> = {
  ...ADDITIVE,
  field: 'swapReasons',
  keys: keysOfRollup('swap'),
  groupByUnasked: ['REASON'],
  read: readSwaps,
  weight: (sums) => sums.swapCount,
};

const FAILURES: GroupedSource<FailureSums> = {
  ...ADDITIVE,
  field: 'failureReasons',
  keys: keysOfRollup('failure'),
  groupByUnasked: ['FAILURE_CLASS', 'REASON'],
  read: readFailures,
  weight: (sums) => sums.failureCount,
};

const JOB_FAILURES: GroupedSource<JobFailureSums> = {
  ...ADDITIVE,
  field: 'jobFailureReasons',
  keys: keysOfRollup('job_failure'),
  groupByUnasked: ['KIND', 'FAILURE_CLASS', 'REASON'],
  read: readJobFailures,
  weight: (sums) => sums.failureCount,
};

/** Why orchestrators are swapped away from, most swaps first [LIFECYCLE-006]. */
export function swapReasons(context: ApiContext, args: SwapReasonArgs): Promise<GroupedAnswer<SwapSums>> {
  const wanted = { KIND: args.kind ? [args.kind] : [], REASON: args.reasons ?? [] };
  return answerGrouped(context, { ...SWAPS, wanted }, args);
}

/** Why sessions fail, most sessions first: each in one class, for one reason [AGGREGATE-002]. */
export function failureReasons(context: ApiContext, args: FailureReasonArgs): Promise<GroupedAnswer<FailureSums>> {
  const wanted = { FAILURE_CLASS: args.classes ?? [], REASON: args.reasons ?? [] };
  return answerGrouped(context, { ...FAILURES, wanted }, args);
}

/** Why jobs fail, most jobs first: each in one class, for one reason [domain 4.2]. */
export function jobFailureReasons(
  context: ApiContext,
  args: JobFailureReasonArgs,
): Promise<GroupedAnswer<JobFailureSums>> {
  const wanted = {
    KIND: args.kind ? [args.kind] : [],
    FAILURE_CLASS: args.classes ?? [],
    REASON: args.reasons ?? [],
  };
  return answerGrouped(context, { ...JOB_FAILURES, wanted }, args);
}
