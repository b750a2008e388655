import type { ClientBase, Pool } from 'pg';
import type { Log } from '../log.js';
import { withTransaction } from '../warehouse/pool.js';
import { countMarkedGateways, takeGatewayMarks } from '../warehouse/stores/gateway-mark-store.js';
import { markJobsOfGateways } from '../warehouse/stores/job-mark-store.js';
import { markMessagesOfGateways } from '../warehouse/stores/message-mark-store.js';
import { markPaymentsOfGateways } from '../warehouse/stores/payment-mark-store.js';
import { markSessionsOfGateways } from '../warehouse/stores/session-mark-store.js';
import { LOCK, sharesMode } from './advisory-locks.js';

const OWN_GATEWAYS = 'select pg_try_advisory_xact_lock($1, 0) as is_free';

/**
 * Marks everything stored that carries a gateway whose configuration has changed, so that the drain makes it anew under
 * the names of today; all or nothing, and by one worker at a time: the others go on without.
 *
 * Nothing is locked against batches under way. Each takes its marks first and reads the names after: one that takes a
 * mark set here, or that of an event which came after the look at the facts, reads the changed ones; and one that had
 * read the old ones has written before another can take its shard, or its turn.
 */
export async function markChangedGateways(pool: Pool, log: Log): Promise<void> {
  if ((await countMarkedGateways(pool)) === 0) return;
  await withTransaction(pool, async (client) => {
    if (!(await sharesMode(client)) || !(await ownsGateways(client))) return;
    const gateways = await takeGatewayMarks(client);
    if (gateways.length === 0) return;
    await markJobsOfGateways(client, gateways);
    await markPaymentsOfGateways(client, gateways);
    await markMessagesOfGateways(client, gateways);
    const sessions = await markSessionsOfGateways(client, gateways);
    log.info({ gateways: gateways.length, sessions }, 'gateways changed: what is stored of them is marked');
  });
}

async function ownsGateways(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ is_free: boolean }>(OWN_GATEWAYS, [LOCK.gateways]);
  return rows[0]?.is_free === true;
}
