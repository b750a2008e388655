import type { Emission } from './emission.js';
import { livePipeline, type SimulatedOrchestrator } from './network.js';
import type { SimulationOptions } from './options.js';
import { createRandom, type Random } from './random.js';
import type { SessionMessages } from './session-messages.js';
import type { SessionPlan } from './session-plan.js';
import { createV1Sender, nodeOf, type SendV1 } from './v1-envelope.js';

const sampleEveryMs = 10_000;
const gpuMemoryBytes = 47_810_936_832;

/**
 * One session in the spec dialect v1. It has no traces, parameter updates or ingest metrics; what it cannot say is left
 * out. Payments, tickets and discovery have no v1 form and stay as they are.
 */
export function createV1Messages(
  options: SimulationOptions,
  plan: SessionPlan,
  gatewayMessages: SessionMessages,
): SessionMessages {
  const random = createRandom(options.seed, 'v1', plan.index);
  const request = { isColdStart: random.chance(0.2), promptMs: plan.startMs - random.integer(0, 400) };
  const send = createV1Sender(plan, random);
  const model = { pipeline_id: livePipeline, model_id: plan.model };
  const tell = createMilestones(plan, request, send, model);
  const sample = createSamples(random, send, model);
  return {
    ...gatewayMessages,
    trace: (type, atMs, orchestrator, message = '') =>
      type === 'orchestrator_swap' && orchestrator !== null
        ? [swapMessage(plan, send, atMs, orchestrator, message)]
        : tell(type, atMs, orchestrator),
    runnerTrace: (type, atMs, orchestrator) =>
      type === 'runner_receive_first_ingest_segment'
        ? [
            send('runner.request.start', atMs, orchestrator, model, {}),
            send('runner.heartbeat', atMs, orchestrator, {}, null),
          ]
        : [],
    status: (atMs, orchestrator, { fps, restartCount }) => [sample(atMs, orchestrator, fps, restartCount > 0)],
    metrics: () => [],
    streamEvent: () => [],
    error: (atMs, message, isExcusable) => [
      send('gateway.request.error', atMs, null, { ...model, error: message }, { isError: true, isExcusable }),
    ],
  };
}

/** What v1 says where the gateway dialect has a trace: none, one or several messages. */
function createMilestones(
  plan: SessionPlan,
  { isColdStart, promptMs }: { isColdStart: boolean; promptMs: number },
  send: SendV1,
  model: object,
): (type: string, atMs: number, orchestrator: SimulatedOrchestrator | null) => readonly Emission[] {
  const firstFrame = (atMs: number, orchestrator: SimulatedOrchestrator | null, isLoadingImage: boolean): Emission => {
    const payload = { ...model, frame_ts_ms: atMs, is_loading_image: isLoadingImage };
    return send('gateway.request.first_frame', atMs, orchestrator, payload, { hasOutput: !isLoadingImage });
  };
  return (type, atMs, orchestrator) => {
    switch (type) {
      case 'gateway_receive_stream_request': {
        const start = { ...model, cold_start: isColdStart, prompt_received_ms: promptMs };
        return [
          send('gateway.session.start', atMs, null, model, null),
          send('gateway.request.start', atMs, null, start, { request: { isColdStart, promptMs } }),
        ];
      }
      case 'gateway_send_first_ingest_segment':
        return [
          send('orchestrator.request.start', atMs, orchestrator, model, {}),
          ...(isColdStart ? [firstFrame(atMs, orchestrator, true)] : []),
        ];
      case 'gateway_receive_first_processed_segment':
        return [firstFrame(atMs, orchestrator, false)];
      case 'gateway_no_orchestrators_available': {
        const error = { ...model, error: 'no orchestrators available' };
        return [send('gateway.request.error', atMs, null, error, { isError: true, isExcusable: true })];
      }
      case 'gateway_ingest_stream_closed': {
        const isError = plan.scenario === 'unexcusable-error';
        const status = isError ? { status: 'failure', failure_reason: 'model_error' } : { status: 'success' };
        return [
          send('gateway.request.end', atMs, orchestrator, { ...model, ...status }, { isError }),
          send('gateway.session.end', atMs, orchestrator, model, null),
        ];
      }
      default:
        return [];
    }
  };
}

/** Samples of the session's runner; its byte counters begin anew now and then once it has restarted. */
function createSamples(
  random: Random,
  send: SendV1,
  model: object,
): (atMs: number, orchestrator: SimulatedOrchestrator, fps: number, hasRestarted: boolean) => Emission {
  const gpu = { model: 'NVIDIA L40S', uuid: `GPU-${random.uuid()}`, vram_bytes: gpuMemoryBytes, cuda_version: '12.4' };
  let sequence = 0;
  let bytes = 0;
  return (atMs, orchestrator, fps, hasRestarted) => {
    const grown = Math.round(fps * 52_000) * (sampleEveryMs / 1_000);
    bytes = hasRestarted && random.chance(0.2) ? grown : bytes + grown;
    sequence += 1;
    const reading = {
      fps,
      tx_bytes: bytes,
      rx_bytes: Math.round(bytes * 0.8),
      sampling_interval_ms: sampleEveryMs,
      gpu: { ...gpu, utilisation: Math.round(random.unit() * 100) / 100 },
      sequence,
    };
    return send('runner.metrics.sample', atMs, orchestrator, { ...model, ...reading }, { hasOutput: fps > 0 });
  };
}

function swapMessage(
  plan: SessionPlan,
  send: SendV1,
  atMs: number,
  from: SimulatedOrchestrator,
  reason: string,
): Emission {
  const left = plan.segments.findIndex(({ swapEventMs }) => swapEventMs !== null && Math.round(swapEventMs) === atMs);
  const to = plan.segments[left + 1]?.orchestrator ?? from;
  const ends = { from_orchestrator_address: nodeOf(plan, from), to_orchestrator_address: nodeOf(plan, to) };
  return send('gateway.swap', atMs, null, { ...ends, reason }, { swapFrom: from.index });
}
