import type { Pool } from 'pg';

const COUNTS = {
  name: 'sampled-gpu-reader/counts',
  text: `select orchestrator_id as address, count(*)::float8 as count
from api.gpu
where source = 'sample' and orchestrator_id = any($1::text[])
group by 1`,
};

/** How many GPUs of some orchestrators only samples of their runners name; those without any are left out. */
export async function countSampledGpus(db: Pool, addresses: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ address: string; count: number }>({ ...COUNTS, values: [addresses] });
  return new Map(rows.map(({ address, count }) => [address, count]));
}
