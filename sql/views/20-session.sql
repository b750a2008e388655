-- One stream or request and what is known of it. A session's key is (org, session_id); idle and lost depend on the
-- reader's clock, so they follow from last_seen_at and is_completed.

-- Grain: one row per session [FACT-002].
create view api.session as
select
  s.session_id as id, s.started_at, s.first_seen_at, s.last_seen_at,
  s.session_id, s.org, s.stream_id, s.request_id, s.gateway, s.orchestrator_address, s.pipeline, s.model, s.gpu_id,
  s.region, s.is_synthetic,
  s.is_requested, s.is_playable, s.has_first_output, s.is_completed, s.has_no_orch, s.has_restart, s.has_error,
  s.startup_outcome, s.excusal, s.selection_outcome, s.is_loading_only, s.is_zero_output, s.is_cold_start,
  s.failure_class, s.failure_reason, s.failure_event_id,
  s.attribution_outcome, s.attribution_method,
  s.explicit_swap_count, s.inferred_swap_count, s.segment_count, s.error_count, s.excusable_error_count,
  s.restart_count, s.parameter_update_count,
  s.status_sample_count, s.running_sample_count, s.fps_sample_count, s.fps_positive_count, s.fps_sum, s.fps_square_sum,
  s.input_fps_sample_count, s.input_fps_sum, s.health_observed, s.health_expected, s.legacy_health_observed,
  s.startup_ms, s.e2e_ms, s.gateway_round_trip_ms, s.ptff_ms, s.hop_gateway_runner_ms, s.hop_runner_ms,
  s.hop_runner_gateway_ms, s.loading_image_at, s.loading_image_ms, s.last_state, s.last_fps, s.last_input_fps, s.milestones
from core.session as s;

select naap.describe('api.session', 'Sessions: one row per stream or request, with what its whole life says so far.', $${
  "id": "Public id: unique key.",
  "started_at": "First request, else first event.",
  "first_seen_at": "Event time of its first event.",
  "last_seen_at": "Event time of its newest event; nothing for 2 min is idle, for 30 min lost, unless completed.",
  "session_id": "Public id, s_ and 24 hex.",
  "org": "Organisation whose gateway sent the events.",
  "stream_id": "Stream id of the gateway; '' when unknown.",
  "request_id": "Request id of the gateway; '' when unknown.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "Canonical address of the last segment's orchestrator; '' when attribution was not safe.",
  "pipeline": "Pipeline of the last segment; '' when unknown.",
  "model": "Model of the last segment; '' when unknown.",
  "gpu_id": "Public id of the last segment's GPU; '' when unknown.",
  "region": "Region of the gateway; '' when not configured.",
  "is_synthetic": "True for test traffic.",
  "is_requested": "A request for the stream was seen.",
  "is_playable": "A few processed segments came back.",
  "has_first_output": "A first processed segment came back.",
  "is_completed": "The stream was closed.",
  "has_no_orch": "The gateway said that no orchestrator was available.",
  "has_restart": "A restart was reported.",
  "has_error": "An error sample or event was seen.",
  "startup_outcome": "success, failed, or unknown when no request was seen [LIFECYCLE-003].",
  "excusal": "none, no_orch or excusable_error; null unless the start-up failed.",
  "selection_outcome": "selected, no_orch or unknown.",
  "is_loading_only": "It has samples and none of them is running [LIFECYCLE-007].",
  "is_zero_output": "It has samples and none of them has a positive fps [LIFECYCLE-007].",
  "is_cold_start": "Whether it said it started cold; null when it did not say.",
  "failure_class": "Why it counts as failed or excused, one class each: startup_failed, loading_only, zero_output, no_orch or excusable_error, the first that holds [AGGREGATE-002]; null when it does not, or was not requested.",
  "failure_reason": "Reason that its first error gives, errors that excuse nothing first: timeout, overload, price, user, transport_disconnect, model_error, error, other, unknown, or none without an error; null without a failure_class.",
  "failure_event_id": "The error event that the reason is of; null without one.",
  "attribution_outcome": "Outcome for the last segment: resolved, hardware_less, stale, ambiguous or unresolved [ATTRIBUTION-004].",
  "attribution_method": "How the last segment's orchestrator was matched.",
  "explicit_swap_count": "Swaps the gateway reported.",
  "inferred_swap_count": "Swaps known only by a change of orchestrator.",
  "segment_count": "Segments: stretches with one orchestrator.",
  "error_count": "Error events.",
  "excusable_error_count": "Error events with an excusable text [LIFECYCLE-004].",
  "restart_count": "Restarts, one that is both announced and counted once.",
  "parameter_update_count": "Parameter updates.",
  "status_sample_count": "Status samples.",
  "running_sample_count": "Status samples in a running state.",
  "fps_sample_count": "Samples with an output fps.",
  "fps_positive_count": "Samples with an output fps above 0.",
  "fps_sum": "Output frames per second, summed over fps samples.",
  "fps_square_sum": "Squares of output frames per second, summed over fps samples.",
  "input_fps_sample_count": "Samples with an input fps.",
  "input_fps_sum": "Input frames per second, summed over their samples.",
  "health_observed": "Health signals observed, 0 to 3.",
  "health_expected": "Health signals expected: 3 when requested, else 0.",
  "legacy_health_observed": "Health signals observed, with the predecessor's third signal.",
  "startup_ms": "Milliseconds from request to first processed segment; null when an edge is missing or inverted.",
  "e2e_ms": "Milliseconds from first ingest to the runner's first processed segment, two clocks; null when an edge is missing or inverted.",
  "gateway_round_trip_ms": "Milliseconds from first ingest to the first processed segment, one clock; null when an edge is missing or inverted.",
  "ptff_ms": "Milliseconds from prompt to playable; null when an edge is missing or inverted.",
  "hop_gateway_runner_ms": "Milliseconds from gateway to runner; null when an edge is missing or inverted.",
  "hop_runner_ms": "Milliseconds of processing in the runner; null when an edge is missing or inverted.",
  "hop_runner_gateway_ms": "Milliseconds from runner to gateway; null when an edge is missing or inverted.",
  "loading_image_at": "When the first loading image was shown; null when none was seen.",
  "loading_image_ms": "Milliseconds from request to the first loading image; null when an edge is missing or inverted.",
  "last_state": "State of the newest sample; null without samples.",
  "last_fps": "Output fps of the newest sample; null when it has none.",
  "last_input_fps": "Input fps of the newest sample; null when it has none.",
  "milestones": "First of each milestone in order: [{milestone, at, own_at, event_id}]; own_at is the runner's clock, or of a v1 frame the frame's own time."
}$$);

