-- Discovery: how fast each orchestrator answered a gateway that looked for some [domain 4.3].

-- One row per element of an accepted discovery message, a function of the message and of the sightings.
create table core.discovery (
  bucket_start timestamptz not null,      -- 5 minutes of discovered_at
  discovered_at timestamptz not null,     -- event time
  org text not null,
  event_id text not null,
  ordinal smallint not null,              -- place in the message, from 1
  grain_id bigint not null,
  orch_url text not null,
  orch_address text not null,             -- as the gateway names it: a hot key, never public
  is_known boolean not null,              -- whether URL or address lead to one on-chain address
  latency_ms numeric,                     -- null when the message has no usable one
  latency_ms_histogram numeric,
  primary key (event_id, ordinal, bucket_start, org)
);
select naap.make_big('core.discovery', 'bucket_start', interval '7 days');
create index discovery_by_bucket on core.discovery (bucket_start, discovered_at);

create index discovery_result_by_event on fact.discovery_result (event_id, event_at);
create index discovery_result_by_time on fact.discovery_result using brin (event_at);

-- Dirty log, append-only like the others: a message whose elements are to be resolved.
create table work.discovery_mark (
  mark_id bigint generated always as identity primary key,
  org text not null,
  event_id text not null,
  event_at timestamptz not null
);

-- What an earlier release stored is resolved now.
select naap.ensure_storage(array(select distinct date_trunc('day', event_at, 'UTC') from fact.discovery_result));
insert into work.discovery_mark (org, event_id, event_at)
select org, event_id, event_at
from fact.discovery_result;
