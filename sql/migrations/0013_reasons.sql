-- Why sessions fail, and why orchestrators are swapped away from.

-- v1 says why a request failed in a word of its own list, beside its text; '' when it does not, and for other events
alter table fact.session_event add column failure_reason text not null default '';

-- One class and one reason per session, with the error event that the reason is of; null unless it failed or needed an
-- excuse. What an earlier release stored has neither until it is resolved again.
alter table core.session add column failure_class text;
alter table core.session add column failure_reason text;
alter table core.session add column failure_event_id text;
alter table core.session_start add column failure_class text not null default '';
alter table core.session_start add column failure_reason text not null default '';

-- Swaps become the source of a rollup: stored by time, each with the grain of the segment it blames.
alter table core.swap rename to swap_without_grain;
alter table core.swap_without_grain drop constraint swap_pkey;
create table core.swap (
  bucket_start timestamptz not null,      -- 5 minutes of swapped_at
  org text not null,
  session_key text not null,
  ordinal integer not null,
  swapped_at timestamptz not null,
  grain_id bigint not null,               -- of the segment swapped away from; without orchestrator and GPU when none matches
  from_address text not null,
  to_address text not null,
  reason text not null,
  reason_class text not null,
  is_explicit boolean not null,
  is_requested boolean not null,          -- of its session
  event_id text not null,                 -- '' for an inferred swap
  primary key (session_key, bucket_start, ordinal, org)
);
select naap.make_big('core.swap', 'bucket_start', interval '7 days');
create index swap_by_bucket on core.swap (bucket_start);
select naap.ensure_storage(array(
  select distinct date_trunc('day', swapped_at, 'UTC')
  from core.swap_without_grain cross join work.floor where swapped_at >= core_floor
));
-- Blamed is the newest segment begun by then of the orchestrator that the swap names: its event may come seconds after
-- the change. One that names none known blames the segment that was open.
insert into core.swap
select
  public.time_bucket(interval '5 minutes', w.swapped_at), w.org, w.session_key, w.ordinal, w.swapped_at,
  coalesce(
    (
      select g.grain_id
      from core.segment as g
      where g.org = w.org and g.session_key = w.session_key and g.started_at < w.swapped_at
      order by (w.from_address <> '' and g.orchestrator_address = w.from_address) desc, g.ordinal desc
      limit 1
    ),
    s.grain_id
  ),
  w.from_address, w.to_address, w.reason, w.reason_class, w.is_explicit, s.is_requested, w.event_id
from core.swap_without_grain as w
join core.session as s using (org, session_key)
cross join work.floor as f
where w.swapped_at >= f.core_floor;
-- the view over it is made anew with the others
drop table core.swap_without_grain cascade;