-- Grain: one row per segment of a session [LIFECYCLE-005].
create view api.session_segment as
select
  s.session_id || '/' || g.ordinal as id, g.started_at, g.ended_at, s.session_id, g.ordinal, g.org,
  g.orchestrator_address, g.pipeline, g.model, g.gpu_id, naap.public_uri(g.observed_url) as orchestrator_uri,
  g.outcome, g.method, g.reason, g.confidence, g.status_sample_count, g.fps_sample_count, g.fps_sum, g.service_ms
from core.segment as g
join core.session as s using (org, session_key);

select naap.describe('api.session_segment', 'Segments: stretches of a session with one orchestrator.', $${
  "id": "Session and ordinal: unique key.",
  "started_at": "Its first event.",
  "ended_at": "Its last event.",
  "session_id": "The session.",
  "ordinal": "0 is the first.",
  "org": "Organisation whose gateway sent the events.",
  "orchestrator_address": "Canonical address; '' when attribution was not safe.",
  "pipeline": "Pipeline; '' when unknown.",
  "model": "Model; '' when unknown.",
  "gpu_id": "Public id of the GPU; '' when unknown or one of several.",
  "orchestrator_uri": "First service URI observed in it; null when none was or the host is private.",
  "outcome": "resolved, hardware_less, stale, ambiguous or unresolved [ATTRIBUTION-004].",
  "method": "How the orchestrator was matched: url, address, local_address or none.",
  "reason": "Why this outcome.",
  "confidence": "high, medium, low or none.",
  "status_sample_count": "Status samples in it.",
  "fps_sample_count": "Samples with an output fps.",
  "fps_sum": "Output frames per second, summed over fps samples.",
  "service_ms": "Milliseconds of service: between events at most 2 min apart."
}$$);

-- Grain: one row per attribution decision, superseded ones included [FACT-003].
create view api.session_decision as
select
  d.decision_id::text as id, d.decided_at, d.superseded_at, d.superseded_at is null as is_current,
  s.session_id, d.ordinal, d.org, d.outcome, d.method, d.reason, d.confidence,
  d.orchestrator_address, d.pipeline, d.model, d.gpu_id,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'address', u ->> 'address', 'uri', naap.public_uri(u ->> 'uri'), 'first_at', u ->> 'first_at',
      'last_at', u ->> 'last_at', 'content_hash', u ->> 'content_hash', 'event_id', u ->> 'event_id'
    ) order by n), '[]')
    from jsonb_array_elements(d.sightings) with ordinality as e (u, n)
  ) as sightings
