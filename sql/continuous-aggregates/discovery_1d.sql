-- Grain: one row per day and grain; pipeline, model and GPU are always blank.
-- about: What gateways found when they looked for orchestrators, one row per UTC day and grain [domain 4.3].
-- source: rollup.discovery_1h
-- bucket: 1 day
-- chunk: 360 days
-- floor: core_floor
-- key: bucket_start, grain_id
-- every: 10 minutes
select
  time_bucket(interval '1 day', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 day later
  grain_id, -- the row's dimensions, core.grain
  sum(found_count)::bigint as found_count, -- elements of discovery messages: an orchestrator found once
  sum(unknown_orchestrator_count)::bigint as unknown_orchestrator_count, -- of these, found under a URL or key that leads to no one address
  sum(unusable_latency_count)::bigint as unusable_latency_count, -- of these, without a usable latency
  sum(latency_sample_count)::bigint as latency_sample_count, -- of these, with a usable latency
  sum(latency_ms_sum) as latency_ms_sum, -- milliseconds until the orchestrator answered, summed over its samples
  sum(latency_ms_histogram) as latency_ms_histogram -- mergeable bins of the latency in ms (src/domain/bins)
from rollup.discovery_1h
group by 1, 2
