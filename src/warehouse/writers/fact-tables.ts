import type {
  CapabilitySighting,
  CapabilityUsage,
  Fact,
  PaymentFact,
  SessionEvent,
  TelemetryEvent,
  TransportSample,
} from '../../domain/event.js';
import { maskAddresses } from '../../domain/privacy.js';
import type { RawMessage, Verdict } from '../../domain/verdict.js';
import { bool, bytea, copyTable, float8, int2, int4, int8, numeric, text, timestamptz, utf8 } from './copy-table.js';
import { ENVELOPE } from './other-fact-tables.js';

/** The tables that a batch's new events are copied into [TYPED_RAW-001]: each column and where its value comes from. */

export type SessionFact = Extract<Fact, { kind: 'session' }>;
/** A sample's readings lie beside its session event. */
export interface TransportFact {
  readonly event: SessionEvent;
  readonly transport: TransportSample;
}
export interface SightingUsage {
  readonly sighting: CapabilitySighting;
  readonly usage: CapabilityUsage;
}

export const RAW_EVENT = copyTable<TelemetryEvent>('raw.event', {
  event_at: timestamptz((event) => event.eventAtMs),
  org: text((event) => event.org),
  event_id: text((event) => event.eventId),
  family: text((event) => event.family),
  envelope_at: timestamptz((event) => event.envelopeAtMs),
  received_at: timestamptz((_, { message }) => message.receivedAtMs),
  source_id: int4((_, { sourceId }) => sourceId),
  offset: int8((_, { message }) => message.offset),
  payload: utf8((event) => event.rawBytes),
});

/** An ignored or rejected message, masked. */
export interface AsideMessage {
  readonly org: string;
  readonly sourceId: number;
  readonly message: RawMessage;
  readonly verdict: Exclude<Verdict, { kind: 'accepted' }>;
}

export const SET_ASIDE = copyTable<AsideMessage, null>('raw.set_aside', {
  received_at: timestamptz(({ message }) => message.receivedAtMs),
  source_id: int4(({ sourceId }) => sourceId),
  offset: int8(({ message }) => message.offset),
  org: text(({ org }) => org),
  verdict: text(({ verdict }) => verdict.kind),
  reason: text(({ verdict }) => verdict.reason),
  detail: text(({ verdict }) => (verdict.kind === 'rejected' ? verdict.detail : '')),
  family: text(({ verdict }) => verdict.family),
  message: bytea(({ message }) => (message.value === null ? null : maskAddresses(message.value))),
});

export const SESSION_EVENT = copyTable<SessionFact>('fact.session_event', {
  event_at: timestamptz(({ event }) => event.eventAtMs),
  org: text((_, { event }) => event.org),
  session_key: text(({ event }) => event.sessionKey),
  event_id: text(({ event }) => event.eventId),
  family_rank: int2(({ event }) => event.familyRank),
  name: text(({ event }) => event.name),
  stream_id: text(({ event }) => event.streamId),
  request_id: text(({ event }) => event.requestId),
  gateway: text(({ event }) => event.gateway),
  region: text(({ event }) => event.region),
  is_synthetic: bool(({ event }) => event.isSynthetic),
  milestones: int2(({ event }) => event.milestones),
  own_at: timestamptz(({ event }) => event.ownAtMs),
  orch_url: text(({ event }) => event.orchUrl),
  orch_address: text(({ event }) => event.orchAddress),
  shows_identity: bool(({ event }) => event.showsIdentity),
  pipeline_text: text(({ event }) => event.pipelineText),
  model_text: text(({ event }) => event.modelText),
  is_swap: bool(({ event }) => event.isSwap),
  swap_to_url: text(({ event }) => event.swapToUrl),
  swap_to_address: text(({ event }) => event.swapToAddress),
  swap_reason: text(({ event }) => event.swapReason),
  is_error: bool(({ event }) => event.isError),
  message: text(({ event }) => event.message),
  failure_reason: text(({ event }) => event.failureReason),
  is_restart: bool(({ event }) => event.isRestart),
  is_cold_start: bool(({ event }) => event.isColdStart),
  is_sample: bool(({ event }) => event.isSample),
  state: text(({ event }) => event.state),
  fps_micro: int8(({ event }) => event.fpsMicro),
  input_fps_micro: int8(({ event }) => event.inputFpsMicro),
  has_last_error: bool(({ event }) => event.hasLastError),
  restart_count: int4(({ event }) => event.restartCount),
  start_time: timestamptz(({ event }) => event.startTimeMs),
  conn_quality: text(({ event: { ingest } }) => (ingest === null ? null : ingest.connQuality)),
  bytes_received: int8(({ event: { ingest } }) => (ingest === null ? null : ingest.bytesReceived)),
  bytes_sent: int8(({ event: { ingest } }) => (ingest === null ? null : ingest.bytesSent)),
  video_jitter_ms: float8(({ event: { ingest } }) => (ingest === null ? null : ingest.videoJitterMs)),
  video_packets_lost: int8(({ event: { ingest } }) => (ingest === null ? null : ingest.videoPacketsLost)),
  video_packets_received: int8(({ event: { ingest } }) => (ingest === null ? null : ingest.videoPacketsReceived)),
  audio_jitter_ms: float8(({ event: { ingest } }) => (ingest === null ? null : ingest.audioJitterMs)),
  audio_packets_lost: int8(({ event: { ingest } }) => (ingest === null ? null : ingest.audioPacketsLost)),
  audio_packets_received: int8(({ event: { ingest } }) => (ingest === null ? null : ingest.audioPacketsReceived)),
  rtt_ms: float8(({ event: { ingest } }) => (ingest === null ? null : ingest.rttMs)),
});

