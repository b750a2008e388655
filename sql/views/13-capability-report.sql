-- Capability reports one by one: what offers, prices, GPUs and capacity rest on, and the events that say so
-- [LINEAGE-002]. Hot keys and private hosts are in none of these [ATTRIBUTION-001, PRIVACY-001].

-- Grain: one row per stretch of equal reports of a service, as far back as core_floor_at of api.retention at least. Ask
-- for one orchestrator or a few.
create view api.capability_report as
select
  'r_' || left(encode(sha256(convert_to(
    x.salt || c.org || '|' || c.address || '|' || c.uri || '|' || extract(epoch from c.first_at), 'UTF8'
  )), 'hex'), 24) as id,
  c.first_at as first_seen_at,
  c.last_at as last_seen_at,
  c.next_at as replaced_at,
  c.org,
  c.address as orchestrator_id,
  naap.public_uri(c.uri) as orchestrator_uri,
  s.address is not null as is_counted,
  nullif(r.version, '') as version,
  c.content_hash,
  c.first_event_id,
  c.last_event_id,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'pipeline', o.pipeline, 'model', o.model, 'is_warm', o.is_warm, 'capacity', o.capacity,
      'capacity_in_use', o.capacity_in_use, 'capacity_available', o.capacity_available
    ) order by o.pipeline, o.model), '[]')
    from core.service_offer as o
    where s.address is not null and o.address = c.address and o.uri = c.uri
  ) as offers,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'pipeline', p.pipeline, 'model', p.model, 'price_per_unit_wei', trim_scale(p.price_per_unit_wei)::text,
      'pixels_per_unit', trim_scale(p.pixels_per_unit)::text
    ) order by p.pipeline, p.model), '[]')
    from core.capability_price as p
    where p.content_hash = c.content_hash
  ) as prices,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'gpu_id', g.gpu_id, 'gpu_model', g.gpu_model, 'memory_bytes', g.memory_bytes, 'pipeline', g.pipeline,
      'model', g.model
    ) order by g.gpu_id, g.pipeline, g.model), '[]')
    from core.capability_gpu as g
    where g.content_hash = c.content_hash
  ) as gpus
from core.capability_run as c
cross join work.public_salt as x
left join core.snapshot as s on s.org = c.org and s.address = c.address and s.uri = c.uri and c.next_at is null
left join core.capability_reading as r on r.content_hash = c.content_hash;

select naap.describe('api.capability_report', 'Capability reports: one row per stretch of equal ones of a service.', $${
  "id": "Public id, r_ and 24 hex: unique key.",
  "first_seen_at": "First report of the stretch.",
  "last_seen_at": "Newest report of the stretch; what is in use is of then.",
  "replaced_at": "First report of something else; null while none is.",
  "org": "Organisation whose gateways sent the reports.",
  "orchestrator_id": "Canonical on-chain address, lower-case.",
  "orchestrator_uri": "Service URI reported; null when its host is private.",
  "is_counted": "Whether it is the newest report of a service that its orchestrator still has: what is said of now is from these.",
  "version": "Software version; null when it does not say.",
  "content_hash": "Hash of what was reported.",
  "first_event_id": "The event of the first report.",
  "last_event_id": "The event of the newest report.",
  "offers": "What it offers, [] unless counted: [{pipeline, model, is_warm, capacity, capacity_in_use, capacity_available}]; what is in use and free is null when the service never said.",
  "prices": "Prices it names: [{pipeline, model, price_per_unit_wei, pixels_per_unit}], decimal texts; model '' is every model of the pipeline without a price of its own.",
  "gpus": "GPUs it shows, one row for each pipeline and model: [{gpu_id, gpu_model, memory_bytes, pipeline, model}]; memory_bytes is null when not reported."
}$$);

-- Grain: one row per orchestrator and local name or key it was reported with; the name itself is not public.
create view api.orchestrator_alias_report as
select
  a.address || '|' || row_number() over (partition by a.address order by f.first_at, f.org, f.first_event_id, a.local_address)
    as id,
  f.first_at as first_seen_at,
  f.org,
  a.address as orchestrator_id,
  f.first_event_id
from core.orchestrator_alias as a
left join lateral (
  select c.first_at, c.org, c.first_event_id
  from core.capability_run as c
  where c.address = a.address and c.local_address = a.local_address
  order by c.first_at, c.org, c.uri
  limit 1
) as f on true;

select naap.describe('api.orchestrator_alias_report', 'Local names and keys of orchestrators, unnamed: when each was reported first.', $${
  "id": "Orchestrator and number of the alias joined by |: unique key.",
  "first_seen_at": "First report that shows it, of those that are kept; null when none is.",
  "org": "Organisation whose gateway sent that report; null as it.",
  "orchestrator_id": "Canonical on-chain address, lower-case.",
  "first_event_id": "The event of that report; null as it."
}$$);
