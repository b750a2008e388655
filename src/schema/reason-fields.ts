import type { ApiContext } from '../resolvers/context.js';
import type { GroupedAnswer } from '../resolvers/grouped-answer.js';
import {
  type FailureSums,
  failureReasons,
  type JobFailureSums,
  jobFailureReasons,
  type SwapSums,
  swapReasons,
} from '../resolvers/reasons.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { dimensionArguments, groupedArguments } from './grouped.js';
import { defineGroupedConnection } from './grouped-connection.js';
import { failureFacets, jobFailureFacets, swapFacets } from './reason-facets.js';
import type { ReasonMetricTypes } from './reason-metrics.js';
import type { Parts } from './rollup-fields.js';
import type { SessionEnums } from './session-enums.js';

interface ReasonParts extends Parts {
  readonly sessionEnums: SessionEnums;
  readonly reasonMetrics: ReasonMetricTypes;
}

/** swapReasons, failureReasons and jobFailureReasons: the shape of every rollup, told apart by reasons as well. */
export function defineReasonFields(builder: Builder, parts: ReasonParts): void {
  defineSwapReasons(builder, parts);
  defineFailureReasons(builder, parts);
  defineJobFailureReasons(builder, parts);
}

function defineSwapReasons(builder: Builder, parts: ReasonParts): void {
  const { SwapMetrics } = parts.reasonMetrics;
  const { SwapKind, SwapReason } = parts.sessionEnums;
  const ConnectionRef = defineGroupedConnection<SwapSums>(builder, parts, {
    prefix: 'SwapReasons',
    groupFields: (t) => swapFacets(t, parts.sessionEnums),
    contributionsField: parts.contributions.swapField,
    Metrics: SwapMetrics,
  });
  builder.queryField('swapReasons', (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description:
        'Why orchestrators are swapped away from, at any grain, most swaps first. A swap counts at its own instant for the orchestrator, pipeline, model and GPU swapped away from; nobody is named when none of them is known. These are swaps: the swapped sessions of networkDemand and serviceMetrics count a session once, however often it was swapped. Grouped by REASON unless asked otherwise; KIND can be told apart too. Has no MINUTE_1.',
      complexity: connectionCost,
      args: {
        kind: t.arg({ type: SwapKind.type, required: false, description: 'Only swaps known in this way.' }),
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
  const { FailureClass, FailureReason } = parts.sessionEnums;
  const ConnectionRef = defineGroupedConnection<FailureSums>(builder, parts, {
    prefix: 'FailureReasons',
    groupFields: (t) => failureFacets(t, parts.sessionEnums),
    contributionsField: parts.contributions.failureField,
    Metrics: FailureMetrics,
  });
  builder.queryField('failureReasons', (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description:
        'Why requested sessions fail, at any grain, most sessions first: each is in one class, for one reason, in the bucket of its start, under the orchestrator, pipeline, model and GPU of its last segment, as in networkDemand. Grouped by FAILURE_CLASS and REASON unless asked otherwise. Has no MINUTE_1.',
      complexity: connectionCost,
      args: {
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

function defineJobFailureReasons(builder: Builder, parts: ReasonParts): void {
  const { JobFailureMetrics } = parts.reasonMetrics;
  const { Kind, FailureClass, FailureReason } = parts.jobEnums;
  const ConnectionRef = defineGroupedConnection<JobFailureSums>(builder, parts, {
    prefix: 'JobFailureReasons',
    groupFields: (t) => jobFailureFacets(t, parts.jobEnums),
    contributionsField: parts.counted.failedJobField,
    Metrics: JobFailureMetrics,
  });
  builder.queryField('jobFailureReasons', (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description:
        'Why jobs fail, at any grain, most jobs first: each is in one class, for one reason, at the instant it counts at, as in jobMetrics. The pipeline of a BYOC job is its capability. Grouped by KIND, FAILURE_CLASS and REASON unless asked otherwise. Has no MINUTE_1.',
      complexity: connectionCost,
      args: {
        kind: t.arg({ type: Kind.type, required: false, description: 'Only jobs of this kind; both by default.' }),
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
        ...dimensionArguments(builder, parts.enums, parts.values),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context: ApiContext) => jobFailureReasons(context, args),
    }),
  );
}
