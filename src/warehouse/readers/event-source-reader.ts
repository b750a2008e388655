import type { Pool } from 'pg';
import { keysetSql, type ListPage } from './list-page.js';

/** Where an event was read: topic, partition and offset, or file and line [LINEAGE-002]. */
export interface EventSource {
  readonly clusterId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** An accepted event without its content. */
export interface SourcedEvent {
  readonly org: string;
  readonly eventId: string;
  readonly family: string;
  readonly at: Date;
  readonly receivedAt: Date;
  readonly source: EventSource;
}

/** What a status, ingest metrics or a prompt say; null where they do not. */
export interface EventMeasurement {
  readonly state: string | null;
  readonly outputFps: number | null;
  readonly inputFps: number | null;
  readonly isError: boolean;
  readonly restartCount: number | null;
  readonly promptAt: Date | null;
  readonly connectionQuality: string | null;
  readonly receivedBytes: number | null;
  readonly sentBytes: number | null;
  readonly videoJitterMs: number | null;
  readonly audioJitterMs: number | null;
  readonly roundTripMs: number | null;
  readonly videoPacketsLost: number | null;
  readonly videoPacketsReceived: number | null;
  readonly audioPacketsLost: number | null;
  readonly audioPacketsReceived: number | null;
}

export interface SourcedSessionEvent extends SourcedEvent {
  readonly familyRank: number;
  readonly name: string;
  /** null when it measures nothing. */
  readonly measured: EventMeasurement | null;
}

/** Order of the events of a session: time, family, id. */
export interface SessionEventKey {
  readonly atMs: number;
  readonly familyRank: number;
  readonly eventId: string;
}

export interface SessionEventQuery {
  readonly sessionId: string;
  readonly page: ListPage<SessionEventKey>;
}

interface SourcedRow extends Omit<SourcedEvent, 'source'>, EventSource {
  readonly n: number;
}

const SOURCE_COLUMNS = `r.org, r.event_id as "eventId", r.family, r.event_at as at, r.received_at as "receivedAt",
    r.cluster_id as "clusterId", r.topic, r.partition, r.source_offset::float8 as "offset"`;

type SessionEventRow = SourcedRow &
  EventMeasurement &
  Pick<SourcedSessionEvent, 'familyRank' | 'name'> & { readonly isMeasurement: boolean };

const MEASURED_COLUMNS = `r.state, r.output_fps::float8 as "outputFps", r.input_fps::float8 as "inputFps",
    r.is_error_sample as "isError", r.restart_count as "restartCount", r.prompt_at as "promptAt",
    nullif(r.conn_quality, '') as "connectionQuality", r.bytes_received::float8 as "receivedBytes",
    r.bytes_sent::float8 as "sentBytes", r.video_jitter_ms as "videoJitterMs", r.audio_jitter_ms as "audioJitterMs",
    r.rtt_ms as "roundTripMs", r.video_packets_lost::float8 as "videoPacketsLost",
    r.video_packets_received::float8 as "videoPacketsReceived", r.audio_packets_lost::float8 as "audioPacketsLost",
    r.audio_packets_received::float8 as "audioPacketsReceived"`;

/** Pages of the events of several sessions of one direction, in one statement. */
export async function readSessionEventSources(
  db: Pool,
  queries: readonly SessionEventQuery[],
  isBackward: boolean,
): Promise<readonly (readonly SourcedSessionEvent[])[]> {
  const key = ['r.event_at', 'r.family_rank', 'r.event_id'];
  const bound = (name: string): readonly string[] => [`w.${name}_at`, `w.${name}_rank`, `w.${name}_id`];
  const { conditions, orderBy } = keysetSql(key, false, { isBackward, after: bound('after'), before: bound('before') });
  const keyColumns = (name: string): string => `${name}_at timestamptz, ${name}_rank integer, ${name}_id text`;
  const { rows } = await db.query<SessionEventRow>({
    name: `event-source-reader/session-${isBackward ? 'last' : 'first'}`,
    text: `select w.n, e.*
from jsonb_to_recordset($1::jsonb) as w (
  n integer, session_id text, max_rows bigint, ${keyColumns('after')}, ${keyColumns('before')}
)
cross join lateral (
  select ${SOURCE_COLUMNS}, r.family_rank as "familyRank", r.name, r.is_measurement as "isMeasurement",
    ${MEASURED_COLUMNS}
  from api.session_event_source as r
  where r.session_id = w.session_id
    and (w.after_at is null or ${conditions[0]})
    and (w.before_at is null or ${conditions[1]})
  order by ${orderBy}
  limit w.max_rows
) as e
order by w.n, e.at, e."familyRank", e."eventId"`,
    values: [
      JSON.stringify(
        queries.map(({ sessionId, page }, n) => ({
          n,
          session_id: sessionId,
          max_rows: page.limit + 1,
          ...boundOf('after', page.after),
          ...boundOf('before', page.before),
        })),
      ),
    ],
  });
  const pages = queries.map((): SourcedSessionEvent[] => []);
  for (const row of rows) {
    const { familyRank, name, isMeasurement } = row;
    pages[row.n]?.push({ ...sourcedOf(row), familyRank, name, measured: isMeasurement ? row : null });
  }
  return pages;
}

function boundOf(name: string, key: SessionEventKey | null): object {
  return key === null
    ? {}
    : {
        [`${name}_at`]: new Date(key.atMs).toISOString(),
        [`${name}_rank`]: key.familyRank,
        [`${name}_id`]: key.eventId,
      };
}

const COUNTS = {
  name: 'event-source-reader/counts',
  text: `select session_id as "sessionId", count(*)::float8 as count
from api.session_event_source
where session_id = any ($1::text[])
group by session_id`,
};

/** How many events of each session are still kept. */
export async function countSessionEvents(db: Pool, sessionIds: readonly string[]): Promise<readonly number[]> {
  const { rows } = await db.query<{ sessionId: string; count: number }>({ ...COUNTS, values: [sessionIds] });
  const counts = new Map(rows.map(({ sessionId, count }) => [sessionId, count]));
  return sessionIds.map((id) => counts.get(id) ?? 0);
}

/** An event by its id, and its time, which says where to look. */
export interface EventName {
  readonly org: string;
  readonly eventId: string;
  readonly atMs: number;
}

const BY_NAME = {
  name: 'event-source-reader/by-name',
  text: `select w.n, ${SOURCE_COLUMNS}
from jsonb_to_recordset($1::jsonb) as w (n integer, org text, event_id text, event_at timestamptz)
join api.event_lineage as r on r.event_id = w.event_id and r.event_at = w.event_at and r.org = w.org`,
};

/** Where each event was read; null when it is not kept. */
export async function readEventSources(
  db: Pool,
  names: readonly EventName[],
): Promise<readonly (SourcedEvent | null)[]> {
  const wanted = names.map(({ org, eventId, atMs }, n) => {
    return { n, org, event_id: eventId, event_at: new Date(atMs).toISOString() };
  });
  const { rows } = await db.query<SourcedRow>({ ...BY_NAME, values: [JSON.stringify(wanted)] });
  const byNumber = new Map(rows.map((row) => [row.n, sourcedOf(row)]));
  return names.map((_, n) => byNumber.get(n) ?? null);
}

const OF_JOBS = {
  name: 'event-source-reader/of-jobs',
  text: `select r.job_id as "jobId", r.name, ${SOURCE_COLUMNS}
from api.job_event_source as r
where r.job_id = any ($1::text[])
order by r.job_id, r.event_at, r.event_id`,
};

/** An event of a job. */
export interface SourcedJobEvent extends SourcedEvent {
  readonly jobId: string;
  readonly name: string;
}

/** The events of some jobs that are still kept, by job and time. */
export async function readJobEventSources(db: Pool, jobIds: readonly string[]): Promise<readonly SourcedJobEvent[]> {
  const { rows } = await db.query<Omit<SourcedRow, 'n'> & Pick<SourcedJobEvent, 'jobId' | 'name'>>({
    ...OF_JOBS,
    values: [jobIds],
  });
  return rows.map((row) => ({ ...sourcedOf(row), jobId: row.jobId, name: row.name }));
}

function sourcedOf({
  org,
  eventId,
  family,
  at,
  receivedAt,
  clusterId,
  topic,
  partition,
  offset,
}: Omit<SourcedRow, 'n'>): SourcedEvent {
  return { org, eventId, family, at, receivedAt, source: { clusterId, topic, partition, offset } };
}
