/**
 * Rows of `core` that a session resolves to: the columns of `0003_core.sql` in camelCase. Instants are `Date`, numeric
 * columns decimal text, bigint ids decimal text, jsonb columns plain JSON with snake_case keys and ISO 8601 instants.
 */
import type { EncodedPrefix } from './session-prefix.js';

export type StartupOutcome = 'success' | 'failed' | 'unknown';
/** Null unless the start-up failed. */
export type Excusal = 'none' | 'no_orch' | 'excusable_error' | null;
export type SelectionOutcome = 'selected' | 'no_orch' | 'unknown';
export type GpuIdentityStatus = 'resolved' | 'hardware_unresolved';
export type AttributionOutcome = 'resolved' | 'hardware_less' | 'stale' | 'ambiguous' | 'unresolved';
export type AttributionMethod = 'url' | 'address' | 'local_address' | 'none';
export type AttributionConfidence = 'high' | 'medium' | 'low' | 'none';
export type AttributionReason =
  | 'matched'
  | 'matched_prior'
  | 'matched_later'
  | 'stale'
  | 'ambiguous'
  | 'no_orchestrator_observed'
  | 'missing_candidate'
  | 'incompatible_candidates'
  | 'missing_uri_snapshot_local_alias_present'
  | 'missing_uri_snapshot_address_match_present';
export type SwapReasonClass = 'timeout' | 'overload' | 'price' | 'user' | 'error' | 'unknown';
/** The first three are held against somebody, the last two are excused. */
export type FailureClass = 'startup_failed' | 'loading_only' | 'zero_output' | 'no_orch' | 'excusable_error';
/** `other` is what v1 calls so, `unknown` an error that says none of these, `none` a failure without an error. */
export type FailureReason = SwapReasonClass | 'model_error' | 'transport_disconnect' | 'other' | 'none';

/** First occurrence of a milestone in the session. */
export interface MilestoneJson {
  readonly milestone: string;
  readonly at: string;
  /** The runner's own clock, or of a v1 frame the frame's own time; else null. */
  readonly own_at: string | null;
  readonly event_id: string;
}

/** A capability run that a decision rests on; `last_at` is cut at what the decision may know. */
export interface SightingJson {
  readonly address: string;
  readonly uri: string;
  readonly first_at: string;
  readonly last_at: string;
  readonly content_hash: string;
  readonly event_id: string;
}

export interface SessionRow {
  readonly org: string;
  readonly sessionKey: string;
  readonly sessionId: string;
  readonly streamId: string;
  readonly requestId: string;
  readonly grainId: string;
  readonly gateway: string;
  readonly region: string;
  readonly isSynthetic: boolean;
  readonly startedAt: Date;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly isRequested: boolean;
  readonly isPlayable: boolean;
  readonly hasFirstOutput: boolean;
  readonly isCompleted: boolean;
  readonly hasNoOrch: boolean;
  readonly hasRestart: boolean;
  readonly hasError: boolean;
  readonly startupOutcome: StartupOutcome;
  readonly excusal: Excusal;
  readonly selectionOutcome: SelectionOutcome;
  readonly isLoadingOnly: boolean;
  readonly isZeroOutput: boolean;
  readonly isColdStart: boolean | null;
  /** Null unless it failed, excused or not. */
  readonly failureClass: FailureClass | null;
  readonly failureReason: FailureReason | null;
  /** The error event that the reason is of. */
  readonly failureEventId: string | null;
  readonly explicitSwapCount: number;
  readonly inferredSwapCount: number;
  readonly segmentCount: number;
  readonly errorCount: number;
  readonly excusableErrorCount: number;
  readonly restartCount: number;
  readonly parameterUpdateCount: number;
  readonly statusSampleCount: number;
  readonly runningSampleCount: number;
  readonly fpsSampleCount: number;
  readonly fpsPositiveCount: number;
  readonly fpsSum: string;
  readonly fpsSquareSum: string;
  readonly inputFpsSampleCount: number;
  readonly inputFpsSum: string;
  readonly healthObserved: number;
  readonly healthExpected: number;
  readonly legacyHealthObserved: number;
  readonly startupMs: number | null;
  readonly e2eMs: number | null;
  readonly gatewayRoundTripMs: number | null;
  readonly ptffMs: number | null;
  readonly hopGatewayRunnerMs: number | null;
  readonly hopRunnerMs: number | null;
  readonly hopRunnerGatewayMs: number | null;
  readonly loadingImageAt: Date | null;
  readonly loadingImageMs: number | null;
  readonly lastState: string | null;
  readonly lastFps: string | null;
  readonly lastInputFps: string | null;
  readonly milestones: readonly MilestoneJson[];
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  readonly gpuId: string;
  readonly attributionOutcome: AttributionOutcome;
  readonly attributionMethod: AttributionMethod;
  readonly prefix: EncodedPrefix | null;
  readonly prefixUntil: Date | null;
  readonly foldVersion: number;
}

export interface SegmentRow {
  readonly org: string;
  readonly sessionKey: string;
  readonly ordinal: number;
  readonly startedAt: Date;
  /** Family and id of the event that opened it; 0 and `''` of the first segment, which nothing comes before. */
  readonly startedRank: number;
  readonly startedEventId: string;
  readonly endedAt: Date;
  readonly grainId: string;
  readonly observedUrl: string;
  readonly observedAddress: string;
  readonly orchestratorAddress: string;
  readonly pipeline: string;
  readonly model: string;
  readonly gpuId: string;
  readonly outcome: AttributionOutcome;
  readonly method: AttributionMethod;
  readonly reason: AttributionReason;
  readonly confidence: AttributionConfidence;
  readonly statusSampleCount: number;
  readonly fpsSampleCount: number;
  readonly fpsSum: string;
  readonly serviceMs: number;
}

export interface SwapRow {
  /** 5 minutes of `swappedAt`. */
  readonly bucketStart: Date;
  readonly org: string;
  readonly sessionKey: string;
  readonly ordinal: number;
  readonly swappedAt: Date;
  /** Of the segment swapped away from; of the session, without orchestrator and GPU, when none matches. */
  readonly grainId: string;
  readonly fromAddress: string;
  readonly toAddress: string;
  readonly reason: string;
  readonly reasonClass: SwapReasonClass;
  readonly isExplicit: boolean;
  /** Whether its session was requested: demand and service count the swaps of those alone. */
  readonly isRequested: boolean;
  readonly eventId: string;
}

/** The current decision of a segment; the writer adds id, decided_at and superseded_at [FACT-003]. */
export interface DecisionRow {
  readonly org: string;
  readonly sessionKey: string;
  readonly ordinal: number;
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

/** The newest reading of a GPU in a session; null, or `''`, for what that reading does not say. */
export interface GpuReadingRow {
  readonly org: string;
  readonly sessionKey: string;
  /** Public id. */
  readonly gpuId: string;
  readonly readAt: Date;
  readonly eventId: string;
  readonly gpuModel: string;
  /** Whole memory of the GPU. */
  readonly memoryBytes: number | null;
  readonly cudaVersion: string;
  /** Share of time it computed, 0 to 1. */
  readonly utilisation: string | null;
}
