import type { Pool } from 'pg';
import { type RollupQuery, rollupSource } from './grain.js';
import { createParameters } from './parameters.js';
import { isInForce, targetsInForce } from './targets-in-force.js';

/** What is offered now, summed over orchestrators; prices are wei for one pixel, as decimal text. */
export interface Supply {
  readonly orchestratorCount: number;
  readonly warmOrchestratorCount: number;
  readonly gpuCount: number;
  readonly capacity: number;
  /** Orchestrators that say how much is in use; the next three are over these alone, null when there are none. */
  readonly reportingCount: number;
  readonly capacityInUse: number | null;
  readonly capacityAvailable: number | null;
  readonly priceCount: number;
  readonly minPriceWei: string | null;
  readonly medianPriceWei: string | null;
  readonly maxPriceWei: string | null;
}

export interface SurfaceSupply extends Supply {
  readonly pipeline: string;
  /** null: the whole pipeline; `''`: an external capability. */
  readonly model: string | null;
}

/** Numbers of offers `o`: sums, and how many they rest on. */
const SUPPLY_SQL = `
    count(distinct o.orchestrator_id)::float8 as "orchestratorCount",
    count(distinct o.orchestrator_id) filter (where o.is_warm)::float8 as "warmOrchestratorCount",
    sum(o.capacity)::float8 as "capacity",
    count(distinct o.orchestrator_id) filter (where o.capacity_in_use is not null)::float8 as "reportingCount",
    sum(o.capacity_in_use)::float8 as "capacityInUse",
    sum(o.capacity_available)::float8 as "capacityAvailable",
    count(o.price_per_unit_wei)::float8 as "priceCount",
    trim_scale(min(o.price_per_unit_wei / o.pixels_per_unit))::text as "minPriceWei",
    trim_scale(percentile_disc(0.5) within group (order by o.price_per_unit_wei / o.pixels_per_unit))::text as "medianPriceWei",
    trim_scale(max(o.price_per_unit_wei / o.pixels_per_unit))::text as "maxPriceWei"`;

/** Offers and surfaces of reports that stand for now; `at` is the parameter of the clock. */
function fresh(at: string): string {
  const isFresh = `last_seen_at > ${at}::timestamptz - (select snapshot_max_age_seconds from config.policy) * interval '1 second'`;
  return `offer as materialized (select * from api.orchestrator_offer where ${isFresh}),
surface as materialized (select * from api.gpu_surface where pipeline <> '' and ${isFresh})`;
}

const BY_SURFACE = {
  name: 'supply-reader/by-surface',
  text: `with ${fresh('$1')},
supply as (
  select o.pipeline, o.model, grouping(o.model) as level,${SUPPLY_SQL}
  from offer as o
  group by grouping sets ((o.pipeline, o.model), (o.pipeline))
),
gpu as (
  select s.pipeline, s.model, grouping(s.model) as level, count(distinct (s.orchestrator_id, s.gpu_id))::float8 as gpu_count
  from surface as s
  group by grouping sets ((s.pipeline, s.model), (s.pipeline))
)
select s.*, coalesce(g.gpu_count, 0) as "gpuCount"
from supply as s
left join gpu as g on g.pipeline = s.pipeline and g.level = s.level and g.model is not distinct from s.model
order by s.pipeline, s.model nulls first`,
};

/** What is offered at an instant by pipeline and model, and by pipeline alone. */
export async function readSupply(db: Pool, nowMs: number): Promise<readonly SurfaceSupply[]> {
  const { rows } = await db.query<SurfaceSupply>({ ...BY_SURFACE, values: [new Date(nowMs).toISOString()] });
  return rows;
}

/** Supply of one GPU model on one pipeline and model, with what it achieved over the service range. */
export interface GpuMarketRow extends Supply {
  /** null: hardware that is unknown, or several GPU models on one surface. */
  readonly gpuModel: string | null;
  readonly pipeline: string;
  readonly model: string;
  readonly minMemoryBytes: number | null;
  readonly maxMemoryBytes: number | null;
  readonly fpsSum: string;
  readonly fpsSampleCount: number;
  /** Configured target in force at the instant of the question; null without one. */
  readonly fpsTarget: number | null;
}

/**
 * The GPU market: what is offered now by GPU model, pipeline and model, with what these GPUs achieved in `service`.
 *
 * An offer is of a GPU model when all its GPUs are of it; the others, and those without hardware data, are rows without
 * a GPU model, so that capacity adds up to the whole. Service of a session whose GPU is not known is there too.
 */
export async function readGpuMarket(db: Pool, service: RollupQuery): Promise<readonly GpuMarketRow[]> {
  const parameters = createParameters();
  const source = rollupSource(parameters, 'service', service);
  const at = parameters.add(new Date(service.nowMs).toISOString());
  const { rows } = await db.query<GpuMarketRow>({
    name: `supply-reader/gpu-market-${source.name}`,
    text: `with ${fresh(at)},
hardware as (
  select s.orchestrator_id, s.pipeline, s.model,
    case when count(distinct coalesce(s.gpu_model, '')) = 1 then max(s.gpu_model) end as gpu_model
  from surface as s
  group by 1, 2, 3
),
supply as (
  select coalesce(h.gpu_model, '') as gpu_model, o.pipeline, o.model,${SUPPLY_SQL}
  from offer as o
  left join hardware as h using (orchestrator_id, pipeline, model)
  group by 1, 2, 3
),
gpu as (
  select coalesce(s.gpu_model, '') as gpu_model, s.pipeline, s.model,
    count(distinct (s.orchestrator_id, s.gpu_id))::float8 as gpu_count,
    min(s.memory_bytes)::float8 as min_memory, max(s.memory_bytes)::float8 as max_memory
  from surface as s
  group by 1, 2, 3
),
source as (
  ${source.text}
),
service as (
  select coalesce(n.gpu_model, '') as gpu_model, r.pipeline, r.model,
    sum(r.fps_sum) as fps_sum, sum(r.fps_sample_count) as fps_sample_count
  from source as r
  left join (select g.gpu_id, max(g.gpu_model) as gpu_model from api.gpu as g group by 1) as n using (gpu_id)
  group by 1, 2, 3
),
${targetsInForce(at)},
row_key as (
  select gpu_model, pipeline, model from supply union select gpu_model, pipeline, model from gpu
)
select nullif(k.gpu_model, '') as "gpuModel", k.pipeline, k.model,
  coalesce(s."orchestratorCount", 0) as "orchestratorCount",
  coalesce(s."warmOrchestratorCount", 0) as "warmOrchestratorCount",
  coalesce(g.gpu_count, 0) as "gpuCount", g.min_memory as "minMemoryBytes", g.max_memory as "maxMemoryBytes",
  coalesce(s.capacity, 0) as capacity, coalesce(s."reportingCount", 0) as "reportingCount",
  s."capacityInUse", s."capacityAvailable",
  coalesce(s."priceCount", 0) as "priceCount", s."minPriceWei", s."medianPriceWei", s."maxPriceWei",
  coalesce(f.fps_sum, 0)::text as "fpsSum", coalesce(f.fps_sample_count, 0)::float8 as "fpsSampleCount",
  t.fps_target::float8 as "fpsTarget"
from row_key as k
left join supply as s using (gpu_model, pipeline, model)
left join gpu as g using (gpu_model, pipeline, model)
left join service as f using (gpu_model, pipeline, model)
left join target as t on ${isInForce({ pipeline: 'k.pipeline', model: 'k.model', at: `${at}::timestamptz` })}`,
    values: parameters.values,
  });
  return rows;
}
