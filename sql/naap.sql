-- What the migration runner and the engines remember. Safe to run again.
create schema if not exists naap;

create table if not exists naap.engine (
  id boolean primary key default true check (id),
  name text not null check (name in ('timescaledb', 'postgres'))
);

create table if not exists naap.migration (
  name text primary key,
  hash text not null,
  applied_at timestamptz not null default clock_timestamp()
);

-- last applied text of what is re-created when it changes (the views)
create table if not exists naap.applied (
  name text primary key,
  hash text not null
);

-- tables (and rollups) that are stored by time
create table if not exists naap.big_table (
  schema_name text not null,
  table_name text not null,
  time_column text not null,
  width interval not null,
  primary key (schema_name, table_name)
);

create table if not exists naap.rollup (
  name text primary key,
  root text not null,                     -- table of core whose rows it finally counts
  bucket interval not null,
  refreshed_at timestamptz,               -- the newest refresh stood for this instant
  hash text not null                      -- of its definition: another one rebuilds it
);
