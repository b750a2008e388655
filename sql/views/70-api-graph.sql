-- What the object graph needs beside the entities: minutes of demand, and which scores wait.

-- Grain: one row per session. Bound started_at.
create view api.session_demand as
select
  s.started_at,
  c.org,
  d.gateway,
  d.orchestrator_address,
  d.pipeline,
  d.model,
  d.gpu_id,
  d.region,
  d.is_synthetic,
  c.known_count,
  c.requested_count,
  c.startup_success_count,
  c.no_orch_count,
  c.startup_excused_count,
  c.startup_failed_count,
  c.loading_only_count,
  c.zero_output_count,
  c.output_failed_count,
  c.effective_failed_count,
  c.swapped_explicit_count,
  c.swapped_inferred_count,
  c.swapped_count,
  c.cold_start_count,
  c.warm_start_count, c.loading_image_count
from core.session as s
join core.session_start as c on c.org = s.org and c.session_key = s.session_key
join core.grain as d on d.grain_id = c.grain_id;
select naap.describe('api.session_demand', 'Demand, one row per session, for minutes. Ask for a short time.', '{
  "started_at": "Start of the session.",
  "org": "Organisation.",
  "gateway": "Public gateway name; blank: unknown.",
  "orchestrator_address": "Canonical address; blank: not safely known.",
  "pipeline": "Canonical pipeline; blank: unknown.",
  "model": "Model; blank: unknown.",
  "gpu_id": "Public GPU id; blank: unknown or several.",
  "region": "Gateway region; blank: not configured.",
  "is_synthetic": "Test traffic.",
  "known_count": "1.",
  "requested_count": "1 when requested.",
  "startup_success_count": "1 when requested and playable.",
  "no_orch_count": "1 when no orchestrator was found.",
  "startup_excused_count": "1 when the start failed with an excuse.",
  "startup_failed_count": "1 when the start failed without one.",
  "loading_only_count": "1 when samples show nothing but loading.",
  "zero_output_count": "1 when samples show no output.",
  "output_failed_count": "1 when requested and either of the two.",
  "effective_failed_count": "1 when requested and failed in any of these ways.",
  "swapped_explicit_count": "1 when requested with an announced swap.",
  "swapped_inferred_count": "1 when requested with an inferred swap.",
  "swapped_count": "1 when requested with either.",
  "cold_start_count": "1 when requested and started cold.",
  "warm_start_count": "1 when requested and started warm.",
  "loading_image_count": "1 when requested and shown a loading image."
}');

-- Grain: one row per bucket whose scores wait: its inputs changed, or what they are summed from did.
create view api.score_pending as
select width, bucket_start, count(*)::integer as mark_count
from (
  select width, bucket_start
  from work.score_mark
  union all
  select case rollup when 'service_5m' then '5m' else '1h' end, bucket_start
  from work.bucket_mark
  where rollup in ('service_5m', 'service_1h')
) as m
group by width, bucket_start;
select naap.describe('api.score_pending', 'Buckets whose stored scores may lag behind what is known: changes wait to be summed or scored.', '{
  "width": "5m or 1h.",
  "bucket_start": "Start of the bucket, UTC.",
  "mark_count": "Changes that wait."
}');
