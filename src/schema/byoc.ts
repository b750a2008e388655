import type { ObjectRef } from '@pothos/core';
import { type ByocAuth, type ByocWorkers, byocAuth, byocWorkers, type RangedRows } from '../resolvers/byoc.js';
import { metric, ratioMetric } from '../resolvers/metric.js';
import { type Builder, SHORT_LIST_COST, WHOLE_COST } from './builder.js';
import type { Values } from './values.js';

type Types = Builder['$inferSchemaTypes'];

/** Workers and authorisations of BYOC capabilities. */
export function defineByoc(builder: Builder, values: Values): void {
  const Workers = builder.objectRef<ByocWorkers>('ByocCapabilityWorkers').implement({
    description: 'The workers of one capability, from what they said in the range.',
    fields: (t) => ({
      capability: t.string({
        nullable: true,
        description: 'Capability, lower-case; null when not said.',
        resolve: ({ capability }) => capability || null,
      }),
      workerCount: t.expose('workerCount', { type: 'Count', description: 'Distinct workers.' }),
      eventCount: t.expose('eventCount', { type: 'Count', description: 'Events they sent.' }),
      models: t.exposeStringList('models', { description: 'Models they offered, sorted.' }),
      averagePricePerUnitWei: t.field({
        type: values.Metric,
        description: 'Mean price per unit in wei over the events that say one; null without any.',
        resolve: ({ priceSum, priceSampleCount: count }) =>
          metric('WEI', priceSum === null ? null : Number(priceSum) / count, count),
      }),
    }),
  });
  const Auth = builder.objectRef<ByocAuth>('ByocCapabilityAuth').implement({
    description: 'Authorisations of jobs of one capability in the range.',
    fields: (t) => ({
      capability: t.string({
        nullable: true,
        description: 'Capability, lower-case; null when not said.',
        resolve: ({ capability }) => capability || null,
      }),
      eventCount: t.expose('eventCount', { type: 'Count', description: 'Authorisations.' }),
      successCount: t.expose('successCount', { type: 'Count', description: 'Those that say they were granted.' }),
      failedCount: t.expose('failedCount', { type: 'Count', description: 'Those that say they were refused.' }),
      successRatio: t.field({
        type: values.Metric,
        description: 'Share of granted ones among those that say, 0–1; null when none does.',
        resolve: ({ successCount, failedCount }) => ratioMetric(successCount, successCount + failedCount),
      }),
    }),
  });
  const ranged = <Row>(name: string, description: string, Row: ObjectRef<Types, Row>) =>
    builder.objectRef<RangedRows<Row>>(name).implement({
      description,
      fields: (t) => ({
        rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
        capabilities: t.field({
          type: [Row],
          complexity: SHORT_LIST_COST,
          description: 'By capability, in its order.',
          resolve: ({ rows }) => [...rows],
        }),
      }),
    });
  const WorkersAnswer = ranged('ByocWorkers', 'Workers by capability.', Workers);
  const AuthAnswer = ranged('ByocAuth', 'Authorisations by capability.', Auth);
  builder.queryFields((t) => {
    const range = t.arg({
      type: values.TimeRangeInput,
      required: false,
      description: 'Only events in it. Default: the 24 hours that end with the open one.',
    });
    return {
      byocWorkers: t.field({
        type: WorkersAnswer,
        nullable: true,
        complexity: WHOLE_COST,
        description: 'BYOC workers by capability, as far back as raw events are kept.',
        args: { range },
        resolve: (_root, args, context) => byocWorkers(context, args),
      }),
      byocAuth: t.field({
        type: AuthAnswer,
        nullable: true,
        complexity: WHOLE_COST,
        description: 'Authorisations of BYOC jobs by capability, as far back as raw events are kept.',
        args: { range },
        resolve: (_root, args, context) => byocAuth(context, args),
      }),
    };
  });
}
