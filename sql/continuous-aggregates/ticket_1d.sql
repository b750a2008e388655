-- Grain: one row per day and grain; model is what the pipeline's text means when it is no pipeline; the GPU is always blank.
-- about: Signed tickets by the instant of the ticket, one row per UTC day and grain [domain 4.2].
-- source: rollup.ticket_1h
-- bucket: 1 day
-- chunk: 360 days
-- floor: core_floor
-- key: bucket_start, grain_id
-- every: 10 minutes
select
  time_bucket(interval '1 day', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 day later
  grain_id, -- the row's dimensions, core.grain
  sum(ticket_count)::bigint as ticket_count, -- tickets
  sum(missing_count) as missing_count, -- numbers that no ticket of their session, signed within 7 days, has, at the ticket after them
  sum(repeated_count)::bigint as repeated_count, -- tickets whose number one of their session, signed in the 7 days before, has
  sum(billable_seconds_sample_count)::bigint as billable_seconds_sample_count, -- tickets that say what seconds they bill
  sum(billable_seconds_sum) as billable_seconds_sum, -- seconds that tickets bill
  sum(pixels_sample_count)::bigint as pixels_sample_count, -- tickets that say what pixels they bill
  sum(pixels_sum) as pixels_sum, -- pixels that tickets bill
  sum(computed_fee_sample_count)::bigint as computed_fee_sample_count, -- tickets that say what their fee is
  sum(computed_fee_sum) as computed_fee_sum -- fees as gateways compute them, in the unit of their prices (wei)
from rollup.ticket_1h
group by 1, 2
