import type { Answer } from '../../../e2e/naap.js';
import { numbersOf } from './numeric-fields.js';
import { type Recount, rankOf, ratioOf, sumOf } from './recount.js';

/** The numbers of a latency as a selection. */
export const LATENCY = numbersOf('LatencyMetrics');

/** A latency from samples: each part has one at most. */
export function recountLatency(recount: Recount, served: Answer, samples: readonly number[]): void {
  recount.same('LatencyMetrics.averageMs', served.averageMs, ratioOf(sumOf(samples), samples.length), 1e-6);
  for (const [field, quantile] of [
    ['p50Ms', 0.5],
    ['p95Ms', 0.95],
    ['p99Ms', 0.99],
  ] as const) {
    const rank = rankOf(samples, quantile);
    // bins are of whole milliseconds, so a fraction is up to half a millisecond off before it is binned
    const rounded = rank === null || Number.isInteger(rank) ? 0 : 0.5 / Math.max(1, rank);
    recount.same(`LatencyMetrics.${field}`, served[field], rank, 0.0101 + rounded);
  }
}
