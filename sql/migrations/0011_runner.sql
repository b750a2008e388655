-- What runners and streams report beside their frames: restarts, parameter updates, cold and warm starts, loading images.
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
