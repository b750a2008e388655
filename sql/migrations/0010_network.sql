-- What capability reports say of the network, read out of their contents once, when they come: contents never change
-- under their hash, and SQL has no key to name GPUs with. Current state is a view over the runs in force.

-- which contents have been read out, and by which version of the rules
create table core.capability_reading (
  content_hash text primary key,
  reading_version smallint not null,
  version text not null                   -- of the orchestrator's software, '' when it does not say
);
create table core.capability_offer (
  content_hash text not null,
  pipeline text not null,
  model text not null,                    -- '' for an external capability
  is_warm boolean not null,
  capacity bigint not null,
  runner_version text not null,
  primary key (content_hash, pipeline, model)
);
create table core.capability_price (
  content_hash text not null,
  pipeline text not null,
  model text not null,                    -- '' for every model of the pipeline without a price of its own
  price_per_unit_wei numeric not null,
  pixels_per_unit numeric not null check (pixels_per_unit > 0),
  primary key (content_hash, pipeline, model)
);
create table core.capability_gpu (
  content_hash text not null,
  pipeline text not null,
  model text not null,
  gpu_id text not null,                   -- public keyed hash gpu_<16 hex>
  gpu_model text not null,
  memory_bytes bigint,
  primary key (content_hash, pipeline, model, gpu_id)
);
create index capability_gpu_by_id on core.capability_gpu (gpu_id, content_hash);

-- every local name or key that an orchestrator was ever reported with; only their number is public
create table core.orchestrator_alias (
  address text not null,
  local_address text not null,
  primary key (address, local_address)
);
-- every GPU that an orchestrator was ever reported with
create table core.orchestrator_gpu (
  address text not null,
  gpu_id text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (address, gpu_id)
);

-- one run of each key is in force, however long its history
create index capability_run_in_force on core.capability_run (address, uri, last_at desc, org) where next_at is null;
create index capability_run_by_address on core.capability_run (address, org, uri, first_at);
create index capability_usage_of_capacity on fact.capability_usage (address, pipeline, model, observed_at)
  where capacity_in_use is not null;
-- live, idle and lately lost sessions are few among all
create index session_open on core.session (last_seen_at) where not is_completed;
create index session_by_gateway on core.session (org, gateway, started_at);

alter table config.policy
  add column snapshot_max_age_seconds integer not null default 3600 check (snapshot_max_age_seconds > 0);
