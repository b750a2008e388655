import { type DiscoverySums, readDiscoveryMetrics } from '../warehouse/readers/discovery-metrics-reader.js';
import type { ApiContext } from './context.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs } from './grouped-answer.js';
import { ROLLUP_BUCKETS } from './range.js';

export type { DiscoverySums };

/** What gateways found when they looked for orchestrators, at any grain, most often found first [domain 4.3]. */
export function discoveryMetrics(context: ApiContext, args: GroupedArgs): Promise<GroupedAnswer<DiscoverySums>> {
  return answerGrouped(
    context,
    {
      field: 'discoveryMetrics',
      buckets: ROLLUP_BUCKETS,
      finestUnasked: 'MINUTE_5',
      read: readDiscoveryMetrics,
      weight: (sums) => sums.foundCount,
    },
    args,
  );
}
