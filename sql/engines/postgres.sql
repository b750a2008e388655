-- Storage on plain PostgreSQL: range partitions by whole UTC days, made before the first row of their days comes.
-- Safe to run again; schema naap is made by sql/naap.sql.

-- Partitions have a schema of their own: whoever lists or grants the tables of another one means the tables.
create schema if not exists storage;

create table if not exists naap.big_partition (
  schema_name text not null,
  table_name text not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  partition_name text not null,
  primary key (schema_name, table_name, from_at),
  foreign key (schema_name, table_name) references naap.big_table on delete cascade
);

-- The extension's function, for widths up to days; weeks begin on Monday, as there.
create or replace function public.time_bucket(bucket_width interval, ts timestamptz) returns timestamptz
language sql immutable strict parallel safe
as $$ select date_bin(bucket_width, ts, timestamptz '2000-01-03 00:00:00+00') $$;

-- Turns an empty table into a partitioned one of the same columns, keys and checks.
create or replace function naap.make_big(big_table regclass, time_column name, width interval) returns void
language plpgsql
as $$
declare
  schema_part text;
  table_part text;
  twin text;
  index_name text;
begin
  select n.nspname, c.relname into schema_part, table_part
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
  where c.oid = big_table;
  if width <= interval '0' or extract(epoch from width) % 86400 <> 0 then
    raise exception 'width of % is %, wanted whole days', big_table, width;
  end if;
  twin := table_part || '__big';
  execute format('create table %I.%I (like %s including all) partition by range (%I)',
    schema_part, twin, big_table, time_column);
  execute format('drop table %s', big_table);
  execute format('alter table %I.%I rename to %I', schema_part, twin, table_part);
  for index_name in
    select c.relname
    from pg_index as i join pg_class as c on c.oid = i.indexrelid
    where i.indrelid = format('%I.%I', schema_part, table_part)::regclass and c.relname like '%\_\_big%'
  loop
    execute format('alter index %I.%I rename to %I', schema_part, index_name, replace(index_name, '__big', ''));
  end loop;
  insert into naap.big_table values (schema_part, table_part, time_column, width);
end
$$;

create or replace function naap.missing_partition(instants timestamptz[])
returns table (schema_name text, table_name text, from_at timestamptz, to_at timestamptz)
language sql stable
as $$
  select distinct b.schema_name, b.table_name, s.from_at, s.from_at + b.width
  from naap.big_table as b
  cross join (select distinct date_bin('1 day', i, '2000-01-01Z') as day from unnest(instants) as i where i is not null) as d
  cross join lateral (select date_bin(b.width, d.day, '2000-01-03Z') as from_at) as s
  where not exists (
    select from naap.big_partition as p
    where p.schema_name = b.schema_name and p.table_name = b.table_name and p.from_at = s.from_at
  )
$$;

-- Makes the storage that rows of these instants need; returns how many partitions were made. Nothing to make costs one
-- indexed look-up. Call it outside the batch's transaction: whoever makes partitions keeps others from making some.
create or replace function naap.ensure_storage(instants timestamptz[]) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  missing record;
  part text;
  made integer := 0;
begin
  if not exists (select from naap.missing_partition(instants)) then
    return 0;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('naap.ensure_storage', 0));
  if (select count(*) from naap.missing_partition(instants)) > 20000 then
    raise exception 'more than 20000 partitions are missing for % instants', cardinality(instants);
  end if;
  for missing in select * from naap.missing_partition(instants) order by 1, 2, 3 loop
    part := format('%s_%s_p%s', missing.schema_name, missing.table_name, to_char(missing.from_at, 'YYYYMMDD'));
    execute format('create table storage.%I (like %I.%I including defaults including constraints including storage)',
      part, missing.schema_name, missing.table_name);
    -- attaching an empty table needs a lock that neither readers nor writers of the others notice
    execute format('alter table %I.%I attach partition storage.%I for values from (%L) to (%L)',
      missing.schema_name, missing.table_name, part, missing.from_at, missing.to_at);
    insert into naap.big_partition
    values (missing.schema_name, missing.table_name, missing.from_at, missing.to_at, part);
    made := made + 1;
  end loop;
  return made;
end
$$;

-- Removes every row of the table before an instant: whole partitions, then the rest of the oldest one.
create or replace function naap.drop_storage_before(big_table regclass, before_at timestamptz) returns integer
language plpgsql set timezone = 'UTC'
as $$
declare
  big naap.big_table;
  part record;
  dropped integer := 0;
begin
  select b.* into strict big
  from naap.big_table as b
  where format('%I.%I', b.schema_name, b.table_name)::regclass = big_table;
  for part in
    delete from naap.big_partition as p
    where p.schema_name = big.schema_name and p.table_name = big.table_name and p.to_at <= before_at
    returning p.partition_name
  loop
    execute format('drop table storage.%I', part.partition_name);
    dropped := dropped + 1;
  end loop;
  execute format('delete from %s where %I < $1', big_table, big.time_column) using before_at;
  return dropped;
end
$$;
