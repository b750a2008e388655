-- SLA scores and what they rest on [AGGREGATE-005]. Provisional scores of open buckets are computed by readers.

-- Grain: one row per stored score, superseded and withdrawn ones included.
create view api.sla_score as
select
  c.score_id::text as id, c.bucket_start, c.computed_at, c.width, c.score_id, c.grain_id, g.org, g.gateway,
  g.orchestrator_address, g.pipeline, g.model, g.gpu_id, g.region, g.is_synthetic, c.scoring_version,
  c.score, c.subscores, i.inputs, c.benchmarks, i.input_watermark, c.is_withdrawn, c.input_id, c.config_id, c.target_id,
  exists (
    select
    from core.sla_score_current as u
    where u.width = c.width and u.bucket_start = c.bucket_start and u.grain_id = c.grain_id
      and u.scoring_version = c.scoring_version and u.score_id = c.score_id
  ) as is_current
from core.sla_score as c
join core.sla_input as i using (input_id)
join core.grain as g on g.grain_id = c.grain_id;

select naap.describe('api.sla_score', 'Final SLA scores at the full key, 5 minutes and 1 hour wide, with their history.', $${
  "id": "Number of the score: unique key.",
  "bucket_start": "Start of the bucket, UTC.",
  "computed_at": "When it was computed.",
  "width": "5m or 1h.",
  "score_id": "Grows with time: of one key the greatest is the newest.",
  "grain_id": "Its dimensions as one number.",
  "org": "Organisation whose gateways sent the events.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "Canonical on-chain address; '' when attribution was not safe.",
  "pipeline": "Canonical pipeline; '' when unknown.",
  "model": "Model; '' when unknown.",
  "gpu_id": "Public id of the GPU; '' when unknown.",
  "region": "Region of the gateway; '' when not configured.",
  "is_synthetic": "True for test traffic.",
  "scoring_version": "Version of the scoring configuration.",
  "score": "0 to 100, higher is better; null when nothing was requested, or withdrawn.",
  "subscores": "Subscores in 0..1 by name; a missing one has no samples.",
  "inputs": "Sums and histograms the score was computed from.",
  "benchmarks": "Benchmark values and revisions used.",
  "input_watermark": "Newest event counted; null when none is known.",
  "is_withdrawn": "Nothing is scored any more: its group has disappeared, or its version is retired or no longer stored.",
  "input_id": "Row of sla_input it was computed from.",
  "config_id": "Row of scoring_config it was computed by; null when withdrawn, or older than these numbers.",
  "target_id": "Row of model_target it was held against; null when there was none or the formula knows no targets.",
  "is_current": "Whether it is the newest of its key."
}$$);

-- Grain: one row per stored inputs of a group in a bucket, superseded and withdrawn ones included.
-- Read by warehouse/readers/score-reader for answers as they were known at an instant.
create view api.sla_input as
select
  i.input_id::text as id, i.bucket_start, i.computed_at, i.width, i.input_id, i.grain_id, g.org, g.gateway,
  g.orchestrator_address, g.pipeline, g.model, g.gpu_id, g.region, g.is_synthetic, i.inputs, i.input_watermark,
  i.is_withdrawn,
  exists (select from core.sla_input_current as u where u.input_id = i.input_id) as is_current
from core.sla_input as i
join core.grain as g using (grain_id);

select naap.describe('api.sla_input', 'What final scores were computed from, at the full key, once for all versions, with its history.', $${
  "id": "Number of the inputs: unique key.",
  "bucket_start": "Start of the bucket, UTC.",
  "computed_at": "When they were summed.",
  "width": "5m or 1h.",
  "input_id": "Grows with time: of one key the greatest is the newest.",
  "grain_id": "Its dimensions as one number.",
  "org": "Organisation whose gateways sent the events.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "Canonical on-chain address; '' when attribution was not safe.",
  "pipeline": "Canonical pipeline; '' when unknown.",
  "model": "Model; '' when unknown.",
  "gpu_id": "Public id of the GPU; '' when unknown.",
  "region": "Region of the gateway as known then; '' when not configured.",
  "is_synthetic": "True for test traffic.",
  "inputs": "Sums and histograms by name; counts, ms for latencies, frames per second for fps. {} when withdrawn.",
  "input_watermark": "Newest event counted; null when none is known.",
  "is_withdrawn": "Its group has disappeared.",
  "is_current": "Whether it is the newest of its key."
}$$);

