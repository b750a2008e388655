-- Facts that stand for themselves: what a gateway signed, whom it let in, what a worker said of itself, whom it found.
-- Each row of core is a function of one message, of the sightings and of the configuration [domain 4.2, 4.3]; a ticket's
-- of the tickets of its session too.

-- What ingest commits meanwhile would have a mark in a log that is gone, or none.
lock table work.discovery_mark, fact.signed_ticket, fact.byoc_auth_event, fact.worker_lifecycle_event
in access exclusive mode;

-- One row per accepted ticket.
create table core.ticket (
  bucket_start timestamptz not null,      -- 5 minutes of signed_at
  signed_at timestamptz not null,         -- event time
  org text not null,
  event_id text not null,
  grain_id bigint not null,
  ticket_session_id text not null,        -- over which numbers run
  request_id text not null,
  orch_url text not null,
  sequence_number bigint,
  missing_count bigint not null,          -- numbers between this one and the next smaller one of its session
  is_repeated boolean not null,           -- an earlier ticket of its session has this number
  billable_seconds numeric,
  pixels numeric,
  computed_fee numeric,
  primary key (event_id, bucket_start, org)
);
select naap.make_big('core.ticket', 'bucket_start', interval '7 days');
create index ticket_by_bucket on core.ticket (bucket_start, signed_at);
create index ticket_by_number on core.ticket (ticket_session_id, sequence_number, signed_at, event_id);

-- One row per accepted authorisation of a BYOC job.
create table core.byoc_auth (
  bucket_start timestamptz not null,      -- 5 minutes of event_at
  event_at timestamptz not null,
  org text not null,
  event_id text not null,
  grain_id bigint not null,
  name text not null,                     -- as the gateway says it
  request_id text not null,
  capability text not null,               -- as the gateway says it
  is_success boolean,
  error text not null,
  primary key (event_id, bucket_start, org)
);
select naap.make_big('core.byoc_auth', 'bucket_start', interval '7 days');
create index byoc_auth_by_bucket on core.byoc_auth (bucket_start, event_at);

-- One row per accepted event of a BYOC worker.
create table core.byoc_worker (
  bucket_start timestamptz not null,      -- 5 minutes of event_at
  event_at timestamptz not null,
  org text not null,
  event_id text not null,
  grain_id bigint not null,
  name text not null,                     -- as the gateway says it
  capability text not null,               -- as the gateway says it
  orch_url text not null,
  worker_url text not null,               -- never public as it is
  price_per_unit numeric,
  models text[] not null,
  primary key (event_id, bucket_start, org)
);
select naap.make_big('core.byoc_worker', 'bucket_start', interval '7 days');
create index byoc_worker_by_bucket on core.byoc_worker (bucket_start, event_at);

create index signed_ticket_by_event on fact.signed_ticket (event_id, event_at);
create index signed_ticket_by_time on fact.signed_ticket using brin (event_at);
create index signed_ticket_by_number on fact.signed_ticket (session_id, sequence_number, event_at, event_id);
create index byoc_auth_event_by_event on fact.byoc_auth_event (event_id, event_at);
create index byoc_auth_event_by_time on fact.byoc_auth_event using brin (event_at);
create index worker_lifecycle_event_by_event on fact.worker_lifecycle_event (event_id, event_at);
create index worker_lifecycle_event_by_time on fact.worker_lifecycle_event using brin (event_at);

-- Dirty log, append-only like the others: a message to be resolved, of any of these kinds.
create table work.message_mark (
  mark_id bigint generated always as identity primary key,
  kind text not null,                     -- discovery, ticket, byoc_auth, byoc_worker
  org text not null,
  event_id text not null,
  event_at timestamptz not null
);
create index message_mark_by_kind on work.message_mark (kind, mark_id);

insert into work.message_mark (kind, org, event_id, event_at)
select 'discovery', org, event_id, event_at
from work.discovery_mark;
drop table work.discovery_mark cascade; -- with the view of what waits, which is made anew

-- What an earlier release stored is resolved now.
select naap.ensure_storage(array(
  select distinct date_trunc('day', event_at, 'UTC')
  from (
    select event_at from fact.signed_ticket
    union all select event_at from fact.byoc_auth_event
    union all select event_at from fact.worker_lifecycle_event
  ) as f
));
insert into work.message_mark (kind, org, event_id, event_at)
select 'ticket', org, event_id, event_at from fact.signed_ticket
union all
select 'byoc_auth', org, event_id, event_at from fact.byoc_auth_event
union all
select 'byoc_worker', org, event_id, event_at from fact.worker_lifecycle_event;
