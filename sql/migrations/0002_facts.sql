-- One typed row per accepted event [TYPED_RAW-001]; a capability message fans out into sightings [TYPED_RAW-002].

create table fact.session_event (
  event_at timestamptz not null,
  org text not null,
  session_key text not null,
  event_id text not null,
  family_rank smallint not null,
  name text not null,
  stream_id text not null,
  request_id text not null,
  gateway text not null,
  region text not null,
  is_synthetic boolean not null,
  milestones smallint not null,
  own_at timestamptz,
  orch_url text not null,
  orch_address text not null,
  shows_identity boolean not null,
  pipeline_text text not null,
  model_text text not null,
  is_swap boolean not null,
  swap_to_url text not null,
  swap_to_address text not null,
  swap_reason text not null,
  is_error boolean not null,
  message text not null,
  is_restart boolean not null,
  is_cold_start boolean,
  is_sample boolean not null,
  state text,
  fps_micro bigint,
  input_fps_micro bigint,
  has_last_error boolean not null,
  restart_count integer,
  start_time timestamptz,
  conn_quality text,
  bytes_received bigint,
  bytes_sent bigint,
  video_jitter_ms double precision,
  video_packets_lost bigint,
  video_packets_received bigint,
  audio_jitter_ms double precision,
  audio_packets_lost bigint,
  audio_packets_received bigint,
  rtt_ms double precision
);
select naap.make_big('fact.session_event', 'event_at', interval '1 day');
create index session_event_by_session on fact.session_event (session_key, event_at);

-- readings of a v1 runner.metrics.sample, beside its row in session_event; byte counters are cumulative
create table fact.transport_sample (
  event_at timestamptz not null,
  org text not null,
  session_key text not null,
  event_id text not null,
  publisher_id text not null,
  orch_address text not null,
  is_synthetic boolean not null,
  gpu_uuid text not null,
  gpu_model text not null,
  gpu_memory_bytes bigint,
  gpu_utilisation double precision,
  cuda_version text not null,
  tx_bytes bigint,
  rx_bytes bigint,
  tx_mbps double precision,
  rx_mbps double precision,
  sampling_interval_ms bigint,
  achieved_flops double precision,
  peak_flops double precision
);
select naap.make_big('fact.transport_sample', 'event_at', interval '7 days');

create table fact.capability_content (
  content_hash text primary key,
  content jsonb not null
);
create table fact.capability_sighting (
  org text not null,
  address text not null,
  uri text not null,
  observed_at timestamptz not null,
  event_id text not null,
  local_address text not null,
  gateway text not null,
  content_hash text not null,
  primary key (org, address, uri, observed_at, event_id)
);
create table fact.capability_usage (
  observed_at timestamptz not null,
  org text not null,
  address text not null,
  uri text not null,
  event_id text not null,
  pipeline text not null,
  model text not null,
  gpu_uuid text not null,
  capacity_in_use integer,
  memory_free_bytes bigint
);
select naap.make_big('fact.capability_usage', 'observed_at', interval '7 days');

create table fact.payment (
  event_at timestamptz not null,
  org text not null,
  event_id text not null,
  gateway text not null,
  request_id text not null,
  session_id text not null,
  manifest_id text not null,
  sender text not null,
  recipient text not null,
  orch_url text not null,
  capability text not null,
  face_value_wei numeric(78, 0) not null,
  expected_value_wei numeric(78, 0) not null,
  ticket_count bigint not null,
  price text not null,
  win_prob text not null
);
select naap.make_big('fact.payment', 'event_at', interval '7 days');

-- the remaining families: columns of their own beside (event_at, org, event_id, gateway)
create table fact.signed_ticket (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  session_id text not null, request_id text not null, pipeline text not null, orch_address text not null,
  orch_url text not null, billable_seconds numeric, pixels numeric, computed_fee numeric, sequence_number bigint
);
select naap.make_big('fact.signed_ticket', 'event_at', interval '7 days');
create table fact.discovery_result (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  orch_addresses text[] not null, orch_urls text[] not null, latencies_ms text[] not null
);
select naap.make_big('fact.discovery_result', 'event_at', interval '7 days');
create table fact.ai_batch_event (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  name text not null, request_id text not null, pipeline text not null, model text not null, is_success boolean,
  tries integer, duration_ms bigint, orch_url text not null, latency_score double precision, price_per_unit numeric,
  error_type text not null, error text not null
);
select naap.make_big('fact.ai_batch_event', 'event_at', interval '7 days');
create table fact.llm_event (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  name text not null, request_id text not null, model text not null, orch_url text not null,
  prompt_tokens bigint, completion_tokens bigint, total_tokens bigint, ttft_ms double precision,
  tokens_per_second double precision, total_duration_ms double precision, error text not null
);
select naap.make_big('fact.llm_event', 'event_at', interval '7 days');
create table fact.byoc_job_event (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  name text not null, request_id text not null, capability text not null, is_success boolean, duration_ms bigint,
  http_status integer, orch_address text not null, orch_url text not null, worker_url text not null, error text not null
);
select naap.make_big('fact.byoc_job_event', 'event_at', interval '7 days');
create table fact.byoc_payment_event (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  name text not null, request_id text not null, capability text not null, orch_address text not null,
  orch_url text not null, amount text not null, currency text not null
);
select naap.make_big('fact.byoc_payment_event', 'event_at', interval '7 days');
create table fact.byoc_orchestrator_event (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  name text not null, request_id text not null, capability text not null, orch_address text not null,
  orch_url text not null, worker_url text not null, duration_ms bigint, http_status integer, error text not null
);
select naap.make_big('fact.byoc_orchestrator_event', 'event_at', interval '7 days');
create table fact.byoc_auth_event (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  name text not null, request_id text not null, capability text not null, orch_address text not null,
  orch_url text not null, is_success boolean, error text not null
);
select naap.make_big('fact.byoc_auth_event', 'event_at', interval '7 days');
create table fact.worker_lifecycle_event (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  name text not null, capability text not null, orch_address text not null, orch_url text not null,
  worker_url text not null, price_per_unit numeric, models text[] not null
);
select naap.make_big('fact.worker_lifecycle_event', 'event_at', interval '7 days');
-- v1 events that derive nothing in a session: heartbeats, session.*, sla.*
create table fact.v1_event (
  event_at timestamptz not null, org text not null, event_id text not null, gateway text not null,
  name text not null, publisher_id text not null, publisher_type text not null, region text not null,
  orch_address text not null, trace_id text not null, session_id text not null, sequence bigint
);
select naap.make_big('fact.v1_event', 'event_at', interval '7 days');
