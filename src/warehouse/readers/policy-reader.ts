import type { Pool } from 'pg';

const SNAPSHOT_MAX_AGE = {
  name: 'policy-reader/snapshot-max-age',
  text: 'select snapshot_max_age_seconds::float8 as seconds from config.policy',
};

/** How long a capability report stands for now, in milliseconds. */
export async function readSnapshotMaxAgeMs(db: Pool): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>(SNAPSHOT_MAX_AGE);
  const [row] = rows;
  if (row === undefined) throw new Error('config.policy has one row, seen none');
  return row.seconds * 1000;
}
