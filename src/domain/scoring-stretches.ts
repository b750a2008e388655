import { configRowAt, type ScoringConfigRow } from './scoring-book.js';

/** Buckets in a row that one configuration scores; without one, that nothing scores. */
interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
  readonly row: ScoringConfigRow | null;
}

/** What scores a span: which configurations are in force in its buckets, and in which of them none is. */
export interface ScoredSpan {
  /** From the first bucket that is scored to the end of the last; null when none is. */
  readonly span: { readonly startMs: number; readonly endMs: number } | null;
  /** Start of the last bucket that is scored: what is in force then scores the span; null when none is. */
  readonly decidedAtMs: number | null;
  /** In force somewhere in the span, each once, newest first; the first one scores the span. */
  readonly rows: readonly ScoringConfigRow[];
  /** Whether every bucket is scored. */
  readonly isWhole: boolean;
  /** Whether the bucket that starts then is scored. */
  readonly isScored: (bucketMs: number) => boolean;
}

/**
 * What scores a span whose ends lie on borders of its stored buckets, by a version, of a gateway or of all ('').
 *
 * A bucket is scored by what is in force at its start, so a row that begins inside one holds from the next on.
 */
export function scoredSpan(
  configs: readonly ScoringConfigRow[],
  by: { readonly scoringVersion: string; readonly gateway: string },
  { startMs, endMs, bucketMs }: { readonly startMs: number; readonly endMs: number; readonly bucketMs: number },
): ScoredSpan {
  const begins = configs
    .filter(({ scoringVersion, gateway }) => scoringVersion === by.scoringVersion && ['', by.gateway].includes(gateway))
    .map(({ validFromMs }) => Math.ceil(validFromMs / bucketMs) * bucketMs)
    .filter((ms) => ms > startMs && ms < endMs);
  const starts = [startMs, ...new Set(begins.sort((a, b) => a - b))];
  const stretches = starts.map((atMs, index): Stretch => {
    return { startMs: atMs, endMs: starts[index + 1] ?? endMs, row: configRowAt(configs, { ...by, atMs }) };
  });
  const scored = stretches.filter(({ row }) => row !== null);
  const [first, last] = [scored.at(0), scored.at(-1)];
  return {
    span: first === undefined || last === undefined ? null : { startMs: first.startMs, endMs: last.endMs },
    decidedAtMs: last === undefined ? null : last.endMs - bucketMs,
    rows: [...new Set(scored.reverse().flatMap(({ row }) => row ?? []))],
    isWhole: scored.length === stretches.length,
    isScored: (ms) => stretches.some((one) => one.row !== null && ms >= one.startMs && ms < one.endMs),
  };
}
