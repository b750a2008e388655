import type { ClientBase } from 'pg';
import {
  AI_BATCH_COMPLETED,
  BYOC_COMPLETED,
  type JobKind,
  jobKey,
  MISSING_REQUEST,
  WORKER_MEMORY_DAYS,
} from '../../domain/job.js';
import { SHOWN_SINCE, shownSinceValues } from '../readers/concerned-session-reader.js';
import { fetchRows } from '../readers/cursor.js';
import { jobsOfGateways, MARKED_GATEWAYS, NAMED_GATEWAYS } from '../readers/gateway-extent.js';
import { rowsParameter } from '../rows.js';
import type { MarkedSightings } from './sighting-mark-store.js';

/** A job that is to be resolved: by its request, an AI batch job without one and a BYOC job by its event. */
export interface JobMark {
  readonly org: string;
  readonly kind: JobKind;
  readonly requestId: string;
  readonly eventId: string;
}

/** The job of a mark as `core.job` keys it. */
export function nameOfMark({ org, kind, requestId, eventId }: JobMark) {
  return { org, kind, jobKey: jobKey(kind, requestId, eventId) };
}

/** The mark that a stored job is resolved by. */
export function markOfName({ org, kind, jobKey: key }: { org: string; kind: string; jobKey: string }): JobMark {
  if (kind === 'byoc') return { org, kind, requestId: '', eventId: key };
  const isOfRequest = !key.startsWith(MISSING_REQUEST);
  const requestId = isOfRequest ? key : '';
  return { org, kind: 'ai_batch', requestId, eventId: isOfRequest ? '' : key.slice(MISSING_REQUEST.length) };
}

const TAKE = {
  name: 'job-mark-store/take',
  text: `
delete from work.job_mark
where mark_id = any (array(
  select m.mark_id
  from work.job_mark as m
  where not exists (
    select
    from jsonb_to_recordset($2::jsonb) as q (org text, kind text, "requestId" text, "eventId" text)
    where q.org = m.org and q.kind = m.kind
      and case when m.kind = 'byoc' or m.request_id = '' then q."eventId" = m.event_id
        else q."requestId" = m.request_id end
  )
  order by m.mark_id
  limit $1
))
returning org, kind, request_id as "requestId", event_id as "eventId"`,
};

/** Takes up to `limit` of the oldest marks, but for those of some jobs. */
export async function takeJobMarks(client: ClientBase, limit: number, except: readonly JobMark[]): Promise<JobMark[]> {
  return (await client.query<JobMark>({ ...TAKE, values: [limit, rowsParameter(except)] })).rows;
}

const SET_AGAIN = {
  name: 'job-mark-store/set-again',
  text: `
insert into work.job_mark (org, kind, request_id, event_id)
select org, kind, "requestId", "eventId"
from jsonb_to_recordset($1::jsonb) as q (org text, kind text, "requestId" text, "eventId" text)`,
};

/** Sets the marks of jobs that could not be resolved again, behind all others. */
export async function setJobMarks(client: ClientBase, marks: readonly JobMark[]): Promise<void> {
  if (marks.length > 0) await client.query({ ...SET_AGAIN, values: [rowsParameter(marks)] });
}

// Jobs that the worker's event may count for by time, of its capability and orchestrator.
const CONCERNED_BY_TAKEN = `worker as materialized (
  select org, capability, orch_address, orch_url, min(event_at) as from_at, max(event_at) + interval '${WORKER_MEMORY_DAYS} days' as to_at
  from taken
  group by 1, 2, 3, 4
),
concerned as (
  select j.org, j.kind, j.request_id, j.event_id
  from worker as w
  join core.job as j on j.org = w.org and j.orch_url = w.orch_url and j.orch_url <> ''
    and j.bucket_start > w.from_at - interval '5 minutes' and j.bucket_start <= w.to_at
    and j.kind = 'byoc' and lower(j.capability) = w.capability
  union
  select j.org, j.kind, j.request_id, j.event_id
  from worker as w
  join core.job as j on j.org = w.org and j.orch_address = w.orch_address and j.orch_address <> ''
    and j.bucket_start > w.from_at - interval '5 minutes' and j.bucket_start <= w.to_at
    and j.kind = 'byoc' and lower(j.capability) = w.capability
)`;
const SPREAD_WORKERS = {
  name: 'job-mark-store/spread-workers',
  text: `
with taken as (
  delete from work.worker_mark
  where mark_id = any (array(select mark_id from work.worker_mark order by mark_id limit $1))
  returning org, capability, orch_address, orch_url, event_at
),
${CONCERNED_BY_TAKEN},
marked as (
  insert into work.job_mark (org, kind, request_id, event_id) select * from concerned
)
select count(*)::int as count from taken`,
};

/** Turns up to `limit` marks of worker events into marks of the jobs they can name the model of; answers how many. */
export async function spreadWorkerMarks(client: ClientBase, limit: number): Promise<number> {
  const { rows } = await client.query<{ count: number }>({ ...SPREAD_WORKERS, values: [limit] });
  return rows[0]?.count ?? 0;
}

