-- Payments: what gateways pay orchestrators, and the session each payment is for [domain 4.2].

-- One row per accepted payment event. Everything linking needs is here, so a payment can be linked anew as long as it is
-- kept, which is longer than its event.
create table core.payment (
  bucket_start timestamptz not null,      -- 5 minutes
  paid_at timestamptz not null,           -- event time
  org text not null,
  event_id text not null,
  payment_id text not null,               -- public id: 'p_' + 24 hex of sha256(org, event id)
  grain_id bigint not null,
  gateway text not null,                  -- host as the event says it; its public name is the grain's
  request_id text not null,
  payment_session_id text not null,       -- the payer's own session id, constant over a chain of payments
  manifest_id text not null,
  sender text not null,
  recipient text not null,
  orch_url text not null,
  capability text not null,
  face_value_wei numeric(78, 0) not null,
  expected_value_wei numeric(78, 0) not null,
  ticket_count bigint not null,
  price text not null,
  win_prob text not null,
  session_key text not null,              -- of the linked session, '' when unlinked
  link_method text not null check (link_method in ('request', 'earlier', 'later', 'none')),
  primary key (event_id, bucket_start, org)
);
select naap.make_big('core.payment', 'bucket_start', interval '7 days');
create index payment_by_bucket on core.payment (bucket_start, paid_at, payment_id);
create index payment_by_chain on core.payment (payment_session_id, sender, recipient, bucket_start, paid_at, event_id);
create index payment_by_session on core.payment (session_key, bucket_start) where session_key <> '';
create index payment_by_request on core.payment (request_id, bucket_start) where request_id <> '';
create index payment_by_id on core.payment (payment_id);

create index payment_fact_by_chain on fact.payment (session_id, event_at);
create index signed_ticket_by_session on fact.signed_ticket (session_id, event_at);

-- Dirty logs, append-only like the others. A chain is (org, sender, recipient, session_id): its payments of [from, to]
-- are to be linked; a session that is new, starts elsewhere or has another grain may change payments of its request.
create table work.payment_mark (
  mark_id bigint generated always as identity primary key,
  org text not null,
  sender text not null,
  recipient text not null,
  session_id text not null,
  from_at timestamptz not null,
  to_at timestamptz not null
);
create table work.payment_session_mark (
  mark_id bigint generated always as identity primary key,
  org text not null,
  session_key text not null,
  request_id text not null
);

-- What an earlier release stored is linked now.
select naap.ensure_storage(array(select distinct date_trunc('day', event_at, 'UTC') from fact.payment));
insert into work.payment_mark (org, sender, recipient, session_id, from_at, to_at)
select org, sender, recipient, session_id, min(event_at), max(event_at)
from fact.payment
group by org, sender, recipient, session_id, date_trunc('day', event_at, 'UTC');
