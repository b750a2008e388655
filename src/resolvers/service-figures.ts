import { countAbove, countAtLeast, decodeBins } from '../domain/bins.js';
import { JITTER_MIN_SAMPLES, jitterOf } from '../domain/sla-inputs.js';
import type { LatencySums, ServiceSums, SessionCounts } from '../warehouse/readers/rollup-reader.js';
import { complementMetric, type Metric, metric, missingMetric, ratioMetric } from './metric.js';
import { percentileOf } from './percentile.js';

export type { LatencySums, ServiceSums, SessionCounts };

/** Bins of frame rates are in thousandths. */
const MILLI_FPS_PER_FPS = 1000;

export type SessionRatio =
  | 'startupSuccess'
  | 'effectiveSuccess'
  | 'noSwap'
  | 'swap'
  | 'outputViability'
  | 'excusedFailure';

/** The ratio over requested sessions, from sums at any grain. */
export function sessionRatio(ratio: SessionRatio, counts: SessionCounts): Metric {
  switch (ratio) {
    case 'startupSuccess':
      return ratioMetric(counts.startupSuccess, counts.requested);
    case 'effectiveSuccess':
      return complementMetric(counts.effectiveFailed, counts.requested);
    case 'noSwap':
      return complementMetric(counts.swappedExplicit, counts.requested);
    case 'swap':
      return ratioMetric(counts.swapped, counts.requested);
    case 'outputViability':
      return complementMetric(counts.outputFailed, counts.requested);
    case 'excusedFailure':
      return ratioMetric(counts.startupExcused, counts.requested);
  }
}

/** Average output fps over all samples; null without samples, never 0 [AGGREGATE-004]. */
export function averageFps({ fpsSum, samples }: ServiceSums): Metric {
  const count = samples.fpsSample;
  return metric('FRAMES_PER_SECOND', count > 0 ? Number(fpsSum) / count : null, count);
}

/** Average input fps over the samples that carry one; null without. */
export function averageInputFps({ inputFpsSum, samples }: ServiceSums): Metric {
  const count = samples.inputFpsSample;
  return metric('FRAMES_PER_SECOND', count > 0 ? Number(inputFpsSum) / count : null, count);
}

/** Nearest-rank percentile of output fps within 1 %; null without samples. */
export function fpsPercentile({ fpsHistogram, samples }: ServiceSums, quantile: number): Metric {
  const count = samples.fpsSample;
  const milliFps = percentileOf({ histogram: fpsHistogram, count }, quantile);
  return metric('FRAMES_PER_SECOND', milliFps === null ? null : milliFps / MILLI_FPS_PER_FPS, count);
}

/** Population standard deviation of fps over its mean; null under 6 samples or when the mean is 0. */
export function fpsJitter({ fpsSum, fpsSquareSum, samples }: ServiceSums): Metric {
  const count = samples.fpsSample;
  if (count === 0) return missingMetric('COEFFICIENT', 'NO_DATA');
  if (count < JITTER_MIN_SAMPLES) return missingMetric('COEFFICIENT', 'INSUFFICIENT_SAMPLES', count);
  return metric('COEFFICIENT', jitterOf({ fpsSampleCount: count, fpsSum, fpsSquareSum }), count);
}

/**
 * Output fps over target fps, from sums: Σ fps / Σ target over the samples of models with a target; 0 and up.
 *
 * Null without samples, and NOT_COLLECTED where no model seen has a target.
 */
export function fpsEfficiency({ fpsByTarget, samples }: ServiceSums): Metric {
  const { count, target } = targeted(fpsByTarget);
  if (count === 0) return missingMetric('COEFFICIENT', samples.fpsSample === 0 ? 'NO_DATA' : 'NOT_COLLECTED');
  const fps = fpsByTarget.reduce((sum, part) => sum + Number(part.fpsSum), 0);
  return metric('COEFFICIENT', fps / target, count);
}

