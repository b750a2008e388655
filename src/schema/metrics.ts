import type { Metric } from '../resolvers/metric.js';
import {
  averageFps,
  averageInputFps,
  averageLatency,
  fpsCompliance,
  fpsEfficiency,
  fpsJitter,
  fpsPercentile,
  healthCoverage,
  type LatencySums,
  latencyPercentile,
  type ServiceSums,
  type SessionCounts,
  type SessionRatio,
  serviceMinutes,
  sessionRatio,
} from '../resolvers/service-figures.js';
import type { StateSamples } from '../resolvers/status-series.js';
import type { Builder } from './builder.js';
import { readingFields } from './reading-fields.js';
import { startupFields } from './startup-fields.js';
import type { Values } from './values.js';

const COUNT_DESCRIPTIONS: Readonly<Record<keyof SessionCounts, string>> = {
  known: 'Sessions seen, requested or not.',
  requested: 'Sessions that a gateway was asked for; the denominator of every ratio.',
  startupSuccess: 'Requested sessions that became playable.',
  noOrch: 'Requested sessions for which no orchestrator was found.',
  startupExcused:
    'Requested sessions that failed to start for a reason outside the network, or without an orchestrator.',
  startupFailed: 'Requested sessions that failed to start without an excuse.',
  loadingOnly: 'Sessions with status samples of which none was running.',
  zeroOutput: 'Sessions with status samples of which none had output frames.',
  outputFailed: 'Requested sessions that were only loading or gave no output; counted once when both.',
  effectiveFailed: 'Requested sessions that failed to start, were only loading or gave no output; counted once.',
  swappedExplicit: 'Requested sessions with a swap that the gateway announced.',
  swappedInferred: 'Requested sessions with a change of orchestrator that nobody announced.',
  swapped: 'Requested sessions with a swap of either kind; counted once when both.',
  coldStart: 'Requested sessions that started cold, as far as producers say so.',
  warmStart: 'Requested sessions that started warm, as far as producers say so.',
  loadingImage: 'Requested sessions that were shown a loading image, which is no output.',
};

const RATIO_DESCRIPTIONS: Readonly<Record<SessionRatio, string>> = {
  startupSuccess: 'Share of requested sessions that became playable, 0–1; null when none was requested.',
  effectiveSuccess:
    'One minus the share of requested sessions that failed effectively, 0–1; null when none was requested.',
  noSwap: 'One minus the share of requested sessions with an announced swap, 0–1; null when none was requested.',
  swap: 'Share of requested sessions with a swap of either kind, 0–1; null when none was requested.',
  outputViability:
    'One minus the share of requested sessions that gave no usable output, 0–1; null when none was requested.',
  excusedFailure: 'Share of requested sessions whose failed start is excused, 0–1; null when none was requested.',
};

