import type { Pool, PoolClient } from 'pg';

/** Two connections that see the same instant. */
export async function atOneInstant<Result>(
  pool: Pool,
  work: (reader: PoolClient, stream: PoolClient) => Promise<Result>,
): Promise<Result> {
  const begin = 'begin isolation level repeatable read read only';
  return withConnection(pool, async (reader) => {
    await reader.query(`${begin}; set local jit = off`);
    const { rows } = await reader.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
    return withConnection(pool, async (stream) => {
      await stream.query(`${begin}; set transaction snapshot '${rows[0]?.snapshot}'; set local work_mem = '128MB'`);
      return work(reader, stream);
    });
  });
}

async function withConnection<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    const result = await work(client);
    await client.query('rollback');
    isBroken = false;
    return result;
  } finally {
    client.release(isBroken);
  }
}
