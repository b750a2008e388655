import type { DiscoverySums } from '../resolvers/discovery.js';
import type { Point } from '../resolvers/grouped-answer.js';
import type { OrchestratorDiscovery } from '../resolvers/orchestrator-discovery.js';
import { type Builder, POINTS_COST } from './builder.js';
import type { DiscoveryMetricsType } from './discovery-metrics.js';
import type { Entities } from './entities.js';
import type { Enums } from './enums.js';
import { rangeArgument } from './grouped.js';
import type { Values } from './values.js';

interface Parts {
  readonly enums: Enums;
  readonly values: Values;
  readonly entities: Entities;
  readonly DiscoveryMetrics: DiscoveryMetricsType;
}

/** How long an orchestrator takes to answer gateways that look for some, on its own page. */
export function defineOrchestratorDiscovery(
  builder: Builder,
  { enums, values, entities, DiscoveryMetrics }: Parts,
): void {
  const PointRef = builder.objectRef<Point<DiscoverySums>>('OrchestratorDiscoveryPoint').implement({
    description: 'One bucket of a time series.',
    fields: (t) => ({
      start: t.field({
        type: 'DateTime',
        description: 'Start of the bucket.',
        resolve: ({ startMs }) => new Date(startMs),
      }),
      metrics: t.expose('sums', {
        type: DiscoveryMetrics,
        nullable: true,
        description: 'Numbers of the bucket; null when it was not found in it.',
      }),
    }),
  });
  const DiscoveryRef = builder.objectRef<OrchestratorDiscovery>('OrchestratorDiscovery').implement({
    description: 'How gateways found an orchestrator over a range: the numbers of its group in `discoveryMetrics`.',
    fields: (t) => ({
      rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
      metrics: t.expose('sums', {
        type: DiscoveryMetrics,
        nullable: true,
        description: 'Numbers over the range; null when no gateway found it in it.',
      }),
      points: t.field({
        type: [PointRef],
        complexity: POINTS_COST,
        description: 'Every bucket of the range in order, at most 1,500.',
        resolve: async ({ points }) => [...(await points())],
      }),
    }),
  });
  builder.prismaObjectField(entities.Orchestrator, 'discovery', (t) =>
    t.field({
      type: DiscoveryRef,
      description:
        'How gateways found it when they looked for orchestrators, and how long it took to answer them, whether or not they then used it.',
      args: {
        ...rangeArgument(builder, values),
        bucket: t.arg({
          type: enums.Bucket,
          required: false,
          description:
            'Default: 5 minutes up to 6 hours while they are kept, an hour up to 31 days, else a day. Has no MINUTE_1.',
        }),
      },
      resolve: ({ id }, args, { loaders }) => loaders.orchestratorDiscovery(id, args),
    }),
  );
}
