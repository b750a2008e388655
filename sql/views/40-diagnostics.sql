-- What came in, what became of it, and what is still to be done [QUALITY-001].

-- Grain: one row per source, a partition of a topic or a file.
create view api.source_status as
select
  s.source_id::text as id, s.updated_at, s.newest_event_at, s.cluster_id, s.topic, s.partition, s.org, s.next_offset,
  s.consumed_count,
  coalesce(t.accepted_count, 0) as accepted_count, coalesce(t.ignored_count, 0) as ignored_count,
  coalesce(t.rejected_count, 0) as rejected_count, coalesce(t.duplicate_count, 0) as duplicate_count,
  coalesce(t.conflict_count, 0) as conflict_count, coalesce(t.unchanged_count, 0) as unchanged_count,
  coalesce(g.gap_count, 0) as gap_count, coalesce(g.missed_count, 0) as missed_count
from raw.source as s
left join (
  select
    source_id,
    coalesce(sum(message_count) filter (where verdict = 'accepted'), 0)::bigint as accepted_count,
    coalesce(sum(message_count) filter (where verdict = 'ignored'), 0)::bigint as ignored_count,
    coalesce(sum(message_count) filter (where verdict = 'rejected'), 0)::bigint as rejected_count,
    coalesce(sum(message_count) filter (where verdict = 'duplicate'), 0)::bigint as duplicate_count,
    sum(conflict_count)::bigint as conflict_count,
    sum(unchanged_count)::bigint as unchanged_count
  from raw.tally
  group by source_id
) as t using (source_id)
left join (
  select source_id, count(*) as gap_count, sum(to_offset - from_offset)::bigint as missed_count
  from raw.source_gap
  group by source_id
) as g using (source_id);

select naap.describe('api.source_status', 'Where reading stands; consumed = accepted + ignored + rejected + duplicate, always [INGEST-004].', $${
  "id": "Number of the source: unique key.",
  "updated_at": "Last batch committed; null before the first.",
  "newest_event_at": "Newest accepted event time: the watermark; null before the first.",
  "cluster_id": "Kafka cluster, or file.",
  "topic": "Topic, or hash of the file's content.",
  "partition": "Partition; 0 for a file.",
  "org": "Organisation its messages belong to.",
  "next_offset": "Offset, or line, that is read next.",
  "consumed_count": "Messages read.",
  "accepted_count": "Messages accepted.",
  "ignored_count": "Messages ignored.",
  "rejected_count": "Messages rejected.",
  "duplicate_count": "Messages whose event was accepted before.",
  "conflict_count": "Duplicates with other content than the accepted one.",
  "unchanged_count": "Capability elements equal to the content in force.",
  "gap_count": "Stretches of offsets that the broker no longer had.",
  "missed_count": "Offsets in those stretches."
}$$);

-- Grain: one row per source, family, verdict and reason.
create view api.tally as
select
  t.source_id || '/' || t.family || '/' || t.verdict || '/' || t.reason as id,
  t.first_at, t.last_at, t.source_id::text as source_id, s.cluster_id, s.topic, s.partition, s.org, t.family, t.verdict,
  t.reason, t.message_count, t.conflict_count, t.unchanged_count
from raw.tally as t
join raw.source as s using (source_id);

select naap.describe('api.tally', 'Messages by verdict and reason [INGEST-003, INGEST-004].', $${
  "id": "Source, family, verdict and reason: unique key.",
  "first_at": "First of them.",
  "last_at": "Newest of them.",
  "source_id": "The source.",
  "cluster_id": "Kafka cluster, or file.",
  "topic": "Topic, or hash of the file's content.",
  "partition": "Partition; 0 for a file.",
  "org": "Organisation its messages belong to.",
  "family": "Family the message names; '' when none can be read.",
  "verdict": "accepted, ignored, rejected or duplicate.",
  "reason": "Why; '' for accepted.",
  "message_count": "Messages.",
  "conflict_count": "Duplicates with other content than the accepted one.",
  "unchanged_count": "Capability elements equal to the content in force."
}$$);

-- Grain: one row per hour, organisation, gateway, pipeline, model, synthetic and outcome; over selected sessions only.
create view api.attribution_coverage as
select
  bucket_start, org, gateway, pipeline, model, is_synthetic, attribution_outcome,
  sum(known_count)::bigint as session_count
from api.demand_1h
where selection_outcome = 'selected'
group by bucket_start, org, gateway, pipeline, model, is_synthetic, attribution_outcome;

select naap.describe('api.attribution_coverage', 'Sessions with an orchestrator by outcome of their attribution, in the hour of their start [ATTRIBUTION-007].', $${
  "bucket_start": "Start of the hour, UTC.",
  "org": "Organisation whose gateways sent the events.",
  "gateway": "Public name of the gateway; '' when unknown.",
  "pipeline": "Canonical pipeline; '' when unknown.",
  "model": "Model; '' when unknown.",
  "is_synthetic": "True for test traffic.",
  "attribution_outcome": "resolved, hardware_less, stale, ambiguous or unresolved [ATTRIBUTION-004].",
  "session_count": "Sessions whose selection_outcome is selected."
}$$);

