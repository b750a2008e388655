import type { Pool } from 'pg';
import type { Span } from './grain.js';
import { isoInstant } from './list-conditions.js';

/** What the workers of a capability said in a range. */
export interface ByocWorkers {
  /** Lower-case; `''` when unknown. */
  readonly capability: string;
  readonly workerCount: number;
  readonly models: readonly string[];
  readonly eventCount: number;
  /** Sum over events with a price, exact decimal text; null without any. */
  readonly priceSum: string | null;
  readonly priceSampleCount: number;
}

/** How authorisations for a capability went in a range. */
export interface ByocAuth {
  readonly capability: string;
  readonly eventCount: number;
  readonly successCount: number;
  readonly failedCount: number;
}

const WORKERS = {
  name: 'byoc-reader/workers',
  text: `select capability, count(distinct worker_id)::int as "workerCount", count(*)::float8 as "eventCount",
  sum(price_per_unit)::text as "priceSum", count(price_per_unit)::float8 as "priceSampleCount",
  coalesce(
    (
      select array_agg(distinct m.model order by m.model)
      from api.byoc_worker_event as o cross join unnest(o.models) as m (model)
      where o.event_at >= $1::timestamptz and o.event_at < $2::timestamptz and o.capability = e.capability
    ), '{}'
  ) as models
from api.byoc_worker_event as e
where event_at >= $1::timestamptz and event_at < $2::timestamptz
group by capability
order by capability`,
};
const AUTH = {
  name: 'byoc-reader/auth',
  text: `select capability, count(*)::float8 as "eventCount", count(*) filter (where is_success)::float8 as "successCount",
  count(*) filter (where not is_success)::float8 as "failedCount"
from api.byoc_auth_event
where event_at >= $1::timestamptz and event_at < $2::timestamptz
group by capability
order by capability`,
};

function bounds({ startMs, endMs }: Span): readonly string[] {
  return [isoInstant(startMs), isoInstant(endMs)];
}

/** Workers by capability, from what they said in a range. */
export async function readByocWorkers(db: Pool, range: Span): Promise<readonly ByocWorkers[]> {
  return (await db.query<ByocWorkers>({ ...WORKERS, values: [...bounds(range)] })).rows;
}

/** Authorisations by capability in a range. */
export async function readByocAuth(db: Pool, range: Span): Promise<readonly ByocAuth[]> {
  return (await db.query<ByocAuth>({ ...AUTH, values: [...bounds(range)] })).rows;
}
