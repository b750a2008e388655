import type { ClientBase, Pool } from 'pg';
import type { Log } from '../log.js';
import { createJobResolver } from './job-resolver.js';
import { createMessageResolver } from './message-resolver.js';
import { MESSAGE_SOURCES } from './message-sources.js';
import { createPaymentLinker } from './payment-linker.js';
import type { ResolvePolicy } from './session-batch.js';

export interface AfterSessionsDrain {
  readonly decidedAt: Date;
  readonly signal?: AbortSignal;
  /** Batches of each at most; without it, until no mark is left. */
  readonly batchLimit?: number;
}

/** What follows from events, sightings and resolved sessions: payments, jobs, and messages that stand for themselves. */
export interface AfterSessions {
  /**
   * Works until none of its marks is left but those of what could not be resolved; answers how many those are. None
   * waits for another to succeed.
   */
  drain(options: AfterSessionsDrain): Promise<number>;
}

export async function createAfterSessions(options: {
  readonly pool: Pool;
  readPolicy(client: ClientBase): Promise<ResolvePolicy>;
  readonly log: Log;
}): Promise<AfterSessions> {
  const payments = await createPaymentLinker(options);
  const jobs = await createJobResolver(options);
  const messages = await Promise.all(MESSAGE_SOURCES.map((source) => createMessageResolver(source, options)));
  return {
    async drain(drain) {
      let leftCount = 0;
      const failures: unknown[] = [];
      for (const resolver of [jobs, payments, ...messages]) {
        try {
          leftCount += await resolver.drain(drain);
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return leftCount;
    },
  };
}
