import { addBins, countBins, decodeBins, encodeBins, percentile } from './bins.js';
import { type Decimal, formatDecimal, parseDecimal } from './money.js';

/**
 * Sums that every score is computed from, at any grain and over any span: rollup sums of non-tail rows, never averages
 * [AGGREGATE-006]. Decimal text for numeric sums and histograms, ms for latencies, frames per second for fps.
 */
export interface SlaInputs {
  readonly requestedCount: number;
  readonly startupSuccessCount: number;
  readonly swappedExplicitCount: number;
  readonly swappedCount: number;
  readonly outputFailedCount: number;
  readonly effectiveFailedCount: number;
  readonly healthExpectedCount: number;
  readonly healthObservedCount: number;
  /** With the predecessor's third signal. */
  readonly legacyHealthObservedCount: number;
  readonly fpsSampleCount: number;
  readonly fpsSum: string;
  readonly fpsSquareSum: string;
  readonly ptffSampleCount: number;
  readonly ptffMsSum: number;
  readonly ptffMsHistogram: string;
  readonly e2eSampleCount: number;
  readonly e2eMsSum: number;
  readonly e2eMsHistogram: string;
}

/** Inputs of one (pipeline, model, UTC day): what has a benchmark and a target of its own. */
export interface SlaPart {
  readonly pipeline: string;
  readonly model: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly inputs: SlaInputs;
}

export const NO_SLA_INPUTS: SlaInputs = {
  requestedCount: 0,
  startupSuccessCount: 0,
  swappedExplicitCount: 0,
  swappedCount: 0,
  outputFailedCount: 0,
  effectiveFailedCount: 0,
  healthExpectedCount: 0,
  healthObservedCount: 0,
  legacyHealthObservedCount: 0,
  fpsSampleCount: 0,
  fpsSum: '0',
  fpsSquareSum: '0',
  ptffSampleCount: 0,
  ptffMsSum: 0,
  ptffMsHistogram: '0',
  e2eSampleCount: 0,
  e2eMsSum: 0,
  e2eMsHistogram: '0',
};

/** Sums of both, exact [AGGREGATE-006]. */
export function addInputs(a: SlaInputs, b: SlaInputs): SlaInputs {
  return {
    requestedCount: a.requestedCount + b.requestedCount,
    startupSuccessCount: a.startupSuccessCount + b.startupSuccessCount,
    swappedExplicitCount: a.swappedExplicitCount + b.swappedExplicitCount,
    swappedCount: a.swappedCount + b.swappedCount,
    outputFailedCount: a.outputFailedCount + b.outputFailedCount,
    effectiveFailedCount: a.effectiveFailedCount + b.effectiveFailedCount,
    healthExpectedCount: a.healthExpectedCount + b.healthExpectedCount,
    healthObservedCount: a.healthObservedCount + b.healthObservedCount,
    legacyHealthObservedCount: a.legacyHealthObservedCount + b.legacyHealthObservedCount,
    fpsSampleCount: a.fpsSampleCount + b.fpsSampleCount,
    fpsSum: addDecimals(a.fpsSum, b.fpsSum),
    fpsSquareSum: addDecimals(a.fpsSquareSum, b.fpsSquareSum),
    ptffSampleCount: a.ptffSampleCount + b.ptffSampleCount,
    ptffMsSum: a.ptffMsSum + b.ptffMsSum,
    ptffMsHistogram: addHistograms(a.ptffMsHistogram, b.ptffMsHistogram),
    e2eSampleCount: a.e2eSampleCount + b.e2eSampleCount,
    e2eMsSum: a.e2eMsSum + b.e2eMsSum,
    e2eMsHistogram: addHistograms(a.e2eMsHistogram, b.e2eMsHistogram),
  };
}

/** One part per (day, pipeline, model), in that order, so that a sum over parts has one value. */
export function mergeParts(parts: readonly SlaPart[]): readonly SlaPart[] {
  const byKey = new Map<string, SlaPart>();
  for (const part of parts) {
    const key = [part.day, part.pipeline, part.model].join('\u001f');
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? part : { ...known, inputs: addInputs(known.inputs, part.inputs) });
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
}

/** Fewer fps samples say nothing about jitter. */
export const JITTER_MIN_SAMPLES = 6;

/**
 * Jitter of output fps: population standard deviation over mean, from exact sums; the only place that computes it.
 *
 * At least 0; null under 6 samples or when the mean is not positive.
 */
export function jitterOf({
  fpsSampleCount,
  fpsSum,
  fpsSquareSum,
}: Pick<SlaInputs, 'fpsSampleCount' | 'fpsSum' | 'fpsSquareSum'>): number | null {
  if (fpsSampleCount < JITTER_MIN_SAMPLES) return null;
  const sum = decimalOf(fpsSum);
  const squares = decimalOf(fpsSquareSum);
  if (sum.digits <= 0n) return null;
  // n·Σx² − (Σx)² at one scale; its root over Σx is σ/μ
  const scale = Math.max(2 * sum.scale, squares.scale);
  const spread =
    BigInt(fpsSampleCount) * scaled(squares, scale) - scaled({ digits: sum.digits ** 2n, scale: 2 * sum.scale }, scale);
  const variance = Number(spread < 0n ? 0n : spread) / 10 ** scale;
  return Math.sqrt(variance) / Number(fpsSum);
}

/** Nearest-rank percentiles of a latency over all samples of the sums, ms, within 1 %; null without samples. */
export function latencyPercentilesOf(
  inputs: SlaInputs,
  kind: 'ptff' | 'e2e',
  quantiles: readonly number[],
): readonly (number | null)[] {
  const bins = decodeBins(inputs[`${kind}MsHistogram`]);
  const zeroCount = Math.max(0, inputs[`${kind}SampleCount`] - countBins(bins));
  return quantiles.map((quantile) => percentile(quantile, zeroCount, bins));
}

function addDecimals(a: string, b: string): string {
  const left = decimalOf(a);
  const right = decimalOf(b);
  const scale = Math.max(left.scale, right.scale);
  return formatDecimal({ digits: scaled(left, scale) + scaled(right, scale), scale });
}

function addHistograms(a: string, b: string): string {
  if (a === '0') return b;
  return b === '0' ? a : encodeBins(addBins(decodeBins(a), decodeBins(b)));
}

function decimalOf(text: string): Decimal {
  const decimal = parseDecimal(text);
  if (decimal === null) throw new RangeError(`sum ${JSON.stringify(text)} is not decimal text`);
  return decimal;
}

function scaled({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale);
}
