import { type Attribution, type AttributionPolicy, attribute } from './attribution.js';
import { encodeSample } from './bins.js';
import { type OrgCapabilities, SIGHTING_GRACE_MS } from './capability-index.js';
import type { Hint } from './cell.js';
import { type Grain, grainOf } from './grain.js';
import { readHints, type SurfaceHints } from './hints.js';
import {
  type Job,
  type JobKind,
  jobAtMs,
  jobKey,
  jobOutcome,
  LLM_STREAM_COMPLETED,
  type LlmEvent,
  workerModel,
} from './job.js';
import { type JobFailureClass, type JobFailureReason, jobFailureOf } from './job-failure.js';
import { canonicalModel, canonicalPipeline } from './pipelines.js';
import { publicId } from './public-id.js';
import { publicName } from './public-name.js';
import type {
  AttributionConfidence,
  AttributionMethod,
  AttributionOutcome,
  AttributionReason,
  SelectionOutcome,
  SightingJson,
} from './resolved-rows.js';
import type { Naming } from './segment-attribution.js';
import { sightingJson } from './session-row.js';
import { sliceStartMs } from './time.js';

/** What an LLM event says of its job; all null or `''` without one. Decimal texts are exact. */
interface LlmColumns {
  readonly llmEventId: string;
  readonly isLlmStreamed: boolean | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly totalTokens: number | null;
  readonly ttftMs: string | null;
  readonly ttftMsHistogram: string | null;
  readonly tokensPerSecond: string | null;
  readonly llmDurationMs: string | null;
  readonly llmError: string;
}

/** A row of `core.job`. */
export interface JobRow extends LlmColumns {
  readonly bucketStart: Date;
  readonly jobAt: Date;
  readonly org: string;
  readonly kind: JobKind;
  readonly jobKey: string;
  readonly jobId: string;
  readonly grainId: string;
  readonly eventId: string;
  readonly requestId: string;
  readonly receivedAt: Date | null;
  readonly completedAt: Date;
  readonly capability: string;
  readonly outcome: SelectionOutcome;
  readonly isSuccess: boolean | null;
  readonly tries: number | null;
  readonly durationMs: number | null;
  readonly durationMsHistogram: string | null;
  readonly httpStatus: number | null;
  readonly orchUrl: string;
  readonly orchAddress: string;
  readonly workerUrl: string;
  readonly workerEventId: string;
  readonly errorType: string;
  readonly error: string;
  readonly latencyScore: number | null;
  readonly pricePerUnit: string | null;
  /** `''` when it did not fail, the reason then as well. */
  readonly failureClass: JobFailureClass | '';
  readonly failureReason: JobFailureReason | '';
  readonly attributionOutcome: AttributionOutcome;
  readonly attributionMethod: AttributionMethod;
  readonly attributionReason: AttributionReason;
  readonly attributionConfidence: AttributionConfidence;
}

/** The current decision about a selected job; the writer adds id, decided_at and superseded_at [FACT-003]. */
export interface JobDecisionRow {
  readonly org: string;
  readonly kind: JobKind;
  readonly jobKey: string;
  readonly jobId: string;
  readonly jobAt: Date;
  readonly outcome: AttributionOutcome;
  readonly method: AttributionMethod;
  readonly reason: AttributionReason;
  readonly confidence: AttributionConfidence;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  readonly gpuId: string;
  readonly sightings: readonly SightingJson[];
}

export interface ResolvedJob {
  readonly row: JobRow;
  readonly grain: Grain;
  /** Null for a job that names no orchestrator: there is nothing to decide. */
  readonly decision: JobDecisionRow | null;
}

export interface JobRules {
  readonly capabilities: OrgCapabilities;
  readonly policy: AttributionPolicy;
  readonly naming: Naming;
}

/** Everything `core` says about one job, attributed at its instant [domain 4.2, ATTRIBUTION-003]. */
export function resolveJob(job: Job, { capabilities, policy, naming }: JobRules): ResolvedJob {
  const atMs = jobAtMs(job);
  const { completed } = job;
  const { org } = completed;
  const address = job.kind === 'byoc' ? job.completed.orchAddress : '';
  const attribution = attribute(
    { url: completed.orchUrl, address, startMs: atMs, endMs: atMs, hintsFor: hintsOf(job) },
    capabilities,
    policy,
  );
  const grain = grainOfJob(job, attribution, naming);
  const key = jobKey(job.kind, completed.requestId, completed.eventId);
  const outcome = jobOutcome(job);
  const jobId = publicId('j', [org, job.kind, key]);
  const name = { org, kind: job.kind, jobKey: key, jobId, jobAt: new Date(atMs) };
  const { method, reason, confidence } = attribution;
  return {
    row: {
      ...name,
      ...familyColumns(job),
      ...llmColumns(job.kind === 'ai_batch' ? job.llm : null),
      bucketStart: new Date(sliceStartMs(atMs)),
      grainId: grain.grainId,
      eventId: completed.eventId,
      requestId: completed.requestId,
      completedAt: new Date(completed.eventAtMs),
      outcome,
      isSuccess: completed.isSuccess,
      ...durationColumns(completed.durationMs),
      orchUrl: completed.orchUrl,
      orchAddress: address,
      error: completed.error,
      ...(jobFailureOf(job) ?? NO_FAILURE),
      attributionOutcome: attribution.outcome,
      attributionMethod: method,
      attributionReason: reason,
      attributionConfidence: confidence,
    },
    grain,
    decision:
      outcome === 'selected'
        ? {
            ...name,
            outcome: attribution.outcome,
            method,
            reason,
            confidence,
            orchestratorAddress: grain.orchestratorAddress,
            pipeline: grain.pipeline,
            model: grain.model,
            gpuId: grain.gpuId,
            sightings: attribution.runs.map((run) => sightingJson(run, atMs + SIGHTING_GRACE_MS)),
          }
        : null,
  };
}

