import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { Log } from '../log.js';
import { readEngine } from '../warehouse/engines/engine.js';
import { sessionOf } from '../warehouse/pool.js';
import { REFRESH_LOCK, refreshRollups } from '../warehouse/rollup-refresher.js';
import { readReleaseRollups } from '../warehouse/rollup-release.js';
import type { SqlSession } from '../warehouse/sql-session.js';
import { defineTask, handleTask } from './task.js';

const RETRY_MS = 200;

export const refreshRollupsTask = defineTask({ name: 'refresh-rollups', schema: z.object({}) });

/** Runs when buckets were marked, and every minute for buckets that only the clock closes. */
export const refreshRollupsJob = handleTask(
  refreshRollupsTask,
  async (_payload, { ownerPool, asOf, signal, log }) => {
    const isAlone = await whenAlone(ownerPool, async (client) => {
      const session = sessionOf(client);
      const [engine, rollups] = await Promise.all([readEngine(session), readReleaseRollups()]);
      await refreshRollups({ session, engine, rollups, asOf, signal, log });
    });
    // The run that goes on may have read the marks before those that this run was asked for.
    if (!isAlone) await ownerPool.query("select work.request_job('refresh-rollups', interval '2 seconds')");
  },
  { cron: '* * * * *', jobKey: 'refresh-rollups' },
);

/** Runs `work` with the refresh lock on one connection; answers false, without running it, when another holds it. */
export async function whenAlone(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<boolean> {
  const client = await pool.connect();
  let broken = false;
  try {
    const { rows } = await client.query<{ is_ours: boolean }>(
      `select pg_try_advisory_lock(${REFRESH_LOCK}) as is_ours`,
    );
    if (rows[0]?.is_ours !== true) return false;
    await work(client);
    await client.query(`select pg_advisory_unlock(${REFRESH_LOCK})`);
    return true;
  } catch (error) {
    broken = true; // closing the connection lets go of the lock, whatever state it is in
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Rollups that `refreshAlone` rewrites at the same time: one of them is one backend on one core. */
const REFRESHED_AT_ONCE = 2;

/** Refreshes every marked bucket that is closed as of an instant, whatever their pace; waits for a run under way. */
export async function refreshAlone({
  ownerPool,
  asOf,
  log,
  signal,
}: {
  readonly ownerPool: Pool;
  readonly asOf: Date;
  readonly log: Log;
  readonly signal?: AbortSignal;
}): Promise<void> {
  while (signal?.aborted !== true) {
    const isAlone = await whenAlone(ownerPool, (client) =>
      withHelpers(ownerPool, REFRESHED_AT_ONCE - 1, async (helpers) => {
        const session = sessionOf(client);
        const [engine, rollups] = await Promise.all([readEngine(session), readReleaseRollups()]);
        const options = { session, helpers, engine, rollups, asOf, ignoresPace: true, log };
        await refreshRollups({ ...options, ...(signal !== undefined && { signal }) });
      }),
    );
    if (isAlone) return;
    await delay(RETRY_MS);
  }
}

/** Runs `work` with some more connections; they are closed when it fails, whatever state they are in. */
async function withHelpers(
  pool: Pool,
  count: number,
  work: (helpers: readonly SqlSession[]) => Promise<void>,
): Promise<void> {
  const clients: PoolClient[] = [];
  let isBroken = true;
  try {
    while (clients.length < count) clients.push(await pool.connect());
    await work(clients.map(sessionOf));
    isBroken = false;
  } finally {
    for (const client of clients) client.release(isBroken);
  }
}
