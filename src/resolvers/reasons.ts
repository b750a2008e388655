import type { FailureClass, FailureReason, SwapReasonClass } from '../domain/resolved-rows.js';
import { type FailureSums, readFailures, readSwaps, type SwapSums } from '../warehouse/readers/reason-reader.js';
import type { ApiContext } from './context.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs } from './grouped-answer.js';
import type { Facet, FacetChoice } from './grouping.js';
import { ROLLUP_BUCKETS } from './range.js';

export type { FailureClass, FailureReason, FailureSums, SwapReasonClass, SwapSums };

/** How a swap is known: the gateway announced it, or only its effect was seen. */
export type SwapEvidence = 'explicit' | 'inferred';
export type SwapAspect = Extract<Facet, 'EVIDENCE' | 'REASON'>;
export type FailureAspect = Extract<Facet, 'CLASS' | 'REASON'>;

export interface SwapReasonArgs extends GroupedArgs {
  readonly by?: readonly SwapAspect[] | null | undefined;
  readonly evidence?: SwapEvidence | null | undefined;
  readonly reasons?: readonly SwapReasonClass[] | null | undefined;
}

export interface FailureReasonArgs extends GroupedArgs {
  readonly by?: readonly FailureAspect[] | null | undefined;
  readonly classes?: readonly FailureClass[] | null | undefined;
  readonly reasons?: readonly FailureReason[] | null | undefined;
}

/** Why orchestrators are swapped away from, most swaps first [LIFECYCLE-006]. */
export function swapReasons(context: ApiContext, args: SwapReasonArgs): Promise<GroupedAnswer<SwapSums>> {
  const facets: FacetChoice = {
    groupBy: args.by ?? ['REASON'],
    wanted: { EVIDENCE: args.evidence ? [args.evidence] : [], REASON: args.reasons ?? [] },
  };
  return answerGrouped(
    context,
    {
      field: 'swapReasons',
      buckets: ROLLUP_BUCKETS,
      finestUnasked: 'MINUTE_5',
      facets,
      read: readSwaps,
      weight: (sums) => sums.swapCount,
    },
    args,
  );
}

/** Why sessions fail, most sessions first: each in one class, for one reason [AGGREGATE-002]. */
export function failureReasons(context: ApiContext, args: FailureReasonArgs): Promise<GroupedAnswer<FailureSums>> {
  const facets: FacetChoice = {
    groupBy: args.by ?? ['CLASS', 'REASON'],
    wanted: { CLASS: args.classes ?? [], REASON: args.reasons ?? [] },
  };
  return answerGrouped(
    context,
    {
      field: 'failureReasons',
      buckets: ROLLUP_BUCKETS,
      finestUnasked: 'MINUTE_5',
      facets,
      read: readFailures,
      weight: (sums) => sums.failureCount,
    },
    args,
  );
}
