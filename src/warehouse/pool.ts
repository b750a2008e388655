import pg from 'pg';
import type { Log } from '../log.js';
import type { SqlSession } from './sql-session.js';

export type { Pool, PoolClient } from 'pg';

export interface PoolOptions {
  readonly url: string;
  /** `application_name`, shown in pg_stat_activity. */
  readonly name: string;
  readonly max?: number;
  readonly log: Log;
}

const DATE_OID = 1082;

/**
 * A pool whose sessions run in UTC.
 *
 * `int8` and `numeric` arrive as text (JavaScript numbers would round them), `timestamptz` as `Date`, `date` as
 * `YYYY-MM-DD` text. A lost idle connection is logged, not thrown.
 */
export function createPool({ url, name, max = 10, log }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({ ...connectionConfig(url, name), max });
  // A pool that is ending does not wait for the server's last word, which may be that it shuts down.
  const lost = (error: Error) => {
    log[pool.ending ? 'debug' : 'warn']({ err: error, pool: name }, 'database connection lost');
  };
  pool.on('error', lost);
  pool.on('connect', (client) => void client.on('error', lost));
  return pool;
}

export function connectionConfig(url: string, name: string, options = ''): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    options: `-c TimeZone=UTC ${options}`.trim(),
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === DATE_OID ? (text: string) => text : pg.types.getTypeParser(oid, format),
    },
  } as pg.ClientConfig;
}

/** Runs `work` in one READ COMMITTED transaction of one connection; the connection is dropped when that is lost. */
export async function withTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((cause: unknown) => {
      broken = cause instanceof Error ? cause : new Error('rollback failed', { cause });
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A pg client as the migrations and engines see it. */
export function sessionOf(client: pg.ClientBase): SqlSession {
  return {
    query: async <Row>(text: string, values?: readonly unknown[]) => {
      const result = values === undefined ? await client.query(text) : await client.query(text, [...values]);
      // Several statements give several results; nobody reads the rows of a script.
      return { rows: (Array.isArray(result) ? [] : result.rows) as Row[] };
    },
  };
}
