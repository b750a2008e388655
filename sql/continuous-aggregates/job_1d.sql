-- Grain: one row per day, grain and kind; a BYOC job's pipeline is its capability.
-- about: Jobs by the instant they count at (received, else completed), one row per UTC day, grain and kind [domain 4.2].
-- source: rollup.job_1h
-- bucket: 1 day
-- chunk: 360 days
-- floor: core_floor
-- key: bucket_start, grain_id, kind
-- every: 10 minutes
select
  time_bucket(interval '1 day', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 1 day later
  grain_id, -- the row's dimensions, core.grain
  kind, -- ai_batch or byoc
  sum(job_count)::bigint as job_count, -- jobs
  sum(selected_count)::bigint as selected_count, -- jobs that an orchestrator was selected for
  sum(no_orch_count)::bigint as no_orch_count, -- AI batch jobs that failed for want of an orchestrator
  sum(unknown_count)::bigint as unknown_count, -- jobs that name no orchestrator and do not say why
  sum(success_count)::bigint as success_count, -- jobs that say they succeeded
  sum(failed_count)::bigint as failed_count, -- jobs that say they failed
  sum(duration_sample_count)::bigint as duration_sample_count, -- jobs that say how long they took
  sum(duration_ms_sum) as duration_ms_sum, -- milliseconds from start to completion, summed over its samples
  sum(duration_ms_histogram) as duration_ms_histogram, -- mergeable bins of the duration in ms (src/domain/bins)
  sum(llm_count)::bigint as llm_count, -- jobs with an LLM event
  sum(llm_failed_count)::bigint as llm_failed_count, -- jobs whose LLM event has an error
  sum(ttft_sample_count)::bigint as ttft_sample_count, -- jobs with a time to first token
  sum(ttft_ms_sum) as ttft_ms_sum, -- milliseconds to the first token, summed over its samples
  sum(ttft_ms_histogram) as ttft_ms_histogram, -- mergeable bins of the time to first token in ms (src/domain/bins)
  sum(tokens_per_second_sample_count)::bigint as tokens_per_second_sample_count, -- jobs with a token rate
  sum(tokens_per_second_sum) as tokens_per_second_sum, -- tokens per second, summed over its samples
  sum(total_tokens_sample_count)::bigint as total_tokens_sample_count, -- jobs that say how many tokens they took and gave
  sum(total_tokens_sum) as total_tokens_sum, -- tokens of prompts and completions, summed over its samples
  sum(prompt_tokens_sum) as prompt_tokens_sum, -- tokens of prompts
  sum(completion_tokens_sum) as completion_tokens_sum -- tokens of completions
from rollup.job_1h
group by 1, 2, 3
