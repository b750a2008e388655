-- Grain: one row per 1 hour and grain; pipeline, model and GPU are always blank.
-- about: What gateways found when they looked for orchestrators, one row per 1 hour and grain [domain 4.3].
-- source: core.discovery
-- bucket: 1 hour
-- chunk: 30 days
-- floor: core_floor
-- key: bucket_start, grain_id
select
  time_bucket(interval '1 hour', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 hour later
  grain_id, -- the row's dimensions, core.grain
  count(*) as found_count, -- elements of discovery messages: an orchestrator found once
  count(*) filter (where not is_known) as unknown_orchestrator_count, -- of these, found under a URL or key that leads to no one address
  count(*) filter (where latency_ms is null) as unusable_latency_count, -- of these, without a usable latency
  count(latency_ms) as latency_sample_count, -- of these, with a usable latency
  coalesce(sum(latency_ms), 0) as latency_ms_sum, -- milliseconds until the orchestrator answered, summed over its samples
  coalesce(sum(latency_ms_histogram), 0) as latency_ms_histogram -- mergeable bins of the latency in ms (src/domain/bins)
from core.discovery
group by 1, 2
