import type { Fact, FamilyRank, SessionEvent, TransportSample } from '../../domain/event.js';
import {
  booleanOf,
  fpsMicroOf,
  integerOf,
  isObject,
  type JsonObject,
  numberOf,
  objectAt,
} from '../../domain/json-fields.js';
import { sessionKeyOf } from '../../domain/session-key.js';
import { freeText, label, lowerLabel } from '../../domain/text.js';
import { parseForeignTimeMs } from '../../domain/time.js';
import type { V1Envelope } from '../envelope.js';
import {
  blankSessionEvent,
  type FamilyDecoder,
  type FamilyInput,
  isTestTraffic,
  type Mismatch,
  mismatch,
  sessionFact,
} from './family.js';
import { stateOfFps } from './stream-status.js';
import { milestoneBit } from './stream-trace.js';

/** Event types of the spec dialect [domain 2.5]. */
const REQUEST_TYPES = ['request.start', 'request.end', 'request.error'] as const;
const TYPES: readonly string[] = [
  ...['runner', 'transcoder', 'orchestrator', 'gateway'].flatMap((publisher) =>
    ['heartbeat', ...REQUEST_TYPES].map((type) => `${publisher}.${type}`),
  ),
  ...['orchestrator', 'gateway'].flatMap((publisher) => [`${publisher}.session.start`, `${publisher}.session.end`]),
  ...['gateway.request.first_frame', 'gateway.swap', 'runner.metrics.sample'],
  ...['sla.window.summary', 'sla.compliance.score'],
];

const V1: FamilyDecoder = {
  decode: (input) => {
    const { data, v1, type } = input;
    if (v1 === null || !isObject(data)) {
      return mismatch('payload is missing or not an object');
    }
    if (v1.publisherId === '' || v1.publisherType === '') {
      return mismatch('publisher_id or publisher_type is missing');
    }
    const ids = {
      streamId: label(data.stream_id),
      requestId: label(data.request_id),
      traceId: label(data.trace_id),
    };
    const hasIds = ids.streamId !== '' || ids.requestId !== '' || ids.traceId !== '';
    if (!hasIds && !mayLackIds(type)) {
      return mismatch('payload has no request_id, stream_id or trace_id');
    }
    return mayLackIds(type) || type.includes('.session.')
      ? otherFact(input, data, v1)
      : sessionFactOf(input, data, v1, ids);
  },
};

export const V1_FAMILIES: ReadonlyMap<string, FamilyDecoder> = new Map(TYPES.map((type) => [type, V1]));

function mayLackIds(type: string): boolean {
  return type.endsWith('.heartbeat') || type.startsWith('sla.');
}

/** `node_addr` is an address or, where it has a scheme, a URL. */
function nodeOf(data: JsonObject): { readonly orchUrl: string; readonly orchAddress: string } {
  return addressOrUrl(data.node_addr);
}

function addressOrUrl(value: unknown): { readonly orchUrl: string; readonly orchAddress: string } {
  const text = lowerLabel(value);
  return text.includes('://') ? { orchUrl: text, orchAddress: '' } : { orchUrl: '', orchAddress: text };
}

/** Heartbeats, `session.*` and `sla.*` are kept and derive nothing. */
function otherFact(input: FamilyInput, data: JsonObject, v1: V1Envelope): Fact {
  return {
    kind: 'other',
    table: 'v1_event',
    row: {
      name: input.type,
      publisher_id: v1.publisherId,
      publisher_type: v1.publisherType,
      region: v1.region,
      orch_address: nodeOf(data).orchAddress,
      trace_id: label(data.trace_id),
      session_id: label(data.session_id),
      sequence: integerOf(data.sequence),
    },
  };
}

