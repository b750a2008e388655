import type { ServiceSums } from '../warehouse/readers/rollup-reader.js';
import { type Metric, metric, missingMetric } from './metric.js';

/** 1 Mbit/s is 125 bytes per millisecond. */
const BYTES_PER_MEGABIT_MS = 125;

/** Megabits per second in one direction, from bytes over the milliseconds between two readings, or by rates. */
export function bandwidth({ samples, readings }: ServiceSums, direction: 'tx' | 'rx'): Metric {
  const count = samples[`${direction}Sample`];
  if (count === 0) return missingMetric('MEGABITS_PER_SECOND', 'NOT_COLLECTED');
  const ms = Number(readings[`${direction}Ms`]);
  if (ms === 0) return missingMetric('MEGABITS_PER_SECOND', 'INSUFFICIENT_SAMPLES', count);
  return metric('MEGABITS_PER_SECOND', Number(readings[`${direction}Bytes`]) / (ms * BYTES_PER_MEGABIT_MS), count);
}

/** Both directions together, or the one that has a value. */
export function transportBandwidth(sums: ServiceSums): Metric {
  const both = [bandwidth(sums, 'tx'), bandwidth(sums, 'rx')];
  const known = both.flatMap(({ value }) => (value === null ? [] : [value]));
  const sampleCount = Math.max(...both.map((one) => one.sampleCount));
  if (known.length > 0) {
    return metric(
      'MEGABITS_PER_SECOND',
      known.reduce((sum, value) => sum + value, 0),
      sampleCount,
    );
  }
  const nullReason = sampleCount === 0 ? 'NOT_COLLECTED' : 'INSUFFICIENT_SAMPLES';
  return missingMetric('MEGABITS_PER_SECOND', nullReason, sampleCount);
}

/** Mean GPU utilisation over the samples that carry one. */
export function gpuUtilisation({ samples, readings }: ServiceSums): Metric {
  const count = samples.gpuUtilisationSample;
  if (count === 0) return missingMetric('RATIO', 'NOT_COLLECTED');
  return metric('RATIO', Number(readings.gpuUtilisation) / count, count);
}

/** Compute unit efficiency: achieved over possible operations, summed over the samples that carry both. */
export function computeEfficiency({ samples, readings }: ServiceSums): Metric {
  const count = samples.flopsSample;
  if (count === 0) return missingMetric('RATIO', 'NOT_COLLECTED');
  return metric('RATIO', Number(readings.achievedFlops) / Number(readings.peakFlops), count);
}
