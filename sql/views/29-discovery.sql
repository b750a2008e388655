-- What gateways find when they look for orchestrators.

-- Grain: one row per orchestrator found in a discovery message [SERVING-001].
create view api.discovery as
select
  d.org || '|' || d.event_id || '|' || d.ordinal as id, d.bucket_start, d.discovered_at, d.org, d.event_id, d.ordinal,
  g.gateway, g.orchestrator_address, g.region, naap.public_uri(d.orch_url) as orchestrator_uri, d.latency_ms
from core.discovery as d
join core.grain as g using (grain_id)
where d.bucket_start >= (select f.core_floor from work.floor as f);

select naap.describe('api.discovery', 'Orchestrators found by gateways: one row per element of a discovery message [domain 4.3].', $${
  "id": "Organisation, event and ordinal joined by |: unique key.",
  "bucket_start": "Start of the 5 minutes that hold discovered_at; bound it to read little.",
  "discovered_at": "Event time of the message.",
  "org": "Organisation whose gateway looked.",
  "event_id": "The message.",
  "ordinal": "Place in the message, from 1.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "orchestrator_address": "Canonical on-chain address, lower-case; '' when URL and key lead to no one address.",
  "region": "Region of the gateway; '' when not configured.",
  "orchestrator_uri": "Service URI it was found at; null when none is named or its host is private.",
  "latency_ms": "Milliseconds until it answered, whole ones as gateways send them; null when not usable."
}$$);
