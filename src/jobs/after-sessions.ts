import type { ClientBase, Pool } from 'pg';
import { createJobResolver } from './job-resolver.js';
import { createPaymentLinker } from './payment-linker.js';
import type { ResolvePolicy } from './session-batch.js';

/** What follows from events, sightings and resolved sessions together: payments and jobs. */
export interface AfterSessions {
  /** Works until none of its marks is left. */
  drain(options: { readonly decidedAt: Date; readonly signal?: AbortSignal }): Promise<void>;
}

export async function createAfterSessions({
  pool,
  readPolicy,
}: {
  readonly pool: Pool;
  readPolicy(client: ClientBase): Promise<ResolvePolicy>;
}): Promise<AfterSessions> {
  const payments = await createPaymentLinker({ pool, readPolicy });
  const jobs = await createJobResolver({ pool, readPolicy });
  return {
    async drain({ decidedAt, signal }) {
      await jobs.drain({ decidedAt, ...(signal !== undefined && { signal }) });
      await payments.drain(signal);
    },
  };
}