export const TRANSPORT_SAMPLE = copyTable<TransportFact>('fact.transport_sample', {
  event_at: timestamptz(({ event }) => event.eventAtMs),
  org: text((_, { event }) => event.org),
  session_key: text(({ event }) => event.sessionKey),
  event_id: text(({ event }) => event.eventId),
  publisher_id: text(({ transport }) => transport.publisherId),
  orch_address: text(({ event }) => event.orchAddress),
  is_synthetic: bool(({ event }) => event.isSynthetic),
  gpu_uuid: text(({ transport }) => transport.gpuUuid),
  gpu_model: text(({ transport }) => transport.gpuModel),
  gpu_memory_bytes: int8(({ transport }) => transport.gpuMemoryBytes),
  gpu_utilisation: float8(({ transport }) => transport.gpuUtilisation),
  cuda_version: text(({ transport }) => transport.cudaVersion),
  tx_bytes: int8(({ transport }) => transport.txBytes),
  rx_bytes: int8(({ transport }) => transport.rxBytes),
  tx_mbps: float8(({ transport }) => transport.txMbps),
  rx_mbps: float8(({ transport }) => transport.rxMbps),
  sampling_interval_ms: int8(({ transport }) => transport.samplingIntervalMs),
  achieved_flops: float8(({ transport }) => transport.achievedFlops),
  peak_flops: float8(({ transport }) => transport.peakFlops),
});

export const SIGHTING = copyTable<CapabilitySighting>('fact.capability_sighting', {
  org: text((_, { event }) => event.org),
  address: text((sighting) => sighting.address),
  uri: text((sighting) => sighting.uri),
  observed_at: timestamptz((_, { event }) => event.eventAtMs),
  event_id: text((_, { event }) => event.eventId),
  local_address: text((sighting) => sighting.localAddress),
  gateway: text((_, { event }) => event.gateway),
  content_hash: text((sighting) => sighting.contentHash),
});

export const USAGE = copyTable<SightingUsage>('fact.capability_usage', {
  observed_at: timestamptz((_, { event }) => event.eventAtMs),
  org: text((_, { event }) => event.org),
  address: text(({ sighting }) => sighting.address),
  uri: text(({ sighting }) => sighting.uri),
  event_id: text((_, { event }) => event.eventId),
  pipeline: text(({ usage }) => usage.pipeline),
  model: text(({ usage }) => usage.model),
  gpu_uuid: text(({ usage }) => usage.gpuUuid),
  capacity_in_use: int4(({ usage }) => usage.capacityInUse),
  memory_free_bytes: int8(({ usage }) => usage.memoryFreeBytes),
});

export const PAYMENT = copyTable<PaymentFact>('fact.payment', {
  ...ENVELOPE,
  request_id: text((payment) => payment.requestId),
  session_id: text((payment) => payment.sessionId),
  manifest_id: text((payment) => payment.manifestId),
  sender: text((payment) => payment.sender),
  recipient: text((payment) => payment.recipient),
  orch_url: text((payment) => payment.orchUrl),
  capability: text((payment) => payment.capability),
  face_value_wei: numeric((payment) => payment.faceValueWei),
  expected_value_wei: numeric((payment) => payment.expectedValueWei),
  ticket_count: int8((payment) => payment.ticketCount),
  price: text((payment) => payment.price),
  win_prob: text((payment) => payment.winProb),
});
