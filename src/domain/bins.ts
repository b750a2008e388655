/**
 * Percentile histograms [AGGREGATE-006]. Bin k holds the values in [1.02^k, 1.02^(k+1)) and stands for its geometric
 * middle, which is within 1 % of each of them. A histogram is one integer, Σ count · 10^(12 · bin), so that `sum()`
 * merges it over time and any dimensions; values ≤ 0 are counted apart, as sample count − Σ counts.
 */

const LOG_GAMMA = Math.log(1.02);
/** 1.02^1999 is beyond every safe integer; larger values share this bin. */
const MAX_BIN = 1999;
const DIGITS_PER_BIN = 12;
const EMPTY_BIN = '0'.repeat(DIGITS_PER_BIN);
const BINS_PER_STRETCH = 20;
const EMPTY_BINS = EMPTY_BIN.repeat(BINS_PER_STRETCH);

/** Counts by bin. */
export type BinCounts = ReadonlyMap<number, number>;

/** The bin of a value > 0; values below 1 are in bin 0. */
export function binOf(value: number): number {
  return value < 1 ? 0 : Math.min(Math.floor(Math.log(value) / LOG_GAMMA), MAX_BIN);
}

/** The value that a bin stands for, in the unit of its values. */
export function binMiddle(bin: number): number {
  return Math.exp((bin + 0.5) * LOG_GAMMA);
}

/**
 * The bin of a positive frame rate given in millionths: its unit is thousandths of a frame per second, not rounded to
 * whole ones, which would be 1.5 % off at 0.1 fps.
 */
export function fpsBin(fpsMicro: number): number {
  return binOf(fpsMicro / 1000);
}

/** Histograms of one value by bin, as they come: a session's rows repeat a few hundred of them, thousands of digits each. */
const ONE_BY_BIN = new Map<number, string>();

/** The histogram of one value as a decimal integer; `0` for a value ≤ 0, which is counted apart. */
export function encodeSample(value: number): string {
  if (!(value > 0)) return '0';
  const bin = binOf(value);
  const known = ONE_BY_BIN.get(bin);
  if (known !== undefined) return known;
  const text = `1${EMPTY_BIN.repeat(bin)}`;
  ONE_BY_BIN.set(bin, text);
  return text;
}

/** A histogram as a decimal integer; `0` when empty. */
export function encodeBins(counts: BinCounts): string {
  const bins = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => b - a);
  let text = '';
  let previous: number | null = null;
  for (const [bin, count] of bins) {
    if (previous === null) text = String(count);
    else text += EMPTY_BIN.repeat(previous - bin - 1) + String(count).padStart(DIGITS_PER_BIN, '0');
    previous = bin;
  }
  return previous === null ? '0' : text + EMPTY_BIN.repeat(previous);
}

/** The counts of a histogram's decimal integer; empty for `0`. */
export function decodeBins(text: string): Map<number, number> {
  const counts = new Map<number, number>();
  let bin = 0;
  let end = text.length;
  while (end > 0) {
    // nearly all bins are empty, so they are looked at many at a time
    const isStretch = text.endsWith(EMPTY_BINS, end);
    if (!isStretch && !text.endsWith(EMPTY_BIN, end)) {
      const count = Number(text.slice(Math.max(0, end - DIGITS_PER_BIN), end));
      if (count !== 0) counts.set(bin, count);
    }
    const passed = isStretch ? BINS_PER_STRETCH : 1;
    bin += passed;
    end -= passed * DIGITS_PER_BIN;
  }
  return counts;
}

/** The histogram of both; neither argument changes. */
export function addBins(a: BinCounts, b: BinCounts): Map<number, number> {
  const sum = new Map(a);
  for (const [bin, count] of b) sum.set(bin, (sum.get(bin) ?? 0) + count);
  return sum;
}

/** Number of values > 0 in a histogram. */
export function countBins(counts: BinCounts): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}

/** How many values reach a bound > 0. The bin that holds the bound reaches it, so a value up to 2 % below may count. */
export function countAtLeast(bound: number, counts: BinCounts): number {
  const first = binOf(bound);
  let total = 0;
  for (const [bin, count] of counts) if (bin >= first) total += count;
  return total;
}

/** How many values go beyond a bound > 0. None of the bin that holds the bound does, so one up to 2 % above may not count. */
export function countAbove(bound: number, counts: BinCounts): number {
  const last = binOf(bound);
  let total = 0;
  for (const [bin, count] of counts) if (bin > last) total += count;
  return total;
}

/**
 * Nearest-rank percentile (rank ⌈q·n⌉), within 1 %, in the unit of the bins (ms, or thousandths of fps).
 *
 * `q` in 0..1; `zeroCount` values are ≤ 0 and answer 0; null without values: no evidence.
 */
export function percentile(q: number, zeroCount: number, counts: BinCounts): number | null {
  const total = zeroCount + countBins(counts);
  if (total === 0) return null;
  // q·n in floats can land a hair above the whole number it is
  let rank = Math.max(1, Math.ceil(q * total - 1e-9)) - zeroCount;
  if (rank <= 0) return 0;
  for (const bin of [...counts.keys()].sort((a, b) => a - b)) {
    rank -= counts.get(bin) ?? 0;
    if (rank <= 0) return binMiddle(bin);
  }
  return null;
}

/** The histogram of all; `0` for none. */
export function mergeHistograms(texts: readonly string[]): string {
  return encodeBins(texts.map(decodeBins).reduce<BinCounts>(addBins, new Map()));
}
