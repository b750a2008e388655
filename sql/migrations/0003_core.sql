-- What the resolver, the refresh and the scoring write. Every row is a function of the set of events, sightings and
-- configuration, except columns named computed_at, decided_at, revision and generated ids.

-- one row per combination of dimensions; id = first 8 bytes of md5 of the texts joined by U+001F, signed
create table core.grain (
  grain_id bigint primary key,
  org text not null,
  gateway text not null,
  orchestrator_address text not null,
  pipeline text not null,
  model text not null,
  gpu_id text not null,                   -- public keyed hash gpu_<16 hex>, '' unknown
  region text not null,
  is_synthetic boolean not null
);

-- capability runs: maximal stretches of equal content of one key, from the set of sightings [TYPED_RAW-003]
create table core.capability_run (
  org text not null,
  address text not null,
  uri text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  next_at timestamptz,                    -- first sighting of different content, null: still in force
  content_hash text not null,
  local_address text not null,
  first_event_id text not null,
  last_event_id text not null,
  primary key (org, address, uri, first_at)
);
create index capability_run_by_uri on core.capability_run (org, uri);
create index capability_run_by_local_address on core.capability_run (org, local_address);

create table core.session_slice (
  slice_start timestamptz not null,
  org text not null,
  session_key text not null,
  fold_version smallint not null,
  fold jsonb not null,
  primary key (session_key, slice_start, org)
);
select naap.make_big('core.session_slice', 'slice_start', interval '7 days');

-- which sessions ever showed a URL or address; never deleted, so a late sighting finds them
create table core.session_identity (
  org text not null,
  identity text not null,
  session_key text not null,
  primary key (org, identity, session_key)
);

create table core.session (
  org text not null,
  session_key text not null,
  session_id text not null unique,        -- public id: 's_' + 24 hex of sha256(org, key)
  stream_id text not null,
  request_id text not null,
  grain_id bigint not null,               -- of the last segment
  gateway text not null,                  -- public gateway name
  region text not null,
  is_synthetic boolean not null,
  started_at timestamptz not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  is_requested boolean not null,
  is_playable boolean not null,
  has_first_output boolean not null,
  is_completed boolean not null,
  has_no_orch boolean not null,
  has_restart boolean not null,
  has_error boolean not null,
  startup_outcome text not null check (startup_outcome in ('success', 'failed', 'unknown')),
  excusal text check (excusal in ('none', 'no_orch', 'excusable_error')),
  selection_outcome text not null check (selection_outcome in ('selected', 'no_orch', 'unknown')),
  is_loading_only boolean not null,
  is_zero_output boolean not null,
  is_cold_start boolean,
  explicit_swap_count integer not null,
  inferred_swap_count integer not null,
  segment_count integer not null,
  error_count integer not null,
  excusable_error_count integer not null,
  status_sample_count integer not null,
  running_sample_count integer not null,
  fps_sample_count integer not null,
  fps_positive_count integer not null,
  fps_sum numeric not null,
  fps_square_sum numeric not null,
  input_fps_sample_count integer not null,
  input_fps_sum numeric not null,
  health_observed integer not null,
  health_expected integer not null,
  legacy_health_observed integer not null,
  startup_ms integer,
  e2e_ms integer,
  gateway_round_trip_ms integer,
  ptff_ms integer,
  hop_gateway_runner_ms integer,
  hop_runner_ms integer,
  hop_runner_gateway_ms integer,
  last_state text,                        -- state of the newest sample
  last_fps numeric,
  last_input_fps numeric,
  milestones jsonb not null,              -- [{milestone, at, own_at, event_id}] in order, first of each
  orchestrator_address text not null,
  pipeline text not null,
  model text not null,
  gpu_id text not null,
  attribution_outcome text not null,
  attribution_method text not null,
  prefix jsonb,                           -- merge of the slices before prefix_until with the tail counts
  prefix_until timestamptz,
  fold_version smallint not null,
  primary key (org, session_key)
);
create index session_by_start on core.session (started_at, session_id);
create index session_by_last_seen on core.session (last_seen_at);
create index session_by_orchestrator on core.session (orchestrator_address, started_at);
-- request first: a plan prepared on a small table that picks this index must not read a whole org
create index session_by_request on core.session (request_id, org);

