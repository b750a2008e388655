-- Grain: one row per 5 minutes and grain; the orchestrator is the recipient, the GPU is always blank.
-- about: Payments of gateways to orchestrators by the instant of the payment, one row per 5 minutes and grain.
-- source: core.payment
-- bucket: 5 minutes
-- chunk: 7 days
-- floor: rollup_5m_floor
-- key: bucket_start, grain_id
select
  time_bucket(interval '5 minutes', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 5 minutes later
  grain_id, -- the row's dimensions, core.grain
  count(*) as payment_count, -- payments
  count(*) filter (where session_key <> '') as linked_count, -- payments linked to a session
  sum(ticket_count)::bigint as ticket_count, -- tickets in the payments
  sum(face_value_wei) as face_value_wei, -- wei: face value of a ticket times their number
  sum(expected_value_wei) as expected_value_wei, -- wei: face value times the probability to win, rounded once per payment
  coalesce(sum(face_value_wei) filter (where session_key <> ''), 0) as linked_face_value_wei, -- wei: face value of linked payments
  coalesce(sum(expected_value_wei) filter (where session_key <> ''), 0) as linked_expected_value_wei -- wei: expected value of linked payments
from core.payment
group by 1, 2
