-- Grain: one row per 5 minutes, grain and what is known of the GPU, failure class and reason.
-- Cohort [LIFECYCLE-008]: a session counts once, in the bucket of its start, with the failure of its whole life.
-- about: Requested sessions that failed or needed an excuse, in the bucket of their start, one row per 5 minutes, grain, gpu_identity_status, failure_class and failure_reason [AGGREGATE-002]. Each is in one class: startup_failed, loading_only and zero_output sum to effective_failed_count of demand.
-- source: core.session_start
-- bucket: 5 minutes
-- chunk: 7 days
-- floor: rollup_5m_floor
-- key: bucket_start, grain_id, gpu_identity_status, failure_class, failure_reason
select
  time_bucket(interval '5 minutes', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 5 minutes later
  grain_id, -- the row's dimensions, core.grain
  gpu_identity_status, -- resolved (GPU known) or hardware_unresolved [AGGREGATE-003]
  failure_class, -- startup_failed, loading_only, zero_output (held against somebody), no_orch or excusable_error (excused)
  failure_reason, -- timeout, overload, price, user, transport_disconnect, model_error, error, other, unknown (an error that says none of these) or none (no error was sent)
  count(*) as failure_count, -- sessions
  sum(effective_failed_count)::bigint as effective_failed_count, -- those that are startup_failed, loading_only or zero_output
  sum(startup_excused_count)::bigint as startup_excused_count -- those whose start-up failed with an excusal
from core.session_start
where failure_class <> ''
group by 1, 2, 3, 4, 5
