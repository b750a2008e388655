import { fpsJitterOf, latencyMsOf, type SlaInputs } from '../resolvers/score-parts.js';
import type { Builder } from './builder.js';

const INPUT_COUNTS = {
  requestedCount: 'Requested sessions, by bucket and identity.',
  startupSuccessCount: 'Of them, those that became playable.',
  swappedExplicitCount: 'Of them, those with an announced swap.',
  swappedCount: 'Of them, those with a swap of either kind.',
  outputFailedCount: 'Of them, those without usable output.',
  effectiveFailedCount: 'Of them, those that failed effectively: in their start without an excuse, or in their output.',
  healthExpectedCount: 'Health signals expected.',
  healthObservedCount: 'Health signals seen.',
  legacyHealthObservedCount:
    'Health signals seen, with the predecessor’s third signal; quality-benchmark-v1 takes these.',
  fpsSampleCount: 'Samples of output frame rate.',
  ptffSampleCount: 'PTFF latencies: from the prompt’s start time to playable.',
  ptffMsSum: 'PTFF summed, milliseconds.',
  e2eSampleCount: 'End-to-end latencies.',
  e2eMsSum: 'End-to-end latencies summed, milliseconds.',
} as const satisfies Partial<Record<keyof SlaInputs, string>>;

const PERCENTILE =
  'milliseconds within 1 %, of all samples together; spec-v1 judges that of each part. null without samples.';

export type SlaInputsType = ReturnType<typeof defineSlaInputs>;

/** Sums that scores are computed from. */
export function defineSlaInputs(builder: Builder) {
  return builder.objectRef<SlaInputs>('SlaInputs').implement({
    description: 'Sums the score was computed from; they add up over time and groups.',
    fields: (t) => {
      const count = (name: keyof typeof INPUT_COUNTS) =>
        t.field({ type: 'Count', description: INPUT_COUNTS[name], resolve: (inputs) => inputs[name] });
      const latency = (kind: 'ptff' | 'e2e', quantile: number, description: string) =>
        t.float({ nullable: true, description, resolve: (inputs) => latencyMsOf(inputs, kind, quantile) });
      return {
        requestedCount: count('requestedCount'),
        startupSuccessCount: count('startupSuccessCount'),
        swappedExplicitCount: count('swappedExplicitCount'),
        swappedCount: count('swappedCount'),
        outputFailedCount: count('outputFailedCount'),
        effectiveFailedCount: count('effectiveFailedCount'),
        healthExpectedCount: count('healthExpectedCount'),
        healthObservedCount: count('healthObservedCount'),
        legacyHealthObservedCount: count('legacyHealthObservedCount'),
        fpsSampleCount: count('fpsSampleCount'),
        ptffSampleCount: count('ptffSampleCount'),
        ptffMsSum: count('ptffMsSum'),
        e2eSampleCount: count('e2eSampleCount'),
        e2eMsSum: count('e2eMsSum'),
        ptffP50Ms: latency('ptff', 0.5, `Median of PTFF, ${PERCENTILE}`),
        ptffP95Ms: latency('ptff', 0.95, `p95 of PTFF, ${PERCENTILE}`),
        e2eP50Ms: latency('e2e', 0.5, `Median of end-to-end latencies, ${PERCENTILE}`),
        e2eP95Ms: latency('e2e', 0.95, `p95 of end-to-end latencies, ${PERCENTILE}`),
        fpsSum: t.field({
          type: 'Decimal',
          description: 'Frames per second summed over samples.',
          resolve: ({ fpsSum }) => fpsSum,
        }),
        fpsSquareSum: t.field({
          type: 'Decimal',
          description: 'Their squares summed.',
          resolve: ({ fpsSquareSum }) => fpsSquareSum,
        }),
        fpsJitter: t.float({
          nullable: true,
          description:
            'Population standard deviation of fps over its mean, of all samples together; spec-v1 judges that of each part. null under 6 samples.',
          resolve: fpsJitterOf,
        }),
      };
    },
  });
}
