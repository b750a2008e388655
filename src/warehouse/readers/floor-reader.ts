import type { Pool } from 'pg';
import { keptSince } from '../retention.js';

/** Instants before which nothing is kept of a kind, milliseconds since the epoch; whole UTC days. */
export interface Floors {
  /** Events and samples. */
  readonly raw: number;
  /** Sessions and other single rows, hours and days. */
  readonly core: number;
  readonly rollup5m: number;
  /** Stored 5-minute scores and their inputs. */
  readonly score5m: number;
}

const FLOORS = {
  name: 'floor-reader/floors',
  text: `select
  (extract(epoch from f.raw_floor_at) * 1000)::float8 as raw,
  (extract(epoch from f.core_floor_at) * 1000)::float8 as core,
  (extract(epoch from f.rollup_5m_floor_at) * 1000)::float8 as "rollup5m",
  (extract(epoch from ${keptSince('score_5m_retention_days')}) * 1000)::float8 as "score5m"
from api.retention as f cross join config.policy as p`,
};

/** How far back things are kept. 5-minute scores have no floor of their own: theirs follows from the policy and `now`. */
export async function readFloors(db: Pool, nowMs: number): Promise<Floors> {
  const { rows } = await db.query<Floors>({ ...FLOORS, values: [new Date(nowMs)] });
  const [row] = rows;
  if (row === undefined) throw new Error('config.policy and work.floor have one row each, seen none');
  return row;
}
