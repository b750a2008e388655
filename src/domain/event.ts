/**
 * Accepted events as the rest of the system sees them: one typed fact per event, both dialects already mapped onto
 * the same shape by the decoder [TYPED_RAW-001]. Instants are integer milliseconds since the epoch, UTC; text is `''`
 * when unknown; numbers are `null` when the event does not carry them.
 */

/** Milestones of a session's life, in the order of their bit in `SessionEvent.milestones` [LIFECYCLE-002]. */
export const MILESTONES = [
  'receive_request',
  'send_first_ingest',
  'runner_receive_request',
  'runner_receive_first_ingest',
  'runner_send_first_processed',
  'receive_first_processed',
  'few_processed',
  'first_data',
  'no_orchestrators',
  'close',
  'loading_image',
] as const;
export type Milestone = (typeof MILESTONES)[number];

export const STREAM_STATES = ['LOADING', 'OFFLINE', 'ONLINE', 'DEGRADED_INPUT', 'DEGRADED_INFERENCE', 'ERROR'] as const;
export type StreamState = (typeof STREAM_STATES)[number];

/** Rank of a family among events of the same millisecond: trace, status, stream event, ingest metrics. */
export type FamilyRank = 0 | 1 | 2 | 3;

/** What identifies every accepted event, whatever its family. */
export interface EventEnvelope {
  readonly org: string;
  readonly eventId: string;
  readonly family: string;
  /** Event time: the payload's where plausible, else the envelope's. Orders, buckets, first and last seen. */
  readonly eventAtMs: number;
  readonly envelopeAtMs: number;
  readonly gateway: string;
}

/** An event of one of the families that make sessions; the input of the fold. */
export interface SessionEvent {
  readonly sessionKey: string;
  readonly eventAtMs: number;
  readonly familyRank: FamilyRank;
  readonly eventId: string;
  readonly streamId: string;
  readonly requestId: string;
  readonly gateway: string;
  readonly region: string;
  readonly isSynthetic: boolean;
  /** Trace type, stream event type, `status` or `ingest_metrics`; of rules only `isParameterUpdate` reads it. */
  readonly name: string;
  /** Bit i set: the event is milestone `MILESTONES[i]`. One v1 event can be two. */
  readonly milestones: number;
  /** The runner's clock of a `runner_*` trace, for latencies; the frame's own time of a v1 frame, to show. Else null. */
  readonly ownAtMs: number | null;
  /** Observed identity, lower-case. For a swap: the one swapped away from. */
  readonly orchUrl: string;
  readonly orchAddress: string;
  /** False for `runner_*` traces and swap events, whose orchestrator_info is no identity of a segment. */
  readonly showsIdentity: boolean;
  /** `pipeline`, else `pipeline_id`: a pipeline or a model, decided against the candidate [ATTRIBUTION-002]. */
  readonly pipelineText: string;
  /** v1's `model_id`: always a model. */
  readonly modelText: string;
  readonly isSwap: boolean;
  readonly swapToUrl: string;
  readonly swapToAddress: string;
  readonly swapReason: string;
  /** True for an `ai_stream_events` of type error (or v1's). `message` holds its text. */
  readonly isError: boolean;
  readonly message: string;
  /** v1's `failure_reason` of an error. */
  readonly failureReason: string;
  readonly isRestart: boolean;
  readonly isColdStart: boolean | null;
  /** A status sample. The fields below are null on every other event. */
  readonly isSample: boolean;
  /** As resolved by LIFECYCLE-007: a status without a state is ONLINE when fps > 0, else LOADING. */
  readonly state: StreamState | null;
  /** Frames per second in millionths, quantised at the door. */
  readonly fpsMicro: number | null;
  readonly inputFpsMicro: number | null;
  readonly hasLastError: boolean;
  readonly restartCount: number | null;
  /** A status' `start_time`; of a v1 request.start its `prompt_received_ms`, though that is no sample. */
  readonly startTimeMs: number | null;
  /** What an ingest metrics event measured; null on every other one. */
  readonly ingest: IngestMetricsFact | null;
  /** Readings of a v1 sample; null on every other event. */
  readonly transport: TransportSample | null;
}

const STREAM_EVENT_RANK: FamilyRank = 2;

/** Whether an event announces new parameters: an `ai_stream_events` of type params_update. */
export function isParameterUpdate({ familyRank, name }: Pick<SessionEvent, 'familyRank' | 'name'>): boolean {
  return familyRank === STREAM_EVENT_RANK && name === 'params_update';
}

