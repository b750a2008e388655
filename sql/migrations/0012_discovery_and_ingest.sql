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

-- Quality of the leg from client to gateway: one row per session and bucket, in the session's identity without
-- orchestrator and GPU, as known 10 minutes after the bucket's end [domain 4.4]. Counters and µs are whole numbers.
create table core.session_ingest_5m (
  bucket_start timestamptz not null,
  org text not null,
  session_key text not null,
  grain_id bigint not null,
  sample_count integer not null,
  good_count integer not null,
  bad_count integer not null,
  other_quality_count integer not null,
  video_jitter_sample_count integer not null,
  video_jitter_us_sum bigint not null,
  video_jitter_us_histogram numeric not null,
  audio_jitter_sample_count integer not null,
  audio_jitter_us_sum bigint not null,
  audio_jitter_us_histogram numeric not null,
  rtt_sample_count integer not null,
  rtt_us_sum bigint not null,
  rtt_us_histogram numeric not null,
  video_packets_lost bigint not null,
  video_packets_received bigint not null,
  audio_packets_lost bigint not null,
  audio_packets_received bigint not null,
  received_bytes bigint not null,
  sent_bytes bigint not null,
  transfer_ms bigint not null,            -- time between the readings whose growth is in the bytes
  primary key (session_key, bucket_start, grain_id, org)
);
create table core.session_ingest_1h (like core.session_ingest_5m including all);
select naap.make_big('core.session_ingest_5m', 'bucket_start', interval '7 days');
select naap.make_big('core.session_ingest_1h', 'bucket_start', interval '30 days');
create index session_ingest_5m_by_bucket on core.session_ingest_5m (bucket_start);
create index session_ingest_1h_by_bucket on core.session_ingest_1h (bucket_start);
