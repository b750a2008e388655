import { type Emission, envelope } from './emission.js';
import type { RequestFact } from './facts.js';
import { type JobPlan, planJob } from './job-plan.js';
import type { SimulatedNetwork } from './network.js';
import type { SimulationOptions } from './options.js';
import type { Random } from './random.js';

type Make = (
  family: string,
  offsetMs: number,
  data: object,
  factOf?: (id: string, eventMs: number) => RequestFact,
) => Emission;

/** The messages of job `index`: AI batch (sometimes LLM) or BYOC with its worker. */
export function* jobEmissions(
  options: SimulationOptions,
  network: SimulatedNetwork,
  index: number,
): Generator<Emission> {
  const planned = planJob(options, network, index);
  if (planned === null) return;
  const { plan, random } = planned;
  const make: Make = (family, offsetMs, data, factOf) => {
    const id = random.uuid();
    const atMs = plan.atMs + offsetMs;
    const json = envelope(id, family, atMs, plan.gateway.host, JSON.stringify({ ...data, timestamp: atMs }));
    return { topic: plan.gateway.topic, atMs, json, fact: factOf?.(id, atMs) ?? null };
  };
  if (plan.kind === 'byoc') yield* byocEmissions(plan, make);
  else yield* batchEmissions(plan, make, random);
}

function errorOf({ hasFailed, isUnserved }: JobPlan): string {
  if (hasFailed) return 'model error: out of memory';
  return isUnserved ? 'no orchestrators available' : '';
}

function* byocEmissions(plan: JobPlan, make: Make): Generator<Emission> {
  const { orchestrator, surface, tookMs, hasFailed, isReticent } = plan;
  const parties = {
    orchestrator_info: { address: orchestrator.address, url: surface.uri },
    orch_url: surface.uri,
    orch_address: orchestrator.address,
  };
  const job = { request_id: plan.requestId, capability: surface.pipeline };
  const worker = { worker_url: `http://10.8.0.${orchestrator.index + 2}:9000` };
  yield workerEmission(plan, make, { ...job, ...parties, ...worker });
  yield authEmission(plan, make, job);
  if (plan.authorisation === 'refused') return;
  yield make('job_gateway', 10, { type: 'job_gateway_submitted', ...job });
  yield make('job_payment', 20, { type: 'job_payment_created', ...job, ...parties });
  yield make('job_orchestrator', 30, { type: 'job_orchestrator_processing', ...job, ...parties, ...worker });
  yield make(
    'job_gateway',
    30 + tookMs,
    {
      type: 'job_gateway_completed',
      ...job,
      ...(isReticent ? {} : parties),
      success: !hasFailed,
      duration_ms: tookMs,
      error: errorOf(plan),
      ...worker,
    },
    (eventId, eventMs) => ({
      family: 'job',
      step: 'completed',
      eventId,
      eventMs,
      isSuccess: !hasFailed,
      errorType: '',
      durationMs: tookMs,
      tries: null,
      namesOrchestrator: !isReticent,
    }),
  );
}

function workerEmission({ orchestrator, model }: JobPlan, make: Make, about: object): Emission {
  const priceWei = orchestrator.pricePerUnit;
  const data = { type: 'worker_registered', ...about, price_per_unit: priceWei, worker_options: [{ model }] };
  return make('worker_lifecycle', 0, data, (_, eventMs) => ({
    family: 'worker',
    eventMs,
    orchestrator: orchestrator.address,
    priceWei,
  }));
}

function authEmission({ authorisation }: JobPlan, make: Make, job: object): Emission {
  const isGranted = authorisation === 'unsaid' ? null : authorisation === 'granted';
  const data = {
    type: isGranted === false ? 'job_auth_failed' : 'job_auth_ok',
    ...job,
    ...(isGranted !== null && { success: isGranted }),
    ...(isGranted === false && { error: 'token has expired' }),
  };
  return make('job_auth', 5, data, (_, eventMs) => ({ family: 'auth', eventMs, isGranted }));
}

function* batchEmissions(plan: JobPlan, make: Make, random: Random): Generator<Emission> {
  const { surface, model, requestId, tookMs, hasFailed, isUnserved } = plan;
  const orchUrl = isUnserved || plan.isReticent ? '' : surface.uri;
  const request = {
    request_id: requestId,
    capability: surface.pipeline,
    pipeline: surface.pipeline,
    model_id: model,
    model,
  };
  yield make('ai_batch_request', 0, { type: 'ai_batch_request_received', ...request }, (eventId, eventMs) => ({
    family: 'job',
    step: 'received',
    eventId,
    eventMs,
  }));
  if (surface.capability === 33 && !isUnserved)
    yield llmEmission(plan, make, random, { ...request, orch_url: orchUrl });
  const isSuccess = !hasFailed && !isUnserved;
  const tries = random.integer(1, 3);
  const errorType = hasFailed ? 'inference_error' : isUnserved ? 'no_orchestrators' : '';
  yield make(
    'ai_batch_request',
    tookMs + 5,
    {
      type: 'ai_batch_request_completed',
      ...request,
      success: isSuccess,
      tries,
      duration_ms: tookMs,
      orch_url: orchUrl,
      latency_score: random.unit(),
      price_per_unit: plan.orchestrator.pricePerUnit,
      error_type: errorType,
      error: errorOf(plan),
    },
    (eventId, eventMs) => ({
      family: 'job',
      step: 'completed',
      eventId,
      eventMs,
      isSuccess,
      errorType,
      durationMs: tookMs,
      tries,
      namesOrchestrator: orchUrl !== '',
    }),
  );
}

function llmEmission(plan: JobPlan, make: Make, random: Random, request: object): Emission {
  const { tookMs } = plan;
  const completionTokens = random.integer(20, 900);
  const isStreamed = random.chance(0.5);
  const promptTokens = random.integer(5, 400);
  const ttftMs = random.integer(60, 600);
  const data = {
    type: isStreamed ? 'llm_stream_completed' : 'llm_request_completed',
    ...request,
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: completionTokens,
    ttft_ms: ttftMs,
    tokens_per_second: (completionTokens * 1000) / tookMs,
    total_duration_ms: tookMs,
    streaming: isStreamed,
    error: errorOf(plan),
  };
  return make('ai_llm_request', tookMs, data, (eventId, eventMs) => ({
    family: 'job',
    step: 'llm',
    eventId,
    eventMs,
    isStreamed,
    promptTokens,
    completionTokens,
    ttftMs,
  }));
}
