import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { classifyFailure } from '../warehouse/sql-failure.js';
import type { Lifetime } from './lifetime.js';

const RETRY_MS = 1_000;

/** Repeats work that needs broker and database while it is wanted, until it succeeds. */
export type Persist = (work: () => Promise<void>, isWanted: () => boolean) => Promise<void>;

/** What an operator must settle, and our own bugs, are not tried again: they end the consumer. */
export function createPersistence(lifetime: Lifetime, log: Log): Persist {
  return async (work, isWanted) => {
    while (!lifetime.isStopping && isWanted()) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof AppError || isOurBug(error)) {
          return lifetime.fail(error);
        }
        log.warn({ err: error }, 'partitions could not be opened, trying again');
        await delay(RETRY_MS);
      }
    }
  };
}

function isOurBug(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    (error instanceof Error && 'severity' in error && classifyFailure(error) === 'permanent')
  );
}
