-- Grain: one row per day and grain; the pipeline is the capability; model and GPU are always blank.
-- about: Authorisations of BYOC jobs by their instant, one row per UTC day and grain [domain 4.2].
-- source: rollup.byoc_auth_1h
-- bucket: 1 day
-- chunk: 360 days
-- floor: core_floor
-- key: bucket_start, grain_id
-- every: 10 minutes
select
  time_bucket(interval '1 day', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 day later
  grain_id, -- the row's dimensions, core.grain
  sum(event_count)::bigint as event_count, -- authorisations of BYOC jobs
  sum(success_count)::bigint as success_count, -- of these, those that say they were granted
  sum(failed_count)::bigint as failed_count -- of these, those that say they were refused
from rollup.byoc_auth_1h
group by 1, 2
