/** What a round trip as long as the network's median is worth. */
const SCORE_AT_MEDIAN = 0.8;

/**
 * How quickly an orchestrator gives back first frames, 0 to 1, higher is better: its median round trip against the
 * median of all round trips of the network over the same span; 0.8 when they are equal, 0.64 at twice as long. Medians on
 * both sides, since round trips are heavy-tailed: an average lies far above the median even of the typical orchestrator.
 * The scale is the one of the network's job tester.
 *
 * `null` without samples, or when the network's median is 0: there is nothing to compare with.
 */
export function roundTripScore(ownMs: number | null, networkMs: number | null): number | null {
  return ownMs === null || networkMs === null || networkMs <= 0 ? null : SCORE_AT_MEDIAN ** (ownMs / networkMs);
}
