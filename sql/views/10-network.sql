-- Who takes part: orchestrators and gateways. Hot keys and private hosts are in none of these [ATTRIBUTION-001, PRIVACY-001].

-- Grain: one row per canonical address.
create view api.orchestrator as
select
  r.address as id,
  min(r.first_at) as first_seen_at,
  max(r.last_at) as last_seen_at,
  r.address as orchestrator_address,
  nullif(max(c.display_name), '') as display_name,
  nullif(max(c.region), '') as region,
  -- of the few distinct URIs, not of every run: judging one costs 0.1 ms
  array(
    select distinct p.uri
    from unnest(array_agg(distinct r.uri)) as u cross join lateral naap.public_uri(u) as p (uri)
    where p.uri is not null
    order by p.uri
  ) as uris,
  count(distinct r.local_address) filter (where r.local_address <> '' and r.local_address <> r.address)::integer as alias_count,
  (array_agg(k.content ->> 'version' order by r.last_at desc, r.uri, r.org) filter (where k.content ->> 'version' <> ''))[1] as version,
  nullif(count(distinct gpu.uuid) filter (where r.next_at is null), 0)::integer as gpu_count
from core.capability_run as r
join fact.capability_content as k using (content_hash)
left join config.orchestrator as c on c.orchestrator_address = r.address
left join lateral (
  select g ->> 'uuid' as uuid
  from jsonb_array_elements(k.content -> 'hardware') as h, jsonb_array_elements(h -> 'gpus') as g
) as gpu on true
group by r.address;

select naap.describe('api.orchestrator', 'GPU operators, from the capability reports of gateways; one row per canonical on-chain address.', $${
  "id": "The address: unique key.",
  "first_seen_at": "First report of it.",
  "last_seen_at": "Newest report of it.",
  "orchestrator_address": "Canonical on-chain address, lower-case.",
  "display_name": "Configured name; null when none is.",
  "region": "Configured region; null when none is.",
  "uris": "Public service URIs it was reported with, sorted; private hosts are left out.",
  "alias_count": "Number of local names and keys it was reported with; they themselves are not public.",
  "version": "Software version of the newest report that has one; null when none has.",
  "gpu_count": "Distinct GPUs in the reports in force; null when none of them has hardware data."
}$$);

-- Grain: one row per organisation and gateway.
create view api.gateway as
select
  g.org || '/' || g.gateway as id,
  min(r.bucket_start) as first_seen_on,
  max(r.bucket_start) as last_seen_on,
  g.org,
  g.gateway,
  nullif(max(g.region), '') as region
from rollup.demand_1d_fresh as r
join core.grain as g using (grain_id)
where g.gateway <> ''
group by g.org, g.gateway;

select naap.describe('api.gateway', 'Gateways that sent sessions; one row per organisation and gateway.', $${
  "id": "Organisation and gateway: unique key.",
  "first_seen_on": "Start of the UTC day in which its first session started.",
  "last_seen_on": "Start of the UTC day in which its newest session started.",
  "org": "Organisation whose gateways sent the events.",
  "gateway": "Public name: the configured one, its host, or gw_ and 16 hex when the host is private.",
  "region": "Configured region; null when none is."
}$$);