create table core.segment (
  org text not null,
  session_key text not null,
  ordinal integer not null,               -- 0 is the first
  started_at timestamptz not null,
  ended_at timestamptz not null,          -- last event in it
  grain_id bigint not null,
  observed_url text not null,
  observed_address text not null,
  orchestrator_address text not null,
  pipeline text not null,
  model text not null,
  gpu_id text not null,
  outcome text not null,                  -- resolved | hardware_less | stale | ambiguous | unresolved
  method text not null,
  reason text not null,
  confidence text not null,
  status_sample_count integer not null,
  fps_sample_count integer not null,
  fps_sum numeric not null,
  service_ms bigint not null,
  primary key (org, session_key, ordinal)
);

create table core.swap (
  org text not null,
  session_key text not null,
  ordinal integer not null,
  swapped_at timestamptz not null,
  from_address text not null,
  to_address text not null,
  reason text not null,
  reason_class text not null,
  is_explicit boolean not null,
  event_id text not null,                 -- '' for an inferred swap
  primary key (org, session_key, ordinal)
);

-- history of decisions; the current one per (session, ordinal) has superseded_at null [FACT-003]
create table core.decision (
  decision_id bigint generated always as identity primary key,
  org text not null,
  session_key text not null,
  ordinal integer not null,
  outcome text not null,
  method text not null,
  reason text not null,
  confidence text not null,
  orchestrator_address text not null,
  pipeline text not null,
  model text not null,
  gpu_id text not null,
  sightings jsonb not null,               -- [{address, uri, first_at, last_at, content_hash, event_id}]
  decided_at timestamptz not null,
  superseded_at timestamptz
);
create unique index decision_current on core.decision (org, session_key, ordinal) where superseded_at is null;

-- cohort source: one row per session, in the bucket of its start [LIFECYCLE-008]
create table core.session_start (
  bucket_start timestamptz not null,      -- 5 minutes
  org text not null,
  session_key text not null,
  grain_id bigint not null,
  gpu_identity_status text not null check (gpu_identity_status in ('resolved', 'hardware_unresolved')),
  selection_outcome text not null,
  attribution_outcome text not null,
  known_count integer not null,
  requested_count integer not null,
  startup_success_count integer not null,
  no_orch_count integer not null,
  startup_excused_count integer not null,
  startup_failed_count integer not null,
  loading_only_count integer not null,
  zero_output_count integer not null,
  output_failed_count integer not null,
  effective_failed_count integer not null,
  swapped_explicit_count integer not null,
  swapped_inferred_count integer not null,
  swapped_count integer not null,
  cold_start_count integer not null,
  warm_start_count integer not null,
  primary key (session_key, bucket_start, org)
);
select naap.make_big('core.session_start', 'bucket_start', interval '7 days');

