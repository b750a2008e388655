import type { FieldRef } from '@pothos/core';
import {
  type Contribution,
  type ContributionPage,
  type CountedSpan,
  demandContributions,
  failureContributions,
  ingestContributions,
  serviceContributions,
  swapContributions,
} from '../resolvers/contributions.js';
import type { IngestSums } from '../resolvers/ingest-quality.js';
import type { FailureSums, SwapSums } from '../resolvers/reasons.js';
import { slaInputs } from '../resolvers/score-parts.js';
import type { ServiceSums, SessionCounts } from '../resolvers/service-figures.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { GroupedInterface } from './grouped.js';
import type { IngestQualityType } from './ingest-quality.js';
import type { MetricTypes } from './metrics.js';
import { failureFacets, swapFacets } from './reason-facets.js';
import type { ReasonMetricTypes } from './reason-metrics.js';
import type { SessionType } from './session.js';
import type { SessionEnums } from './session-enums.js';
import type { SlaInputsType } from './sla-inputs.js';

type Types = Builder['$inferSchemaTypes'];
type Fields<Shape> = PothosSchemaTypes.ObjectFieldBuilder<Types, Shape>;
/** Adds the way back to the sessions, or swaps, of a number to the type that carries the number: "Sessions" and where. */
export type ContributionField = <Shape>(
  t: Fields<Shape>,
  where: string,
  of: (shape: Shape) => CountedSpan,
) => FieldRef<Types, unknown>;

interface Parts {
  readonly grouped: GroupedInterface;
  readonly metrics: MetricTypes;
  readonly reasonMetrics: ReasonMetricTypes;
  readonly sessionEnums: SessionEnums;
  readonly inputs: SlaInputsType;
  readonly IngestQuality: IngestQualityType;
  readonly Session: SessionType;
}

export interface Contributions {
  readonly demandField: ContributionField;
  readonly serviceField: ContributionField;
  /** The same where some numbers are not of sessions by bucket. */
  readonly serviceFieldOrNull: <Shape>(
    t: Fields<Shape>,
    where: string,
    of: (shape: Shape) => CountedSpan | null,
  ) => FieldRef<Types, unknown>;
  readonly failureField: ContributionField;
  readonly swapField: ContributionField;
  readonly ingestField: ContributionField;
}

