import type { Pool } from 'pg';
import { DAY_MS } from '../domain/time.js';

const FLOOR_SQL = `select raw_floor from work.floor`;
const ENSURE_SQL = `
select naap.ensure_storage(array(
  select timestamptz 'epoch' + ms * interval '1 millisecond' from unnest($1::bigint[]) as ms
))`;

export interface StorageDays {
  /** Makes storage for rows of these instants; days known to exist cost nothing, days below the floor get none. */
  ensure(instantsMs: Iterable<number>): Promise<void>;
  /** Forgets what is known, for when a partition turned out to be missing. */
  forget(): void;
}

/** Remembers which days have storage, so that only the first batch of a day asks the database. */
export function createStorageDays(pool: Pool): StorageDays {
  const known = new Set<number>();
  return {
    async ensure(instantsMs) {
      const missing = new Set<number>();
      for (const instantMs of instantsMs) {
        const day = Math.floor(instantMs / DAY_MS);
        if (!known.has(day)) missing.add(day);
      }
      if (missing.size === 0) {
        return;
      }
      const { rows } = await pool.query<{ raw_floor: Date }>({ name: 'storage-days/floor', text: FLOOR_SQL });
      const floorDay = Math.floor((rows[0]?.raw_floor.getTime() ?? 0) / DAY_MS);
      const wanted = [...missing].filter((day) => day >= floorDay);
      if (wanted.length > 0) {
        const values = [wanted.map((day) => day * DAY_MS)];
        await pool.query({ name: 'storage-days/ensure', text: ENSURE_SQL, values });
        for (const day of wanted) known.add(day);
      }
    },
    forget() {
      known.clear();
    },
  };
}
