-- Two corrections of what segments and swaps say.

-- Which event opened a segment: of two samples at one millisecond the earlier in order may be of the segment before.
-- Rows stored before have the defaults, which put both into the later one, until their session is resolved again.
alter table core.segment
  add column started_rank smallint not null default 0,    -- family of that event; 0 for the first segment
  add column started_event_id text not null default '';   -- '' for the first segment

-- 0013 blamed the open segment for an explicit swap that names somebody who served none. The rule blames nobody: such a
-- swap has the session's identity without orchestrator and GPU. What was resolved since is right; where a segment has no
-- safe orchestrator, only resolving says whether it is meant.
with misplaced as materialized (
  select w.session_key, w.bucket_start, w.ordinal, w.org, g.gateway, g.pipeline, g.model, g.region, g.is_synthetic,
    ('x' || left(md5(concat_ws(
      chr(31), g.org, g.gateway, '', g.pipeline, g.model, '', g.region, case when g.is_synthetic then 'true' else 'false' end
    )), 16))::bit(64)::bigint as right_grain_id
  from core.swap as w
  join core.session as s on s.org = w.org and s.session_key = w.session_key and s.fold_version < 4
  join core.grain as g on g.grain_id = s.grain_id
  where w.is_explicit and w.from_address <> ''
    and not exists (
      select
      from core.segment as c
      where c.org = w.org and c.session_key = w.session_key and (c.ordinal = 0 or c.started_at < w.swapped_at)
        and c.orchestrator_address in (w.from_address, '')
    )
),
identity as (
  insert into core.grain (grain_id, org, gateway, orchestrator_address, pipeline, model, gpu_id, region, is_synthetic)
  select distinct right_grain_id, org, gateway, '', pipeline, model, '', region, is_synthetic from misplaced
  on conflict do nothing
),
mended as (
  update core.swap as w
  set grain_id = m.right_grain_id
  from misplaced as m
  where w.session_key = m.session_key and w.bucket_start = m.bucket_start and w.ordinal = m.ordinal and w.org = m.org
    and w.grain_id <> m.right_grain_id
  returning w.bucket_start
)
insert into work.bucket_mark (rollup, bucket_start)
select distinct r.name, public.time_bucket(r.bucket, m.bucket_start)
from mended as m cross join naap.rollup as r
where r.root = 'core.swap';
