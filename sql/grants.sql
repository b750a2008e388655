-- Who may do what. Safe to run again; whatever is not granted here is the owner's alone.
revoke all on all tables in schema naap, raw, work, fact, core, rollup, config, api from public;
revoke execute on all functions in schema naap, work from public;

-- ingest: writes what arrived and marks what it touches; reads what it needs to decide
grant usage on schema naap, raw, work, fact, core, config to naap_ingest;
grant select, insert on raw.ledger, raw.event, raw.source_gap to naap_ingest;
grant insert on raw.set_aside to naap_ingest;
grant select, insert, update on raw.source, raw.tally to naap_ingest;
grant select, insert on all tables in schema fact to naap_ingest;
grant insert on work.session_mark, work.sighting_mark, work.payment_mark, work.job_mark, work.worker_mark,
  work.message_mark to naap_ingest;
-- `for share` of the floor needs the right to update a column of it; the id can only be what it is
grant select, update (id) on work.floor to naap_ingest;
grant select on core.capability_run to naap_ingest;
grant select on all tables in schema config to naap_ingest;
grant execute on function naap.ensure_storage(timestamptz[]), naap.ensure_storage(timestamptz, timestamptz),
  work.request_job(text, interval), work.request_resolve() to naap_ingest;

-- worker: reads events, owns core, consumes the dirty logs
grant usage on schema naap, raw, work, fact, core, rollup, config, api to naap_worker;
grant select on raw.ledger, raw.event, raw.source, raw.source_gap, raw.tally to naap_worker;
grant select on all tables in schema fact, rollup, config, api to naap_worker;
grant select, insert, update, delete, truncate on all tables in schema core to naap_worker;
grant select, insert, delete on work.session_mark, work.sighting_mark, work.bucket_mark, work.score_mark,
  work.benchmark_mark, work.applied_config, work.payment_mark, work.payment_session_mark, work.job_mark,
  work.worker_mark, work.message_mark to naap_worker;
grant select, delete on work.gateway_mark to naap_worker;
grant select, insert, update on work.score_publication to naap_worker;
grant select, insert, update, delete on work.parked_session to naap_worker;
grant select on work.floor, naap.rollup to naap_worker;
grant execute on function naap.ensure_storage(timestamptz[]), naap.ensure_storage(timestamptz, timestamptz),
  work.request_job(text, interval), work.request_resolve(), work.mark_buckets(text, timestamptz[]) to naap_worker;

-- reader: the public contract and the configuration, nothing else. Functions in a view run as whoever asks.
grant usage on schema api, config, naap to naap_reader;
grant select on all tables in schema api, config to naap_reader;
-- a gateway is configured under the host that events name, which may be private: its public name is in api.gateway
revoke select on config.gateway from naap_reader;
grant select (display_name, region) on config.gateway to naap_reader;
grant execute on function naap.is_private_host(text), naap.public_uri(text), naap.public_text(text) to naap_reader, naap_worker;

-- jobs: graphile-worker's tables have row security and no policy, so without these the worker would see no job
do $$
declare
  job_table record;
begin
  if to_regnamespace('graphile_worker') is null then
    return;
  end if;
  grant usage on schema graphile_worker to naap_worker;
  grant select, insert, update, delete on all tables in schema graphile_worker to naap_worker;
  grant usage on all sequences in schema graphile_worker to naap_worker;
  for job_table in
    select c.oid::regclass as name
    from pg_class as c
    where c.relnamespace = 'graphile_worker'::regnamespace and c.relrowsecurity
      and not exists (select from pg_policy as p where p.polrelid = c.oid and p.polname = 'naap_worker')
  loop
    execute format('create policy naap_worker on %s for all to naap_worker using (true) with check (true)', job_table.name);
  end loop;
end
$$;
