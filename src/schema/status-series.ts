import { metric } from '../resolvers/metric.js';
import { type StatusPoint, type StatusSeries, type StatusSums, statusSeries } from '../resolvers/status-series.js';
import { type Builder, connectionCost, POINTS_COST, pageArguments, WHOLE_COST } from './builder.js';
import type { Contributions } from './contributions.js';
import type { Enums } from './enums.js';
import { syntheticArgument } from './grouped.js';
import type { MetricTypes } from './metrics.js';
import type { StatusSampleTypes } from './status-sample.js';
import type { Values } from './values.js';

interface Parts {
  readonly enums: Enums;
  readonly values: Values;
  readonly metrics: Pick<MetricTypes, 'StateCounts'>;
  readonly contributions: Contributions;
  readonly StatusSamples: StatusSampleTypes['StatusSamples'];
}

/** Status samples over time. */
export function defineStatusSeries(
  builder: Builder,
  { enums, values, metrics: { StateCounts }, contributions, StatusSamples }: Parts,
): void {
  const StatusRef = builder.objectRef<StatusSums>('StatusMetrics').implement({
    description: 'Status samples of a stretch of time; a producer sends one per stream every 10 seconds.',
    fields: (t) => ({
      statusSampleCount: t.expose('statusSample', { type: 'Count', description: 'Status samples.' }),
      errorSampleCount: t.expose('errorSample', {
        type: 'Count',
        description: 'Status samples with an error or in state ERROR.',
      }),
      states: t.field({ type: StateCounts, description: 'Status samples by state.', resolve: (sums) => sums }),
      averageFps: t.field({
        type: values.Metric,
        description: 'Mean output frames per second; null without samples.',
        resolve: ({ fpsSum, fpsSample }) =>
          metric('FRAMES_PER_SECOND', fpsSample > 0 ? fpsSum / fpsSample : null, fpsSample),
      }),
      averageInputFps: t.field({
        type: values.Metric,
        description: 'Mean input frames per second; null without samples.',
        resolve: ({ inputFpsSum, inputFpsSample }) =>
          metric('FRAMES_PER_SECOND', inputFpsSample > 0 ? inputFpsSum / inputFpsSample : null, inputFpsSample),
      }),
    }),
  });
  const PointRef = builder.objectRef<StatusPoint>('StatusPoint').implement({
    description: 'One bucket of a time series of status samples.',
    fields: (t) => ({
      start: t.field({
        type: 'DateTime',
        description: 'Start of the bucket.',
        resolve: ({ startMs }) => new Date(startMs),
      }),
      metrics: t.field({
        type: StatusRef,
        nullable: true,
        description: 'Numbers of the bucket; null when no sample was recorded in it.',
        resolve: ({ sums }) => sums,
      }),
      contributions: contributions.serviceFieldOrNull(
        t,
        'in these numbers; null by minute, where the series has `samples`.',
        ({ counted }) => counted,
      ),
    }),
  });
  const SeriesRef = builder.objectRef<StatusSeries>('StatusSeries').implement({
    description: 'Status samples over time.',
    fields: (t) => ({
      rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
      points: t.field({
        type: [PointRef],
        complexity: POINTS_COST,
        description: 'Every bucket of the range in order, at most 1,500.',
        resolve: ({ points }) => [...points],
      }),
      samples: t.field({
        type: StatusSamples,
        nullable: true,
        description:
          'The samples in all points together, oldest first; ask for the range of one to see its own. Null in buckets wider than a minute, where points have contributions.',
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: ({ samples }, args, { loaders }) => (samples === null ? null : loaders.lists.samples(samples, args)),
      }),
    }),
  });
  builder.queryField('statusSeries', (t) =>
    t.field({
      type: SeriesRef,
      nullable: true,
      complexity: WHOLE_COST,
      description:
        'Status samples over time. Minutes hold every sample; wider buckets leave out the terminal tails of sessions.',
      args: {
        range: t.arg({
          type: values.TimeRangeInput,
          required: false,
          description: 'Default: the 24 hourly buckets that end with the open one, or the last 6 hours by minute.',
        }),
        bucket: t.arg({
          type: enums.Bucket,
          required: false,
          description:
            'Default: a minute with sessionId; else 5 minutes up to 6 hours while they are kept, an hour up to 31 days, else a day.',
        }),
        where: t.arg({
          type: values.GrainFilter,
          required: false,
          description: 'What to keep; everything by default.',
        }),
        sessionId: t.arg.string({
          required: false,
          description: 'Only samples of the session with this public id; by minute only.',
        }),
        ...syntheticArgument(builder, enums),
      },
      resolve: (_root, args, context) => statusSeries(context, args),
    }),
  );
}
