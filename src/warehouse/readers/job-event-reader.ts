import type { ClientBase } from 'pg';
import {
  type AiBatchEvent,
  BYOC_COMPLETED,
  type ByocEvent,
  type LlmEvent,
  WORKER_MEMORY_DAYS,
  type WorkerEvent,
} from '../../domain/job.js';

/** Names an event, or all events of a request. */
export interface RequestName {
  readonly org: string;
  readonly requestId: string;
}
export interface EventName {
  readonly org: string;
  readonly eventId: string;
}

const ENVELOPE = `e.org, e.event_id as "eventId", (extract(epoch from e.event_at) * 1000)::float8 as "eventAtMs", e.gateway`;
const AI_BATCH = `${ENVELOPE}, e.name, e.request_id as "requestId", e.pipeline, e.model, e.is_success as "isSuccess", e.tries,
  e.duration_ms::float8 as "durationMs", e.orch_url as "orchUrl", e.latency_score as "latencyScore",
  e.price_per_unit::text as "pricePerUnit", e.error_type as "errorType", e.error`;
const LLM = `${ENVELOPE}, e.name, e.request_id as "requestId", e.prompt_tokens::float8 as "promptTokens",
  e.completion_tokens::float8 as "completionTokens", e.total_tokens::float8 as "totalTokens", e.ttft_ms as "ttftMs",
  e.tokens_per_second as "tokensPerSecond", e.total_duration_ms as "totalDurationMs", e.error`;
const BYOC = `${ENVELOPE}, e.request_id as "requestId", e.capability, e.is_success as "isSuccess",
  e.duration_ms::float8 as "durationMs", e.http_status as "httpStatus", e.orch_address as "orchAddress",
  e.orch_url as "orchUrl", e.worker_url as "workerUrl", e.error`;

// The floor keeps partitions that retention is about to drop, or has dropped on the other engine, out of every answer.
const ofRequests = (table: string, columns: string): string => `
select ${columns}
from unnest($1::text[], $2::text[]) as q (org, request_id)
cross join lateral (
  select * from ${table} as e
  where e.request_id = q.request_id and e.org = q.org and e.request_id <> '' and e.event_at >= $3
  offset 0
) as e`;
const AI_BATCH_OF_REQUESTS = {
  name: 'job-event-reader/ai-batch-of-requests',
  text: `${ofRequests('fact.ai_batch_event', AI_BATCH)}
union all
select ${AI_BATCH}
from unnest($4::text[], $5::text[]) as q (org, event_id)
cross join lateral (
  select * from fact.ai_batch_event as e
  where e.request_id = '' and e.event_id = q.event_id and e.org = q.org and e.event_at >= $3
  offset 0
) as e`,
};
const LLM_OF_REQUESTS = { name: 'job-event-reader/llm-of-requests', text: ofRequests('fact.llm_event', LLM) };

function columnsOf<Row, Key extends keyof Row>(rows: readonly Row[], ...keys: readonly Key[]): Row[Key][][] {
  return keys.map((key) => rows.map((row) => row[key]));
}

/** The ai_batch_request events of some requests, and some without a request by their ids, from `floor` on. */
export async function readAiBatchEvents(
  client: ClientBase,
  requests: readonly RequestName[],
  events: readonly EventName[],
  floor: Date,
): Promise<AiBatchEvent[]> {
  const { rows } = await client.query<AiBatchEvent>({
    ...AI_BATCH_OF_REQUESTS,
    values: [...columnsOf(requests, 'org', 'requestId'), floor, ...columnsOf(events, 'org', 'eventId')],
  });
  return rows;
}

/** The LLM events of some requests, from `floor` on. */
export async function readLlmEvents(
  client: ClientBase,
  requests: readonly RequestName[],
  floor: Date,
): Promise<LlmEvent[]> {
  const values = [...columnsOf(requests, 'org', 'requestId'), floor];
  return (await client.query<LlmEvent>({ ...LLM_OF_REQUESTS, values })).rows;
}

const BYOC_BY_ID = {
  name: 'job-event-reader/byoc-by-id',
  text: `
select ${BYOC}
from unnest($1::text[], $2::text[]) as q (org, event_id)
cross join lateral (
  select * from fact.byoc_job_event as e
  where e.event_id = q.event_id and e.org = q.org and e.name = '${BYOC_COMPLETED}' and e.event_at >= $3
  offset 0
) as e`,
};

/** Completed BYOC job events by their ids, from `floor` on. */
export async function readByocEvents(
  client: ClientBase,
  events: readonly EventName[],
  floor: Date,
): Promise<ByocEvent[]> {
  const values = [...columnsOf(events, 'org', 'eventId'), floor];
  return (await client.query<ByocEvent>({ ...BYOC_BY_ID, values })).rows;
}

// Four index probes per job, newest first: by URL and by address, of the job's own worker and of any.
const newestWorker = (identity: 'orch_url' | 'orch_address', ofOwnWorker: boolean): string => `
(
  select e.event_id, e.event_at, e.worker_url, e.models
  from fact.worker_lifecycle_event as e
  where lower(e.capability) = lower(q.capability) and e.${identity} = q.${identity} and q.${identity} <> ''
    and e.org = q.org and e.models <> '{}'${ofOwnWorker ? ` and e.worker_url = q.worker_url and q.worker_url <> ''` : ''}
    and e.event_at <= q.completed_at and e.event_at >= q.completed_at - interval '${WORKER_MEMORY_DAYS} days' and e.event_at >= $2
  order by e.event_at desc, e.event_id desc
  limit 1
)`;
const WORKERS = {
  name: 'job-event-reader/workers',
  text: `
select q.org, q.job_event_id as "jobEventId", w.event_id as "eventId",
  (extract(epoch from w.event_at) * 1000)::float8 as "eventAtMs", w.worker_url as "workerUrl", w.models
from jsonb_to_recordset($1::jsonb) as q (
  org text, job_event_id text, capability text, orch_url text, orch_address text, worker_url text, completed_at timestamptz
)
cross join lateral (${[
    newestWorker('orch_url', true),
    newestWorker('orch_url', false),
    newestWorker('orch_address', true),
    newestWorker('orch_address', false),
  ].join(' union ')}) as w`,
};

export interface WorkerOfJob extends WorkerEvent {
  readonly org: string;
  readonly jobEventId: string;
}

/** The worker events that may name the models of BYOC jobs: per job the newest of its own worker, and of any. */
export async function readWorkers(client: ClientBase, jobs: readonly ByocEvent[], floor: Date): Promise<WorkerOfJob[]> {
  if (jobs.length === 0) return [];
  const asked = jobs.map((job) => ({
    org: job.org,
    job_event_id: job.eventId,
    capability: job.capability,
    orch_url: job.orchUrl,
    orch_address: job.orchAddress,
    worker_url: job.workerUrl,
    completed_at: new Date(job.eventAtMs),
  }));
  return (await client.query<WorkerOfJob>({ ...WORKERS, values: [JSON.stringify(asked), floor] })).rows;
}
