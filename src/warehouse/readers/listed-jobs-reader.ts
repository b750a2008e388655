import type { Pool } from 'pg';
import type { JobKind } from '../../domain/job.js';
import type { JobFailureClass, JobFailureReason } from '../../domain/job-failure.js';
import type {
  AttributionConfidence,
  AttributionMethod,
  AttributionOutcome,
  AttributionReason,
  SelectionOutcome,
} from '../../domain/resolved-rows.js';
import { bucketedKey, type GrainSelection, grainConditions, instantConditions, optional } from './list-conditions.js';
import { keysetSql, type ListPage } from './list-page.js';
import { createParameters, shapeName } from './parameters.js';

export interface JobFilter extends GrainSelection {
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  readonly kind: JobKind | null;
  readonly outcome: SelectionOutcome | null;
  readonly isSuccess: boolean | null;
  readonly failureClasses: readonly JobFailureClass[] | null;
  readonly failureReasons: readonly JobFailureReason[] | null;
  /** Of a BYOC job, any case. */
  readonly capability: string | null;
  readonly requestId: string | null;
}

/** A row of `api.job`; texts are `''` when unknown, decimals text. */
export interface ListedJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly jobAt: Date;
  readonly receivedAt: Date | null;
  readonly completedAt: Date;
  readonly org: string;
  readonly eventId: string;
  readonly requestId: string;
  readonly gateway: string;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  readonly gpuId: string;
  readonly region: string;
  readonly outcome: SelectionOutcome;
  readonly isSuccess: boolean | null;
  readonly tries: number | null;
  readonly durationMs: number | null;
  readonly httpStatus: number | null;
  readonly orchestratorUri: string | null;
  readonly workerUri: string | null;
  readonly failureClass: JobFailureClass | '';
  readonly failureReason: JobFailureReason | '';
  readonly errorType: string;
  readonly error: string;
  readonly latencyScore: number | null;
  readonly pricePerUnit: string | null;
  readonly llmEventId: string | null;
  readonly isLlmStreamed: boolean | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly totalTokens: number | null;
  readonly ttftMs: number | null;
  readonly tokensPerSecond: number | null;
  readonly llmDurationMs: number | null;
  readonly llmError: string;
  readonly attributionOutcome: AttributionOutcome;
  readonly attributionMethod: AttributionMethod;
  readonly attributionReason: AttributionReason;
  readonly attributionConfidence: AttributionConfidence;
}

/** Position of a job in a list: its instant, and its id. */
export interface JobListKey {
  readonly atMs: number;
  readonly id: string;
}

/** Columns of a row. */
export const JOB_COLUMNS = `id, kind, job_at as "jobAt", received_at as "receivedAt", completed_at as "completedAt", org,
  event_id as "eventId", request_id as "requestId", gateway, orchestrator_address as "orchestratorAddress", pipeline, model,
  gpu_id as "gpuId", region, outcome, is_success as "isSuccess", tries, duration_ms::float8 as "durationMs",
  http_status as "httpStatus", orchestrator_uri as "orchestratorUri", worker_uri as "workerUri", failure_class as "failureClass",
  failure_reason as "failureReason", error_type as "errorType",
  error, latency_score as "latencyScore", price_per_unit::text as "pricePerUnit", llm_event_id as "llmEventId",
  is_llm_streamed as "isLlmStreamed", prompt_tokens::float8 as "promptTokens",
  completion_tokens::float8 as "completionTokens", total_tokens::float8 as "totalTokens", ttft_ms::float8 as "ttftMs",
  tokens_per_second::float8 as "tokensPerSecond", llm_duration_ms::float8 as "llmDurationMs", llm_error as "llmError",
  attribution_outcome as "attributionOutcome", attribution_method as "attributionMethod",
  attribution_reason as "attributionReason", attribution_confidence as "attributionConfidence"`;

/** A page of jobs by the instant they count at, one more than the limit when there is one. */
export async function readListedJobs(
  db: Pool,
  query: { readonly filter: JobFilter; readonly isDescending: boolean; readonly page: ListPage<JobListKey> },
): Promise<readonly ListedJob[]> {
  const { filter, page, isDescending } = query;
  const { values, add } = createParameters();
  const conditions = filterConditions(filter, add);
  const keyset = keysetSql(['bucket_start', 'job_at', 'id'], isDescending, {
    isBackward: page.isBackward,
    after: bucketedKey(page.after, add),
    before: bucketedKey(page.before, add),
  });
  const text = `select ${JOB_COLUMNS}
from api.job
where ${[...conditions, ...keyset.conditions].join('\n  and ')}
order by ${keyset.orderBy}
limit ${add(page.limit + 1)}::bigint`;
  const { rows } = await db.query<ListedJob>({ name: shapeName('listed-jobs-reader/page', text), text, values });
  return page.isBackward ? rows.toReversed() : rows;
}

/** How many jobs a filter keeps. */
export async function countJobs(db: Pool, filter: JobFilter): Promise<number> {
  const { values, add } = createParameters();
  const text = `select count(*) as count
from api.job
where ${filterConditions(filter, add).join('\n  and ')}`;
  const { rows } = await db.query<{ count: string }>({
    name: shapeName('listed-jobs-reader/count', text),
    text,
    values,
  });
  return Number(rows[0]?.count ?? 0);
}

const BY_ID = { name: 'listed-jobs-reader/by-id', text: `select ${JOB_COLUMNS} from api.job where id = $1` };

/** The job with a public id; null when there is none. */
export async function readJob(db: Pool, id: string): Promise<ListedJob | null> {
  return (await db.query<ListedJob>({ ...BY_ID, values: [id] })).rows[0] ?? null;
}

/** A row of `api.job_decision`; `sightings` is its JSON as stored. */
export interface JobDecision {
  readonly jobId: string;
  readonly org: string;
  readonly decidedAt: Date;
  readonly supersededAt: Date | null;
  readonly outcome: AttributionOutcome;
  readonly method: AttributionMethod;
  readonly reason: AttributionReason;
  readonly confidence: AttributionConfidence;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  readonly gpuId: string;
  readonly sightings: unknown;
}

const DECISIONS = {
  name: 'listed-jobs-reader/decisions',
  text: `select job_id as "jobId", org, decided_at as "decidedAt", superseded_at as "supersededAt", outcome, method, reason,
  confidence, orchestrator_address as "orchestratorAddress", pipeline, model, gpu_id as "gpuId", sightings
from api.job_decision
where job_id = any($1::text[])
order by job_id, decided_at, id`,
};

/** Every decision about some jobs, by job and time. */
export async function readJobDecisions(db: Pool, jobIds: readonly string[]): Promise<readonly JobDecision[]> {
  return (await db.query<JobDecision>({ ...DECISIONS, values: [jobIds] })).rows;
}

function filterConditions(filter: JobFilter, add: (value: unknown) => string): readonly string[] {
  return [
    ...grainConditions(filter, add),
    ...instantConditions('job_at', filter, add),
    ...optional(filter.kind, add, (p) => `kind = ${p}::text`),
    ...optional(filter.outcome, add, (p) => `outcome = ${p}::text`),
    ...optional(filter.isSuccess, add, (p) => `is_success = ${p}::boolean`),
    ...optional(filter.failureClasses, add, (p) => `failure_class = any(${p}::text[])`),
    ...optional(filter.failureReasons, add, (p) => `failure_reason = any(${p}::text[])`),
    ...optional(filter.capability, add, (p) => `lower(pipeline) = lower(${p}::text)`),
    ...optional(filter.requestId, add, (p) => `request_id = ${p}::text`),
  ];
}
