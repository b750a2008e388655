-- Request-style work: AI batch requests and BYOC jobs.

-- Grain: one row per job [SERVING-001].
create view api.job as
select
  j.job_id as id, j.bucket_start, j.job_at, j.received_at, j.completed_at, j.org, j.kind, j.event_id, j.request_id,
  g.gateway, g.orchestrator_address, g.pipeline, g.model, g.gpu_id, g.region, g.is_synthetic,
  j.outcome, j.is_success, j.tries, j.duration_ms, j.http_status,
  naap.public_uri(j.orch_url) as orchestrator_uri, naap.public_uri(j.worker_url) as worker_uri,
  j.failure_class, j.failure_reason, naap.public_text(j.error_type) as error_type, naap.public_text(j.error) as error, j.latency_score, j.price_per_unit,
  nullif(j.llm_event_id, '') as llm_event_id, j.is_llm_streamed, j.prompt_tokens, j.completion_tokens, j.total_tokens,
  j.ttft_ms, j.tokens_per_second, j.llm_duration_ms, naap.public_text(j.llm_error) as llm_error,
  j.attribution_outcome, j.attribution_method, j.attribution_reason, j.attribution_confidence
from core.job as j
join core.grain as g using (grain_id)
where j.bucket_start >= (select f.core_floor from work.floor as f);

select naap.describe('api.job', 'Jobs: one row per AI batch request or BYOC job [domain 4.2].', $${
  "id": "Public id, j_ and 24 hex: unique key.",
  "bucket_start": "Start of the 5 minutes that hold job_at; bound it to read little.",
  "job_at": "The instant it counts at: received, else completed.",
  "received_at": "When the gateway received it; null when it did not say, and for BYOC.",
  "completed_at": "When it completed, well or not.",
  "org": "Organisation whose gateway ran it.",
  "kind": "ai_batch or byoc.",
  "event_id": "The event of its completion.",
  "request_id": "Request id of the gateway; '' when unknown.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "Canonical on-chain address, lower-case; '' when attribution was not safe.",
  "pipeline": "Canonical pipeline of an AI batch job, the capability of a BYOC job; '' when unknown.",
  "model": "Model; '' when unknown.",
  "gpu_id": "Public id of the GPU; '' when unknown or one of several.",
  "region": "Region of the gateway; '' when not configured.",
  "is_synthetic": "Always false: jobs do not say that they are test traffic.",
  "outcome": "selected (an orchestrator is named), no_orch (none was found; AI batch only) or unknown.",
  "is_success": "Whether it succeeded; null when its event does not say.",
  "tries": "Orchestrators tried; null when unknown.",
  "duration_ms": "Milliseconds it took; null when not said.",
  "http_status": "HTTP status of a BYOC job; null when not said.",
  "orchestrator_uri": "Service URI it ran at; null when none is named or its host is private.",
  "worker_uri": "URI of the worker of a BYOC job; null when none is named or its host is private.",
  "failure_class": "How it failed: no_orch, failed, llm_failed or unsaid (an error and no word on success); '' when it did not.",
  "failure_reason": "What went wrong: no_orchestrators, bad_request, timeout, overload, price, user, transport_disconnect, model_error, error, other, unknown (an error that says none of these) or none (no error was sent); '' when it did not fail.",
  "error_type": "Class of error as the gateway says it, addresses masked; '' for none.",
  "error": "What went wrong, addresses masked; '' for none.",
  "latency_score": "The gateway's latency score of the orchestrator; null when not said.",
  "price_per_unit": "Price per unit in wei as the gateway says it; null when not said.",
  "llm_event_id": "The LLM event of its request; null without one, and then all LLM columns are.",
  "is_llm_streamed": "Whether the answer was streamed.",
  "prompt_tokens": "Tokens of the prompt; null when not said.",
  "completion_tokens": "Tokens of the answer; null when not said.",
  "total_tokens": "Tokens of both; null when not said.",
  "ttft_ms": "Milliseconds to the first token; null when not said.",
  "tokens_per_second": "Tokens per second; null when not said.",
  "llm_duration_ms": "Milliseconds the LLM took; null when not said.",
  "llm_error": "What went wrong in the LLM, addresses masked; '' for none.",
  "attribution_outcome": "resolved, hardware_less, stale, ambiguous or unresolved [ATTRIBUTION-004].",
  "attribution_method": "How the orchestrator was matched: url, address, local_address or none.",
  "attribution_reason": "Why this outcome.",
  "attribution_confidence": "high, medium, low or none."
}$$);

-- Grain: one row per attribution decision about a selected job, superseded ones included [FACT-003].
create view api.job_decision as
select
  d.decision_id::text as id, d.decided_at, d.superseded_at, d.superseded_at is null as is_current,
  d.job_id,
  d.org, d.outcome, d.method, d.reason, d.confidence, d.orchestrator_address, d.pipeline, d.model, d.gpu_id,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'address', u ->> 'address', 'uri', naap.public_uri(u ->> 'uri'), 'first_at', u ->> 'first_at',
      'last_at', u ->> 'last_at', 'content_hash', u ->> 'content_hash', 'event_id', u ->> 'event_id'
    ) order by n), '[]')
    from jsonb_array_elements(d.sightings) with ordinality as e (u, n)
  ) as sightings
from core.job_decision as d;

select naap.describe('api.job_decision', 'Attribution decisions of jobs, current and superseded, with what they rest on.', $${
  "id": "Number of the decision: unique key.",
  "decided_at": "When it was made.",
  "superseded_at": "When another replaced it; null while it holds.",
  "is_current": "Whether it holds.",
  "job_id": "The job.",
  "org": "Organisation whose gateway ran the job.",
  "outcome": "resolved, hardware_less, stale, ambiguous or unresolved [ATTRIBUTION-004].",
  "method": "How the orchestrator was matched: url, address, local_address or none.",
  "reason": "Why this outcome.",
  "confidence": "high, medium, low or none.",
  "orchestrator_address": "Canonical address decided on; '' when not safe.",
  "pipeline": "Pipeline or capability decided on; '' when unknown.",
  "model": "Model decided on; '' when unknown.",
  "gpu_id": "Public id of the GPU decided on; '' when unknown.",
  "sightings": "Capability reports used: [{address, uri, first_at, last_at, content_hash, event_id}]; uri is null when its host is private."
}$$);