-- Grain: one row per rollup.
create view api.rollup_backlog as
select
  r.name as id, min(m.bucket_start) as oldest_bucket_start, max(m.bucket_start) as newest_bucket_start,
  r.name as rollup, count(distinct m.bucket_start) as bucket_count, count(m.mark_id) as mark_count
from naap.rollup as r
left join work.bucket_mark as m on m.rollup = r.name
group by r.name;

select naap.describe('api.rollup_backlog', 'Buckets that wait for a refresh; answers count them live, so they are late by no second.', $${
  "id": "The rollup: unique key.",
  "oldest_bucket_start": "Oldest bucket that waits; null when none does.",
  "newest_bucket_start": "Newest bucket that waits, usually the open one; null when none does.",
  "rollup": "The rollup.",
  "bucket_count": "Buckets that wait.",
  "mark_count": "Changes in them."
}$$);

-- Grain: one row per dirty log.
create view api.work_backlog as
select 'session'::text as id, count(*) as mark_count from work.session_mark
union all
select 'sighting', count(*) from work.sighting_mark
union all
select 'job', (select count(*) from work.job_mark) + (select count(*) from work.worker_mark)
union all
select 'payment', (select count(*) from work.payment_mark) + (select count(*) from work.payment_session_mark)
union all
select k.kind, count(m.mark_id)
from unnest(array['discovery', 'ticket', 'byoc_auth', 'byoc_worker']) as k (kind)
left join work.message_mark as m on m.kind = k.kind
group by k.kind
union all
select 'score', count(*) from work.score_mark
union all
select 'benchmark', count(*) from work.benchmark_mark;

select naap.describe('api.work_backlog', 'Changes that wait for the resolver and for scoring.', $${
  "id": "session (to be resolved), sighting (to be looked up), job (to be resolved), payment (to be linked), discovery, ticket, byoc_auth or byoc_worker (messages to be resolved), score or benchmark: unique key.",
  "mark_count": "Changes that wait."
}$$);

-- Grain: one row per session that could not be resolved.
create view api.parked_session as
select
  p.session_id as id, p.first_failed_at, p.last_failed_at, nullif(p.retry_at, 'infinity') as retry_at, p.session_id,
  p.org, p.reason, p.attempt_count, cardinality(p.slice_starts) as slice_count
from work.parked_session as p;

select naap.describe('api.parked_session', 'Sessions that could not be resolved and wait to be tried again; their last good rows, if any, stand meanwhile.', $${
  "id": "Public id of the session: unique key.",
  "first_failed_at": "When it failed first.",
  "last_failed_at": "When it failed last.",
  "retry_at": "When it is tried again at the latest; null while that has been asked for.",
  "session_id": "Public id of the session; the session itself may not be there yet.",
  "org": "Organisation whose gateway sent the events.",
  "reason": "unreadable (stored state is damaged), unresolvable (a rule failed) or refused (the database refused its rows).",
  "attempt_count": "Failed attempts so far.",
  "slice_count": "5-minute slices with changes that wait; 0 when only its attribution does."
}$$);

-- Grain: one row.
create view api.retention as
select 'retention'::text as id, f.raw_floor as raw_floor_at, f.core_floor as core_floor_at, f.rollup_5m_floor as rollup_5m_floor_at
from work.floor as f;

select naap.describe('api.retention', 'How far back anything can be asked for; one row.', $${
  "id": "retention: unique key.",
  "raw_floor_at": "Events and samples before it are gone, and new ones too late.",
  "core_floor_at": "Sessions' hours and days before it are gone.",
  "rollup_5m_floor_at": "5-minute buckets before it are gone."
}$$);

-- Grain: one row per accepted event, within raw retention: where it came from, without its content [LINEAGE-002].
create view api.event_lineage as
select
  e.org || '/' || e.event_id as id, e.event_at, e.received_at, e.org, e.event_id, e.family, s.cluster_id, s.topic,
  s.partition, e."offset" as source_offset
from raw.event as e
join raw.source as s using (source_id)
where e.event_at >= (select f.raw_floor from work.floor as f);

select naap.describe('api.event_lineage', 'Topic, partition and offset of every accepted event.', $${
  "id": "Organisation and event id: unique key.",
  "event_at": "Event time.",
  "received_at": "When the broker or reader received it.",
  "org": "Organisation its topic belongs to.",
  "event_id": "Id the sender gave it.",
  "family": "Family of the event.",
  "cluster_id": "Kafka cluster, or file.",
  "topic": "Topic, or hash of the file's content.",
  "partition": "Partition; 0 for a file.",
  "source_offset": "Offset, or line."
}$$);
