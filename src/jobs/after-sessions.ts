import type { ClientBase, Pool } from 'pg';
import type { Log } from '../log.js';
import { createJobResolver } from './job-resolver.js';
import { createPaymentLinker } from './payment-linker.js';
import type { ResolvePolicy } from './session-batch.js';

export interface AfterSessionsDrain {
  readonly decidedAt: Date;
  readonly signal?: AbortSignal;
  /** Batches of each at most; without it, until no mark is left. */
  readonly batchLimit?: number;
}

/** What follows from events, sightings and resolved sessions together: payments and jobs. */
export interface AfterSessions {
  /**
   * Works until none of its marks is left but those of jobs and payments that could not be resolved; answers how many
   * those are. Payments do not wait for jobs to succeed.
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
  return {
    async drain(drain) {
      let leftCount = 0;
      try {
        leftCount += await jobs.drain(drain);
      } finally {
        leftCount += await payments.drain(drain);
      }
      return leftCount;
    },
  };
}
