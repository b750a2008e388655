import { arrivalMs } from './arrivals.js';
import { type Emission, envelope } from './emission.js';
import type { SimulatedNetwork } from './network.js';
import type { SimulationOptions } from './options.js';
import { createRandom } from './random.js';

/** One job for every eight sessions. */
export function jobCount(options: SimulationOptions): number {
  return Math.ceil(options.sessions / 8);
}

export function jobMs(options: SimulationOptions, index: number): number {
  return arrivalMs(options, 'job', jobCount(options), index);
}

/** The messages of one request-style job: AI batch (sometimes LLM) or BYOC with its worker. */
export function* jobEmissions(
  options: SimulationOptions,
  network: SimulatedNetwork,
  index: number,
): Generator<Emission> {
  if (network.jobSurfaces.length === 0) return;
  const random = createRandom(options.seed, 'job', index);
  const gateway = random.pick(network.gateways);
  const { orchestrator, surface } = random.pick(network.jobSurfaces);
  const model = surface.models[0]?.model ?? '';
  const atMs = jobMs(options, index);
  const tookMs = Math.round(random.lognormal(2_500, 0.6));
  const requestId = random.hex(8);
  const failed = random.chance(0.08);
  const unserved = !failed && random.chance(0.04);
  const orchUrl = unserved ? '' : surface.uri;
  const error = failed ? 'model error: out of memory' : unserved ? 'no orchestrators available' : '';
  const make = (family: string, offsetMs: number, data: object): Emission => ({
    topic: gateway.topic,
    atMs: atMs + offsetMs,
    json: envelope(
      random.uuid(),
      family,
      atMs + offsetMs,
      gateway.host,
      JSON.stringify({ ...data, timestamp: atMs + offsetMs }),
    ),
    fact: null,
  });
  const parties = {
    orchestrator_info: { address: orchestrator.address, url: surface.uri },
    orch_url: surface.uri,
    orch_address: orchestrator.address,
  };

  if (surface.capability === 37) {
    const job = { request_id: random.chance(0.6) ? '' : requestId, capability: surface.pipeline };
    yield make('worker_lifecycle', 0, {
      type: 'worker_registered',
      ...job,
      ...parties,
      worker_url: `http://10.8.0.${orchestrator.index + 2}:9000`,
      price_per_unit: orchestrator.pricePerUnit,
      worker_options: [{ model }],
    });
    yield make('job_auth', 5, { type: 'job_auth_ok', ...job, success: true });
    yield make('job_gateway', 10, { type: 'job_gateway_submitted', ...job });
    yield make('job_payment', 20, { type: 'job_payment_created', ...job, ...parties });
    yield make('job_orchestrator', 30, {
      type: 'job_orchestrator_processing',
      ...job,
      ...parties,
      worker_url: `http://10.8.0.${orchestrator.index + 2}:9000`,
    });
    yield make('job_gateway', 30 + tookMs, {
      type: 'job_gateway_completed',
      ...job,
      ...parties,
      success: !failed,
      duration_ms: tookMs,
      error,
      worker_url: `http://10.8.0.${orchestrator.index + 2}:9000`,
    });
    return;
  }
  const request = {
    request_id: requestId,
    capability: surface.pipeline,
    pipeline: surface.pipeline,
    model_id: model,
    model,
  };
  yield make('ai_batch_request', 0, { type: 'ai_batch_request_received', ...request });
  if (surface.capability === 33 && !unserved) {
    const tokens = random.integer(20, 900);
    const streamed = random.chance(0.5);
    yield make('ai_llm_request', tookMs, {
      type: streamed ? 'llm_stream_completed' : 'llm_request_completed',
      ...request,
      orch_url: orchUrl,
      prompt_tokens: random.integer(5, 400),
      completion_tokens: tokens,
      total_tokens: tokens,
      ttft_ms: random.integer(60, 600),
      tokens_per_second: (tokens * 1000) / tookMs,
      total_duration_ms: tookMs,
      streaming: streamed,
      error,
    });
  }
  yield make('ai_batch_request', tookMs + 5, {
    type: 'ai_batch_request_completed',
    ...request,
    success: !failed && !unserved,
    tries: random.integer(1, 3),
    duration_ms: tookMs,
    orch_url: orchUrl,
    latency_score: random.unit(),
    price_per_unit: orchestrator.pricePerUnit,
    error_type: failed ? 'inference_error' : unserved ? 'no_orchestrators' : '',
    error,
  });
}
