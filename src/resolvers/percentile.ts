import { countBins, decodeBins, percentile } from '../domain/bins.js';

/**
 * Nearest-rank percentile within 1 %, in the unit of the bins; null without samples. Samples that are in no bin are
 * those at or below 0, which rank first and answer 0.
 */
export function percentileOf(sums: { histogram: string; count: number }, quantile: number): number | null {
  const bins = decodeBins(sums.histogram);
  return percentile(quantile, Math.max(0, sums.count - countBins(bins)), bins);
}