function sessionFactOf(
  input: FamilyInput,
  data: JsonObject,
  v1: V1Envelope,
  ids: { readonly streamId: string; readonly requestId: string; readonly traceId: string },
): Fact | Mismatch {
  const node = nodeOf(data);
  const event = blankSessionEvent({
    sessionKey: sessionKeyOf({ ...ids, eventId: input.eventId }),
    eventAtMs: input.eventAtMs,
    eventId: input.eventId,
    streamId: ids.streamId,
    requestId: ids.requestId,
    gateway: input.gateway,
    // a session's region is its gateway's; where a runner stands is another matter [domain 5]
    region: input.type.startsWith('gateway.') ? v1.region : '',
    isSynthetic: booleanOf(data.is_synthetic) === true || isTestTraffic(data, ids.streamId),
    name: input.type,
    pipelineText: label(data.pipeline_id),
    modelText: label(data.model_id),
    ...node,
    showsIdentity: node.orchUrl !== '' || node.orchAddress !== '',
    familyRank: rankOf(input.type),
    ...observedBy(input.type, data),
    transport: input.type === 'runner.metrics.sample' ? transportOf(data, v1) : null,
  });
  return sessionFact(event);
}

function rankOf(type: string): FamilyRank {
  if (type === 'runner.metrics.sample') {
    return 1;
  }
  return type.endsWith('.request.error') ? 2 : 0;
}

/** What a type says of the session: only `gateway.*` sets flags and times, the runner's sample is a status. */
function observedBy(type: string, data: JsonObject): Partial<SessionEvent> {
  switch (type) {
    case 'gateway.request.start':
      return {
        milestones: milestoneBit('receive_request'),
        isColdStart: booleanOf(data.cold_start),
        startTimeMs: parseForeignTimeMs(data.prompt_received_ms),
      };
    case 'gateway.request.first_frame':
      return { milestones: frameMilestones(data), ownAtMs: parseForeignTimeMs(data.frame_ts_ms) };
    case 'gateway.request.end': {
      const isFailure = label(data.status).toLowerCase() === 'failure';
      return { milestones: milestoneBit('close'), ...(isFailure && failureIn(data)) };
    }
    case 'gateway.request.error':
      return failureIn(data);
    case 'gateway.swap':
      return swapOf(data);
    case 'runner.metrics.sample': {
      const fpsMicro = fpsMicroOf(data.fps);
      return { isSample: true, fpsMicro, state: stateOfFps(fpsMicro) };
    }
    default:
      return {};
  }
}

/** A loading image is shown before there is output, and is none. */
function frameMilestones(data: JsonObject): number {
  if (booleanOf(data.is_loading_image) === true) return milestoneBit('loading_image');
  return milestoneBit('receive_first_processed') | milestoneBit('few_processed');
}

/** An error's text is what it says in words, and beside it the reason that the dialect has a list of. */
function failureIn(data: JsonObject): Partial<SessionEvent> {
  const message = freeText(data.message) || freeText(data.error) || freeText(data.failure_reason);
  return { isError: true, message, failureReason: lowerLabel(data.failure_reason) };
}

function swapOf(data: JsonObject): Partial<SessionEvent> {
  const to = addressOrUrl(data.to_orchestrator_address);
  return {
    isSwap: true,
    showsIdentity: false,
    ...addressOrUrl(data.from_orchestrator_address),
    swapToUrl: to.orchUrl,
    swapToAddress: to.orchAddress,
    swapReason: freeText(data.reason),
  };
}

function transportOf(data: JsonObject, v1: V1Envelope): TransportSample {
  const gpu = objectAt(data, 'gpu');
  return {
    publisherId: v1.publisherId,
    gpuUuid: label(gpu.uuid) || label(data.gpu_id),
    gpuModel: label(gpu.model),
    gpuMemoryBytes: integerOf(gpu.vram_bytes),
    gpuUtilisation: numberOf(gpu.utilisation),
    cudaVersion: label(gpu.cuda_version),
    txBytes: integerOf(data.tx_bytes),
    rxBytes: integerOf(data.rx_bytes),
    txMbps: numberOf(data.tx_mbps),
    rxMbps: numberOf(data.rx_mbps),
    samplingIntervalMs: integerOf(data.sampling_interval_ms),
    achievedFlops: numberOf(data.achieved_flops),
    peakFlops: numberOf(data.peak_flops),
  };
}