-- period source: session × bucket × identity, one table per width because each width has its own horizon [LIFECYCLE-009]
create table core.session_bucket_5m (
  bucket_start timestamptz not null,
  org text not null,
  session_key text not null,
  grain_id bigint not null,
  is_tail boolean not null,
  is_hardware_backed boolean not null,    -- the segment has a GPU
  last_seen_at timestamptz not null,
  known_count integer not null,
  requested_count integer not null,
  startup_success_count integer not null,
  no_orch_count integer not null,
  startup_excused_count integer not null,
  startup_failed_count integer not null,
  loading_only_count integer not null,
  zero_output_count integer not null,
  output_failed_count integer not null,
  effective_failed_count integer not null,
  swapped_explicit_count integer not null,
  swapped_inferred_count integer not null,
  swapped_count integer not null,
  cold_start_count integer not null,
  warm_start_count integer not null,
  status_sample_count integer not null,
  error_sample_count integer not null,
  loading_sample_count integer not null,
  offline_sample_count integer not null,
  online_sample_count integer not null,
  degraded_input_sample_count integer not null,
  degraded_inference_sample_count integer not null,
  error_state_sample_count integer not null,
  fps_sample_count integer not null,
  fps_positive_count integer not null,
  fps_sum numeric not null,
  fps_square_sum numeric not null,
  fps_histogram numeric not null,
  input_fps_sample_count integer not null,
  input_fps_sum numeric not null,
  health_observed_count integer not null,
  health_expected_count integer not null,
  legacy_health_observed_count integer not null,
  service_ms_sum bigint not null,
  startup_sample_count integer not null,
  startup_ms_sum bigint not null,
  startup_ms_histogram numeric not null,
  e2e_sample_count integer not null,
  e2e_ms_sum bigint not null,
  e2e_ms_histogram numeric not null,
  gateway_round_trip_sample_count integer not null,
  gateway_round_trip_ms_sum bigint not null,
  gateway_round_trip_ms_histogram numeric not null,
  ptff_sample_count integer not null,
  ptff_ms_sum bigint not null,
  ptff_ms_histogram numeric not null,
  hop_gateway_runner_sample_count integer not null,
  hop_gateway_runner_ms_sum bigint not null,
  hop_gateway_runner_ms_histogram numeric not null,
  hop_runner_sample_count integer not null,
  hop_runner_ms_sum bigint not null,
  hop_runner_ms_histogram numeric not null,
  hop_runner_gateway_sample_count integer not null,
  hop_runner_gateway_ms_sum bigint not null,
  hop_runner_gateway_ms_histogram numeric not null,
  primary key (session_key, bucket_start, grain_id, org)
);
create table core.session_bucket_1h (like core.session_bucket_5m including all);
select naap.make_big('core.session_bucket_5m', 'bucket_start', interval '7 days');
select naap.make_big('core.session_bucket_1h', 'bucket_start', interval '30 days');
-- the live union aggregates marked buckets by time alone; the engine's own time index serves it on hypertables
create index session_start_by_bucket on core.session_start (bucket_start);
create index session_bucket_5m_by_bucket on core.session_bucket_5m (bucket_start);
create index session_bucket_1h_by_bucket on core.session_bucket_1h (bucket_start);

-- scores ---------------------------------------------------------------------------------------------------------------

create table core.benchmark_day (
  day date not null,
  pipeline text not null,
  model text not null,
  kind text not null check (kind in ('ptff', 'e2e', 'fps')),
  low double precision not null,          -- p50 of ptff and e2e, p10 of fps
  high double precision not null,         -- p90 of ptff and e2e, p50 of fps
  row_count integer not null,
  primary key (day, pipeline, model, kind)
);

-- revisions are append-only; the newest per key is in force
create table core.sla_benchmark (
  for_day date not null,
  pipeline text not null,
  model text not null,
  kind text not null check (kind in ('ptff', 'e2e', 'fps')),
  revision integer not null,
  low double precision,                   -- rounded to 3 significant digits, null: no value
  high double precision,
  row_count integer not null,
  is_sufficient boolean not null,         -- at least 48 rows
  computed_at timestamptz not null,
  primary key (for_day, pipeline, model, kind, revision)
);

create table core.sla_score (
  score_id bigint generated always as identity primary key,
  width text not null check (width in ('5m', '1h')),
  bucket_start timestamptz not null,
  grain_id bigint not null,
  scoring_version text not null,
  score numeric,                          -- 0..100, null: nothing requested
  subscores jsonb not null,
  inputs jsonb not null,
  benchmarks jsonb not null,
  is_withdrawn boolean not null,
  input_watermark timestamptz,
  computed_at timestamptz not null
);
create index sla_score_by_key on core.sla_score (width, bucket_start, grain_id, scoring_version, score_id);

create table core.sla_score_current (
  width text not null,
  bucket_start timestamptz not null,
  grain_id bigint not null,
  scoring_version text not null,
  score_id bigint not null references core.sla_score,
  result_hash text not null,              -- of score, subscores, inputs: a later row only when it differs
  primary key (width, bucket_start, grain_id, scoring_version)
);
