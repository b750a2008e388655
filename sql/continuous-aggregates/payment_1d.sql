-- Grain: one row per day and grain; the orchestrator is the recipient, the GPU is always blank.
-- about: Payments of gateways to orchestrators by the instant of the payment, one row per UTC day and grain.
-- source: rollup.payment_1h
-- bucket: 1 day
-- chunk: 360 days
-- floor: core_floor
-- key: bucket_start, grain_id
-- every: 10 minutes
select
  time_bucket(interval '1 day', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 day later
  grain_id, -- the row's dimensions, core.grain
  sum(payment_count)::bigint as payment_count, -- payments
  sum(linked_count)::bigint as linked_count, -- payments linked to a session
  sum(ticket_count)::bigint as ticket_count, -- tickets in the payments
  sum(face_value_wei) as face_value_wei, -- wei: face value of a ticket times their number
  sum(expected_value_wei) as expected_value_wei, -- wei: face value times the probability to win, rounded once per payment
  sum(linked_face_value_wei) as linked_face_value_wei, -- wei: face value of linked payments
  sum(linked_expected_value_wei) as linked_expected_value_wei -- wei: expected value of linked payments
from rollup.payment_1h
group by 1, 2