/** What the numbers of demand and service are called and mean. */
export function defineMetrics(builder: Builder, { Metric: MetricRef }: Values) {
  type CountFields<Shape> = Parameters<
    NonNullable<Parameters<ReturnType<typeof builder.objectRef<Shape>>['implement']>[0]['fields']>
  >[0];

  const countFields = <Shape>(t: CountFields<Shape>, countsOf: (shape: Shape) => SessionCounts) => {
    const count = (name: keyof SessionCounts) =>
      t.field({ type: 'Count', description: COUNT_DESCRIPTIONS[name], resolve: (sums) => countsOf(sums)[name] });
    const ratio = (name: SessionRatio) =>
      t.field({
        type: MetricRef,
        description: RATIO_DESCRIPTIONS[name],
        resolve: (sums) => sessionRatio(name, countsOf(sums)),
      });
    return {
      knownCount: count('known'),
      requestedCount: count('requested'),
      startupSuccessCount: count('startupSuccess'),
      noOrchestratorCount: count('noOrch'),
      startupExcusedCount: count('startupExcused'),
      startupFailedCount: count('startupFailed'),
      loadingOnlyCount: count('loadingOnly'),
      zeroOutputCount: count('zeroOutput'),
      outputFailedCount: count('outputFailed'),
      effectiveFailedCount: count('effectiveFailed'),
      swappedCount: count('swapped'),
      swappedExplicitCount: count('swappedExplicit'),
      swappedInferredCount: count('swappedInferred'),
      coldStartCount: count('coldStart'),
      warmStartCount: count('warmStart'),
      loadingImageCount: count('loadingImage'),
      startupSuccessRatio: ratio('startupSuccess'),
      effectiveSuccessRatio: ratio('effectiveSuccess'),
      noSwapRatio: ratio('noSwap'),
      swapRatio: ratio('swap'),
      outputViabilityRatio: ratio('outputViability'),
      excusedFailureRatio: ratio('excusedFailure'),
    };
  };

  const DemandMetrics = builder.objectRef<SessionCounts>('DemandMetrics').implement({
    description:
      'Demand: whole sessions, each counted once in the bucket of its start, with the flags of its whole life. Additive over time.',
    fields: (t) => countFields(t, (sums) => sums),
  });

  const LatencyMetrics = builder.objectRef<LatencySums>('LatencyMetrics').implement({
    description:
      'One latency, each measured once: a session’s in the bucket of its second edge, a job’s in the bucket of the job, a discovery’s in that of its message.',
    fields: (t) => {
      const figure = (description: string, figureOf: (sums: LatencySums) => Metric) =>
        t.field({ type: MetricRef, description, resolve: figureOf });
      return {
        averageMs: figure('Mean in milliseconds; null without samples.', averageLatency),
        p50Ms: figure('Median in milliseconds, within 1 %; null without samples.', (sums) =>
          latencyPercentile(sums, 0.5),
        ),
        p95Ms: figure('95th percentile in milliseconds, within 1 %; null without samples.', (sums) =>
          latencyPercentile(sums, 0.95),
        ),
        p99Ms: figure('99th percentile in milliseconds, within 1 %; null without samples.', (sums) =>
          latencyPercentile(sums, 0.99),
        ),
      };
    },
  });

  const StateCounts = builder.objectRef<StateSamples>('StateSampleCounts').implement({
    description: 'Status samples by the state they report; a producer sends one per stream every 10 seconds.',
    fields: (t) => ({
      loadingCount: t.expose('loadingSample', { type: 'Count', description: 'Samples in LOADING.' }),
      offlineCount: t.expose('offlineSample', { type: 'Count', description: 'Samples in OFFLINE.' }),
      onlineCount: t.expose('onlineSample', { type: 'Count', description: 'Samples in ONLINE.' }),
      degradedInputCount: t.expose('degradedInputSample', { type: 'Count', description: 'Samples in DEGRADED_INPUT.' }),
      degradedInferenceCount: t.expose('degradedInferenceSample', {
        type: 'Count',
        description: 'Samples in DEGRADED_INFERENCE.',
      }),
      errorCount: t.expose('errorStateSample', { type: 'Count', description: 'Samples in ERROR.' }),
    }),
  });

  const ServiceMetrics = builder.objectRef<ServiceSums>('ServiceMetrics').implement({
    description:
      'Service: the unit of the session counts is session × bucket × identity (a swapped session counts for each of its orchestrators, a long one in every bucket with evidence). For whole sessions ask networkDemand. Terminal tails are left out.',
    fields: (t) => {
      const figure = (description: string, figureOf: (sums: ServiceSums) => Metric) =>
        t.field({ type: MetricRef, description, resolve: figureOf });
      const latency = (name: keyof ServiceSums['latencies'], description: string) =>
        t.field({ type: LatencyMetrics, description, resolve: (sums) => sums.latencies[name] });
      return {
        ...countFields(t, (sums) => sums.sessions),
        statusSampleCount: t.field({
          type: 'Count',
          description: 'Status samples.',
          resolve: ({ samples }) => samples.statusSample,
        }),
        errorSampleCount: t.field({
          type: 'Count',
          description: 'Status samples with an error or in state ERROR.',
          resolve: ({ samples }) => samples.errorSample,
        }),
        restartCount: t.field({
          type: 'Count',
          description:
            'Restarts of the runner: announced ones, or what its counter grew by where that is more; one reported both ways counts once.',
          resolve: ({ samples }) => samples.restart,
        }),
        parameterUpdateCount: t.field({
          type: 'Count',
          description: 'Updates of a stream’s parameters.',
          resolve: ({ samples }) => samples.parameterUpdate,
        }),
        states: t.field({
          type: StateCounts,
          description: 'Status samples by state.',
          resolve: ({ samples }) => samples,
        }),
        serviceMinutes: figure(
          'Minutes in which the service was seen; silences over 2 minutes are not service.',
          serviceMinutes,
        ),
        averageFps: figure('Mean output frames per second over all samples; null without samples.', averageFps),
        p50Fps: figure('Median output frames per second, within 1 %; null without samples.', (sums) =>
          fpsPercentile(sums, 0.5),
        ),
        p95Fps: figure('95th percentile of output frames per second, within 1 %; null without samples.', (sums) =>
          fpsPercentile(sums, 0.95),
        ),
        p99Fps: figure('99th percentile of output frames per second, within 1 %; null without samples.', (sums) =>
          fpsPercentile(sums, 0.99),
        ),
        averageInputFps: figure('Mean input frames per second; null without samples.', averageInputFps),
        fpsJitter: figure(
          'Population standard deviation of output fps over its mean, 0 and up, target ≤ 0.1; null under 6 samples.',
          fpsJitter,
        ),
        fpsEfficiency: figure(
          'Output fps over target fps, summed over the samples of models with a target; 1 is on target. NOT_COLLECTED: no model seen has a target.',
          fpsEfficiency,
        ),
        fpsComplianceRatio: figure(
          'Share of those samples that reach their target, 0–1, within the 2 % of a bin. NOT_COLLECTED: no model seen has a target.',
          fpsCompliance,
        ),
        healthCoverageRatio: figure(
          'Share of the expected health signals that were seen, 0–1; null when no session was counted.',
          healthCoverage,
        ),
        ...readingFields(t, MetricRef),
        startup: latency('startup', 'From the stream request to the first processed segment at the gateway.'),
        ...startupFields(t, { Metric: MetricRef, LatencyMetrics }),
        ptff: latency('ptff', 'PTFF, prompt to first frame: from the prompt’s start time to playable.'),
        e2e: latency(
          'e2e',
          'End to end: from the first segment sent to the runner to its first processed one (two clocks), target ≤ 3000 ms.',
        ),
        gatewayRoundTrip: latency(
          'gatewayRoundTrip',
          'From the first segment sent to the first processed one received, on the gateway’s clock.',
        ),
        gatewayToRunner: latency('hopGatewayRunner', 'Hop from gateway to runner (two clocks).'),
        runnerProcessing: latency('hopRunner', 'Time of the first segment inside the runner.'),
        runnerToGateway: latency('hopRunnerGateway', 'Hop from runner to gateway (two clocks).'),
      };
    },
  });

  return { DemandMetrics, ServiceMetrics, StateCounts, LatencyMetrics };
}

export type MetricTypes = ReturnType<typeof defineMetrics>;
