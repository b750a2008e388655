-- Grain: one row per UTC day, grain of the segment swapped away from, and how and why it was swapped.
-- about: Swaps at their own instant by whom they blame, one row per UTC day, grain, is_explicit and reason_class [LIFECYCLE-006]. Swaps, not sessions: the swapped counters of demand and service count each session once, however often it was swapped.
-- source: rollup.swap_1h
-- bucket: 1 day
-- chunk: 360 days
-- floor: core_floor
-- key: bucket_start, grain_id, is_explicit, reason_class
-- every: 10 minutes
select
  time_bucket(interval '1 day', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 day later
  grain_id, -- the row's dimensions, core.grain; no orchestrator when a swap matches no segment
  is_explicit, -- true when gateways announced them, false when only their effect is known
  reason_class, -- timeout, overload, price, user, error or unknown
  sum(swap_count)::bigint as swap_count, -- swaps
  sum(requested_swap_count)::bigint as requested_swap_count -- swaps of requested sessions
from rollup.swap_1h
group by 1, 2, 3, 4
