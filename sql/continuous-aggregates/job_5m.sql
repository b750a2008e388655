-- Grain: one row per 5 minutes, grain and kind; a BYOC job's pipeline is its capability.
-- about: Jobs by the instant they count at (received, else completed), one row per 5 minutes, grain and kind [domain 4.2].
-- source: core.job
-- bucket: 5 minutes
-- chunk: 7 days
-- floor: rollup_5m_floor
-- key: bucket_start, grain_id, kind
select
  time_bucket(interval '5 minutes', bucket_start) as bucket_start, -- start of the bucket, UTC; it ends 5 minutes later
  grain_id, -- the row's dimensions, core.grain
  kind, -- ai_batch or byoc
  count(*) as job_count, -- jobs
  count(*) filter (where outcome = 'selected') as selected_count, -- jobs that an orchestrator was selected for
  count(*) filter (where outcome = 'no_orch') as no_orch_count, -- AI batch jobs that failed for want of an orchestrator
  count(*) filter (where outcome = 'unknown') as unknown_count, -- jobs that name no orchestrator and do not say why
  count(*) filter (where is_success) as success_count, -- jobs that say they succeeded
  count(*) filter (where not is_success) as failed_count, -- jobs that say they failed
  count(duration_ms) as duration_sample_count, -- jobs that say how long they took
  coalesce(sum(duration_ms), 0) as duration_ms_sum, -- milliseconds from start to completion, summed over its samples
  coalesce(sum(duration_ms_histogram), 0) as duration_ms_histogram, -- mergeable bins of the duration in ms (src/domain/bins)
  count(*) filter (where llm_event_id <> '') as llm_count, -- jobs with an LLM event
  count(*) filter (where llm_error <> '') as llm_failed_count, -- jobs whose LLM event has an error
  count(ttft_ms) as ttft_sample_count, -- jobs with a time to first token
  coalesce(sum(ttft_ms), 0) as ttft_ms_sum, -- milliseconds to the first token, summed over its samples
  coalesce(sum(ttft_ms_histogram), 0) as ttft_ms_histogram, -- mergeable bins of the time to first token in ms (src/domain/bins)
  count(tokens_per_second) as tokens_per_second_sample_count, -- jobs with a token rate
  coalesce(sum(tokens_per_second), 0) as tokens_per_second_sum, -- tokens per second, summed over its samples
  count(total_tokens) as total_tokens_sample_count, -- jobs that say how many tokens they took and gave
  coalesce(sum(total_tokens), 0) as total_tokens_sum, -- tokens of prompts and completions, summed over its samples
  coalesce(sum(prompt_tokens), 0) as prompt_tokens_sum, -- tokens of prompts
  coalesce(sum(completion_tokens), 0) as completion_tokens_sum -- tokens of completions
from core.job
group by 1, 2, 3
