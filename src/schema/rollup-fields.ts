import type { FieldRef } from '@pothos/core';
import type { ApiContext } from '../resolvers/context.js';
import { networkDemand } from '../resolvers/demand.js';
import { type DiscoverySums, discoveryMetrics } from '../resolvers/discovery.js';
import type { CountedPoint, Group, GroupedAnswer, GroupedArgs } from '../resolvers/grouped-answer.js';
import { type IngestSums, ingestQuality } from '../resolvers/ingest-quality.js';
import { type JobSums, jobMetrics } from '../resolvers/jobs.js';
import { type PaymentSums, paymentTotals } from '../resolvers/payments.js';
import { serviceMetrics } from '../resolvers/service.js';
import type { ServiceSums, SessionCounts } from '../resolvers/service-figures.js';
import { type Builder, connectionCost, POINTS_COST, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { ContributionField, Contributions } from './contributions.js';
import type { CountedLists } from './counted-lists.js';
import type { DiscoveryMetricsType } from './discovery-metrics.js';
import type { Enums } from './enums.js';
import { dimensionArguments, type GroupedInterface, groupedArguments } from './grouped.js';
import type { IngestQualityType } from './ingest-quality.js';
import type { JobEnums } from './job-enums.js';
import { defineJobMetrics } from './job-metrics.js';
import type { MetricTypes } from './metrics.js';
import { definePaymentTotals } from './payment.js';
import { jobFacets } from './reason-facets.js';
import type { Values } from './values.js';

export interface Parts {
  readonly enums: Enums;
  readonly values: Values;
  readonly grouped: GroupedInterface;
  readonly metrics: MetricTypes;
  readonly contributions: Contributions;
  readonly counted: CountedLists;
  readonly jobEnums: JobEnums;
  readonly IngestQuality: IngestQualityType;
  readonly DiscoveryMetrics: DiscoveryMetricsType;
}

/** networkDemand, serviceMetrics, paymentTotals, jobMetrics, discoveryMetrics, ingestQuality: the same shape over each kind of rollup. */
export function defineRollupFields(builder: Builder, parts: Parts): void {
  const { DemandMetrics, ServiceMetrics } = parts.metrics;
  defineRollupField<SessionCounts>(builder, parts, {
    name: 'networkDemand',
    prefix: 'Demand',
    description: 'Demand of the network at any grain, most sessions first.',
    resolve: networkDemand,
    contributionsField: parts.contributions.demandField,
    sumsField: (t, description, sumsOf) => t.field({ type: DemandMetrics, description, resolve: sumsOf }),
    sumsOrNullField: (t, description, sumsOf) =>
      t.field({ type: DemandMetrics, nullable: true, description, resolve: sumsOf }),
  });
  defineRollupField<ServiceSums>(builder, parts, {
    name: 'serviceMetrics',
    prefix: 'Service',
    description: 'What was served, at any grain, most minutes first. Has no MINUTE_1.',
    resolve: serviceMetrics,
    contributionsField: parts.contributions.serviceField,
    sumsField: (t, description, sumsOf) => t.field({ type: ServiceMetrics, description, resolve: sumsOf }),
    sumsOrNullField: (t, description, sumsOf) =>
      t.field({ type: ServiceMetrics, nullable: true, description, resolve: sumsOf }),
  });
  const PaymentTotals = definePaymentTotals(builder, parts.values);
  defineRollupField<PaymentSums>(builder, parts, {
    name: 'paymentTotals',
    prefix: 'PaymentTotals',
    contributionsField: parts.counted.paymentField,
    description:
      'What gateways paid, at any grain, largest expected value first. The orchestrator is the recipient. Has no MINUTE_1.',
    resolve: paymentTotals,
    sumsField: (t, description, sumsOf) => t.field({ type: PaymentTotals, description, resolve: sumsOf }),
    sumsOrNullField: (t, description, sumsOf) =>
      t.field({ type: PaymentTotals, nullable: true, description, resolve: sumsOf }),
  });
  defineRollupField<DiscoverySums>(builder, parts, {
    name: 'discoveryMetrics',
    saysSynthetic: false,
    prefix: 'DiscoveryMetrics',
    contributionsField: parts.counted.discoveryField,
    description:
      'What gateways found when they looked for orchestrators, at any grain, most often found first. Has neither pipeline, model nor GPU, and no MINUTE_1. Finds do not say whether they are test traffic.',
    resolve: discoveryMetrics,
    sumsField: (t, description, sumsOf) => t.field({ type: parts.DiscoveryMetrics, description, resolve: sumsOf }),
    sumsOrNullField: (t, description, sumsOf) =>
      t.field({ type: parts.DiscoveryMetrics, nullable: true, description, resolve: sumsOf }),
  });
  defineRollupField<IngestSums>(builder, parts, {
    name: 'ingestQuality',
    prefix: 'IngestQuality',
    contributionsField: parts.contributions.ingestField,
    description:
      'Quality of the leg from clients to gateways at any grain, most samples first. Has neither orchestrator nor GPU, and no MINUTE_1.',
    resolve: ingestQuality,
    sumsField: (t, description, sumsOf) => t.field({ type: parts.IngestQuality, description, resolve: sumsOf }),
    sumsOrNullField: (t, description, sumsOf) =>
      t.field({ type: parts.IngestQuality, nullable: true, description, resolve: sumsOf }),
  });
  defineJobMetricsField(builder, parts);
}

function defineJobMetricsField(builder: Builder, parts: Parts): void {
  const JobMetrics = defineJobMetrics(builder, parts.values, parts.metrics);
  const ConnectionRef = defineGroupedConnection<JobSums>(builder, parts, {
    prefix: 'JobMetrics',
    groupFields: (t) => jobFacets(t, parts.jobEnums),
    contributionsField: parts.counted.jobField,
    sumsField: (t, description, sumsOf) => t.field({ type: JobMetrics, description, resolve: sumsOf }),
    sumsOrNullField: (t, description, sumsOf) =>
      t.field({ type: JobMetrics, nullable: true, description, resolve: sumsOf }),
  });
  builder.queryField('jobMetrics', (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description:
        'Jobs at any grain and KIND, most jobs first, apart from live streams. The pipeline of a BYOC job is its capability. Jobs do not say whether they are test traffic. Has no MINUTE_1.',
      complexity: connectionCost,
      args: {
        kind: t.arg({
          type: parts.jobEnums.Kind.type,
          required: false,
          description: 'Only jobs of this kind; both by default.',
        }),
        ...dimensionArguments(builder, parts.enums, parts.values),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context) => jobMetrics(context, args),
    }),
  );
}

