import type { DiscoverySums } from '../resolvers/discovery.js';
import type { Builder } from './builder.js';
import type { MetricTypes } from './metrics.js';

export type DiscoveryMetricsType = ReturnType<typeof defineDiscoveryMetrics>;

/** What sums over discoveries are called and mean. */
export function defineDiscoveryMetrics(builder: Builder, { LatencyMetrics }: MetricTypes) {
  return builder.objectRef<DiscoverySums>('DiscoveryMetrics').implement({
    description:
      'What gateways found when they looked for orchestrators, whether or not they then used one. One find is one orchestrator in one message of one gateway. Additive over time.',
    fields: (t) => ({
      foundCount: t.expose('foundCount', { type: 'Count', description: 'Finds.' }),
      unknownOrchestratorCount: t.expose('unknownOrchestratorCount', {
        type: 'Count',
        description:
          'Finds under a URL or key that leads to no one on-chain address; they are in no group of an orchestrator.',
      }),
      unusableLatencyCount: t.expose('unusableLatencyCount', {
        type: 'Count',
        description: 'Finds without a usable latency: missing, no number, or beyond 10 minutes.',
      }),
      latency: t.expose('latency', {
        type: LatencyMetrics,
        description: 'How long the orchestrator took to answer the gateway, as the gateway measured it in whole ms.',
      }),
    }),
  });
}
