-- What runners and streams report beside their frames: restarts and parameter updates. Rows of before say 0 until
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
end
$do$;
