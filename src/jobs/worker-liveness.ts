import pg from 'pg';
import type { Log } from '../log.js';
import { connectionConfig } from '../warehouse/pool.js';
import { LOCK } from './advisory-locks.js';

const HOLD = `select pg_advisory_lock($1, hashtext($2))`;
const LOCKED_BY = `
select distinct locked_by from graphile_worker.jobs where locked_by is not null`;
const TRY = `select pg_try_advisory_lock($1, hashtext($2)) as is_free`;
const LET_GO = `select pg_advisory_unlock($1, hashtext($2))`;
const LET_GO_ALL = 'select pg_advisory_unlock_all()';
const FORCE_UNLOCK = `select graphile_worker.force_unlock_workers($1::text[])`;

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/**
 * Says which workers live: each holds a session advisory lock under its pool id, which PostgreSQL drops with the
 * connection, however the process ended. Without it the jobs of a killed worker stay locked for 4 hours.
 */
export interface WorkerLiveness {
  /** Resolves once this process holds the lock of the worker; waits out a lost database. */
  hold(workerId: string): Promise<void>;
  /** Lets go of every worker of this process; their jobs may then be given back. */
  letGoAll(): Promise<void>;
  /** Gives back the jobs of workers whose lock is free; answers their ids. */
  releaseDead(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Aborting `signal` ends the waiting for a lost database: a worker that is told to stop has nothing left to hold. */
export function createWorkerLiveness({
  url,
  log,
  signal,
}: {
  readonly url: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}): WorkerLiveness {
  const held = new Set<string>();
  let connection: Promise<pg.Client> | null = null;
  let isClosed = false;

  function connect(): Promise<pg.Client> {
    connection ??= connectWithRetries().catch((error: unknown) => {
      connection = null;
      throw error;
    });
    return connection;
  }

  async function connectWithRetries(): Promise<pg.Client> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
      if (isClosed) throw new Error('worker liveness is closed');
      const client = new pg.Client({ ...connectionConfig(url, 'naap worker liveness'), keepAlive: true });
      client.on('error', () => lose(client));
      client.on('end', () => lose(client));
      try {
        await client.connect();
        for (const workerId of held) await client.query(HOLD, [LOCK.workerAlive, workerId]);
        current = client;
        return client;
      } catch (error) {
        log.warn({ err: error, waitMs }, 'worker liveness has no database connection');
        await client.end().catch(() => undefined);
        await pause(waitMs, signal);
        if (signal.aborted) throw error;
      }
    }
  }

  let current: pg.Client | null = null;
  function lose(client: pg.Client): void {
    if (current !== client) return;
    current = null;
    connection = null;
    if (!isClosed) connect().catch(() => undefined);
  }

  return {
    async hold(workerId) {
      held.add(workerId);
      for (;;) {
        const client = await connect();
        try {
          await client.query(HOLD, [LOCK.workerAlive, workerId]);
          return;
        } catch (error) {
          if (isClosed || current === client) throw error;
        }
      }
    },
    async letGoAll() {
      held.clear();
      // Nothing else is locked on this connection. A lost one has let go already.
      await current?.query(LET_GO_ALL).catch(() => undefined);
    },
    async releaseDead() {
      const client = await connect();
      const { rows } = await client.query<{ locked_by: string }>(LOCKED_BY);
      const dead: string[] = [];
      for (const { locked_by } of rows) {
        if (held.has(locked_by)) continue;
        const answer = await client.query<{ is_free: boolean }>(TRY, [LOCK.workerAlive, locked_by]);
        if (answer.rows[0]?.is_free) dead.push(locked_by);
      }
      if (dead.length > 0) await client.query(FORCE_UNLOCK, [dead]);
      for (const workerId of dead) await client.query(LET_GO, [LOCK.workerAlive, workerId]);
      if (dead.length > 0) log.warn({ workers: dead }, 'jobs of dead workers given back');
      return dead;
    },
    async close() {
      isClosed = true;
      held.clear();
      const client = current;
      current = null;
      await client?.end().catch(() => undefined);
    },
  };
}

/** Waits, or less when the signal is aborted. */
export function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done, { once: true });
  });
}
