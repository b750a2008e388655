-- Orchestrators as capability reports show them. Hot keys and private hosts are in none of these [ATTRIBUTION-001,
-- PRIVACY-001]. Nothing here knows what time it is: whoever reads compares last_seen_at with a clock.

-- Not public. Grain: one row per address and URI: the newest report of a service, of those that its orchestrator still
-- had when it was seen last. A URI given up drops out an hour after the orchestrator was seen without it.
create view core.snapshot as
select s.org, s.address, s.uri, s.last_at, s.content_hash
from (
  select r.*, max(r.last_at) over (partition by r.address) as seen_at
  from (
    select distinct on (c.address, c.uri) c.org, c.address, c.uri, c.last_at, c.content_hash
    from core.capability_run as c
    where c.next_at is null
    order by c.address, c.uri, c.last_at desc, c.org
  ) as r
) as s
where s.last_at > s.seen_at - (select p.snapshot_max_age_seconds from config.policy as p) * interval '1 second';

-- Grain: one row per canonical address. From the runs in force, one of each key however long its history.
create view api.orchestrator as
select
  k.address as id,
  min(f.first_at) as first_seen_at,
  max(k.last_at) as last_seen_at,
  k.address as orchestrator_address,
  nullif(max(c.display_name), '') as display_name,
  nullif(max(c.region), '') as region,
  array(
    select distinct p.uri
    from unnest(array_agg(distinct k.uri)) as u cross join lateral naap.public_uri(u) as p (uri)
    where p.uri is not null
    order by p.uri
  ) as uris,
  (select count(*) from core.orchestrator_alias as a where a.address = k.address)::integer as alias_count,
  (
    select r.version
    from core.snapshot as s join core.capability_reading as r using (content_hash)
    where s.address = k.address and r.version <> ''
    order by s.last_at desc, s.uri
    limit 1
  ) as version,
  array(
    select distinct r.version
    from core.snapshot as s join core.capability_reading as r using (content_hash)
    where s.address = k.address and r.version <> ''
    order by r.version
  ) as versions,
  (
    select nullif(count(distinct g.gpu_id), 0)
    from core.snapshot as s join core.capability_gpu as g using (content_hash)
    where s.address = k.address
  )::integer as gpu_count
from core.capability_run as k
cross join lateral (
  select r.first_at
  from core.capability_run as r
  where r.address = k.address and r.org = k.org and r.uri = k.uri
  order by r.first_at
  limit 1
) as f
left join config.orchestrator as c on c.orchestrator_address = k.address
where k.next_at is null
group by k.address;

select naap.describe('api.orchestrator', 'GPU operators, from the capability reports of gateways; one row per canonical on-chain address.', $${
  "id": "The address: unique key.",
  "first_seen_at": "First report of it.",
  "last_seen_at": "Newest report of it; an hour ago or more means that no gateway sees it now.",
  "orchestrator_address": "Canonical on-chain address, lower-case.",
  "display_name": "Configured name; null when none is.",
  "region": "Configured region; null when none is.",
  "uris": "Public service URIs it was ever reported with, sorted; private hosts are left out.",
  "alias_count": "Number of local names and keys it was ever reported with; they themselves are not public.",
  "version": "Software version of the newest report that has one; null when none has.",
  "versions": "Software versions of its services in their newest reports, sorted.",
  "gpu_count": "GPUs in the newest reports of its services; null when none of them has hardware data."
}$$);

-- Not public: URIs of private hosts are in it. Grain: one row per address and URI, and pipeline and model that the newest
-- report of the service offers.
create view core.service_offer as
select
  s.address,
  s.uri,
  s.last_at,
  o.pipeline,
  o.model,
  o.is_warm,
  -- a report that has something in use and no capacity offers at least what is in use
  greatest(o.capacity, coalesce(u.in_use, 0)) as capacity,
  u.in_use as capacity_in_use,
  -- greatest() passes over a null, but what is free of an unknown use is unknown
  case when u.in_use is not null then greatest(o.capacity - u.in_use, 0) end as capacity_available,
  p.price_per_unit_wei,
  p.pixels_per_unit,
  o.runner_version,
  (
    select min(g.memory_bytes)
    from core.capability_gpu as g
    where g.content_hash = s.content_hash and g.pipeline = o.pipeline and g.model = o.model
    having bool_and(g.memory_bytes is not null)
  ) as min_memory_bytes