const MARK_OF_SIGHTINGS = {
  name: 'job-mark-store/mark-of-sightings',
  text: `
${SHOWN_SINCE}
insert into work.job_mark (org, kind, request_id, event_id)
select j.org, j.kind, j.request_id, j.event_id
from earliest as e
join core.job as j on j.org = e.org and j.orch_url = e.identity and j.orch_url <> ''
  and j.bucket_start > e.since_at - interval '5 minutes' and j.job_at >= e.since_at
union
select j.org, j.kind, j.request_id, j.event_id
from earliest as e
join core.job as j on j.org = e.org and j.orch_address = e.identity and j.orch_address <> ''
  and j.bucket_start > e.since_at - interval '5 minutes' and j.job_at >= e.since_at`,
};

/** Marks the stored jobs whose attribution new sightings can change. The caller holds the runs' lock exclusively. */
export async function markJobsOfSightings(client: ClientBase, marked: readonly MarkedSightings[]): Promise<void> {
  if (marked.length > 0) await client.query({ ...MARK_OF_SIGHTINGS, values: shownSinceValues(marked) });
}

const HAS_MARKS = {
  name: 'job-mark-store/has-marks',
  text: 'select exists (select from work.job_mark) or exists (select from work.worker_mark) as has_marks',
};

export async function hasJobMarks(client: Pick<ClientBase, 'query'>): Promise<boolean> {
  const { rows } = await client.query<{ has_marks: boolean }>(HAS_MARKS);
  return rows[0]?.has_marks === true;
}

/** Jobs that completed between two instants, as marks name them: of a request all events are meant, and none is named. */
export const jobNamesBetween = (from: string, to: string): string => `
select org, 'ai_batch' as kind, request_id, case when request_id = '' then event_id else '' end as event_id
from fact.ai_batch_event
where name = '${AI_BATCH_COMPLETED}' and event_at >= ${from} and event_at < ${to}
union
select org, 'byoc', '', event_id
from fact.byoc_job_event
where name = '${BYOC_COMPLETED}' and event_at >= ${from} and event_at < ${to}`;
// No event of a job is further from its completion than a week.
const STORED_BETWEEN = `
select org, kind, case when kind = 'ai_batch' and not starts_with(job_key, '${MISSING_REQUEST}') then job_key else '' end,
  case when kind = 'byoc' then job_key when starts_with(job_key, '${MISSING_REQUEST}') then substr(job_key, ${MISSING_REQUEST.length + 1}) else '' end
from core.job
where completed_at >= $1 and completed_at < $2
  and bucket_start >= $1::timestamptz - interval '7 days' and bucket_start < $2::timestamptz + interval '7 days'`;
/** The same, and those that are stored as if they had; `$1` and `$2` are the instants. */
export const KNOWN_JOBS_BETWEEN = `${jobNamesBetween('$1', '$2')} union ${STORED_BETWEEN}`;
const MARK_BETWEEN = {
  name: 'job-mark-store/mark-between',
  text: `insert into work.job_mark (org, kind, request_id, event_id) ${KNOWN_JOBS_BETWEEN}`,
};

/** Marks the jobs that completed in `[from, to)`, or are stored as if they had. */
export async function markJobsBetween(client: ClientBase, from: Date, to: Date): Promise<void> {
  await client.query({ ...MARK_BETWEEN, values: [from, to] });
}

const MARK_OF_GATEWAYS = {
  name: 'job-mark-store/mark-of-gateways',
  text: `insert into work.job_mark (org, kind, request_id, event_id) ${jobsOfGateways(NAMED_GATEWAYS)}`,
};

/** Marks the jobs of some gateways. */
export async function markJobsOfGateways(client: ClientBase, gateways: readonly string[]): Promise<void> {
  await client.query({ ...MARK_OF_GATEWAYS, values: [gateways] });
}

const JOBS_PER_FETCH = 2_000;

/**
 * The jobs that completed in `[from, to)`, as marks name them, some thousand at a time; with `hasStored`, those as well
 * that are stored as if they had. Inside a transaction.
 */
export function streamJobNames(
  client: ClientBase,
  { from, to, hasStored = false }: { readonly from: Date; readonly to: Date; readonly hasStored?: boolean },
): AsyncGenerator<readonly JobMark[], void, undefined> {
  const names = hasStored ? KNOWN_JOBS_BETWEEN : jobNamesBetween('$1', '$2');
  const text = `select org, kind, request_id as "requestId", event_id as "eventId" from (${names}) as n`;
  return fetchRows<JobMark>(client, { cursor: 'job_name', text, values: [from, to] }, JOBS_PER_FETCH);
}

/** Jobs that are marked, as marks name them, also by a worker event or a changed gateway. */
export const MARKED_JOBS = `
with taken as (select * from work.worker_mark),
${CONCERNED_BY_TAKEN}
select org, kind, request_id, case when kind = 'byoc' or request_id = '' then event_id else '' end as event_id from work.job_mark
union
select org, kind, request_id, event_id from concerned
union
${jobsOfGateways(MARKED_GATEWAYS)}`;
const WAITING = {
  name: 'job-mark-store/waiting',
  text: `select org, kind, request_id as "requestId", event_id as "eventId" from (${MARKED_JOBS}) as m`,
};

/** Jobs whose stored rows are not yet what their events say. */
export async function readWaitingJobs(client: ClientBase): Promise<readonly JobMark[]> {
  return (await client.query<JobMark>(WAITING)).rows;
}