type Types = Builder['$inferSchemaTypes'];
type Fields<Shape> = PothosSchemaTypes.ObjectFieldBuilder<Types, Shape>;

/** What a grouped answer is made of: the prefix of its types, and its sums as fields. */
interface GroupedTypes<Sums> {
  readonly prefix: string;
  /** The way back: what the numbers count, one by one [LINEAGE-002]. */
  readonly contributionsField: ContributionField;
  /** What tells groups apart beside the dimensions. */
  readonly groupFields?: (t: Fields<Group<Sums>>) => Record<string, FieldRef<Types, unknown>>;
  readonly sumsField: <Shape>(
    t: Fields<Shape>,
    description: string,
    of: (shape: Shape) => Sums,
  ) => FieldRef<Types, unknown>;
  readonly sumsOrNullField: <Shape>(
    t: Fields<Shape>,
    description: string,
    of: (shape: Shape) => Sums | null | Promise<Sums | null>,
  ) => FieldRef<Types, unknown>;
}

interface RollupField<Sums> extends GroupedTypes<Sums> {
  readonly name: string;
  /** False where rows do not say whether they are test traffic; then there is no choice. */
  readonly saysSynthetic?: boolean;
  readonly description: string;
  readonly resolve: (context: ApiContext, args: GroupedArgs) => Promise<GroupedAnswer<Sums>>;
}

function defineRollupField<Sums>(builder: Builder, parts: Parts, field: RollupField<Sums>): void {
  const ConnectionRef = defineGroupedConnection(builder, parts, field);
  builder.queryField(field.name, (t) =>
    t.field({
      type: ConnectionRef,
      nullable: true,
      description: field.description,
      complexity: connectionCost,
      args: {
        ...(field.saysSynthetic === false ? dimensionArguments : groupedArguments)(builder, parts.enums, parts.values),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context) => field.resolve(context, args),
    }),
  );
}

export function defineGroupedConnection<Sums>(builder: Builder, parts: Parts, field: GroupedTypes<Sums>) {
  const { values, grouped } = parts;
  const { sumsField, sumsOrNullField, contributionsField } = field;
  const PointRef = builder.objectRef<CountedPoint<Sums>>(`${field.prefix}Point`).implement({
    description: 'One bucket of a time series.',
    fields: (t) => ({
      start: t.field({
        type: 'DateTime',
        description: 'Start of the bucket.',
        resolve: ({ startMs }) => new Date(startMs),
      }),
      metrics: sumsOrNullField(t, 'Numbers of the bucket; null when nothing was recorded in it.', ({ sums }) => sums),
      contributions: contributionsField(t, 'in the numbers of the bucket.', ({ counted }) => counted),
    }),
  });
  const GroupRef = builder.objectRef<Group<Sums>>(`${field.prefix}Group`).implement({
    description: 'Numbers of one group over the whole range.',
    interfaces: [grouped],
    fields: (t) => ({
      ...field.groupFields?.(t),
      metrics: sumsField(t, 'Numbers over the range.', ({ sums }) => sums),
      previous: sumsOrNullField(
        t,
        'Numbers over the range of equal length before; null when nothing was recorded.',
        (group) => group.previous(),
      ),
      points: t.field({
        type: [PointRef],
        complexity: POINTS_COST,
        description: 'Every bucket of the range in order, at most 1,500.',
        resolve: async (group) => [...(await group.points())],
      }),
      contributions: contributionsField(t, 'in the numbers of the group.', ({ counted }) => counted),
    }),
  });
  return defineConnection<Group<Sums>, GroupedAnswer<Sums>>(builder, {
    name: field.prefix,
    Node: GroupRef,
    words: {
      page: 'A page of groups, with the numbers of everything selected beside them.',
      edge: 'A group and its position.',
      node: 'The group.',
    },
    fields: (t) => ({
      totalCount: t.expose('totalCount', { type: 'Count', description: 'Groups in the whole list.' }),
      rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
      previousRangeUsed: t.expose('previousRange', {
        type: values.RangeUsed,
        description: 'The range of `previous` and `previousTotal`.',
      }),
      total: sumsOrNullField(t, 'Numbers over all groups; null when nothing was recorded.', (answer) => answer.total()),
      previousTotal: sumsOrNullField(t, 'The same over the range before; null when nothing was recorded.', (answer) =>
        answer.previousTotal(),
      ),
      points: t.field({
        type: [PointRef],
        complexity: POINTS_COST,
        description: 'Every bucket of the range in order over all groups, at most 1,500.',
        resolve: async (answer) => [...(await answer.points())],
      }),
      contributions: contributionsField(t, 'in the numbers over all groups.', ({ counted }) => counted),
    }),
  });
}
