-- Jobs: AI batch requests (with what an LLM said of them) and BYOC jobs [domain 4.2].

-- One row per job, a function of the set of its events, worker events and sightings.
create table core.job (
  bucket_start timestamptz not null,      -- 5 minutes of job_at
  job_at timestamptz not null,            -- received, else completed
  org text not null,
  kind text not null check (kind in ('ai_batch', 'byoc')),
  job_key text not null,                  -- request id of an AI batch job, event id of a BYOC job
  job_id text not null,                   -- public id: 'j_' + 24 hex of sha256(org, kind, key)
  grain_id bigint not null,
  event_id text not null,                 -- of the completion
  request_id text not null,
  received_at timestamptz,
  completed_at timestamptz not null,
  capability text not null,               -- BYOC: as its event says it
  outcome text not null check (outcome in ('selected', 'no_orch', 'unknown')),
  is_success boolean,                     -- null: not said
  tries integer,
  duration_ms bigint,
  duration_ms_histogram numeric,
  http_status integer,
  orch_url text not null,
  orch_address text not null,
  worker_url text not null,
  worker_event_id text not null,          -- the worker event its model is from, '' none
  error_type text not null,
  error text not null,
  latency_score double precision,
  price_per_unit numeric,
  llm_event_id text not null,             -- '' without an LLM event
  is_llm_streamed boolean,
  prompt_tokens bigint,
  completion_tokens bigint,
  total_tokens bigint,
  ttft_ms numeric,
  ttft_ms_histogram numeric,
  tokens_per_second numeric,
  llm_duration_ms numeric,
  llm_error text not null,
  attribution_outcome text not null,
  attribution_method text not null,
  attribution_reason text not null,
  attribution_confidence text not null,
  primary key (job_key, bucket_start, kind, org)
);
select naap.make_big('core.job', 'bucket_start', interval '7 days');
create index job_by_bucket on core.job (bucket_start, job_at, job_id);
create index job_by_id on core.job (job_id);
create index job_by_url on core.job (orch_url, bucket_start) where orch_url <> '';
create index job_by_address on core.job (orch_address, bucket_start) where orch_address <> '';

-- history of decisions about selected jobs; the current one has superseded_at null [FACT-003]
create table core.job_decision (
  decision_id bigint generated always as identity primary key,
  org text not null,
  kind text not null,
  job_key text not null,
  job_id text not null,
  job_at timestamptz not null,
  outcome text not null,
  method text not null,
  reason text not null,
  confidence text not null,
  orchestrator_address text not null,
  pipeline text not null,
  model text not null,
  gpu_id text not null,
  sightings jsonb not null,
  decided_at timestamptz not null,
  superseded_at timestamptz
);
create unique index job_decision_current on core.job_decision (org, kind, job_key) where superseded_at is null;
create index job_decision_by_job on core.job_decision (job_id);
create index job_decision_by_time on core.job_decision using brin (job_at);

create index ai_batch_event_by_request on fact.ai_batch_event (request_id, event_id);
create index llm_event_by_request on fact.llm_event (request_id, event_at);
create index byoc_job_event_by_id on fact.byoc_job_event (event_id);
create index worker_lifecycle_by_url on fact.worker_lifecycle_event (lower(capability), orch_url, event_at);
create index worker_lifecycle_by_address on fact.worker_lifecycle_event (lower(capability), orch_address, event_at);

-- Dirty logs, append-only like the others: an event of a job (by its request, else by the event itself), and a worker
-- event, which may name the model of jobs of the next 30 days.
create table work.job_mark (
  mark_id bigint generated always as identity primary key,
  org text not null,
  kind text not null,
  request_id text not null,
  event_id text not null
);
create table work.worker_mark (
  mark_id bigint generated always as identity primary key,
  org text not null,
  capability text not null,               -- lower-case
  orch_address text not null,
  orch_url text not null,
  event_at timestamptz not null
);

-- Key of the public ids of BYOC workers, whose URLs are mostly private: drawn once, readable by no public role.
create table work.public_salt (
  id boolean primary key default true check (id),
  salt text not null
);
insert into work.public_salt (salt) values (gen_random_uuid()::text || gen_random_uuid()::text);

-- What an earlier release stored becomes jobs now.
select naap.ensure_storage(array(
  select date_trunc('day', event_at, 'UTC') from fact.ai_batch_event
  union
  select date_trunc('day', event_at, 'UTC') from fact.byoc_job_event
));
insert into work.job_mark (org, kind, request_id, event_id)
select org, 'ai_batch', request_id, min(event_id)
from fact.ai_batch_event
where name = 'ai_batch_request_completed'
group by org, request_id, case when request_id = '' then event_id end
union all
select org, 'byoc', '', event_id
from fact.byoc_job_event
where name = 'job_gateway_completed';
