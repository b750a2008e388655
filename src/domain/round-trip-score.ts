/** What a round trip as long as the network's median is worth. */
const SCORE_AT_MEDIAN = 0.8;

/**
 * How quickly an orchestrator gives back first frames, 0 to 1, higher is better: 0.8 at the median of all round trips of
 * the network over the same span, 0.64 at twice the median, and so on. The scale is the one of the network's job tester.
 *
 * `null` without samples, or when the median is 0: there is nothing to compare with.
 */
export function roundTripScore(averageMs: number | null, medianMs: number | null): number | null {
  return averageMs === null || medianMs === null || medianMs <= 0 ? null : SCORE_AT_MEDIAN ** (averageMs / medianMs);
}
