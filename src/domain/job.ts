import { compareBytewise } from './order.js';
import type { SelectionOutcome } from './resolved-rows.js';
import { DAY_MS } from './time.js';

export const JOB_KINDS = ['ai_batch', 'byoc'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Names of the events that make a job; every other one of its family is kept and derives nothing. */
export const AI_BATCH_RECEIVED = 'ai_batch_request_received';
export const AI_BATCH_COMPLETED = 'ai_batch_request_completed';
export const LLM_STREAM_COMPLETED = 'llm_stream_completed';
export const BYOC_COMPLETED = 'job_gateway_completed';

/** A worker event names the model of a job this long after it. */
export const WORKER_MEMORY_DAYS = 30;
const WORKER_MEMORY_MS = WORKER_MEMORY_DAYS * DAY_MS;

interface JobEvent {
  readonly org: string;
  readonly eventId: string;
  readonly eventAtMs: number;
  readonly gateway: string;
}

/** An ai_batch_request event; texts are `''` when missing. */
export interface AiBatchEvent extends JobEvent {
  readonly name: string;
  readonly requestId: string;
  readonly pipeline: string;
  readonly model: string;
  readonly isSuccess: boolean | null;
  readonly tries: number | null;
  readonly durationMs: number | null;
  readonly orchUrl: string;
  readonly latencyScore: number | null;
  readonly pricePerUnit: string | null;
  readonly errorType: string;
  readonly error: string;
}

/** An ai_llm_request event, joined to its job by the request. */
export interface LlmEvent extends JobEvent {
  readonly name: string;
  readonly requestId: string;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly totalTokens: number | null;
  readonly ttftMs: number | null;
  readonly tokensPerSecond: number | null;
  readonly totalDurationMs: number | null;
  readonly error: string;
}

/** A completed job_gateway event. */
export interface ByocEvent extends JobEvent {
  readonly requestId: string;
  readonly capability: string;
  readonly isSuccess: boolean | null;
  readonly durationMs: number | null;
  readonly httpStatus: number | null;
  readonly orchAddress: string;
  readonly orchUrl: string;
  readonly workerUrl: string;
  readonly error: string;
}

/** A worker_lifecycle event that names a model, of the organisation, capability and orchestrator of a job. */
export interface WorkerEvent {
  readonly eventId: string;
  readonly eventAtMs: number;
  readonly workerUrl: string;
  readonly models: readonly string[];
}

export interface AiBatchJob {
  readonly kind: 'ai_batch';
  readonly completed: AiBatchEvent;
  /** Null when no such event came, and then the job's time is its completion. */
  readonly received: AiBatchEvent | null;
  readonly llm: LlmEvent | null;
}

export interface ByocJob {
  readonly kind: 'byoc';
  readonly completed: ByocEvent;
  /** The worker event that names its model; null when none is known. */
  readonly worker: WorkerEvent | null;
}

export type Job = AiBatchJob | ByocJob;

/** The AI batch job of one request, from all of its events in any order; null without a completion [domain 4.2]. */
export function aiBatchJob(events: readonly AiBatchEvent[], llmEvents: readonly LlmEvent[]): AiBatchJob | null {
  const completed = firstOf(events.filter(({ name }) => name === AI_BATCH_COMPLETED));
  if (completed === null) return null;
  const received = firstOf(events.filter(({ name }) => name === AI_BATCH_RECEIVED));
  return { kind: 'ai_batch', completed, received, llm: firstOf(llmEvents) };
}

/**
 * The BYOC job of one completion [domain 4.2]. Of the worker events at most 30 days before it that name a model, one of
 * the job's own worker counts before any other, then the newest.
 */
export function byocJob(completed: ByocEvent, workers: readonly WorkerEvent[]): ByocJob {
  const isOwn = ({ workerUrl }: WorkerEvent): boolean =>
    completed.workerUrl !== '' && workerUrl === completed.workerUrl;
  const [worker] = workers
    .filter(
      ({ eventAtMs, models }) =>
        models.length > 0 && eventAtMs <= completed.eventAtMs && eventAtMs >= completed.eventAtMs - WORKER_MEMORY_MS,
    )
    .sort(
      (a, b) =>
        Number(isOwn(b)) - Number(isOwn(a)) || b.eventAtMs - a.eventAtMs || compareBytewise(b.eventId, a.eventId),
    );
  return { kind: 'byoc', completed, worker: worker ?? null };
}

/** A job counts at this instant: an AI batch job when it was received, if that is known, else when it completed. */
export function jobAtMs(job: Job): number {
  return (job.kind === 'ai_batch' ? job.received?.eventAtMs : undefined) ?? job.completed.eventAtMs;
}

/** `selected` when an orchestrator is named; `no_orch` when an AI batch job failed for want of one; else `unknown`. */
export function jobOutcome(job: Job): SelectionOutcome {
  if (job.kind === 'byoc') {
    return job.completed.orchUrl !== '' || job.completed.orchAddress !== '' ? 'selected' : 'unknown';
  }
  const { orchUrl, isSuccess, errorType } = job.completed;
  if (orchUrl !== '') return 'selected';
  return isSuccess !== true && errorType === 'no_orchestrators' ? 'no_orch' : 'unknown';
}

/** The one model a worker offers; `''` when it offers several, since which of them served is not known. */
export function workerModel(worker: Pick<WorkerEvent, 'models'> | null): string {
  const models = new Set(worker?.models ?? []);
  const [model] = models;
  return models.size === 1 && model !== undefined ? model : '';
}

/** Before the event's id: the key of an AI batch job without a request. */
export const MISSING_REQUEST = '_missing_request|';

/** Key of a job in its organisation and kind: the request of an AI batch job; else, and for BYOC, the event. */
export function jobKey(kind: JobKind, requestId: string, eventId: string): string {
  if (kind === 'byoc') return eventId;
  return requestId === '' ? MISSING_REQUEST + eventId : requestId;
}

function firstOf<Event extends JobEvent>(events: readonly Event[]): Event | null {
  const [first] = [...events].sort((a, b) => a.eventAtMs - b.eventAtMs || compareBytewise(a.eventId, b.eventId));
  return first ?? null;
}