const NO_FAILURE = { failureClass: '', failureReason: '' } as const;

/** A BYOC capability is a pipeline of its own, its worker's model the model; an AI batch job names both itself. */
function hintsOf(job: Job): (candidateModel: string | null) => SurfaceHints {
  if (job.kind === 'byoc') {
    const { capability } = job.completed;
    const hints = {
      pipeline: canonicalPipeline(capability) ?? publicName(capability),
      model: canonicalModel(publicName(workerModel(job.worker))),
    };
    return () => hints;
  }
  const texts: readonly Hint[] = [
    { kind: 'text', text: job.completed.pipeline || (job.received?.pipeline ?? '') },
    { kind: 'model', text: job.completed.model || (job.received?.model ?? '') },
  ];
  const hints = texts.filter(({ text }) => text !== '');
  return (candidateModel) => readHints(hints, candidateModel);
}

function grainOfJob(job: Job, attribution: Attribution, naming: Naming): Grain {
  const host = job.completed.gateway || (job.kind === 'ai_batch' ? (job.received?.gateway ?? '') : '');
  return grainOf({
    org: job.completed.org,
    gateway: host === '' ? '' : naming.publicGateway(host),
    orchestratorAddress: attribution.orchestratorAddress,
    pipeline: attribution.pipeline,
    model: attribution.model,
    gpuId: attribution.gpuUuid === '' ? '' : naming.publicGpuId(attribution.gpuUuid),
    region: host === '' ? '' : naming.regionOf(host),
    isSynthetic: false,
  });
}

function familyColumns(job: Job) {
  if (job.kind === 'byoc') {
    const { capability, httpStatus, workerUrl } = job.completed;
    const workerEventId = workerModel(job.worker) === '' ? '' : (job.worker?.eventId ?? '');
    const unknown = { receivedAt: null, tries: null, errorType: '', latencyScore: null, pricePerUnit: null };
    return { ...unknown, capability, httpStatus, workerUrl, workerEventId };
  }
  const { tries, errorType, latencyScore, pricePerUnit } = job.completed;
  const receivedAt = job.received === null ? null : new Date(job.received.eventAtMs);
  const unknown = { capability: '', httpStatus: null, workerUrl: '', workerEventId: '' };
  return { ...unknown, receivedAt, tries, errorType, latencyScore, pricePerUnit };
}

function durationColumns(durationMs: number | null): Pick<JobRow, 'durationMs' | 'durationMsHistogram'> {
  return durationMs === null || durationMs < 0
    ? { durationMs: null, durationMsHistogram: null }
    : { durationMs, durationMsHistogram: encodeSample(durationMs) };
}

function llmColumns(llm: LlmEvent | null): LlmColumns {
  const ttftMs = quantised(usable(llm?.ttftMs), 3);
  return {
    llmEventId: llm?.eventId ?? '',
    isLlmStreamed: llm === null ? null : llm.name === LLM_STREAM_COMPLETED,
    promptTokens: usable(llm?.promptTokens),
    completionTokens: usable(llm?.completionTokens),
    totalTokens: usable(llm?.totalTokens),
    ttftMs,
    ttftMsHistogram: ttftMs === null ? null : encodeSample(Number(ttftMs)),
    tokensPerSecond: quantised(usable(llm?.tokensPerSecond), 6),
    llmDurationMs: quantised(usable(llm?.totalDurationMs), 3),
    llmError: llm?.error ?? '',
  };
}

const LARGEST_USABLE = 1e15;

/** A measure that can be added up; null when missing, negative or absurd. */
function usable(value: number | null | undefined): number | null {
  return value === null || value === undefined || !(value >= 0 && value < LARGEST_USABLE) ? null : value;
}

/** Float measures as decimals, so that sums do not depend on order [AGGREGATE-006]. */
function quantised(value: number | null, decimals: number): string | null {
  return value === null ? null : value.toFixed(decimals);
}
