import { z } from 'zod';
import { DAY_MS } from '../domain/time.js';
import { dropCapabilities } from '../warehouse/capability-retention.js';
import { sessionOf } from '../warehouse/pool.js';
import { applyRetention } from '../warehouse/retention.js';
import { inTransaction } from '../warehouse/sql-session.js';
import { LOCK } from './advisory-locks.js';
import { whenAlone } from './refresh-rollups.js';
import { defineTask, handleTask } from './task.js';

export const maintenanceTask = defineTask({ name: 'maintenance', schema: z.object({}) });

const DAYS_AHEAD = 3;

const SHARE_MODE = 'select pg_try_advisory_lock_shared($1, 0) as is_free';
const SHARE_RUNS = 'select pg_advisory_xact_lock_shared($1, 0)';
const RELEASE_MODE = 'select pg_advisory_unlock_shared($1, 0)';

/**
 * Every hour: storage for the days to come, and retention.
 *
 * Retention waits for a rebuild to end: it would take events away that the rebuild has yet to read, and its wish to drop a
 * table that the rebuild writes would keep readers of that table waiting.
 */
export const maintenanceJob = handleTask(
  maintenanceTask,
  async (_payload, { ownerPool, asOf, log }) => {
    await ownerPool.query('select naap.ensure_storage($1::timestamptz, $2::timestamptz)', [
      asOf,
      new Date(asOf.getTime() + DAYS_AHEAD * DAY_MS),
    ]);
    let isRebuilding = false;
    const isAlone = await whenAlone(ownerPool, async (client) => {
      const { rows } = await client.query<{ is_free: boolean }>(SHARE_MODE, [LOCK.resolverMode]);
      isRebuilding = rows[0]?.is_free !== true;
      if (isRebuilding) return;
      const session = sessionOf(client);
      await applyRetention({ session, asOf, log });
      await inTransaction(session, async () => {
        await client.query(SHARE_RUNS, [LOCK.capabilityRuns]);
        await dropCapabilities(session);
      });
      await client.query(RELEASE_MODE, [LOCK.resolverMode]);
    });
    if (isRebuilding) log.info('retention waits for a rebuild to end');
    if (isRebuilding || !isAlone) {
      await ownerPool.query("select work.request_job('maintenance', $1)", [isRebuilding ? '5 minutes' : '30 seconds']);
    }
  },
  { cron: '7 * * * *', jobKey: 'maintenance' },
);
