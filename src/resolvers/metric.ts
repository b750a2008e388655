export const NULL_REASONS = ['OK', 'NO_DATA', 'INSUFFICIENT_SAMPLES', 'NOT_COLLECTED', 'NOT_FINAL', 'STALE'] as const;
export type NullReason = (typeof NULL_REASONS)[number];

export const UNITS = [
  'RATIO',
  'COEFFICIENT',
  'COUNT',
  'MILLISECONDS',
  'SECONDS',
  'MINUTES',
  'FRAMES_PER_SECOND',
  'MEGABITS_PER_SECOND',
  'POINTS',
  'TOKENS',
  'TOKENS_PER_SECOND',
  'WEI',
] as const;
export type Unit = (typeof UNITS)[number];

/** A number with its unit, the samples behind it, and the reason when there is none. */
export interface Metric {
  readonly value: number | null;
  readonly unit: Unit;
  readonly sampleCount: number;
  readonly nullReason: NullReason;
}

/** A metric of `value`; null means that nothing was seen. */
export function metric(unit: Unit, value: number | null, sampleCount: number): Metric {
  return { value, unit, sampleCount, nullReason: value === null ? 'NO_DATA' : 'OK' };
}

/** `numerator / denominator`, 0–1; null without a denominator. */
export function ratioMetric(numerator: number, denominator: number): Metric {
  return metric('RATIO', denominator > 0 ? numerator / denominator : null, denominator);
}

/** `1 − numerator / denominator`, computed so that no rounding leaves the range 0–1; null without a denominator. */
export function complementMetric(numerator: number, denominator: number): Metric {
  return ratioMetric(denominator - numerator, denominator);
}

/** A metric that has no value for the given reason. */
export function missingMetric(unit: Unit, nullReason: Exclude<NullReason, 'OK'>, sampleCount = 0): Metric {
  return { value: null, unit, sampleCount, nullReason };
}
