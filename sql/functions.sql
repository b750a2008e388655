-- Functions of the schemas, the same on both engines. Safe to run again.

-- Makes storage for every day from one instant to another, both included.
create or replace function naap.ensure_storage(min_at timestamptz, max_at timestamptz) returns integer
language plpgsql set timezone = 'UTC'
as $$
begin
  if max_at - min_at > interval '1200 days' then
    raise exception 'storage was asked for from % to %, wanted at most 1200 days: pass the instants themselves', min_at, max_at;
  end if;
  return naap.ensure_storage(array(
    select d from generate_series(date_trunc('day', min_at), max_at, interval '1 day') as d
  ));
end
$$;

-- Asks for one run of a job, in the caller's transaction: the job is seen when the marks are. Requests that wait are
-- one job; a request made while the job runs is another run. Call it last: two callers wait for each other here.
create or replace function work.request_job(job_name text, delay interval default interval '0') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if job_name not in ('resolve', 'refresh-rollups', 'score-sla', 'benchmarks', 'maintenance') then
    raise exception 'unknown job %', job_name;
  end if;
  if to_regnamespace('graphile_worker') is null then
    return; -- a database of a test without a job queue
  end if;
  -- A delayed run is a batching aid with a schedule behind it: when one waits, callers need not wait for each other.
  if delay = interval '0' or not exists (
    select from graphile_worker.jobs as j where j.key = job_name and j.locked_at is null and j.run_at > clock_timestamp()
  ) then
    perform graphile_worker.add_job(
      job_name, '{}'::json,
      run_at => clock_timestamp() + delay, job_key => job_name,
      job_key_mode => case when delay = interval '0' then 'replace' else 'preserve_run_at' end
    );
  end if;
end
$$;

create or replace function work.request_resolve() returns void
language sql
as $$ select work.request_job('resolve') $$;

-- Marks the buckets of every rollup that counts rows of a table of core, and asks for a refresh.
-- bucket_starts are values of the table's bucket_start column, before and after the change.
create or replace function work.mark_buckets(root_table text, bucket_starts timestamptz[]) returns void
language plpgsql
as $$
begin
  insert into work.bucket_mark (rollup, bucket_start)
  select distinct r.name, public.time_bucket(r.bucket, b)
  from naap.rollup as r cross join unnest(bucket_starts) as b
  where r.root = 'core.' || root_table;
  if found then
    perform work.request_job('refresh-rollups', interval '5 seconds');
  elsif not exists (select from naap.rollup as r where r.root = 'core.' || root_table) then
    raise exception 'no rollup counts rows of core.%', root_table;
  end if;
end
$$;

-- Whether a host is never published [PRIVACY-001]; what and why is said in src/domain/public-host.ts, and a test
-- compares both.
create or replace function naap.is_private_host(host text) returns boolean
language sql immutable parallel safe
as $$
  select case
    when h.name ~ '[\x01-\x20\x7f\\%\[\]]' then true
    when strpos(h.name, ':') > 0 then h.name !~ '^(?!2002:|2001:0{0,4}:)[23][0-9a-f]{3}:[0-9a-f:]+$'
    when h.name ~ '(^|\.)([0-9]+|0x[0-9a-f]*)$' then
      h.name !~ '^(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$'
      or h.name ~ '^((0|10|127|22[4-9]|2[345][0-9])\.|192\.168\.|192\.0\.0\.|169\.254\.|198\.1[89]\.)'
      or h.name ~ '^(172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[789][0-9]|1[01][0-9]|12[0-7])\.)'
    else
      strpos(h.name, '.') = 0
      or h.name ~ '(^|\.)(local|internal|lan|home|localdomain|localhost|intranet|corp|private|home\.arpa)$'
  end
  from (select regexp_replace(lower(replace(normalize(host, nfkc), '。', '.')), '\.+$', '') as name) as h
$$;

