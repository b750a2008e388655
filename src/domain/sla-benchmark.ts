/** What latency and frame rate are held against: a week of the network's own hours [AGGREGATE-005]. */

export const BENCHMARK_KINDS = ['ptff', 'e2e', 'fps'] as const;
export type BenchmarkKind = (typeof BENCHMARK_KINDS)[number];

/** Full UTC days before the scored day that a benchmark looks at. */
export const BENCHMARK_DAYS = 7;
/** With fewer rows of a kind a benchmark says nothing. */
export const MIN_BENCHMARK_ROWS = 48;

/** Sums of one hourly row (orchestrator × GPU) of a (pipeline, model) that has samples of the kind. */
export interface BenchmarkSample {
  readonly sum: number;
  readonly sampleCount: number;
}

/** One day of a (pipeline, model, kind): p50 and p90 of ptff and e2e in ms, p10 and p50 of fps, unrounded. */
export interface BenchmarkDay {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly low: number;
  readonly high: number;
  readonly rowCount: number;
}

/** A benchmark in force, rounded to 3 significant digits; null values without rows. */
export interface Benchmark {
  readonly low: number | null;
  readonly high: number | null;
  readonly rowCount: number;
  readonly isSufficient: boolean;
}

const QUANTILES: Readonly<Record<BenchmarkKind, readonly [low: number, high: number]>> = {
  ptff: [0.5, 0.9],
  e2e: [0.5, 0.9],
  fps: [0.1, 0.5],
};

/** Benchmark of one day from the exact averages of its rows; null when no row has a sample. */
export function benchmarkDay(kind: BenchmarkKind, day: string, rows: readonly BenchmarkSample[]): BenchmarkDay | null {
  const averages = rows
    .filter(({ sampleCount }) => sampleCount > 0)
    .map(({ sum, sampleCount }) => sum / sampleCount)
    .sort((a, b) => a - b);
  if (averages.length === 0) return null;
  const [low, high] = QUANTILES[kind];
  return { day, low: interpolated(averages, low), high: interpolated(averages, high), rowCount: averages.length };
}

/** Mean of the days weighted by their rows; days without rows are not given. The caller picks the days. */
export function combineBenchmarks(days: readonly BenchmarkDay[]): Benchmark {
  const ordered = [...days].sort((a, b) => (a.day < b.day ? -1 : 1));
  const rowCount = ordered.reduce((sum, day) => sum + day.rowCount, 0);
  const weighted = (value: (day: BenchmarkDay) => number): number | null =>
    rowCount === 0 ? null : rounded(ordered.reduce((sum, day) => sum + value(day) * day.rowCount, 0) / rowCount);
  return {
    low: weighted(({ low }) => low),
    high: weighted(({ high }) => high),
    rowCount,
    isSufficient: rowCount >= MIN_BENCHMARK_ROWS,
  };
}

/** Whether a new benchmark needs no revision: equal rounded values on the same side of the 48 rows. */
export function isSameBenchmark(a: Benchmark, b: Benchmark): boolean {
  return a.low === b.low && a.high === b.high && a.isSufficient === b.isSufficient;
}

/**
 * Credit of a value against a benchmark, 0..1: at or better than the median 1, at or worse than the bad decile 0,
 * linear between; where these coincide or are inverted a step at the median.
 *
 * 0.5, neither good nor bad, without a sufficient benchmark.
 */
export function rawCredit(kind: BenchmarkKind, value: number, benchmark: Benchmark | null): number {
  if (benchmark === null || !benchmark.isSufficient || benchmark.low === null || benchmark.high === null) return 0.5;
  const { low, high } = benchmark;
  if (kind === 'fps') {
    if (value >= high) return 1;
    return value <= low ? 0 : (value - low) / (high - low);
  }
  if (value <= low) return 1;
  return value >= high ? 0 : (high - value) / (high - low);
}

/** Linear interpolation between the order statistics, as `percentile_cont`; `sorted` is not empty. */
function interpolated(sorted: readonly number[], quantile: number): number {
  const position = quantile * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
