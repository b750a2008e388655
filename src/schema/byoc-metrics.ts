import { averagePrice, type ByocAuthSums, type ByocWorkerSums, grantedRatio } from '../resolvers/byoc.js';
import type { Builder } from './builder.js';
import type { Values } from './values.js';

type Fields<Shape> = PothosSchemaTypes.ObjectFieldBuilder<Builder['$inferSchemaTypes'], Shape>;

/** What sums over authorisations and worker events are called and mean, of any grain. */
export function defineByocMetrics(builder: Builder, values: Values) {
  return {
    ByocAuthMetrics: builder.objectRef<ByocAuthSums>('ByocAuthMetrics').implement({
      description: 'Authorisations of BYOC jobs. Additive over time.',
      fields: (t) => authSums(t, values),
    }),
    ByocWorkerMetrics: builder.objectRef<ByocWorkerSums>('ByocWorkerMetrics').implement({
      description: 'What BYOC workers said of themselves. Additive over time, but for the mean.',
      fields: (t) => workerSums(t, values),
    }),
  };
}

/** The sums of some authorisations. */
export function authSums<Shape extends ByocAuthSums>(t: Fields<Shape>, values: Values) {
  const count = (description: string, of: (sums: ByocAuthSums) => number) =>
    t.field({ type: 'Count', description, resolve: of });
  return {
    eventCount: count('Authorisations.', (sums) => sums.eventCount),
    successCount: count('Those that say they were granted.', (sums) => sums.successCount),
    failedCount: count('Those that say they were refused.', (sums) => sums.failedCount),
    successRatio: t.field({
      type: values.Metric,
      description: 'Share of granted ones among those that say, 0–1; null when none does.',
      resolve: grantedRatio,
    }),
  };
}

/** The sums of some worker events. */
export function workerSums<Shape extends ByocWorkerSums>(t: Fields<Shape>, values: Values) {
  return {
    eventCount: t.field({
      type: 'Count',
      description: 'Events that workers sent.',
      resolve: (sums) => sums.eventCount,
    }),
    averagePricePerUnitWei: t.field({
      type: values.Metric,
      description: 'Mean price per unit in wei over the events that say one; null without any.',
      resolve: averagePrice,
    }),
  };
}
