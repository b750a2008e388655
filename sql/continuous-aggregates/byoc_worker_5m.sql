-- Grain: one row per 5 minutes and grain; the pipeline is the capability, the model the one that the worker offers; the GPU is always blank.
-- about: What BYOC workers said of themselves by the instant of the event, one row per 5 minutes and grain [domain 4.2].
-- source: core.byoc_worker
-- bucket: 5 minutes
-- chunk: 7 days
-- floor: rollup_5m_floor
-- key: bucket_start, grain_id
select
  time_bucket(interval '5 minutes', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 5 minutes later
  grain_id, -- the row's dimensions, core.grain
  count(*) as event_count, -- events of BYOC workers
  count(price_per_unit) as price_sample_count, -- of these, those that say a price
  coalesce(sum(price_per_unit), 0) as price_sum -- prices per unit in wei, summed over those that say one
from core.byoc_worker
group by 1, 2
