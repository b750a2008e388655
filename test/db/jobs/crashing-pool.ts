import type { Pool } from 'pg';
import { steppingPool } from './stepping-pool.js';

const KILL = 'select pg_terminate_backend(pg_backend_pid())';

/** A pool of which now and then a connection dies: its server process ends before the statement that is due. */
export function crashingPool(pool: Pool, isDue: () => boolean): Pool {
  return steppingPool(pool, async (client) => {
    if (isDue()) await client.query(KILL);
  });
}
