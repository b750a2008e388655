-- What gateways pay orchestrators. Amounts are whole wei, exact.

-- Grain: one row per payment [SERVING-001].
create view api.payment as
select
  p.payment_id as id, p.bucket_start, p.paid_at, p.org, p.event_id,
  g.gateway, g.orchestrator_address, g.pipeline, g.model, g.gpu_id, g.region, g.is_synthetic,
  s.session_id, p.link_method, p.request_id, p.payment_session_id, p.manifest_id, p.sender, p.recipient,
  naap.public_uri(p.orch_url) as orchestrator_uri,
  p.face_value_wei, p.expected_value_wei, p.ticket_count, p.price, p.win_prob
from core.payment as p
join core.grain as g using (grain_id)
left join core.session as s on s.org = p.org and s.session_key = p.session_key and p.session_key <> ''
where p.bucket_start >= (select f.core_floor from work.floor as f);

select naap.describe('api.payment', 'Payments: one row per payment of a gateway to an orchestrator, and the session it is for [domain 4.2].', $${
  "id": "Public id, p_ and 24 hex: unique key.",
  "bucket_start": "Start of the 5 minutes that hold it; bound it to read little.",
  "paid_at": "When it was made.",
  "org": "Organisation whose gateway paid.",
  "event_id": "The event that says so.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "The recipient, which is the orchestrator's on-chain address.",
  "pipeline": "Pipeline of its session, else what its manifest says; '' when unknown.",
  "model": "Model of its session, else what its manifest says; '' when unknown.",
  "gpu_id": "Always '': a payment names no GPU.",
  "region": "Region of the gateway; '' when not configured.",
  "is_synthetic": "True when its session is test traffic.",
  "session_id": "Public id of the session it is linked to; null when unlinked.",
  "link_method": "request: its own request names the session; earlier, later: it follows the nearest such payment of the same sender, recipient and payment session; none: unlinked.",
  "request_id": "Request it names; '' when none.",
  "payment_session_id": "The payer's own session id, constant over a chain of payments.",
  "manifest_id": "The payer's manifest: capability id and model on a first payment, random later.",
  "sender": "On-chain address that pays.",
  "recipient": "On-chain address that is paid.",
  "orchestrator_uri": "Service URI paid at; null when its host is private.",
  "face_value_wei": "Wei: face value of a ticket times the number of tickets.",
  "expected_value_wei": "Wei: face value times the probability to win, rounded half up once.",
  "ticket_count": "Tickets in it.",
  "price": "Price as the gateway says it, such as wei per pixel.",
  "win_prob": "Probability of a ticket to win as the gateway says it, 0 to 1."
}$$);
