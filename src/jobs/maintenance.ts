import { z } from 'zod';
import { sessionOf } from '../warehouse/pool.js';
import { applyRetention } from '../warehouse/retention.js';
import { whenAlone } from './refresh-rollups.js';
import { defineTask, handleTask } from './task.js';

export const maintenanceTask = defineTask({ name: 'maintenance', schema: z.object({}) });

const DAYS_AHEAD = 3;
const DAY_MS = 86_400_000;

/** Every hour: storage for the days to come, and retention. */
export const maintenanceJob = handleTask(
  maintenanceTask,
  async (_payload, { ownerPool, asOf, log }) => {
    await ownerPool.query('select naap.ensure_storage($1::timestamptz, $2::timestamptz)', [
      asOf,
      new Date(asOf.getTime() + DAYS_AHEAD * DAY_MS),
    ]);
    const isAlone = await whenAlone(ownerPool, async (client) => {
      await applyRetention({ session: sessionOf(client), asOf, log });
    });
    if (!isAlone) await ownerPool.query("select work.request_job('maintenance', interval '30 seconds')");
  },
  { cron: '7 * * * *', jobKey: 'maintenance' },
);
