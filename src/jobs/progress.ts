import type { Log } from '../log.js';

export interface Progress {
  add(count: number, fields?: Readonly<Record<string, unknown>>): void;
  finish(fields?: Readonly<Record<string, unknown>>): void;
}

const INTERVAL_MS = 2_000;

/** Logs done, total, rate per second and the seconds left, every two seconds and at the end. */
export function progressOf({
  log,
  message,
  total,
}: {
  readonly log: Log;
  readonly message: string;
  readonly total: number;
}): Progress {
  const startedAt = performance.now();
  let done = 0;
  let loggedAt = startedAt;
  const report = (fields: Readonly<Record<string, unknown>>, text: string): void => {
    const seconds = (performance.now() - startedAt) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const left = rate > 0 ? Math.max(0, total - done) / rate : 0;
    log.info(
      { done, total: Math.max(total, done), perSecond: Math.round(rate), secondsLeft: Math.round(left), ...fields },
      text,
    );
  };
  return {
    add(count, fields = {}) {
      done += count;
      const now = performance.now();
      if (now - loggedAt < INTERVAL_MS) return;
      loggedAt = now;
      report(fields, message);
    },
    finish(fields = {}) {
      report({ seconds: Math.round((performance.now() - startedAt) / 100) / 10, ...fields }, `${message}: done`);
    },
  };
}
