import { type ByocAuthSums, type ByocWorkerSums, byocAuthMetrics, byocWorkerMetrics } from '../resolvers/byoc.js';
import { networkDemand } from '../resolvers/demand.js';
import { type DiscoverySums, discoveryMetrics } from '../resolvers/discovery.js';
import { type IngestSums, ingestQuality } from '../resolvers/ingest-quality.js';
import { type JobSums, jobMetrics } from '../resolvers/jobs.js';
import { type PaymentSums, paymentTotals } from '../resolvers/payments.js';
import { serviceMetrics } from '../resolvers/service.js';
import type { ServiceSums, SessionCounts } from '../resolvers/service-figures.js';
import { type TicketSums, ticketMetrics } from '../resolvers/tickets.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { defineByocMetrics } from './byoc-metrics.js';
import type { Contributions } from './contributions.js';
import type { CountedLists } from './counted-lists.js';
import type { DiscoveryMetricsType } from './discovery-metrics.js';
import { dimensionArguments } from './grouped.js';
import { defineGroupedConnection, defineRollupField, type GroupedParts } from './grouped-connection.js';
import type { IngestQualityType } from './ingest-quality.js';
import type { JobEnums } from './job-enums.js';
import { defineJobMetrics } from './job-metrics.js';
import type { MetricTypes } from './metrics.js';
import { definePaymentTotals } from './payment.js';
import { jobFacets } from './reason-facets.js';
import { defineTicketMetrics } from './ticket-metrics.js';

export interface Parts extends GroupedParts {
  readonly metrics: MetricTypes;
  readonly contributions: Contributions;
  readonly counted: CountedLists;
  readonly jobEnums: JobEnums;
  readonly IngestQuality: IngestQualityType;
  readonly DiscoveryMetrics: DiscoveryMetricsType;
}

/** networkDemand, serviceMetrics, paymentTotals, jobMetrics and their kin: the same shape over each kind of rollup. */
export function defineRollupFields(builder: Builder, parts: Parts): void {
  const { DemandMetrics, ServiceMetrics } = parts.metrics;
  defineRollupField<SessionCounts>(builder, parts, {
    name: 'networkDemand',
    prefix: 'Demand',
    description: 'Demand of the network at any grain, most sessions first.',
    resolve: networkDemand,
    contributionsField: parts.contributions.demandField,
    Metrics: DemandMetrics,
  });
  defineRollupField<ServiceSums>(builder, parts, {
    name: 'serviceMetrics',
    prefix: 'Service',
    description: 'What was served, at any grain, most minutes first. Has no MINUTE_1.',
    resolve: serviceMetrics,
    contributionsField: parts.contributions.serviceField,
    Metrics: ServiceMetrics,
  });
  const PaymentTotals = definePaymentTotals(builder, parts.values);
  defineRollupField<PaymentSums>(builder, parts, {
    name: 'paymentTotals',
    prefix: 'PaymentTotals',
    contributionsField: parts.counted.paymentField,
    description:
      'What gateways paid, at any grain, largest expected value first. The orchestrator is the recipient. Has no MINUTE_1.',
    resolve: paymentTotals,
    Metrics: PaymentTotals,
  });
  defineRollupField<IngestSums>(builder, parts, {
    name: 'ingestQuality',
    prefix: 'IngestQuality',
    contributionsField: parts.contributions.ingestField,
    description:
      'Quality of the leg from clients to gateways at any grain, most samples first. Has neither orchestrator nor GPU, and no MINUTE_1.',
    resolve: ingestQuality,
    Metrics: parts.IngestQuality,
  });
  defineJobMetricsField(builder, parts);
  defineMessageFields(builder, parts);
}

/** Sums over single messages of gateways, which do not say whether they are test traffic. */
function defineMessageFields(builder: Builder, parts: Parts): void {
  const { ByocAuthMetrics, ByocWorkerMetrics } = defineByocMetrics(builder, parts.values);
  defineRollupField<DiscoverySums>(builder, parts, {
    name: 'discoveryMetrics',
    saysSynthetic: false,
    prefix: 'DiscoveryMetrics',
    contributionsField: parts.counted.discoveryField,
    description:
      'What gateways found when they looked for orchestrators, at any grain, most often found first. Has neither pipeline, model nor GPU, and no MINUTE_1. Finds do not say whether they are test traffic.',
    resolve: discoveryMetrics,
    Metrics: parts.DiscoveryMetrics,
  });
  defineRollupField<TicketSums>(builder, parts, {
    name: 'ticketMetrics',
    saysSynthetic: false,
    prefix: 'TicketMetrics',
    contributionsField: parts.counted.ticketField,
    description:
      'What gateways signed, at any grain, most tickets first; the orchestrator is the one a ticket is for. Has no GPU and no MINUTE_1. Tickets do not say whether they are test traffic.',
    resolve: ticketMetrics,
    Metrics: defineTicketMetrics(builder),
  });
  defineRollupField<ByocAuthSums>(builder, parts, {
    name: 'byocAuthMetrics',
    saysSynthetic: false,
    prefix: 'ByocAuthMetrics',
    contributionsField: parts.counted.authEventField,
    description:
      'Authorisations of BYOC jobs at any grain, most first; the pipeline is the capability, as gateways say it. Has neither model nor GPU, and no MINUTE_1. They do not say whether they are test traffic.',
    resolve: byocAuthMetrics,
    Metrics: ByocAuthMetrics,
  });
  defineRollupField<ByocWorkerSums>(builder, parts, {
    name: 'byocWorkerMetrics',
    saysSynthetic: false,
    prefix: 'ByocWorkerMetrics',
    contributionsField: parts.counted.workerEventField,
    description:
      'What BYOC workers said of themselves, at any grain, most events first; the pipeline is the capability, as gateways say it, the model the one a worker offers. Has no GPU and no MINUTE_1. Events do not say whether they are test traffic.',
    resolve: byocWorkerMetrics,
    Metrics: ByocWorkerMetrics,
  });
}

function defineJobMetricsField(builder: Builder, parts: Parts): void {
  const JobMetrics = defineJobMetrics(builder, parts.values, parts.metrics);
  const ConnectionRef = defineGroupedConnection<JobSums>(builder, parts, {
    prefix: 'JobMetrics',
    groupFields: (t) => jobFacets(t, parts.jobEnums),
    contributionsField: parts.counted.jobField,
    Metrics: JobMetrics,
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