/** The client-to-gateway leg: never orchestrator bandwidth. */
export interface IngestMetricsFact {
  readonly connQuality: string;
  readonly bytesReceived: number | null;
  readonly bytesSent: number | null;
  readonly videoJitterMs: number | null;
  readonly videoPacketsLost: number | null;
  readonly videoPacketsReceived: number | null;
  readonly audioJitterMs: number | null;
  readonly audioPacketsLost: number | null;
  readonly audioPacketsReceived: number | null;
  readonly rttMs: number | null;
}

/** Readings of a v1 `runner.metrics.sample` beside its status sample [domain 2.5]. */
export interface TransportSample {
  readonly publisherId: string;
  readonly gpuUuid: string;
  readonly gpuModel: string;
  readonly gpuMemoryBytes: number | null;
  readonly gpuUtilisation: number | null;
  readonly cudaVersion: string;
  /** Cumulative per (publisher, session); a decrease restarts them. */
  readonly txBytes: number | null;
  readonly rxBytes: number | null;
  readonly txMbps: number | null;
  readonly rxMbps: number | null;
  readonly samplingIntervalMs: number | null;
  readonly achievedFlops: number | null;
  readonly peakFlops: number | null;
}

/** One element of an accepted capability message [TYPED_RAW-002]; addresses and URIs lower-case. */
export interface CapabilitySighting {
  readonly address: string;
  readonly localAddress: string;
  readonly uri: string;
  /** SHA-256 (hex, 32 chars) of the canonical content. */
  readonly contentHash: string;
  readonly content: CapabilityContent;
  /** What changes by itself and is no content: per pipeline/model capacity in use, per GPU free memory. */
  readonly usage: readonly CapabilityUsage[];
}
export interface CapabilityUsage {
  readonly pipeline: string;
  readonly model: string;
  /** Raw GPU uuid, `''` for a capacity reading. Never public. */
  readonly gpuUuid: string;
  readonly capacityInUse: number | null;
  readonly memoryFreeBytes: number | null;
}
/** Canonical, order-free content of a capability element; equal content, equal hash. */
export interface CapabilityContent {
  readonly localAddress: string;
  readonly version: string;
  readonly hardware: readonly HardwareEntry[];
  readonly models: readonly ModelOffer[];
  readonly prices: readonly PriceOffer[];
}
export interface HardwareEntry {
  readonly pipeline: string;
  readonly model: string;
  readonly gpus: readonly GpuEntry[];
}
export interface GpuEntry {
  readonly uuid: string;
  readonly name: string;
  readonly memoryTotalBytes: number | null;
}
/** From PerCapability. `pipeline` is the canonical name of the capability id, or `byoc`'s external name. */
export interface ModelOffer {
  readonly capability: number;
  readonly pipeline: string;
  readonly model: string;
  readonly isWarm: boolean;
  readonly capacity: number;
  readonly runnerVersion: string;
}
export interface PriceOffer {
  readonly capability: number;
  readonly pipeline: string;
  readonly model: string;
  /** Integer wei as text. */
  readonly pricePerUnitWei: string;
  readonly pixelsPerUnit: string;
}

export interface PaymentFact {
  readonly requestId: string;
  readonly sessionId: string;
  readonly manifestId: string;
  readonly sender: string;
  readonly recipient: string;
  readonly orchUrl: string;
  readonly capability: string;
  /** faceValue × numTickets, integer wei as text. */
  readonly faceValueWei: string;
  /** That × winProb, rounded half up once [domain 4.2]. */
  readonly expectedValueWei: string;
  readonly ticketCount: number;
  readonly price: string;
  readonly winProb: string;
}

/** Every other accepted family: its typed columns by name, as the fact table of the family has them. */
export type OtherFactRow = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
export type OtherFactTable =
  | 'signed_ticket'
  | 'discovery_result'
  | 'ai_batch_event'
  | 'llm_event'
  | 'byoc_job_event'
  | 'byoc_payment_event'
  | 'byoc_orchestrator_event'
  | 'byoc_auth_event'
  | 'worker_lifecycle_event'
  | 'v1_event';

export type Fact =
  | {
      readonly kind: 'session';
      readonly event: SessionEvent;
    }
  | {
      readonly kind: 'capabilities';
      readonly sightings: readonly CapabilitySighting[];
    }
  | { readonly kind: 'payment'; readonly payment: PaymentFact }
  | { readonly kind: 'other'; readonly table: OtherFactTable; readonly row: OtherFactRow };

export interface TelemetryEvent extends EventEnvelope {
  readonly fact: Fact;
  /** Message text as sent, in UTF-8, without client addresses [PRIVACY-001]. */
  readonly rawBytes: Uint8Array;
  /** 64-bit hash of the message as sent: the same id with another hash is a conflict. */
  readonly contentHash: bigint;
  /** v1 only: publisher_id, event_type, sequence, timestamp_ms; a second duplicate key, else null. */
  readonly sequenceKey: string | null;
}
