-- Grain: one row per hour, grain of the segment swapped away from, and how and why it was swapped.
-- about: Swaps at their own instant by whom they blame, one row per hour, grain, is_explicit and reason_class [LIFECYCLE-006]. Swaps, not sessions: the swapped counters of demand and service count each session once, however often it was swapped.
-- source: core.swap
-- bucket: 1 hour
-- chunk: 30 days
-- floor: core_floor
-- key: bucket_start, grain_id, is_explicit, reason_class
select
  time_bucket(interval '1 hour', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 hour later
  grain_id, -- the row's dimensions, core.grain; no orchestrator when a swap matches no segment
  is_explicit, -- true when gateways announced them, false when only their effect is known
  reason_class, -- timeout, overload, price, user, error or unknown
  count(*) as swap_count, -- swaps
  count(*) filter (where is_requested) as requested_swap_count -- swaps of requested sessions
from core.swap
group by 1, 2, 3, 4
