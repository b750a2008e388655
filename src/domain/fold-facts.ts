import { MILESTONES, type SessionEvent, type StreamState } from './event.js';
import { isExcusableError } from './excusable.js';
import { type GpuReading, gpuReadingOf, noteGpuReading } from './gpu-reading.js';
import type { OrderKey } from './order.js';
import { classifyErrorReason, type ErrorReason } from './reasons.js';

/** A swap event; `away` is the identity swapped away from, blank when it names nobody [LIFECYCLE-006]. */
export interface SwapEvent {
  readonly key: OrderKey;
  readonly awayUrl: string;
  readonly awayAddress: string;
  readonly toUrl: string;
  readonly toAddress: string;
  readonly reason: string;
}

/** An error event: what it says went wrong. */
export interface ReasonedError {
  readonly reason: ErrorReason;
  readonly eventId: string;
}

export interface LastSample {
  readonly state: StreamState | null;
  readonly fpsMicro: number | null;
  readonly inputFpsMicro: number | null;
}

/** Facts of a session that belong to no identity. Texts are the first non-blank of their kind, `''` without one. */
export interface FoldFacts {
  readonly swaps: readonly SwapEvent[];
  /** Null for no events. */
  readonly first: OrderKey | null;
  readonly last: OrderKey | null;
  readonly streamId: string;
  readonly requestId: string;
  readonly gateway: string;
  readonly region: string;
  readonly isSynthetic: boolean;
  /** `[event time, start_time]` with ever earlier start times: the last one at ≤ T is the earliest known at T. */
  readonly startTimes: readonly (readonly [number, number])[];
  readonly errorCount: number;
  readonly excusableErrorCount: number;
  /** The first error that excuses nothing, and the first that does [LIFECYCLE-004]; null without one. */
  readonly firstError: ReasonedError | null;
  readonly firstExcusableError: ReasonedError | null;
  readonly hasRestart: boolean;
  /** The first request; null without one. */
  readonly request: { readonly at: number; readonly isColdStart: boolean | null } | null;
  readonly lastSample: LastSample | null;
  /** The newest of each GPU, in the order of their first ones. */
  readonly gpuReadings: readonly GpuReading[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Facts while they are being gathered, in order. */
export type FoldFactsDraft = Mutable<Omit<FoldFacts, 'swaps' | 'startTimes' | 'gpuReadings'>> & {
  readonly swaps: SwapEvent[];
  readonly gpuReadings: GpuReading[];
  readonly startTimes: (readonly [number, number])[];
};

const REQUEST_BIT = 1 << MILESTONES.indexOf('receive_request');

/** The facts of no events. */
export function emptyFacts(): FoldFactsDraft {
  return {
    swaps: [],
    first: null,
    last: null,
    streamId: '',
    requestId: '',
    gateway: '',
    region: '',
    isSynthetic: false,
    startTimes: [],
    errorCount: 0,
    excusableErrorCount: 0,
    firstError: null,
    firstExcusableError: null,
    hasRestart: false,
    request: null,
    lastSample: null,
    gpuReadings: [],
  };
}

/** Adds an event that comes after every event of the facts. */
export function addFacts(draft: FoldFactsDraft, event: SessionEvent, key: OrderKey): void {
  draft.first ??= key;
  draft.last = key;
  draft.streamId ||= event.streamId;
  draft.requestId ||= event.requestId;
  draft.gateway ||= event.gateway;
  draft.region ||= event.region;
  draft.isSynthetic ||= event.isSynthetic;
  draft.hasRestart ||= event.isRestart || (event.restartCount ?? 0) > 0;
  if (event.isError) addError(draft, event);
  if ((event.milestones & REQUEST_BIT) !== 0) {
    draft.request ??= { at: event.eventAtMs, isColdStart: event.isColdStart };
  }
  if (event.isSwap) {
    draft.swaps.push({
      key,
      awayUrl: event.orchUrl,
      awayAddress: event.orchAddress,
      toUrl: event.swapToUrl,
      toAddress: event.swapToAddress,
      reason: event.swapReason,
    });
  }
  // v1's prompt_received_ms is a start_time that no status carries, so every event may bring one
  if (event.startTimeMs !== null) addStartTime(draft, event.eventAtMs, event.startTimeMs);
  if (event.isSample) {
    draft.lastSample = { state: event.state, fpsMicro: event.fpsMicro, inputFpsMicro: event.inputFpsMicro };
  }
  const reading = gpuReadingOf(event, key);
  if (reading !== null) noteGpuReading(draft.gpuReadings, reading);
}

function addError(draft: FoldFactsDraft, { eventId, failureReason, message }: SessionEvent): void {
  const error = { reason: classifyErrorReason(failureReason, message), eventId };
  draft.errorCount += 1;
  if (isExcusableError(message)) {
    draft.excusableErrorCount += 1;
    draft.firstExcusableError ??= error;
  } else {
    draft.firstError ??= error;
  }
}

function addStartTime(draft: FoldFactsDraft, at: number, startTimeMs: number): void {
  const earliest = draft.startTimes.at(-1);
  if (earliest === undefined || startTimeMs < earliest[1]) draft.startTimes.push([at, startTimeMs]);
}

/** Adds the facts of events that all come after those of `draft`. */
export function appendFacts(draft: FoldFactsDraft, later: FoldFacts): void {
  draft.swaps.push(...later.swaps);
  draft.first ??= later.first;
  draft.last = later.last ?? draft.last;
  draft.streamId ||= later.streamId;
  draft.requestId ||= later.requestId;
  draft.gateway ||= later.gateway;
  draft.region ||= later.region;
  draft.isSynthetic ||= later.isSynthetic;
  for (const [at, startTimeMs] of later.startTimes) addStartTime(draft, at, startTimeMs);
  draft.errorCount += later.errorCount;
  draft.excusableErrorCount += later.excusableErrorCount;
  draft.firstError ??= later.firstError;
  draft.firstExcusableError ??= later.firstExcusableError;
  draft.hasRestart ||= later.hasRestart;
  draft.request ??= later.request;
  draft.lastSample = later.lastSample ?? draft.lastSample;
  for (const reading of later.gpuReadings) noteGpuReading(draft.gpuReadings, reading);
}
