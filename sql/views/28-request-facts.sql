-- Facts of request-style work, one by one: tickets, BYOC authorisations and workers. Bound bucket_start to read little.

-- Grain: one row per signed ticket [SERVING-001].
create view api.ticket as
select
  t.org || '/' || t.event_id as id, t.bucket_start, t.signed_at, t.org, t.event_id, g.gateway, g.orchestrator_address,
  g.pipeline, g.model, g.region, t.ticket_session_id,
  t.request_id, naap.public_uri(t.orch_url) as orchestrator_uri, t.sequence_number, t.missing_count, t.is_repeated,
  t.billable_seconds, t.pixels, t.computed_fee
from core.ticket as t
join core.grain as g using (grain_id)
where t.bucket_start >= (select f.core_floor from work.floor as f);

select naap.describe('api.ticket', 'Signed tickets: one row per ticket, amounts exact [domain 4.2].', $${
  "id": "Organisation and event id: unique key.",
  "bucket_start": "Start of the 5 minutes that hold signed_at; bound it to read little.",
  "signed_at": "Event time.",
  "org": "Organisation whose gateway signed it.",
  "event_id": "The event that says so.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "Canonical on-chain address of whom it is for, lower-case; '' when URL and key lead to no one address.",
  "pipeline": "Canonical pipeline that it names, or that the model it names implies; '' when unknown.",
  "model": "What it names as pipeline when that is none; '' when unknown or no name, such as an address.",
  "region": "Region of the gateway; '' when not configured.",
  "ticket_session_id": "The signer's session, over which sequence numbers run; '' when unknown.",
  "request_id": "Request it is for; '' when unknown.",
  "orchestrator_uri": "Service URI it is for; null when none is named or its host is private.",
  "sequence_number": "Its place in the session; null when not said.",
  "missing_count": "Sequence numbers between it and the next smaller one of its session, of tickets signed within 7 days of it, that no ticket has; 0 when it repeats a number, has the smallest, is over a billion from it, or session or number are unknown.",
  "is_repeated": "Whether a ticket of its session, signed in the 7 days before it, has its number; false when session or number are unknown.",
  "billable_seconds": "Seconds it bills; null when not said.",
  "pixels": "Pixels it bills; null when not said.",
  "computed_fee": "Fee as the gateway computes it, in the unit of its price (wei); null when not said."
}$$);

-- Grain: one row per worker event [SERVING-001].
create view api.byoc_worker_event as
select
  e.org || '/' || e.event_id as id, e.bucket_start, e.event_at, e.org, e.event_id, g.gateway, g.orchestrator_address,
  g.pipeline, g.model, g.region,
  naap.public_text(e.name) as name, naap.public_text(lower(e.capability)) as capability,
  case when e.worker_url <> '' then
    'w_' || left(encode(sha256(convert_to(s.salt || e.worker_url, 'UTF8')), 'hex'), 16)
  end as worker_id,
  naap.public_uri(e.worker_url) as worker_uri, naap.public_uri(e.orch_url) as orchestrator_uri, e.price_per_unit,
  array(select naap.public_text(m.model) from unnest(e.models) with ordinality as m (model, n) order by m.n) as models
from core.byoc_worker as e
join core.grain as g using (grain_id)
cross join work.public_salt as s
where e.bucket_start >= (select f.core_floor from work.floor as f);

select naap.describe('api.byoc_worker_event', 'What BYOC workers say of themselves: one row per event.', $${
  "id": "Organisation and event id: unique key.",
  "bucket_start": "Start of the 5 minutes that hold event_at; bound it to read little.",
  "event_at": "Event time.",
  "org": "Organisation whose gateway sent it.",
  "event_id": "The event that says so.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "Canonical on-chain address of its orchestrator, lower-case; '' when URL and key lead to no one address.",
  "pipeline": "The capability it serves, as the gateway says it; '' when unknown or no name, such as an address.",
  "model": "The one model it offers; '' when none or several, or no name, such as an address.",
  "region": "Region of the gateway; '' when not configured.",
  "name": "What happened, as the gateway says it, addresses masked.",
  "capability": "Capability it serves, lower-case, addresses masked; '' when unknown.",
  "worker_id": "Public id of the worker, w_ and 16 hex; null when its URL is unknown.",
  "worker_uri": "URI of the worker; null when unknown or its host is private.",
  "orchestrator_uri": "Service URI of its orchestrator; null when unknown or its host is private.",
  "price_per_unit": "Price per unit in wei as the worker says it; null when not said.",
  "models": "Models it offers, as it says them, addresses masked."
}$$);

-- Grain: one row per authorisation event [SERVING-001].
create view api.byoc_auth_event as
select
  e.org || '/' || e.event_id as id, e.bucket_start, e.event_at, e.org, e.event_id, g.gateway, g.orchestrator_address,
  g.pipeline, g.region, naap.public_text(e.name) as name, e.request_id,
  naap.public_text(lower(e.capability)) as capability, e.is_success, naap.public_text(e.error) as error
from core.byoc_auth as e
join core.grain as g using (grain_id)
where e.bucket_start >= (select f.core_floor from work.floor as f);

select naap.describe('api.byoc_auth_event', 'Authorisations of BYOC jobs: one row per event.', $${
  "id": "Organisation and event id: unique key.",
  "bucket_start": "Start of the 5 minutes that hold event_at; bound it to read little.",
  "event_at": "Event time.",
  "org": "Organisation whose gateway sent it.",
  "event_id": "The event that says so.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "Canonical on-chain address of the orchestrator asked, lower-case; '' when URL and key lead to no one address.",
  "pipeline": "The capability asked for, as the gateway says it; '' when unknown or no name, such as an address.",
  "region": "Region of the gateway; '' when not configured.",
  "name": "What happened, as the gateway says it, addresses masked.",
  "request_id": "Request of the job; '' when unknown.",
  "capability": "Capability asked for, lower-case, addresses masked; '' when unknown.",
  "is_success": "Whether it was granted; null when not said.",
  "error": "What went wrong, addresses masked; '' for none."
}$$);
