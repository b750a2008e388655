import { setTimeout as delay } from 'node:timers/promises';

interface WaitOptions {
  /** Completes the sentence “waited 5000 ms for …”. */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

type Present<T> = Exclude<T, false | null | undefined | 0 | ''>;

/** Waits until the condition gives something truthy and answers that; an error inside counts as not yet. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 15_000, intervalMs = 20 }: WaitOptions,
): Promise<Present<T>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await condition();
      if (isPresent(value)) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await delay(intervalMs);
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: lastError });
}

function isPresent<T>(value: T): value is Present<T> {
  return Boolean(value);
}