from core.decision as d
join core.session as s using (org, session_key);

select naap.describe('api.session_decision', 'Attribution decisions of segments, current and superseded, with what they rest on.', $${
  "id": "Number of the decision: unique key.",
  "decided_at": "When it was made.",
  "superseded_at": "When another replaced it; null while it holds.",
  "is_current": "Whether it holds.",
  "session_id": "The session.",
  "ordinal": "The segment, 0 is the first.",
  "org": "Organisation whose gateway sent the events.",
  "outcome": "resolved, hardware_less, stale, ambiguous or unresolved [ATTRIBUTION-004].",
  "method": "How the orchestrator was matched: url, address, local_address or none.",
  "reason": "Why this outcome.",
  "confidence": "high, medium, low or none.",
  "orchestrator_address": "Canonical address decided on; '' when not safe.",
  "pipeline": "Pipeline decided on; '' when unknown.",
  "model": "Model decided on; '' when unknown.",
  "gpu_id": "Public id of the GPU decided on; '' when unknown.",
  "sightings": "Capability reports used: [{address, uri, first_at, last_at, content_hash, event_id}]; uri is null when its host is private."
}$$);

-- Grain: one row per swap of a session [LIFECYCLE-006].
create view api.session_swap as
select
  s.session_id || '/' || w.ordinal as id, w.swapped_at, s.session_id, w.ordinal, w.org,
  w.from_address as from_orchestrator_address, w.to_address as to_orchestrator_address,
  naap.public_text(w.reason) as reason, w.reason_class, w.is_explicit, nullif(w.event_id, '') as event_id
from core.session as s
join core.swap as w
  on w.org = s.org and w.session_key = s.session_key
  and w.bucket_start between s.first_seen_at - interval '5 minutes' and s.last_seen_at; -- prunes partitions

select naap.describe('api.session_swap', 'Changes of orchestrator within a session, reported or inferred.', $${
  "id": "Session and ordinal: unique key.",
  "swapped_at": "Time of the swap event, or of the change when inferred.",
  "session_id": "The session.",
  "ordinal": "0 is the first swap.",
  "org": "Organisation whose gateway sent the events.",
  "from_orchestrator_address": "Canonical address swapped away from; '' when unknown.",
  "to_orchestrator_address": "Canonical address swapped to; '' when unknown.",
  "reason": "Free text of the gateway, addresses masked; '' when none.",
  "reason_class": "timeout, overload, price, user, error or unknown.",
  "is_explicit": "True when the gateway reported it, false when inferred.",
  "event_id": "The swap event; null for an inferred swap."
}$$);

-- Grain: one row per accepted event of a session, within raw retention. Bound event_at, or the session, when reading.
create view api.session_event as
select
  e.org || '/' || e.event_id as id, e.event_at, e.own_at, s.session_id, e.org, e.event_id, e.family_rank, e.name,
  e.milestones, e.is_synthetic, naap.public_uri(e.orch_url) as orchestrator_uri, e.is_swap,
  naap.public_uri(e.swap_to_url) as swap_to_uri, naap.public_text(e.swap_reason) as swap_reason,
  e.is_error, naap.public_text(e.message) as message, e.is_restart, e.is_cold_start,
  e.is_sample, e.state, e.fps_micro / 1000000::numeric as fps, e.input_fps_micro / 1000000::numeric as input_fps,
  e.has_last_error, e.restart_count, e.start_time as prompt_at,
  e.conn_quality, e.bytes_received, e.bytes_sent, e.video_jitter_ms, e.video_packets_lost, e.video_packets_received,
  e.audio_jitter_ms, e.audio_packets_lost, e.audio_packets_received, e.rtt_ms
from core.session as s
join fact.session_event as e
  on e.org = s.org and e.session_key = s.session_key
  and e.event_at between s.first_seen_at and s.last_seen_at -- prunes partitions once the session is known
where e.event_at >= (select f.raw_floor from work.floor as f);

