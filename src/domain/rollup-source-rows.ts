/**
 * Rows of `core` that rollups sum: a session in the bucket of its start, and in each bucket in which it shows an identity.
 * As `resolved-rows`: the columns in camelCase, numeric columns and bigint ids decimal text.
 */
import type {
  AttributionOutcome,
  FailureClass,
  FailureReason,
  GpuIdentityStatus,
  SelectionOutcome,
} from './resolved-rows.js';

/** Counters that a cohort row and a period row have in common: 0 or 1 each. */
export interface SessionCounters {
  readonly knownCount: number;
  readonly requestedCount: number;
  readonly startupSuccessCount: number;
  readonly noOrchCount: number;
  readonly startupExcusedCount: number;
  readonly startupFailedCount: number;
  readonly loadingOnlyCount: number;
  readonly zeroOutputCount: number;
  readonly outputFailedCount: number;
  readonly effectiveFailedCount: number;
  readonly swappedExplicitCount: number;
  readonly swappedInferredCount: number;
  readonly swappedCount: number;
  readonly coldStartCount: number;
  readonly warmStartCount: number;
  readonly loadingImageCount: number;
}

/** Cohort source: one row per session, in the 5-minute bucket of its start [LIFECYCLE-008]. */
export interface SessionStartRow extends SessionCounters {
  readonly bucketStart: Date;
  readonly org: string;
  readonly sessionKey: string;
  readonly grainId: string;
  readonly gpuIdentityStatus: GpuIdentityStatus;
  readonly selectionOutcome: SelectionOutcome;
  readonly attributionOutcome: AttributionOutcome;
  /** Both `''` unless the session failed, excused or not. */
  readonly failureClass: FailureClass | '';
  readonly failureReason: FailureReason | '';
}

/** Sums over the samples of one identity in one bucket, fps in frames per second [AGGREGATE-001]. */
export interface SampleSums {
  readonly statusSampleCount: number;
  readonly errorSampleCount: number;
  readonly loadingSampleCount: number;
  readonly offlineSampleCount: number;
  readonly onlineSampleCount: number;
  readonly degradedInputSampleCount: number;
  readonly degradedInferenceSampleCount: number;
  readonly errorStateSampleCount: number;
  readonly fpsSampleCount: number;
  readonly fpsPositiveCount: number;
  readonly fpsSum: string;
  readonly fpsSquareSum: string;
  readonly fpsHistogram: string;
  readonly inputFpsSampleCount: number;
  readonly inputFpsSum: string;
}

/** Latencies whose second edge lies in the bucket: count (0 or 1), sum in ms, histogram of whole ms. */
export interface LatencySums {
  readonly startupSampleCount: number;
  readonly startupMsSum: number;
  readonly startupMsHistogram: string;
  readonly coldStartupSampleCount: number;
  readonly coldStartupMsSum: number;
  readonly coldStartupMsHistogram: string;
  readonly warmStartupSampleCount: number;
  readonly warmStartupMsSum: number;
  readonly warmStartupMsHistogram: string;
  readonly e2eSampleCount: number;
  readonly e2eMsSum: number;
  readonly e2eMsHistogram: string;
  readonly gatewayRoundTripSampleCount: number;
  readonly gatewayRoundTripMsSum: number;
  readonly gatewayRoundTripMsHistogram: string;
  readonly ptffSampleCount: number;
  readonly ptffMsSum: number;
  readonly ptffMsHistogram: string;
  readonly hopGatewayRunnerSampleCount: number;
  readonly hopGatewayRunnerMsSum: number;
  readonly hopGatewayRunnerMsHistogram: string;
  readonly hopRunnerSampleCount: number;
  readonly hopRunnerMsSum: number;
  readonly hopRunnerMsHistogram: string;
  readonly hopRunnerGatewaySampleCount: number;
  readonly hopRunnerGatewayMsSum: number;
  readonly hopRunnerGatewayMsHistogram: string;
}

/**
 * What runners read in the bucket, counters from the newest reading before it on; exact sums. Bytes with the milliseconds
 * they took, utilisation from 0 to 1, operations per second.
 */
export interface ReadingColumns {
  readonly txSampleCount: number;
  readonly txBytesSum: string;
  readonly txMsSum: number;
  readonly rxSampleCount: number;
  readonly rxBytesSum: string;
  readonly rxMsSum: number;
  readonly gpuUtilisationSampleCount: number;
  readonly gpuUtilisationSum: string;
  readonly flopsSampleCount: number;
  readonly achievedFlopsSum: string;
  readonly peakFlopsSum: string;
}

/** Period source: session × bucket × identity [LIFECYCLE-009]. */
export interface SessionBucketRow extends SessionCounters, SampleSums, LatencySums, ReadingColumns {
  readonly bucketStart: Date;
  readonly org: string;
  readonly sessionKey: string;
  readonly grainId: string;
  readonly isTail: boolean;
  readonly isHardwareBacked: boolean;
  /** The session's last event before the bucket's horizon. */
  readonly lastSeenAt: Date;
  readonly healthObservedCount: number;
  readonly healthExpectedCount: number;
  readonly legacyHealthObservedCount: number;
  readonly serviceMsSum: number;
  readonly restartCount: number;
  readonly parameterUpdateCount: number;
}
