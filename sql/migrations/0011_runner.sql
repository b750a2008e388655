-- What runners and streams report beside their frames: restarts, parameter updates, cold and warm starts,
-- loading images, bandwidth, GPU readings.
-- Rows of before say 0 until
-- their session is resolved again (naap resolve --mode bootstrap).

do $do$
declare
  relation regclass;
begin
  foreach relation in array array['core.session', 'core.session_bucket_5m', 'core.session_bucket_1h'] loop
    execute format($alter$
      alter table %s
        add column restart_count bigint not null default 0,
        add column parameter_update_count integer not null default 0
    $alter$, relation);
  end loop;
  foreach relation in array array['core.session_start', 'core.session_bucket_5m', 'core.session_bucket_1h'] loop
    execute format('alter table %s add column loading_image_count integer not null default 0', relation);
  end loop;
  foreach relation in array array['core.session_bucket_5m', 'core.session_bucket_1h'] loop
    execute format($alter$
      alter table %s
        add column cold_startup_sample_count integer not null default 0,
        add column cold_startup_ms_sum bigint not null default 0,
        add column cold_startup_ms_histogram numeric not null default 0,
        add column warm_startup_sample_count integer not null default 0,
        add column warm_startup_ms_sum bigint not null default 0,
        add column warm_startup_ms_histogram numeric not null default 0
    $alter$, relation);
  end loop;
end
$do$;

alter table core.session
  add column loading_image_at timestamptz,
  add column loading_image_ms integer;

-- what start-up latencies are held against; null: no threshold
alter table config.model_target
  add column cold_startup_target_ms integer check (cold_startup_target_ms > 0),
  add column warm_startup_target_ms integer check (warm_startup_target_ms > 0);

do $do$
declare
  relation regclass;
begin
  foreach relation in array array['core.session_bucket_5m', 'core.session_bucket_1h'] loop
    execute format($alter$
      alter table %s
        add column tx_sample_count integer not null default 0,
        add column tx_bytes_sum numeric not null default 0,
        add column tx_ms_sum bigint not null default 0,
        add column rx_sample_count integer not null default 0,
        add column rx_bytes_sum numeric not null default 0,
        add column rx_ms_sum bigint not null default 0,
        add column gpu_utilisation_sample_count integer not null default 0,
        add column gpu_utilisation_sum numeric not null default 0,
        add column flops_sample_count integer not null default 0,
        add column achieved_flops_sum numeric not null default 0,
        add column peak_flops_sum numeric not null default 0
    $alter$, relation);
  end loop;
end
$do$;

-- the fold reads a sample's readings beside its event
create index transport_sample_by_session on fact.transport_sample (session_key, event_at);

-- the newest reading of each GPU that samples of a session name; the newest of all of them is the GPU's
create table core.session_gpu_reading (
  org text not null,
  session_key text not null,
  gpu_id text not null,                   -- public keyed hash gpu_<16 hex>
  read_at timestamptz not null,
  event_id text not null,
  gpu_model text not null,
  memory_bytes bigint,
  cuda_version text not null,
  utilisation numeric,                    -- 0..1
  primary key (org, session_key, gpu_id)
);
create index session_gpu_reading_newest on core.session_gpu_reading (gpu_id, read_at desc, event_id desc, org);
