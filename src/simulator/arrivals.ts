import type { SimulationOptions } from './options.js';
import { createRandom } from './random.js';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** The busiest hour has 1 + this share of the average, the quietest 1 - this. */
const waveDepth = 0.3;

/** Integral of the daily wave from 0 to t: ∫ 1 + depth·sin(2π(t − 8 h)/day). Highest at 14:00 UTC. */
function load(t: number): number {
  const turn = (2 * Math.PI) / dayMs;
  return t - (waveDepth / turn) * Math.cos(turn * (t - 8 * hourMs));
}

/**
 * Start of arrival `index` when `count` of them fall on every window of `hours`: one in each of `count` slots of equal load.
 *
 * Never decreases with the index, so arrivals can be opened one by one; continues past the window for an endless run.
 */
export function arrivalMs(options: SimulationOptions, purpose: string, count: number, index: number): number {
  const window = Math.floor(index / count);
  const from = options.startMs + window * options.hours * hourMs;
  const to = from + options.hours * hourMs;
  const slot = (index - window * count + createRandom(options.seed, `arrival ${purpose}`, index).unit()) / count;
  const target = load(from) + slot * (load(to) - load(from));
  let low = from;
  let high = to;
  while (high - low > 0.5) {
    const middle = (low + high) / 2;
    if (load(middle) < target) low = middle;
    else high = middle;
  }
  return Math.min(Math.floor(high), Math.ceil(to) - 1);
}

/** Index of the first arrival that is not before `options.fromMs`; 0 when there is no such limit. */
export function firstArrival(options: SimulationOptions, purpose: string, count: number): number {
  const { fromMs, startMs, hours } = options;
  if (fromMs === undefined || fromMs <= startMs || count === 0) return 0;
  const windows = Math.floor((fromMs - startMs) / (hours * hourMs));
  let low = windows * count;
  let high = low + count;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (arrivalMs(options, purpose, count, middle) < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