from core.snapshot as s
join core.capability_offer as o using (content_hash)
-- the price of the model itself before the one of the whole pipeline
left join lateral (
  select c.price_per_unit_wei, c.pixels_per_unit
  from core.capability_price as c
  where c.content_hash = s.content_hash and c.pipeline = o.pipeline and c.model in (o.model, '')
  order by c.model = ''
  limit 1
) as p on true
-- reports leave out a zero: who ever said how much is in use, and does not now, uses nothing
left join lateral (
  select case when m.observed_at = s.last_at then m.capacity_in_use else 0 end as in_use
  from fact.capability_usage as m
  where m.address = s.address and m.pipeline = o.pipeline and m.model = o.model and m.org = s.org and m.uri = s.uri
    and m.capacity_in_use is not null and m.observed_at <= s.last_at
  order by m.observed_at desc, m.event_id desc
  limit 1
) as u on true;

-- Grain: one row per orchestrator, pipeline and model offered in the newest reports of its services.
create view api.orchestrator_offer as
select
  s.address || '|' || s.pipeline || '|' || s.model as id,
  max(s.last_at) as last_seen_at,
  s.address as orchestrator_id,
  s.pipeline,
  s.model,
  bool_or(s.is_warm) as is_warm,
  sum(s.capacity)::bigint as capacity,
  case when bool_and(s.capacity_in_use is not null) then sum(s.capacity_in_use)::bigint end as capacity_in_use,
  case when bool_and(s.capacity_in_use is not null) then sum(s.capacity_available)::bigint end as capacity_available,
  nullif((
    select count(distinct g.gpu_id)
    from core.snapshot as h join core.capability_gpu as g using (content_hash)
    where h.address = s.address and g.pipeline = s.pipeline and g.model = s.model
  ), 0)::integer as gpu_count,
  (array_agg(s.price_per_unit_wei order by s.price_per_unit_wei / s.pixels_per_unit desc, s.price_per_unit_wei)
    filter (where s.pixels_per_unit is not null))[1] as price_per_unit_wei,
  (array_agg(s.pixels_per_unit order by s.price_per_unit_wei / s.pixels_per_unit desc, s.price_per_unit_wei)
    filter (where s.pixels_per_unit is not null))[1] as pixels_per_unit,
  array(select distinct v from unnest(array_agg(s.runner_version)) as v where v <> '' order by v) as runner_versions
from core.service_offer as s
group by s.address, s.pipeline, s.model;

select naap.describe('api.orchestrator_offer', 'What an orchestrator offers now, by pipeline and model, over the newest reports of its services.', $${
  "id": "Orchestrator, pipeline and model joined by |.",
  "last_seen_at": "Newest report with the offer; its numbers are of then.",
  "orchestrator_id": "Canonical on-chain address, lower-case.",
  "pipeline": "Canonical pipeline, or the name of an external capability.",
  "model": "Model; '' for an external capability.",
  "is_warm": "Whether the model is loaded on any of its services.",
  "capacity": "Streams or jobs it offers to run at once, those in use included; 0 when it does not say.",
  "capacity_in_use": "Of these in use at last_seen_at; null when one of its services never said.",
  "capacity_available": "Of these free at last_seen_at; null when what is in use is not known.",
  "gpu_count": "GPUs that serve it; null without hardware data.",
  "price_per_unit_wei": "Price in wei for pixels_per_unit pixels, the dearest per pixel when services differ; null when it names none.",
  "pixels_per_unit": "Pixels that the price is for; null without a price.",
  "runner_versions": "Versions of the runners that serve it, sorted."
}$$);

-- Grain: one row per service URI that anybody may reach, orchestrator, and pipeline and model it offers: what software
-- that looks for somebody to send work to may choose from. Services on private hosts are in api.orchestrator_offer alone.
create view api.service_offer as
select
  s.address || '|' || p.uri || '|' || s.pipeline || '|' || s.model as id,
  max(s.last_at) as last_seen_at,
  s.address as orchestrator_id,
  p.uri as orchestrator_uri,
  s.pipeline,
  s.model,
  bool_or(s.is_warm) as is_warm,
  sum(s.capacity)::bigint as capacity,
  case when bool_and(s.capacity_in_use is not null) then sum(s.capacity_available)::bigint end as capacity_available,
  (array_agg(s.price_per_unit_wei order by s.price_per_unit_wei / s.pixels_per_unit desc, s.price_per_unit_wei)
    filter (where s.pixels_per_unit is not null))[1] as price_per_unit_wei,
  (array_agg(s.pixels_per_unit order by s.price_per_unit_wei / s.pixels_per_unit desc, s.price_per_unit_wei)
    filter (where s.pixels_per_unit is not null))[1] as pixels_per_unit,
  case when bool_and(s.min_memory_bytes is not null) then min(s.min_memory_bytes) end as min_memory_bytes
