-- Schemas, configuration, what ingest writes around the facts, and the dirty logs.
-- Big tables become hypertables or range partitions through naap.make_big, which the engine provides.

create schema raw;
create schema work;
create schema fact;
create schema core;
create schema rollup;
create schema config;
create schema api;

-- configuration: written by the operator, read by all, no secrets -------------------------------------------------

create table config.topic (
  topic text primary key,
  org text not null
);
insert into config.topic values ('network_events', 'daydream'), ('streaming_events', 'cloudspe');

create table config.gateway (
  gateway text primary key,          -- host as the events say it, lower-case
  display_name text not null,
  region text not null default ''
);

create table config.orchestrator (
  orchestrator_address text primary key,
  display_name text not null default '',
  region text not null default ''
);

create table config.model_target (
  pipeline text not null,
  model text not null,
  fps_target numeric,
  e2e_p50_target_ms integer,
  e2e_p95_target_ms integer,
  ptff_p50_target_ms integer,
  ptff_p95_target_ms integer,
  primary key (pipeline, model)
);

create table config.policy (
  id boolean primary key default true check (id),
  capability_max_age_seconds integer not null default 1800,
  raw_retention_days integer not null default 90,
  set_aside_retention_days integer not null default 7,
  core_retention_days integer not null default 1100,
  rollup_5m_retention_days integer not null default 90,
  score_5m_retention_days integer not null default 7
);
insert into config.policy default values;

create table config.scoring_config (
  scoring_version text not null,
  gateway text not null default '',       -- '' = every gateway without its own row
  formula text not null check (formula in ('quality-benchmark-v1', 'spec-v1')),
  parameters jsonb not null,              -- weights, thresholds, windows of the formula
  valid_from timestamptz not null,
  primary key (scoring_version, gateway, valid_from)
);

-- floors move only in the transaction that drops what lies below them
create table work.floor (
  id boolean primary key default true check (id),
  raw_floor timestamptz not null default '2000-01-01Z',
  core_floor timestamptz not null default '2000-01-01Z',
  rollup_5m_floor timestamptz not null default '2000-01-01Z'
);
insert into work.floor default values;

-- raw ---------------------------------------------------------------------------------------------------------------

-- one row per (org, id) ever accepted; the key is md5 of both, so 16 bytes decide what is new [LINEAGE-001]
create table raw.ledger (
  event_key uuid primary key,
  content_hash bigint not null,           -- of the message text: the same id with other content is a conflict
  event_at timestamptz not null
);
-- retention deletes by time; rows come in nearly in order, so block ranges are enough and cost ingest nothing
create index ledger_by_time on raw.ledger using brin (event_at);

create table raw.event (
  event_at timestamptz not null,
  org text not null,
  event_id text not null,
  family text not null,
  envelope_at timestamptz not null,
  received_at timestamptz not null,
  source_id integer not null,
  "offset" bigint not null,
  payload text not null
);
select naap.make_big('raw.event', 'event_at', interval '1 day');
create index event_by_id on raw.event (event_id, event_at);

-- ignored and rejected messages, IP values masked; the operator role alone reads it [INGEST-003, PRIVACY-001]
create table raw.set_aside (
  received_at timestamptz not null,
  source_id integer not null,
  "offset" bigint not null,
  org text not null,
  verdict text not null check (verdict in ('ignored', 'rejected')),
  reason text not null,
  detail text not null,
  family text not null,
  message bytea
);
select naap.make_big('raw.set_aside', 'received_at', interval '1 day');

-- a source is a partition of a topic of a cluster, or a file (cluster 'file', topic = content hash, offset = line)
create table raw.source (
  source_id integer generated always as identity primary key,
  cluster_id text not null,
  topic text not null,
  partition integer not null,
  org text not null,
  next_offset bigint not null default 0,  -- moves by compare-and-set only
  consumed_count bigint not null default 0,
  newest_event_at timestamptz,            -- newest accepted event time: the source's watermark
  updated_at timestamptz,
  unique (cluster_id, topic, partition)
);

create table raw.source_gap (
  source_id integer not null references raw.source,
  from_offset bigint not null,
  to_offset bigint not null,
  reason text not null,
  found_at timestamptz not null,
  primary key (source_id, from_offset)
);

-- consumed = accepted + ignored + rejected + duplicate, always [INGEST-004]
create table raw.tally (
  source_id integer not null references raw.source,
  family text not null,
  verdict text not null check (verdict in ('accepted', 'ignored', 'rejected', 'duplicate')),
  reason text not null,
  message_count bigint not null,
  conflict_count bigint not null default 0,   -- duplicates whose content differed
  unchanged_count bigint not null default 0,  -- capability elements equal to the content in force
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (source_id, family, verdict, reason)
);

-- dirty logs: append-only, an identity key and no unique key, so that marking never waits and never loses ----------

create table work.session_mark (
  mark_id bigint generated always as identity primary key,
  shard smallint not null,                -- hash of (org, session_key), 0..63
  org text not null,
  session_key text not null,
  slice_start timestamptz,                -- null: re-attribute from stored slices, no events
  first_event_at timestamptz,             -- smallest order key among the marked events of the slice
  first_family_rank smallint,
  first_event_id text
);
create index session_mark_by_shard on work.session_mark (shard, mark_id);

create table work.sighting_mark (
  mark_id bigint generated always as identity primary key,
  org text not null,
  address text not null,
  uri text not null,
  observed_at timestamptz not null
);

create table work.bucket_mark (
  mark_id bigint generated always as identity primary key,
  rollup text not null,
  bucket_start timestamptz not null
);
create index bucket_mark_by_bucket on work.bucket_mark (rollup, bucket_start);

create table work.score_mark (
  mark_id bigint generated always as identity primary key,
  width text not null check (width in ('5m', '1h')),
  bucket_start timestamptz not null
);
create table work.benchmark_mark (
  mark_id bigint generated always as identity primary key,
  day date not null                       -- a day whose hourly service rows changed
);
