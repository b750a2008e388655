-- Storage on TimescaleDB: hypertables, whose chunks the extension makes. Safe to run again.

create or replace function naap.make_big(big_table regclass, time_column name, width interval) returns void
language plpgsql
as $$
begin
  -- no default index: a migration names the ones a table needs, the same on both engines
  perform public.create_hypertable(big_table, public.by_range(time_column, width), create_default_indexes => false);
  insert into naap.big_table
  select n.nspname, c.relname, time_column, width
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
  where c.oid = big_table;
end
$$;

create or replace function naap.ensure_storage(instants timestamptz[]) returns integer
language sql stable
as $$ select 0 $$;

-- Removes every row before an instant: whole chunks, then the rest of the oldest one. Rows of a rollup go by whole
-- chunks only; its view leaves out what lies below the floor.
create or replace function naap.drop_storage_before(big_table regclass, before_at timestamptz) returns integer
language plpgsql set timezone = 'UTC'
as $$
declare
  big naap.big_table;
  dropped integer;
begin
  select b.* into strict big
  from naap.big_table as b
  where format('%I.%I', b.schema_name, b.table_name)::regclass = big_table;
  select count(*) into dropped from public.drop_chunks(big_table, older_than => before_at);
  if big.schema_name <> 'rollup' then
    execute format('delete from %s where %I < $1', big_table, big.time_column) using before_at;
  end if;
  return dropped;
end
$$;
