import { setTimeout as delay } from 'node:timers/promises';

/** For what will never come, not a measure: on a busy machine everything takes ten times as long. */
const CEILING_MS = 90_000;

interface WaitOptions {
  /** Completes the sentence “waited 90000 ms for …”. */
  readonly what: string;
  readonly intervalMs?: number;
}

type Present<T> = Exclude<T, false | null | undefined | 0 | ''>;

/** Waits until the condition gives something truthy and answers that; an error inside counts as not yet. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, intervalMs = 20 }: WaitOptions,
): Promise<Present<T>> {
  const deadline = performance.now() + CEILING_MS;
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
  throw new Error(`waited ${CEILING_MS} ms for ${what}`, { cause: lastError });
}

function isPresent<T>(value: T): value is Present<T> {
  return Boolean(value);
}
