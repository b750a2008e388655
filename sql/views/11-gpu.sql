-- GPUs under their public ids. Their uuids change with drivers and machines, so what is counted is what the newest
-- reports show; the rest is history, or known from samples alone.

-- Not public. Grain: one row per GPU that samples of real traffic name and no capability report ever did: its newest
-- reading, and who served then. Ids are walked along the index, since a GPU has a reading in each of its sessions.
create view core.sampled_gpu as
with recursive named as (
  (select r.gpu_id from core.session_gpu_reading as r order by r.gpu_id limit 1)
  union all
  select (
    select r.gpu_id from core.session_gpu_reading as r where r.gpu_id > n.gpu_id order by r.gpu_id limit 1
  )
  from named as n
  where n.gpu_id is not null
)
select n.gpu_id, r.read_at, r.org, r.event_id, r.gpu_model, r.memory_bytes, r.cuda_version, r.utilisation, f.read_at as first_read_at,
  coalesce(s.orchestrator_address, '') as address
from named as n
cross join lateral (
  select o.*
  from core.session_gpu_reading as o
  where o.gpu_id = n.gpu_id
    and not exists (select from core.session as t where t.org = o.org and t.session_key = o.session_key and t.is_synthetic)
  order by o.read_at desc, o.event_id desc, o.org
  limit 1
) as r
cross join lateral (
  select o.read_at
  from core.session_gpu_reading as o
  where o.gpu_id = n.gpu_id
    and not exists (select from core.session as t where t.org = o.org and t.session_key = o.session_key and t.is_synthetic)
  order by o.read_at
  limit 1
) as f
left join lateral (
  select g.orchestrator_address
  from core.segment as g
  where g.org = r.org and g.session_key = r.session_key and (
    g.ordinal = 0 or (g.started_at, g.started_rank, g.started_event_id) <= (r.read_at, 1, r.event_id) -- of a status sample
  )
  order by g.ordinal desc
  limit 1
) as s on true
where n.gpu_id is not null and not exists (select from core.orchestrator_gpu as k where k.gpu_id = n.gpu_id);

-- Grain: one row per orchestrator and GPU, ever reported, and per GPU that only samples name.
create view api.gpu as
select
  g.address || '|' || g.gpu_id as id,
  g.first_at as first_seen_at,
  g.last_at as last_seen_at,
  g.gpu_id,
  g.address as orchestrator_id,
  'report' as source,
  d.gpu_model,
  d.memory_bytes,
  i.gpu_id is not null as is_installed,
  r.read_at as reading_at,
  r.org as reading_org,
  r.event_id as reading_event_id,
  nullif(r.gpu_model, '') as reading_gpu_model,
  r.memory_bytes as reading_memory_bytes,
  nullif(r.cuda_version, '') as reading_cuda_version,
  r.utilisation as reading_utilisation
from core.orchestrator_gpu as g
cross join lateral (
  select nullif(c.gpu_model, '') as gpu_model, c.memory_bytes
  from core.capability_gpu as c
  where c.gpu_id = g.gpu_id
  order by c.content_hash, c.pipeline, c.model
  limit 1
) as d
left join (
  select distinct s.address, c.gpu_id
  from core.snapshot as s join core.capability_gpu as c using (content_hash)
) as i on i.address = g.address and i.gpu_id = g.gpu_id
left join lateral (
  select s.read_at, s.org, s.event_id, s.gpu_model, s.memory_bytes, s.cuda_version, s.utilisation
  from core.session_gpu_reading as s
  where s.gpu_id = g.gpu_id
    and not exists (select from core.session as t where t.org = s.org and t.session_key = s.session_key and t.is_synthetic)
  order by s.read_at desc, s.event_id desc, s.org
  limit 1
) as r on true
union all
select
  s.address || '|' || s.gpu_id, s.first_read_at, s.read_at, s.gpu_id, nullif(s.address, ''), 'sample',
  nullif(s.gpu_model, ''), s.memory_bytes, null, s.read_at, s.org, s.event_id, nullif(s.gpu_model, ''), s.memory_bytes,
  nullif(s.cuda_version, ''), s.utilisation
from core.sampled_gpu as s;

select naap.describe('api.gpu', 'GPUs of orchestrators, present and past, and those that only samples of runners name.', $${
  "id": "Orchestrator and GPU joined by |: unique key.",
  "first_seen_at": "First report with it; of a sampled GPU the newest reading of the oldest session kept.",
  "last_seen_at": "Newest report with it; of a sampled GPU its newest reading.",
  "gpu_id": "Public id, gpu_ and 16 hex; the same under every orchestrator.",
  "orchestrator_id": "Canonical on-chain address, lower-case; of a sampled GPU whoever served then, null when attribution was not safe.",
  "source": "report (a capability report named it) or sample (only runners' samples did; it is in no count of GPUs).",
  "gpu_model": "Model name of the GPU as its driver says it; null when it does not say.",
  "memory_bytes": "Memory in bytes; null when not reported.",
  "is_installed": "Whether the newest reports of the orchestrator's services still have it; null for a sampled GPU, of which no report tells.",
  "reading_at": "When a runner's newest sample named it, those of test traffic left out; null when none did.",
  "reading_org": "Organisation that sample came in; null when none did.",
  "reading_event_id": "The event of that sample; null when none did.",
  "reading_gpu_model": "Model name in that sample; null when it does not say.",
  "reading_memory_bytes": "Memory in bytes in that sample; null when it does not say.",
  "reading_cuda_version": "CUDA version in that sample; null when it does not say.",
  "reading_utilisation": "Utilisation in that sample, 0 to 1; null when it does not say."
}$$);

-- Grain: one row per installed GPU of an orchestrator, and pipeline and model that it serves.
create view api.gpu_surface as
select
  s.address || '|' || g.gpu_id || '|' || g.pipeline || '|' || g.model as id,
  max(s.last_at) as last_seen_at,
  s.address || '|' || g.gpu_id as gpu_row_id,
  s.address as orchestrator_id,
  g.gpu_id,
  nullif((array_agg(g.gpu_model order by s.last_at desc, s.uri))[1], '') as gpu_model,
  (array_agg(g.memory_bytes order by s.last_at desc, s.uri))[1] as memory_bytes,
  g.pipeline,
  g.model
from core.snapshot as s
join core.capability_gpu as g using (content_hash)
group by s.address, g.gpu_id, g.pipeline, g.model;

select naap.describe('api.gpu_surface', 'What installed GPUs serve, from the newest reports of each service.', $${
  "id": "Orchestrator, GPU, pipeline and model joined by |: unique key.",
  "last_seen_at": "Newest report with it.",
  "gpu_row_id": "The GPU: orchestrator and GPU joined by |.",
  "orchestrator_id": "Canonical on-chain address, lower-case.",
  "gpu_id": "Public id, gpu_ and 16 hex.",
  "gpu_model": "Model name of the GPU; null when it does not say.",
  "memory_bytes": "Memory in bytes; null when not reported.",
  "pipeline": "Canonical pipeline; '' when the report names none.",
  "model": "Model; '' when the report names none."
}$$);