-- Grain: one row per benchmark revision.
create view api.sla_benchmark as
select
  b.for_day::text || '/' || b.pipeline || '/' || b.model || '/' || b.kind || '/' || b.revision as id,
  b.for_day as for_on, b.computed_at, b.pipeline, b.model, b.kind, b.revision, b.low, b.high, b.row_count, b.is_sufficient,
  not exists (
    select
    from core.sla_benchmark as n
    where n.for_day = b.for_day and n.pipeline = b.pipeline and n.model = b.model and n.kind = b.kind
      and n.revision > b.revision
  ) as is_current
from core.sla_benchmark as b;

select naap.describe('api.sla_benchmark', 'Benchmarks of quality per UTC day, pipeline and model, from the 7 days before it.', $${
  "id": "Day, pipeline, model, kind and revision: unique key.",
  "for_on": "UTC day whose buckets it judges.",
  "computed_at": "When it was computed.",
  "pipeline": "Pipeline.",
  "model": "Model.",
  "kind": "ptff and e2e in ms, fps in frames per second.",
  "revision": "Grows; the greatest is in force.",
  "low": "p50 of ptff and e2e, p10 of fps, 3 significant digits; null: no value.",
  "high": "p90 of ptff and e2e, p50 of fps, 3 significant digits; null: no value.",
  "row_count": "Hourly rows it rests on.",
  "is_sufficient": "At least 48 rows; else scores take 0.5.",
  "is_current": "Whether it is in force."
}$$);

-- Grain: one row per configuration of a scoring version ever made known, for all gateways or for one.
create view api.scoring_config as
select
  c.config_id::text as id, c.valid_from, c.known_at, c.config_id, c.scoring_version, c.gateway, c.formula, c.parameters,
  c.is_retired, coalesce(v.is_stored, false) as is_stored
from config.scoring_config as c
left join config.scoring_version as v using (scoring_version);

select naap.describe('api.scoring_config', 'How scores are computed: formula and its parameters by version, with their history.', $${
  "id": "Number of the row: unique key.",
  "valid_from": "First instant whose buckets it scores, until the next one of its version and gateway.",
  "known_at": "From when on answers rest on it; of equal valid_from the newest counts.",
  "config_id": "Number of the row.",
  "scoring_version": "Version.",
  "gateway": "Public name of the gateway it is for; '' for every gateway without its own.",
  "formula": "quality-benchmark-v1 or spec-v1.",
  "parameters": "Weights, thresholds and windows of the formula; what is not named is the formula's default.",
  "is_retired": "True: from then on the gateway has no configuration of its own, or the version none at all.",
  "is_stored": "Whether results of the version are stored; else they are computed when read."
}$$);

-- Grain: one row per target of a model ever made known.
create view api.model_target as
select
  t.target_id::text as id, t.valid_from, t.known_at, t.target_id, t.pipeline, t.model, t.fps_target,
  t.e2e_p50_target_ms, t.e2e_p95_target_ms, t.ptff_p50_target_ms, t.ptff_p95_target_ms,
  t.cold_startup_target_ms, t.warm_startup_target_ms
from config.model_target as t;

select naap.describe('api.model_target', 'What models are held against, with its history.', $${
  "id": "Number of the row: unique key.",
  "valid_from": "First instant whose buckets it is for, until the next one of its pipeline and model.",
  "known_at": "From when on answers rest on it; of equal valid_from the newest counts.",
  "target_id": "Number of the row.",
  "pipeline": "Canonical pipeline.",
  "model": "Model.",
  "fps_target": "Frames per second; null: none.",
  "e2e_p50_target_ms": "Median of end-to-end latency, ms; null: the formula's default.",
  "e2e_p95_target_ms": "p95 of end-to-end latency, ms; null: the formula's default.",
  "ptff_p50_target_ms": "Median of prompt to playable, ms; null: the formula's default.",
  "ptff_p95_target_ms": "p95 of prompt to playable, ms; null: the formula's default.",
  "cold_startup_target_ms": "What a cold start-up should take at most, ms; no score knows it; null: none.",
  "warm_startup_target_ms": "What a warm start-up should take at most, ms; no score knows it; null: none."
}$$);
