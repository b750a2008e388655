import type { ObjectRef } from '@pothos/core';
import type { LatencySums, ServiceSums } from '../resolvers/service-figures.js';
import { startupCompliance, startupOf, startupTargetMs } from '../resolvers/service-figures.js';
import type { Builder } from './builder.js';
import type { Values } from './values.js';

type Types = Builder['$inferSchemaTypes'];
type Fields = PothosSchemaTypes.ObjectFieldBuilder<Types, ServiceSums>;

interface Parts {
  readonly Metric: Values['Metric'];
  readonly LatencyMetrics: ObjectRef<Types, LatencySums, LatencySums>;
}

/** Cold and warm start-ups apart, each beside the threshold that models are configured with. */
export function startupFields(t: Fields, { Metric, LatencyMetrics }: Parts) {
  const fieldsOf = (start: 'cold' | 'warm') => ({
    latency: t.field({
      type: LatencyMetrics,
      description: `Start-up latency of the sessions that say they started ${start}; those that do not say are in the whole alone. NOT_COLLECTED: no start-up says how it was.`,
      resolve: (sums) => startupOf(sums, start),
    }),
    targetMs: t.field({
      type: 'Count',
      nullable: true,
      description: `What a ${start} start-up should take at most in milliseconds, as configured for the models seen; null without a threshold, or when they have several.`,
      resolve: (sums) => startupTargetMs(sums, start),
    }),
    compliance: t.field({
      type: Metric,
      description: `Share of the ${start} start-ups of models with a threshold that stay within it, 0–1, within the 2 % of a bin. NOT_COLLECTED: no model seen has a threshold, or no start-up says how it was.`,
      resolve: (sums) => startupCompliance(sums, start),
    }),
  });
  const cold = fieldsOf('cold');
  const warm = fieldsOf('warm');
  return {
    coldStartup: cold.latency,
    coldStartupTargetMs: cold.targetMs,
    coldStartupComplianceRatio: cold.compliance,
    warmStartup: warm.latency,
    warmStartupTargetMs: warm.targetMs,
    warmStartupComplianceRatio: warm.compliance,
  };
}