/** The sessions in a number: from scores and rollups down to what happened [LINEAGE-002]. */
export function defineContributions(builder: Builder, parts: Parts): Contributions {
  const { DemandMetrics, ServiceMetrics } = parts.metrics;
  const Demand = builder.objectRef<Contribution<SessionCounts>>('DemandContribution').implement({
    description: 'A session in a number of demand: it counts once, in the bucket of its start.',
    interfaces: [parts.grouped],
    fields: (t) => ({
      ...sharedFields(t, parts),
      metrics: t.field({ type: DemandMetrics, description: 'Its part of the number.', resolve: ({ sums }) => sums }),
    }),
  });
  const Service = builder.objectRef<Contribution<ServiceSums>>('ServiceContribution').implement({
    description:
      'A session in a number of service or in a score: one row for each bucket and identity in which there is evidence.',
    interfaces: [parts.grouped],
    fields: (t) => ({
      ...sharedFields(t, parts),
      isTerminalTail: t.boolean({
        description:
          'Whether it is the terminal tail of a session that ended before: listed here, left out of the number.',
        resolve: ({ isTail }) => isTail,
      }),
      metrics: t.field({ type: ServiceMetrics, description: 'Its part of the number.', resolve: ({ sums }) => sums }),
      inputs: t.field({
        type: parts.inputs,
        description: 'Its part of the inputs of a score.',
        resolve: ({ sums }) => slaInputs(sums),
      }),
    }),
  });
  const { FailureMetrics, SwapMetrics } = parts.reasonMetrics;
  const Failure = builder.objectRef<Contribution<FailureSums>>('FailureContribution').implement({
    description: 'A session in a number of failures: it counts once, in the bucket of its start.',
    interfaces: [parts.grouped],
    fields: (t) => ({
      ...sharedFields(t, parts),
      ...failureFacets(t, parts.sessionEnums),
      metrics: t.field({ type: FailureMetrics, description: 'Its part of the number.', resolve: ({ sums }) => sums }),
    }),
  });
  const Swap = builder.objectRef<Contribution<SwapSums>>('SwapContribution').implement({
    description: 'A swap in a number of swaps, under the identity swapped away from.',
    interfaces: [parts.grouped],
    fields: (t) => ({
      ...sharedFields(t, parts),
      ...swapFacets(t, parts.sessionEnums),
      ordinal: t.field({
        type: 'Count',
        description: 'Which of its session’s swaps it is; 0 is the first.',
        resolve: ({ part }) => Number(part),
      }),
      metrics: t.field({ type: SwapMetrics, description: 'Its part of the number.', resolve: ({ sums }) => sums }),
    }),
  });
  const Ingest = builder.objectRef<Contribution<IngestSums>>('IngestContribution').implement({
    description: 'A session in a number of ingest quality: one row for each bucket in which its ingest was sampled.',
    interfaces: [parts.grouped],
    fields: (t) => ({
      ...sharedFields(t, parts),
      metrics: t.field({
        type: parts.IngestQuality,
        description: 'Its part of the number.',
        resolve: ({ sums }) => sums,
      }),
    }),
  });
  const FailureConnection = connectionOf(builder, 'FailureContribution', Failure, COHORT);
  const SwapConnection = connectionOf(builder, 'SwapContribution', Swap, SWAPS);
  const DemandConnection = connectionOf(builder, 'DemandContribution', Demand, COHORT);
  const ServiceConnection = connectionOf(builder, 'ServiceContribution', Service, SERVICE);
  const IngestConnection = connectionOf(builder, 'IngestContribution', Ingest, SAMPLED);
  return {
    demandField: (t, where, of) =>
      t.field({
        type: DemandConnection,
        description: `Sessions ${where}`,
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (shape, args, context) => demandContributions(context, of(shape), args),
      }),
    serviceField: (t, where, of) =>
      t.field({
        type: ServiceConnection,
        description: `Sessions ${where}`,
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (shape, args, context) => serviceContributions(context, of(shape), args),
      }),
    serviceFieldOrNull: (t, where, of) =>
      t.field({
        type: ServiceConnection,
        nullable: true,
        description: `Sessions ${where}`,
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (shape, args, context) => {
          const span = of(shape);
          return span === null ? null : serviceContributions(context, span, args);
        },
      }),
    failureField: (t, where, of) =>
      t.field({
        type: FailureConnection,
        description: `Sessions ${where}`,
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (shape, args, context) => failureContributions(context, of(shape), args),
      }),
    swapField: (t, where, of) =>
      t.field({
        type: SwapConnection,
        description: `Swaps ${where}`,
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (shape, args, context) => swapContributions(context, of(shape), args),
      }),
    ingestField: (t, where, of) =>
      t.field({
        type: IngestConnection,
        description: `Sessions ${where}`,
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (shape, args, context) => ingestContributions(context, of(shape), args),
      }),
  };
}

function sharedFields<Sums>(t: Fields<Contribution<Sums>>, { Session }: Parts) {
  return {
    bucketStart: t.field({
      type: 'DateTime',
      description:
        'Start of its bucket: 5 minutes of demand, failures and swaps, 5 minutes or an hour of service and ingest; by minute its own start.',
      resolve: ({ atMs }) => new Date(atMs),
    }),
    sessionId: t.string({ description: 'Public id of the session.', resolve: ({ sessionId }) => sessionId }),
    session: t.field({
      type: Session,
      nullable: true,
      description: 'The session; null when it was removed while this was answered.',
      resolve: ({ sessionId }, _args, { loaders }) => loaders.session.load(sessionId),
    }),
    isSynthetic: t.boolean({ description: 'Whether it is test traffic.', resolve: ({ isSynthetic }) => isSynthetic }),
  };
}

/** What the rows of a list are and how they are ordered and counted. */
interface RowWords {
  readonly row: string;
  readonly order: string;
  readonly counted: string;
}
const COHORT: RowWords = { row: 'session', order: 'bucket and session', counted: 'Rows in the whole list.' };
const SWAPS: RowWords = { row: 'swap', order: 'bucket, session and ordinal', counted: 'Rows in the whole list.' };
const SAMPLED: RowWords = { row: 'session', order: 'bucket, session and identity', counted: 'Rows in the whole list.' };
const SERVICE: RowWords = {
  row: 'session',
  order: 'bucket, session and identity',
  counted: 'Rows in the whole list, terminal tails included.',
};

function connectionOf<Sums>(
  builder: Builder,
  name: string,
  Node: PothosSchemaTypes.ObjectRef<Types, Contribution<Sums>>,
  { row, order, counted }: RowWords,
) {
  return defineConnection<Contribution<Sums>, ContributionPage<Sums>>(builder, {
    name,
    Node,
    words: {
      page: `A page of the ${row}s in a number, by ${order}.`,
      edge: `A ${row} in the number and its position.`,
      node: `The ${row}’s part.`,
    },
    fields: (t) => ({
      totalCount: t.field({ type: 'Count', description: counted, resolve: (page) => page.totalCount() }),
    }),
  });
}
