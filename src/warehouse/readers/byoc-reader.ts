import type { Pool } from 'pg';
import type { ByocAuthSums, ByocWorkerSums } from './byoc-metrics-reader.js';
import type { Span } from './grain.js';
import { isoInstant } from './list-conditions.js';

/** What a row of a capability is about. */
interface Capability {
  /** Lower-case; `''` when unknown or no name. */
  readonly capability: string;
  /** As gateways write it. */
  readonly pipelines: readonly string[];
}

/** What the workers of a capability said in a range. */
export interface ByocWorkers extends Capability, ByocWorkerSums {
  readonly workerCount: number;
  readonly models: readonly string[];
}

/** How authorisations for a capability went in a range. */
export interface ByocAuth extends Capability, ByocAuthSums {}

/** A capability is a pipeline in any case, whose text is public as it is. */
const WORKERS = {
  name: 'byoc-reader/workers',
  text: `with event as (
  select lower(pipeline) as capability, pipeline, worker_id, price_per_unit, models
  from api.byoc_worker_event
  where bucket_start >= $1::timestamptz and bucket_start < $2::timestamptz
), offered as (
  select e.capability, array_agg(distinct m.model order by m.model) as models
  from event as e cross join unnest(e.models) as m (model)
  group by e.capability
)
select capability, array_agg(distinct e.pipeline) as pipelines, count(distinct e.worker_id)::int as "workerCount",
  count(*)::float8 as "eventCount", sum(e.price_per_unit)::text as "priceSum",
  count(e.price_per_unit)::float8 as "priceSampleCount", coalesce(o.models, '{}') as models
from event as e
left join offered as o using (capability)
group by capability, o.models
order by capability`,
};
const AUTH = {
  name: 'byoc-reader/auth',
  text: `select lower(pipeline) as capability, array_agg(distinct pipeline) as pipelines, count(*)::float8 as "eventCount",
  count(*) filter (where is_success)::float8 as "successCount",
  count(*) filter (where not is_success)::float8 as "failedCount"
from api.byoc_auth_event
where bucket_start >= $1::timestamptz and bucket_start < $2::timestamptz
group by 1
order by 1`,
};

function bounds({ startMs, endMs }: Span): readonly string[] {
  return [isoInstant(startMs), isoInstant(endMs)];
}

/** Workers by capability, from what they said in a range of whole buckets of 5 minutes at least. */
export async function readByocWorkers(db: Pool, range: Span): Promise<readonly ByocWorkers[]> {
  return (await db.query<ByocWorkers>({ ...WORKERS, values: [...bounds(range)] })).rows;
}

/** Authorisations by capability in such a range. */
export async function readByocAuth(db: Pool, range: Span): Promise<readonly ByocAuth[]> {
  return (await db.query<ByocAuth>({ ...AUTH, values: [...bounds(range)] })).rows;
}
