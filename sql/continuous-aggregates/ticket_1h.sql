-- Grain: one row per 1 hour and grain; model is what the pipeline's text means when it is no pipeline; the GPU is always blank.
-- about: Signed tickets by the instant of the ticket, one row per 1 hour and grain [domain 4.2].
-- source: core.ticket
-- bucket: 1 hour
-- chunk: 30 days
-- floor: core_floor
-- key: bucket_start, grain_id
select
  time_bucket(interval '1 hour', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 hour later
  grain_id, -- the row's dimensions, core.grain
  count(*) as ticket_count, -- tickets
  sum(missing_count) as missing_count, -- numbers that no ticket of their session, signed within 7 days, has, at the ticket after them
  count(*) filter (where is_repeated) as repeated_count, -- tickets whose number one of their session, signed in the 7 days before, has
  count(billable_seconds) as billable_seconds_sample_count, -- tickets that say what seconds they bill
  coalesce(sum(billable_seconds), 0) as billable_seconds_sum, -- seconds that tickets bill
  count(pixels) as pixels_sample_count, -- tickets that say what pixels they bill
  coalesce(sum(pixels), 0) as pixels_sum, -- pixels that tickets bill
  count(computed_fee) as computed_fee_sample_count, -- tickets that say what their fee is
  coalesce(sum(computed_fee), 0) as computed_fee_sum -- fees as gateways compute them, in the unit of their prices (wei)
from core.ticket
group by 1, 2
