-- Scoring as history: configuration rows are never changed, inputs are stored once for every version scored from them.

-- configuration: valid_from says which buckets a row is for, known_at from when on an answer may rest on it.
-- What was there before is taken as known for ever.
alter table config.scoring_config
  add column known_at timestamptz not null default '2000-01-01Z',
  add column is_retired boolean not null default false,
  add column config_id bigint generated always as identity unique,
  drop constraint scoring_config_pkey,
  add primary key (scoring_version, gateway, valid_from, known_at);
alter table config.scoring_config alter column known_at set default clock_timestamp();

alter table config.model_target
  add column valid_from timestamptz not null default '2000-01-01Z',
  add column known_at timestamptz not null default '2000-01-01Z',
  add column target_id bigint generated always as identity unique,
  drop constraint model_target_pkey,
  add primary key (pipeline, model, valid_from, known_at);
alter table config.model_target alter column known_at set default clock_timestamp();

-- versions whose results are stored; any other is computed when read, from the same stored inputs
create table config.scoring_version (
  scoring_version text primary key,
  is_stored boolean not null
);
insert into config.scoring_version values ('quality-benchmark-v1', true), ('spec-v1', true);

create function config.refuse_change() returns trigger
language plpgsql
as $$
begin
  raise exception '%.% is history: a change is a new row, never an % of one', tg_table_schema, tg_table_name, lower(tg_op)
    using errcode = 'restrict_violation';
end
$$;
-- A row that cannot be used would stop scoring, and cannot be taken back: names and values are checked on the way in.
create function config.check_parameters() returns trigger
language plpgsql
as $$
declare
  wrong text;
  known text[] := case new.formula
    when 'quality-benchmark-v1' then array[
      'startupSuccessWeight', 'noSwapWeight', 'outputViabilityWeight', 'ptffWeight', 'e2eWeight', 'latencyWeight',
      'fpsWeight', 'reliabilityWeight', 'qualityWeight', 'ptffTrustSamples', 'e2eTrustSamples', 'fpsTrustSamples'
    ]
    else array[
      'latencyWeight', 'jitterWeight', 'reliabilityWeight', 'ptffShare', 'e2eShare', 'p50Share', 'p95Share',
      'failureShare', 'swapShare', 'failureTarget', 'failureLimit', 'swapTarget', 'swapLimit', 'jitterTarget',
      'jitterLimit', 'latencyLimitFactor', 'ptffP50TargetMs', 'ptffP95TargetMs', 'e2eP50TargetMs', 'e2eP95TargetMs'
    ]
  end;
begin
  select key into wrong
  from jsonb_each(new.parameters)
  where key <> all (known) or case when jsonb_typeof(value) = 'number' then value::numeric < 0 else true end
  limit 1;
  if found then
    raise exception 'parameter % of % is not known, or is no number of at least 0', wrong, new.formula
      using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger scoring_config_is_usable before insert on config.scoring_config
  for each row execute function config.check_parameters();
create trigger scoring_config_is_history before update or delete on config.scoring_config
  for each row execute function config.refuse_change();
create trigger model_target_is_history before update or delete on config.model_target
  for each row execute function config.refuse_change();

-- configuration whose buckets have been marked; what is missing here is marked by the next run of the scoring job
create table work.applied_config (
  kind text not null check (kind in ('scoring_config', 'model_target', 'scoring_version')),
  id text not null,                       -- config_id, target_id or version
  primary key (kind, id)
);

-- inputs of the scores of a group in a bucket; history, of one key the greatest input_id is in force
create table core.sla_input (
  input_id bigint generated always as identity primary key,
  width text not null check (width in ('5m', '1h')),
  bucket_start timestamptz not null,
  grain_id bigint not null,
  inputs jsonb not null,                  -- sums and histograms of both formulas
  is_withdrawn boolean not null,          -- the group has disappeared
  input_watermark timestamptz,
  computed_at timestamptz not null
);
insert into core.sla_input (
  input_id, width, bucket_start, grain_id, inputs, is_withdrawn, input_watermark, computed_at
)
overriding system value
select score_id, width, bucket_start, grain_id, inputs, is_withdrawn, input_watermark, computed_at
from core.sla_score;
select setval(
  pg_get_serial_sequence('core.sla_input', 'input_id'), (select coalesce(max(score_id), 0) + 1 from core.sla_score), false
);
create index sla_input_by_key on core.sla_input (width, bucket_start, grain_id, input_id);

create table core.sla_input_current (
  width text not null,
  bucket_start timestamptz not null,
  grain_id bigint not null,
  input_id bigint not null references core.sla_input,
  input_hash text not null,               -- md5 of the inputs' text, or withdrawn
  primary key (width, bucket_start, grain_id)
);
insert into core.sla_input_current
select distinct on (width, bucket_start, grain_id)
  width, bucket_start, grain_id, input_id, case when is_withdrawn then 'withdrawn' else md5(inputs::text) end
from core.sla_input
order by width, bucket_start, grain_id, input_id desc;
create index sla_input_current_by_input on core.sla_input_current (input_id);

alter table core.sla_score
  add column input_id bigint references core.sla_input,
  add column config_id bigint,            -- row of config.scoring_config it was scored by; null: withdrawn, or older than this column
  add column target_id bigint;            -- row of config.model_target; null: none, or the formula knows no targets
update core.sla_score set input_id = score_id;
alter table core.sla_score
  alter column input_id set not null,
  drop column inputs cascade,             -- with the view of api, which is made again after the migrations
  drop column input_watermark;
create index sla_score_by_input on core.sla_score (input_id);
create index sla_score_current_by_score on core.sla_score_current (score_id);

-- how far the results were published: every one up to published_id has been acknowledged by the brokers
create table work.score_publication (
  topic text primary key,
  published_id bigint not null default 0  -- score_id; results are committed in its order, under the lock of scoring
);
