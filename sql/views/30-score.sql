-- SLA scores and what they rest on [AGGREGATE-005]. Provisional scores of open buckets are computed by readers.

-- Grain: one row per stored score, superseded and withdrawn ones included.
create view api.sla_score as
select
  c.score_id::text as id, c.bucket_start, c.computed_at, c.width, c.score_id, c.grain_id, g.org, g.gateway,
  g.orchestrator_address, g.pipeline, g.model, g.gpu_id, g.region, g.is_synthetic, c.scoring_version,
  c.score, c.subscores, c.inputs, c.benchmarks, c.input_watermark, c.is_withdrawn,
  exists (
    select
    from core.sla_score_current as u
    where u.width = c.width and u.bucket_start = c.bucket_start and u.grain_id = c.grain_id
      and u.scoring_version = c.scoring_version and u.score_id = c.score_id
  ) as is_current
from core.sla_score as c
join core.grain as g using (grain_id);

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
  "is_withdrawn": "Its group has disappeared: nothing is scored any more.",
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

-- Grain: one row per configuration of a scoring version, for all gateways or for one.
create view api.scoring_config as
select
  c.scoring_version || '/' || c.gateway || '/' || to_char(c.valid_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as id,
  c.valid_from, c.scoring_version, c.gateway, c.formula, c.parameters
from config.scoring_config as c;

select naap.describe('api.scoring_config', 'How scores are computed: formula and its parameters by version.', $${
  "id": "Version, gateway and beginning: unique key.",
  "valid_from": "First instant whose buckets it scores.",
  "scoring_version": "Version.",
  "gateway": "Gateway it is for; '' for every gateway without its own.",
  "formula": "quality-benchmark-v1 or spec-v1.",
  "parameters": "Weights, thresholds and windows of the formula."
}$$);