from core.service_offer as s
cross join lateral naap.public_uri(s.uri) as p (uri)
where p.uri is not null
group by s.address, p.uri, s.pipeline, s.model;

select naap.describe('api.service_offer', 'What a public service of an orchestrator offers now, by pipeline and model, in its newest report.', $${
  "id": "Orchestrator, service URI, pipeline and model joined by |: unique key.",
  "last_seen_at": "Newest report with the offer; its numbers are of then.",
  "orchestrator_id": "Canonical on-chain address, lower-case.",
  "orchestrator_uri": "Service URI; private hosts are left out.",
  "pipeline": "Canonical pipeline, or the name of an external capability.",
  "model": "Model; '' for an external capability.",
  "is_warm": "Whether the model is loaded.",
  "capacity": "Streams or jobs it offers to run at once, those in use included; 0 when it does not say.",
  "capacity_available": "Of these free at last_seen_at; null when what is in use is not known.",
  "price_per_unit_wei": "Price in wei for pixels_per_unit pixels; null when it names none.",
  "pixels_per_unit": "Pixels that the price is for; null without a price.",
  "min_memory_bytes": "Memory in bytes of the smallest of its GPUs; null when that of any is not reported."
}$$);

-- Grain: one row per organisation, orchestrator, service, pipeline and model, and stretch of equal price. Ask for one
-- orchestrator: all its runs are read.
create view api.price as
select
  t.address || '|' || t.pipeline || '|' || t.model || '|' || t.org || '|' || t.service_number || '|'
    || extract(epoch from min(t.first_at)) as id,
  min(t.first_at) as since_at,
  nullif(max(coalesce(t.next_at, 'infinity')), 'infinity') as until_at,
  max(t.last_at) as last_seen_at,
  t.org,
  (array_agg(t.first_event_id order by t.first_at))[1] as first_event_id,
  (array_agg(t.last_event_id order by t.last_at desc))[1] as last_event_id,
  t.address as orchestrator_address,
  naap.public_uri(t.uri) as orchestrator_uri,
  t.pipeline,
  t.model,
  t.price_per_unit_wei,
  t.pixels_per_unit
from (
  select
    r.*, p.pipeline, p.model, p.price_per_unit_wei, p.pixels_per_unit,
    r.run_number - row_number() over (
      partition by r.org, r.address, r.uri, r.service_number, p.pipeline, p.model, p.price_per_unit_wei, p.pixels_per_unit
      order by r.first_at
    ) as stretch
  from (
    select
      c.org, c.address, c.uri, c.first_at, c.last_at, c.next_at, c.content_hash, c.first_event_id, c.last_event_id,
      row_number() over (partition by c.org, c.address, c.uri order by c.first_at) as run_number,
      dense_rank() over (partition by c.address order by c.uri) as service_number
    from core.capability_run as c cross join work.floor as f
    where c.next_at is null or c.next_at > f.core_floor
  ) as r
  join core.capability_price as p using (content_hash)
) as t
group by t.org, t.address, t.uri, t.service_number, t.pipeline, t.model, t.price_per_unit_wei, t.pixels_per_unit, t.stretch;

select naap.describe('api.price', 'Prices that orchestrators named to gateways, from when to when, as far back as core_floor_at of api.retention; a price may differ by service and by organisation.', $${
  "id": "Orchestrator, pipeline, model, organisation, number of the service and start joined by |: unique key.",
  "since_at": "First report with this price, of those that were not replaced before core_floor_at of api.retention.",
  "until_at": "First report without it; null while the newest report has it.",
  "last_seen_at": "Newest report with it.",
  "org": "Organisation whose gateways it was named to.",
  "first_event_id": "The event of the first report with it.",
  "last_event_id": "The event of the newest report with it.",
  "orchestrator_address": "Canonical on-chain address, lower-case.",
  "orchestrator_uri": "Service URI that named it; null when the host is private.",
  "pipeline": "Canonical pipeline, or the name of an external capability.",
  "model": "Model; '' for every model of the pipeline without a price of its own.",
  "price_per_unit_wei": "Price in wei for pixels_per_unit pixels.",
  "pixels_per_unit": "Pixels that the price is for, above 0."
}$$);
