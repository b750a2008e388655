import type { Log } from '../log.js';
import { consumed, type VerdictCounts } from './verdict-counts.js';

const PROGRESS_INTERVAL_MS = 10_000;

/** Logs counts and rate every 10 seconds until the timer is cleared; does not keep the process alive. */
export function reportProgress(log: Log, counts: VerdictCounts, bufferedCount: () => number): NodeJS.Timeout {
  let before = 0;
  return setInterval(() => {
    const total = consumed(counts);
    const messagesPerSecond = Math.round(((total - before) * 1000) / PROGRESS_INTERVAL_MS);
    before = total;
    log.info({ consumed: total, messagesPerSecond, ...counts, buffered: bufferedCount() }, 'ingest is under way');
  }, PROGRESS_INTERVAL_MS).unref();
}
