-- Facts of request-style work that make no entity of their own: tickets, BYOC workers and authorisations. As long as raw
-- events are kept; bound the time column.

-- Grain: one row per signed ticket event.
create view api.ticket as
select
  t.org || '/' || t.event_id as id, t.event_at as signed_at, t.org, t.event_id, t.session_id as ticket_session_id,
  t.request_id, naap.public_text(t.pipeline) as pipeline, naap.public_uri(t.orch_url) as orchestrator_uri,
  t.sequence_number, t.billable_seconds, t.pixels, t.computed_fee
from fact.signed_ticket as t
where t.event_at >= (select f.raw_floor from work.floor as f);

select naap.describe('api.ticket', 'Signed tickets: one row per event, amounts exact [domain 4.2].', $${
  "id": "Organisation and event id: unique key.",
  "signed_at": "Event time.",
  "org": "Organisation whose gateway signed it.",
  "event_id": "The event that says so.",
  "ticket_session_id": "The signer's session, over which sequence numbers run; '' when unknown.",
  "request_id": "Request it is for; '' when unknown.",
  "pipeline": "Pipeline as the gateway says it, addresses masked; '' when unknown.",
  "orchestrator_uri": "Service URI it is for; null when none is named or its host is private.",
  "sequence_number": "Its place in the session; null when not said.",
  "billable_seconds": "Seconds it bills; null when not said.",
  "pixels": "Pixels it bills; null when not said.",
  "computed_fee": "Fee as the gateway computes it, in the unit of its price (wei); null when not said."
}$$);

-- Grain: one row per worker event.
create view api.byoc_worker_event as
select
  e.org || '/' || e.event_id as id, e.event_at, e.org, e.event_id, naap.public_text(e.name) as name,
  lower(e.capability) as capability,
  case when e.worker_url <> '' then
    'w_' || left(encode(sha256(convert_to(s.salt || e.worker_url, 'UTF8')), 'hex'), 16)
  end as worker_id,
  naap.public_uri(e.worker_url) as worker_uri, naap.public_uri(e.orch_url) as orchestrator_uri, e.price_per_unit,
  array(select naap.public_text(m.model) from unnest(e.models) with ordinality as m (model, n) order by m.n) as models
from fact.worker_lifecycle_event as e
cross join work.public_salt as s
where e.event_at >= (select f.raw_floor from work.floor as f);

select naap.describe('api.byoc_worker_event', 'What BYOC workers say of themselves: one row per event.', $${
  "id": "Organisation and event id: unique key.",
  "event_at": "Event time.",
  "org": "Organisation whose gateway sent it.",
  "event_id": "The event that says so.",
  "name": "What happened, as the gateway says it, addresses masked.",
  "capability": "Capability it serves, lower-case; '' when unknown.",
  "worker_id": "Public id of the worker, w_ and 16 hex; null when its URL is unknown.",
  "worker_uri": "URI of the worker; null when unknown or its host is private.",
  "orchestrator_uri": "Service URI of its orchestrator; null when unknown or its host is private.",
  "price_per_unit": "Price per unit in wei as the worker says it; null when not said.",
  "models": "Models it offers, as it says them, addresses masked."
}$$);

-- Grain: one row per authorisation event.
create view api.byoc_auth_event as
select
  e.org || '/' || e.event_id as id, e.event_at, e.org, e.event_id, naap.public_text(e.name) as name, e.request_id,
  lower(e.capability) as capability, e.is_success, naap.public_text(e.error) as error
from fact.byoc_auth_event as e
where e.event_at >= (select f.raw_floor from work.floor as f);

select naap.describe('api.byoc_auth_event', 'Authorisations of BYOC jobs: one row per event.', $${
  "id": "Organisation and event id: unique key.",
  "event_at": "Event time.",
  "org": "Organisation whose gateway sent it.",
  "event_id": "The event that says so.",
  "name": "What happened, as the gateway says it, addresses masked.",
  "request_id": "Request of the job; '' when unknown.",
  "capability": "Capability asked for, lower-case; '' when unknown.",
  "is_success": "Whether it was granted; null when not said.",
  "error": "What went wrong, addresses masked; '' for none."
}$$);
