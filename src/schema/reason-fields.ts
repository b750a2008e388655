import type { ApiContext } from '../resolvers/context.js';
import type { GroupedAnswer } from '../resolvers/grouped-answer.js';
import { type FailureSums, failureReasons, type SwapSums, swapReasons } from '../resolvers/reasons.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { groupedArguments } from './grouped.js';
import { failureFacets, swapFacets } from './reason-facets.js';
import type { ReasonMetricTypes } from './reason-metrics.js';
import { defineGroupedConnection, type Parts } from './rollup-fields.js';
import type { SessionEnums } from './session-enums.js';

interface ReasonParts extends Parts {
  readonly sessionEnums: SessionEnums;
  readonly reasonMetrics: ReasonMetricTypes;
}

/** swapReasons and failureReasons: the shape of every rollup, told apart by reasons as well. */
export function defineReasonFields(builder: Builder, parts: ReasonParts): void {
  defineSwapReasons(builder, parts);
  defineFailureReasons(builder, parts);
}

function defineSwapReasons(builder: Builder, parts: ReasonParts): void {
  const { SwapMetrics } = parts.reasonMetrics;
  const { SwapAspect, SwapEvidence, SwapReason } = parts.sessionEnums;
  const ConnectionRef = defineGroupedConnection<SwapSums>(builder, parts, {
    prefix: 'SwapReasons',
    groupFields: (t) => swapFacets(t, parts.sessionEnums),
    contributionsField: parts.contributions.swapField,
    sumsField: (t, description, sumsOf) => t.field({ type: SwapMetrics, description, resolve: sumsOf }),
    sumsOrNullField: (t, description, sumsOf) =>
      t.field({ type: SwapMetrics, nullable: true, description, resolve: sumsOf }),
  });
  builder.queryField('swapReasons', (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description:
        'Why orchestrators are swapped away from, at any grain, most swaps first. A swap counts at its own instant for the orchestrator, pipeline, model and GPU swapped away from; nobody is named when none of them is known. These are swaps: the swapped sessions of networkDemand and serviceMetrics count a session once, however often it was swapped. Has no MINUTE_1.',
      complexity: connectionCost,
      args: {
        by: t.arg({
          type: [SwapAspect],
          required: false,
          description: 'What to tell swaps apart by beside groupBy; [REASON] by default, [] for nothing.',
        }),
        evidence: t.arg({ type: SwapEvidence.type, required: false, description: 'Only swaps known in this way.' }),
        reasons: t.arg({
          type: [SwapReason.type],
          required: false,
          description: 'Only swaps for one of these reasons; all by default.',
        }),
        ...groupedArguments(builder, parts.enums, parts.values),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context: ApiContext): Promise<GroupedAnswer<SwapSums>> => swapReasons(context, args),
    }),
  );
}

function defineFailureReasons(builder: Builder, parts: ReasonParts): void {
  const { FailureMetrics } = parts.reasonMetrics;
  const { FailureAspect, FailureClass, FailureReason } = parts.sessionEnums;
  const ConnectionRef = defineGroupedConnection<FailureSums>(builder, parts, {
    prefix: 'FailureReasons',
    groupFields: (t) => failureFacets(t, parts.sessionEnums),
    contributionsField: parts.contributions.failureField,
    sumsField: (t, description, sumsOf) => t.field({ type: FailureMetrics, description, resolve: sumsOf }),
    sumsOrNullField: (t, description, sumsOf) =>
      t.field({ type: FailureMetrics, nullable: true, description, resolve: sumsOf }),
  });
  builder.queryField('failureReasons', (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description:
        'Why requested sessions fail, at any grain, most sessions first: each is in one class, for one reason, in the bucket of its start, under the orchestrator, pipeline, model and GPU of its last segment, as in networkDemand. Has no MINUTE_1.',
      complexity: connectionCost,
      args: {
        by: t.arg({
          type: [FailureAspect],
          required: false,
          description: 'What to tell failures apart by beside groupBy; [CLASS, REASON] by default, [] for nothing.',
        }),
        classes: t.arg({
          type: [FailureClass.type],
          required: false,
          description: 'Only failures of one of these classes; all by default.',
        }),
        reasons: t.arg({
          type: [FailureReason.type],
          required: false,
          description: 'Only failures for one of these reasons; all by default.',
        }),
        ...groupedArguments(builder, parts.enums, parts.values),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context: ApiContext): Promise<GroupedAnswer<FailureSums>> => failureReasons(context, args),
    }),
  );
}