/** Share of those samples that reach their target, within the 2 % of a bin; null as the efficiency is. */
export function fpsCompliance({ fpsByTarget, samples }: ServiceSums): Metric {
  const { count } = targeted(fpsByTarget);
  if (count === 0) return missingMetric('RATIO', samples.fpsSample === 0 ? 'NO_DATA' : 'NOT_COLLECTED');
  const reached = fpsByTarget.reduce(
    (sum, { fpsHistogram, targetFps }) => sum + countAtLeast(targetFps * MILLI_FPS_PER_FPS, decodeBins(fpsHistogram)),
    0,
  );
  return ratioMetric(reached, count);
}

function targeted(parts: ServiceSums['fpsByTarget']): { readonly count: number; readonly target: number } {
  return {
    count: parts.reduce((sum, { sampleCount }) => sum + sampleCount, 0),
    target: parts.reduce((sum, { sampleCount, targetFps }) => sum + sampleCount * targetFps, 0),
  };
}

/** Latencies that only some producers tell apart. */
export interface ToldLatency extends LatencySums {
  /** False: nobody told, which is another thing than that it did not happen. */
  readonly isCollected: boolean;
}

/** Start-ups that were cold, or warm; not collected where there are start-ups and none says how it was. */
export function startupOf({ latencies }: ServiceSums, start: 'cold' | 'warm'): ToldLatency {
  const told = latencies.coldStartup.sampleCount + latencies.warmStartup.sampleCount;
  return { ...latencies[`${start}Startup`], isCollected: told > 0 || latencies.startup.sampleCount === 0 };
}

/** The threshold that all cold or warm start-ups held against one share, in ms; null without one or with several. */
export function startupTargetMs({ startupByTarget }: ServiceSums, start: 'cold' | 'warm'): number | null {
  const targets = new Set(startupByTarget[start].map(({ targetMs }) => targetMs));
  const [only] = targets;
  return targets.size === 1 && only !== undefined ? only : null;
}

/** Share of the start-ups of models with a threshold that stay within it, as far as a bin of 2 % tells. */
export function startupCompliance(sums: ServiceSums, start: 'cold' | 'warm'): Metric {
  const parts = sums.startupByTarget[start];
  const count = parts.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  if (count === 0) {
    const { sampleCount, isCollected } = startupOf(sums, start);
    return missingMetric('RATIO', sampleCount > 0 || !isCollected ? 'NOT_COLLECTED' : 'NO_DATA');
  }
  const above = parts.reduce((sum, { histogram, targetMs }) => sum + countAbove(targetMs, decodeBins(histogram)), 0);
  return complementMetric(above, count);
}

/** Health signals seen of those expected, at most 1; null when no session was counted. */
export function healthCoverage({ samples, sessions }: ServiceSums): Metric {
  if (samples.healthExpected === 0) return metric('RATIO', sessions.known > 0 ? 1 : null, 0);
  return ratioMetric(Math.min(samples.healthObserved, samples.healthExpected), samples.healthExpected);
}

/** Minutes in which the service was seen; 0 is a real answer where a row exists. */
export function serviceMinutes({ serviceMsSum, samples }: ServiceSums): Metric {
  return metric('MINUTES', serviceMsSum / 60_000, samples.statusSample);
}

export function averageLatency(sums: LatencySums | ToldLatency): Metric {
  if (isUntold(sums)) return missingMetric('MILLISECONDS', 'NOT_COLLECTED');
  return metric('MILLISECONDS', sums.sampleCount > 0 ? sums.msSum / sums.sampleCount : null, sums.sampleCount);
}

/** Nearest-rank percentile of a latency within 1 %; null without samples. */
export function latencyPercentile(sums: LatencySums | ToldLatency, quantile: number): Metric {
  if (isUntold(sums)) return missingMetric('MILLISECONDS', 'NOT_COLLECTED');
  const { histogram, sampleCount } = sums;
  return metric('MILLISECONDS', percentileOf({ histogram, count: sampleCount }, quantile), sampleCount);
}

function isUntold(sums: LatencySums | ToldLatency): boolean {
  return 'isCollected' in sums && !sums.isCollected;
}