-- A URI as the public may see it: null when its host is private; without user:password@, which is nobody's business.
create or replace function naap.public_uri(uri text) returns text
language sql immutable parallel safe
as $$
  select case
    when strpos(h.parts[1], ':') = 0 then null -- brackets are for IPv6
    when naap.is_private_host(coalesce(h.parts[1], h.parts[2], '')) then null
    else regexp_replace(uri, '^(([a-z][a-z0-9+.-]*://)?)[^/?#]*@', '\1', 'i')
  end
  from (
    select regexp_match(uri, '^(?:[a-z][a-z0-9+.-]*://)?(?:[^/?#]*@)?(?:\[([^]]*)\]|([^/?#:]*))', 'i') as parts
  ) as h
$$;

-- Free text as the public may see it [PRIVACY-001]: IP addresses, keys, GPU uuids and private hosts are masked, and
-- user:password@ is cut. Versions of four numbers are masked with the addresses; times of the day stay.
create or replace function naap.public_text(text_value text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  authority text;
begin
  -- what has none of these is masked by nothing below, and most names and errors have none
  if text_value !~* '[:.]|0x|GPU-|MIG-|localhost|lookup ' then
    return text_value;
  end if;
  if strpos(text_value, '://') > 0 then
    for authority in
      select distinct m[1]
      from regexp_matches(text_value, '([a-z][a-z0-9+.-]*://[^\s/?#"''<>(),;\\]+)', 'gi') as m
      order by m[1] desc -- a longer one before its own beginning
    loop
      text_value := replace(text_value, authority,
        coalesce(naap.public_uri(authority), regexp_replace(authority, '://.*', '://[host]')));
    end loop;
  end if;
  -- an address of six or more groups, or with ::; so not 12:34:56
  text_value := regexp_replace(text_value,
    '(?<![[:alnum:]_.:])(?=[0-9a-f:]*::|([0-9a-f]{1,4}:){5})'
    || '([0-9a-f]{0,4}(::?[0-9a-f]{1,4})+(\.[0-9]{1,3}){0,3}(::)?|[0-9a-f]{1,4}::)(%[0-9a-z]+)?(?![[:alnum:]_])',
    '[ip]', 'gi');
  text_value := regexp_replace(text_value, '\m[0-9]{1,3}(\.[0-9]{1,3}){3}\M', '[ip]', 'g');
  text_value := regexp_replace(text_value, '0x[0-9a-f]{40}', '[address]', 'gi');
  text_value := regexp_replace(text_value, '\m(GPU|MIG)-[0-9a-f]{8}[0-9a-f-]*', '[gpu]', 'gi');
  text_value := regexp_replace(text_value,
    '([^\s/:@"''<>()\[\],;=]+\.(local|internal|lan|home|localdomain|localhost|intranet|corp|private|home\.arpa)|\mlocalhost)'
    || '(?!\.?[[:alnum:]_-])', '[host]', 'gi');
  -- names without a dot, as Go's network errors and host:port show them
  text_value := regexp_replace(text_value, '(\mlookup )[a-z0-9_-]+(?= on |: no such host)', '\1[host]', 'gi');
  text_value := regexp_replace(text_value, '(\mdial (tcp|udp)[46]?:? )[a-z0-9_-]+(?=:[0-9])', '\1[host]', 'gi');
  return regexp_replace(text_value,
    '(?<![[:alnum:]_.:/-])[a-z](?=[a-z0-9_-]*[0-9_-])[a-z0-9_-]*(?=:[0-9]{4,5}(?![0-9.:]))', '[host]', 'gi');
end
$$;

-- Comments a view and each of its columns; fails when a column has none, so that none is published unexplained.
create or replace function naap.describe(view_name regclass, about text, columns jsonb) returns void
language plpgsql
as $$
declare
  wrong text;
  described record;
begin
  select string_agg(coalesce(a.attname, k.key), ', ') into wrong
  from (select attname from pg_attribute where attrelid = view_name and attnum > 0 and not attisdropped) as a
  full join jsonb_object_keys(columns) as k (key) on k.key = a.attname
  where a.attname is null or k.key is null;
  if wrong is not null then
    raise exception 'comments and columns of % differ in %', view_name, wrong;
  end if;
  execute format('comment on view %s is %L', view_name, about);
  for described in select key, value from jsonb_each_text(columns) loop
    execute format('comment on column %s.%I is %L', view_name, described.key, described.value);
  end loop;
end
$$;