select naap.describe('api.session_event', 'Accepted events of sessions, for traces; order: event_at, family_rank, event_id.', $${
  "id": "Organisation and event id: unique key.",
  "event_at": "Event time, the gateway's clock.",
  "own_at": "The runner's own clock of a runner trace, of a v1 frame the frame's own time; null for all others.",
  "session_id": "The session.",
  "org": "Organisation whose gateway sent the event.",
  "event_id": "Id the sender gave it.",
  "family_rank": "0 trace, 1 status, 2 stream event, 3 ingest metrics.",
  "name": "Type of the trace or stream event, status, or ingest_metrics.",
  "milestones": "Bit i set: milestone i of the contract's list.",
  "is_synthetic": "True for test traffic.",
  "orchestrator_uri": "Service URI in the event; null when none or private.",
  "is_swap": "A swap event.",
  "swap_to_uri": "Service URI swapped to; null when none or private.",
  "swap_reason": "Free text of a swap, addresses masked; '' when none.",
  "is_error": "An error event.",
  "message": "Free text of the event, addresses masked; '' when none.",
  "is_restart": "A restart event.",
  "is_cold_start": "Whether the request said it starts cold; null when it did not say.",
  "is_sample": "A status sample.",
  "state": "State of the sample; null for other events.",
  "fps": "Output frames per second of the sample; null when it has none.",
  "input_fps": "Input frames per second of the sample; null when it has none.",
  "has_last_error": "The sample carries an error.",
  "restart_count": "Restarts the sample reports; null when it has none.",
  "prompt_at": "Start time the sample reports; null when it has none.",
  "conn_quality": "Quality of the client's connection as the gateway says it; null when not an ingest metric.",
  "bytes_received": "Bytes from the client so far; null when not reported.",
  "bytes_sent": "Bytes to the client so far; null when not reported.",
  "video_jitter_ms": "Jitter of the client's video in ms; null when not reported.",
  "video_packets_lost": "Video packets lost so far; null when not reported.",
  "video_packets_received": "Video packets received so far; null when not reported.",
  "audio_jitter_ms": "Jitter of the client's audio in ms; null when not reported.",
  "audio_packets_lost": "Audio packets lost so far; null when not reported.",
  "audio_packets_received": "Audio packets received so far; null when not reported.",
  "rtt_ms": "Round trip to the client in ms; null when not reported."
}$$);

-- Grain: one row per status sample, joined to the segment that holds it in the order of events [FACT-002], which of two
-- at one millisecond may be another for each; within raw retention. Always bound event_at.
create view api.status_sample as
select
  e.org || '/' || e.event_id as id, e.event_at, s.session_id, e.org, e.event_id, s.gateway,
  coalesce(g.orchestrator_address, '') as orchestrator_address, coalesce(g.pipeline, '') as pipeline,
  coalesce(g.model, '') as model, coalesce(g.gpu_id, '') as gpu_id, s.region, s.is_synthetic,
  e.state, e.fps_micro / 1000000::numeric as fps, e.input_fps_micro / 1000000::numeric as input_fps,
  e.has_last_error, e.restart_count
from fact.session_event as e
join core.session as s on s.org = e.org and s.session_key = e.session_key
left join lateral (
  select c.orchestrator_address, c.pipeline, c.model, c.gpu_id
  from core.segment as c
  where c.org = e.org and c.session_key = e.session_key and (
    c.ordinal = 0 or (c.started_at, c.started_rank, c.started_event_id) <= (e.event_at, e.family_rank, e.event_id)
  )
  order by c.ordinal desc
  limit 1
) as g on true
where e.is_sample and e.event_at >= (select f.raw_floor from work.floor as f);

select naap.describe('api.status_sample', 'Status samples of sessions with the identity that served them.', $${
  "id": "Organisation and event id: unique key.",
  "event_at": "Event time.",
  "session_id": "The session.",
  "org": "Organisation whose gateway sent the sample.",
  "event_id": "Id the sender gave it.",
  "gateway": "Public name of the session's gateway; '' when unknown.",
  "orchestrator_address": "Canonical address of the segment's orchestrator; '' when attribution was not safe.",
  "pipeline": "Pipeline of the segment; '' when unknown.",
  "model": "Model of the segment; '' when unknown.",
  "gpu_id": "Public id of the segment's GPU; '' when unknown.",
  "region": "Region of the gateway; '' when not configured.",
  "is_synthetic": "True for test traffic.",
  "state": "LOADING, OFFLINE, ONLINE, DEGRADED_INPUT, DEGRADED_INFERENCE or ERROR.",
  "fps": "Output frames per second; null when the sample has none.",
  "input_fps": "Input frames per second; null when the sample has none.",
  "has_last_error": "The sample carries an error.",
  "restart_count": "Restarts it reports; null when it has none."
}$$);
