import type { SimulatedMessage, SimulationOptions } from './options.js';
import { simulateForever } from './simulate.js';

/** The wall clock, injected so that a test can be the clock. */
export interface LiveClock {
  nowMs: () => number;
  /** Resolves after `ms`, or as soon as the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const mostPerBatch = 500;
const longestSleepMs = 1_000;

/**
 * An endless simulation at wall-clock pace: yields what was published up to now in arrays of 1 to 500, until the signal aborts.
 *
 * Starts at `startMs`; a start in the past is caught up without pause.
 */
export async function* simulateLive(
  options: SimulationOptions & { signal: AbortSignal },
  clock: LiveClock,
): AsyncGenerator<SimulatedMessage[]> {
  const { signal } = options;
  let batch: SimulatedMessage[] = [];
  for (const message of simulateForever(options)) {
    while (message.atMs > clock.nowMs()) {
      if (signal.aborted) return;
      if (batch.length > 0) {
        yield batch;
        batch = [];
      } else {
        await clock.sleep(Math.min(message.atMs - clock.nowMs(), longestSleepMs), signal);
      }
    }
    if (signal.aborted) return;
    batch.push(message);
    if (batch.length >= mostPerBatch) {
      yield batch;
      batch = [];
    }
  }
}
