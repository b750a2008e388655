-- Grain: one row per 1 hour and grain; the pipeline is the capability; model and GPU are always blank.
-- about: Authorisations of BYOC jobs by their instant, one row per 1 hour and grain [domain 4.2].
-- source: core.byoc_auth
-- bucket: 1 hour
-- chunk: 30 days
-- floor: core_floor
-- key: bucket_start, grain_id
select
  time_bucket(interval '1 hour', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 hour later
  grain_id, -- the row's dimensions, core.grain
  count(*) as event_count, -- authorisations of BYOC jobs
  count(*) filter (where is_success) as success_count, -- of these, those that say they were granted
  count(*) filter (where not is_success) as failed_count -- of these, those that say they were refused
from core.byoc_auth
group by 1, 2
