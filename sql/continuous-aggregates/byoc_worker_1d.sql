-- Grain: one row per day and grain; the pipeline is the capability, the model the one that the worker offers; the GPU is always blank.
-- about: What BYOC workers said of themselves by the instant of the event, one row per UTC day and grain [domain 4.2].
-- source: rollup.byoc_worker_1h
-- bucket: 1 day
-- chunk: 360 days
-- floor: core_floor
-- key: bucket_start, grain_id
-- every: 10 minutes
select
  time_bucket(interval '1 day', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 day later
  grain_id, -- the row's dimensions, core.grain
  sum(event_count)::bigint as event_count, -- events of BYOC workers
  sum(price_sample_count)::bigint as price_sample_count, -- of these, those that say a price
  sum(price_sum) as price_sum -- prices per unit in wei, summed over those that say one
from rollup.byoc_worker_1h
group by 1, 2
