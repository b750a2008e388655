-- Grain: one row per UTC day, grain, kind, failure class and reason; a BYOC job's pipeline is its capability.
-- about: Jobs that failed by the instant they count at (received, else completed), one row per UTC day, grain, kind, failure_class and failure_reason [domain 4.2]. Each is in one class; failed_count, no_orch_count and llm_failed_count are those of jobs.
-- source: rollup.job_failure_1h
-- bucket: 1 day
-- chunk: 360 days
-- floor: core_floor
-- key: bucket_start, grain_id, kind, failure_class, failure_reason
-- every: 10 minutes
select
  time_bucket(interval '1 day', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 day later
  grain_id, -- the row's dimensions, core.grain
  kind, -- ai_batch or byoc
  failure_class, -- no_orch (nobody was found), failed (it says so), llm_failed (only its LLM event has an error) or unsaid (an error, and no word on success)
  failure_reason, -- no_orchestrators, bad_request, timeout, overload, price, user, transport_disconnect, model_error, error, other, unknown (an error that says none of these) or none (no error was sent)
  sum(failure_count)::bigint as failure_count, -- jobs
  sum(failed_count)::bigint as failed_count, -- jobs that say they failed
  sum(no_orch_count)::bigint as no_orch_count, -- AI batch jobs that failed for want of an orchestrator
  sum(llm_failed_count)::bigint as llm_failed_count -- jobs whose LLM event has an error
from rollup.job_failure_1h
group by 1, 2, 3, 4, 5
