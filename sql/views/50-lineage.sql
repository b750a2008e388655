-- The way back from a number [LINEAGE-002]: the rows of sessions that a rollup sums, and where events were read.

-- Grain: one row per session, bucket and identity (service), per session and bucket (ingest), per session (demand,
-- failure) or per swap. Bound bucket_start.
-- The same dimensions and measures as the rollup, before they are summed, under the comments of its columns; so a
-- measure has one description, and a sum of these rows is the rollup's number. Measures that only count rows are own.
do $do$
declare
  kind record;
  measures text;
  comments jsonb;
begin
  for kind in
    select * from (values
      ('demand_5m', 'core.session_start', 'demand_contribution', 'Sessions that demand counts, each in the five minutes of its start.',
        's.started_at', '{"started_at": "Its start: the first request, else its first event."}'::jsonb, 'b.grain_id', 'true'),
      ('service_5m', 'core.session_bucket_5m', 'service_contribution_5m', 'Sessions that service counts, by 5 minutes and identity.',
        'b.is_tail', '{"is_tail": "A terminal tail: left out of every sum [LIFECYCLE-009]."}'::jsonb, 'b.grain_id', 'true'),
      ('service_1h', 'core.session_bucket_1h', 'service_contribution_1h', 'Sessions that service counts, by hour and identity.',
        'b.is_tail', '{"is_tail": "A terminal tail: left out of every sum [LIFECYCLE-009]."}'::jsonb, 'b.grain_id', 'true'),
      ('ingest_5m', 'core.session_ingest_5m', 'ingest_contribution_5m', 'Sessions whose ingest was sampled, by 5 minutes [domain 4.4].',
        's.started_at', '{"started_at": "Its start: the first request, else its first event."}'::jsonb, 'b.grain_id', 'true'),
      ('ingest_1h', 'core.session_ingest_1h', 'ingest_contribution_1h', 'Sessions whose ingest was sampled, by hour [domain 4.4].',
        's.started_at', '{"started_at": "Its start: the first request, else its first event."}'::jsonb, 'b.grain_id', 'true'),
      ('failure_5m', 'core.session_start', 'failure_contribution', 'Requested sessions that failed or needed an excuse, each in the five minutes of its start.',
        's.started_at, 1 as failure_count', '{"started_at": "Its start: the first request, else its first event."}'::jsonb, 'b.grain_id', 'b.failure_class <> '''''),
      ('swap_5m', 'core.swap', 'swap_contribution', 'Swaps, each in the five minutes of its own instant.',
        'b.swapped_at, b.ordinal, 1 as swap_count, b.is_requested::integer as requested_swap_count',
        '{"swapped_at": "Time of the swap event, or of the change when inferred.", "ordinal": "Which of its session''s swaps it is; 0 is the first."}'::jsonb,
        'b.ordinal', 'true')
    ) as k (rollup, source, view, about, own, own_comment, part, kept)
  loop
    select
      string_agg(format('b.%I', a.attname), ', ' order by a.attnum) filter (
        where exists (
          select from pg_attribute as c where c.attrelid = kind.source::regclass and c.attname = a.attname
        ) and a.attname not in ('bucket_start', 'org', 'grain_id')
      ),
      jsonb_object_agg(a.attname, col_description(a.attrelid, a.attnum))
    into measures, comments
    from pg_attribute as a
    where a.attrelid = format('api.%I', kind.rollup)::regclass and a.attnum > 0 and not a.attisdropped;
    execute format(
      $view$
      create view api.%I as
      select
        s.session_id || '/' || %s || '/' || extract(epoch from b.bucket_start)::bigint as id, b.bucket_start, %s,
        s.session_id, b.grain_id, b.org, g.gateway, g.orchestrator_address, g.pipeline, g.model, g.gpu_id, g.region,
        g.is_synthetic, %s
      from %s as b
      join core.session as s on s.org = b.org and s.session_key = b.session_key
      join core.grain as g on g.grain_id = b.grain_id
      where %s
      $view$, kind.view, kind.part, kind.own, measures, kind.source, kind.kept);
    perform naap.describe(
      format('api.%I', kind.view)::regclass, kind.about,
      comments || kind.own_comment || jsonb_build_object(
        'id', 'Session, identity or ordinal, and bucket: unique key.', 'session_id', 'The session.'));
  end loop;
end
$do$;

-- Grain: one row per accepted event of a session, within raw retention. Bound the session.
create view api.session_event_source as
select
  e.org || '/' || e.event_id as id, e.event_at, r.received_at, s.session_id, e.org, e.event_id, e.family_rank, e.name,
  r.family, o.cluster_id, o.topic, o.partition, r."offset" as source_offset,
  e.is_sample or e.family_rank = 3 or e.start_time is not null as is_measurement, e.state, e.fps_micro / 1000000::numeric as output_fps,
  e.input_fps_micro / 1000000::numeric as input_fps, e.has_last_error or coalesce(e.state = 'ERROR', false) as is_error_sample,
  e.restart_count, e.start_time as prompt_at, naap.public_text(e.conn_quality) as conn_quality, e.bytes_received, e.bytes_sent, e.video_jitter_ms,
  e.audio_jitter_ms, nullif(e.rtt_ms, 0) as rtt_ms, e.video_packets_lost, e.video_packets_received, e.audio_packets_lost, e.audio_packets_received
from core.session as s
join fact.session_event as e
  on e.org = s.org and e.session_key = s.session_key
  and e.event_at between s.first_seen_at and s.last_seen_at -- prunes partitions once the session is known
join raw.event as r on r.event_id = e.event_id and r.event_at = e.event_at and r.org = e.org
join raw.source as o using (source_id)
where e.event_at >= (select f.raw_floor from work.floor as f);

select naap.describe('api.session_event_source', 'Where each event of a session was read; order: event_at, family_rank, event_id.', $${
  "id": "Organisation and event id: unique key.",
  "event_at": "Event time.",
  "received_at": "When the broker or reader received it.",
  "session_id": "The session.",
  "org": "Organisation whose gateway sent the event.",
  "event_id": "Id the sender gave it.",
  "family_rank": "0 trace, 1 status, 2 stream event, 3 ingest metrics.",
  "name": "Type of the trace or stream event, status, or ingest_metrics.",
  "family": "Family of the event.",
  "cluster_id": "Kafka cluster, or file.",
  "topic": "Topic, or hash of the file's content.",
  "partition": "Partition; 0 for a file.",
  "source_offset": "Offset, or line.",
  "is_measurement": "Whether it is a status, ingest metrics or a prompt. What follows is null where it says nothing.",
  "state": "State that a status names.",
  "output_fps": "Output frames per second.",
  "input_fps": "Input frames per second.",
  "is_error_sample": "Whether it is a status with an error or in state ERROR.",
  "restart_count": "Restarts as the runner counts them.",
  "prompt_at": "Start time of the prompt, from which PTFF counts.",
  "conn_quality": "Quality of the client's connection as the gateway calls it, addresses masked.",
  "bytes_received": "Bytes received from the client since it connected.",
  "bytes_sent": "Bytes sent to the client since it connected.",
  "video_jitter_ms": "Jitter of video, milliseconds.",
  "audio_jitter_ms": "Jitter of audio, milliseconds.",
  "rtt_ms": "Round trip to the client, milliseconds; gateways send 0 for none.",
  "video_packets_lost": "Video packets lost since it connected.",
  "video_packets_received": "Video packets received since it connected.",
  "audio_packets_lost": "Audio packets lost since it connected.",
  "audio_packets_received": "Audio packets received since it connected."
}$$);

-- Grain: one row per job and event that it follows from, of those that are kept.
create view api.job_event_source as
select
  j.job_id || '/' || e.event_id as id, e.event_at, r.received_at, j.job_id, j.org, e.event_id, naap.public_text(e.name) as name, r.family, o.cluster_id,
  o.topic, o.partition, r."offset" as source_offset
from core.job as j
cross join lateral (
  select a.event_at, a.event_id, a.name
  from fact.ai_batch_event as a
  where j.kind = 'ai_batch' and a.org = j.org and a.request_id = j.job_key
    and (a.event_id = j.event_id or a.event_at = j.received_at)
  union all
  select l.event_at, l.event_id, l.name
  from fact.llm_event as l
  where j.llm_event_id <> '' and l.org = j.org and l.request_id = j.job_key and l.event_id = j.llm_event_id
  union all
  select b.event_at, b.event_id, b.name
  from fact.byoc_job_event as b
  where j.kind = 'byoc' and b.org = j.org and b.event_id = j.event_id
  union all
  select w.event_at, w.event_id, w.name
  from fact.worker_lifecycle_event as w
  where j.worker_event_id <> '' and w.org = j.org and w.event_id = j.worker_event_id
    and lower(w.capability) = lower(j.capability)
) as e
join raw.event as r on r.event_id = e.event_id and r.event_at = e.event_at and r.org = j.org
join raw.source as o using (source_id)
where e.event_at >= (select f.raw_floor from work.floor as f);

select naap.describe('api.job_event_source', 'Where each event of a job was read. Ask for one job or a few.', $${
  "id": "Job and event id: unique key.",
  "event_at": "Event time.",
  "received_at": "When the broker or reader received it.",
  "job_id": "The job.",
  "org": "Organisation whose gateway ran the job.",
  "event_id": "Id the sender gave it.",
  "name": "What happened: received, completed, the LLM's or the worker's word for it, addresses masked.",
  "family": "Family of the event.",
  "cluster_id": "Kafka cluster, or file.",
  "topic": "Topic, or hash of the file's content.",
  "partition": "Partition; 0 for a file.",
  "source_offset": "Offset, or line."
}$$);
