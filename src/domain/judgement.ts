import { statusCount } from './cell.js';
import type { Excusal, SelectionOutcome, StartupOutcome } from './resolved-rows.js';
import type { SessionHistory } from './session-history.js';
import type { TailCounts } from './tail-counts.js';

/** Health signals expected of a requested session [LIFECYCLE-007]. */
export const EXPECTED_HEALTH_SIGNALS = 3;

/** A session's flags and outcomes, from everything known so far. */
export interface Judgement {
  /** The first request, else the first event. */
  readonly startedAtMs: number;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
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
  /** Of the first request; null when it does not say. */
  readonly isColdStart: boolean | null;
  /** It was shown a loading image, which is no output. */
  readonly hasLoadingImage: boolean;
}

/** Judges a session; null for one without events. */
export function judge(history: SessionHistory): Judgement | null {
  const { facts, total } = history;
  if (facts.first === null || facts.last === null) return null;
  const isObserved = hasObservedOrchestrator(history);
  const hasNoOrch = history.edge('no_orchestrators') !== null;
  const [startupOutcome, excusal] = startupOf(history, isObserved);
  return {
    startedAtMs: facts.request?.at ?? facts.first.at,
    firstSeenAtMs: facts.first.at,
    lastSeenAtMs: facts.last.at,
    isRequested: facts.request !== null,
    isPlayable: history.edge('few_processed') !== null,
    hasFirstOutput: history.edge('receive_first_processed') !== null,
    isCompleted: history.edge('close') !== null,
    hasNoOrch,
    hasRestart: facts.hasRestart,
    hasError: total.errorSamples > 0 || facts.errorCount > 0,
    startupOutcome,
    excusal,
    selectionOutcome: isObserved ? 'selected' : hasNoOrch ? 'no_orch' : 'unknown',
    isColdStart: facts.request?.isColdStart ?? null,
    hasLoadingImage: history.edge('loading_image') !== null,
  };
}

/** Whether an orchestrator was ever observed: shown by an event, or named by a swap event [LIFECYCLE-005]. */
function hasObservedOrchestrator({ segments, facts }: SessionHistory): boolean {
  return (
    segments.some((segment) => segment.latestAt !== null) ||
    facts.swaps.some(({ awayUrl, awayAddress, toUrl, toAddress }) => awayUrl + awayAddress + toUrl + toAddress !== '')
  );
}

/** Start-up outcome and excusal, in order of precedence [LIFECYCLE-003]. */
function startupOf(history: SessionHistory, isObserved: boolean): readonly [StartupOutcome, Excusal] {
  const { request, errorCount, excusableErrorCount } = history.facts;
  if (request === null) return ['unknown', null];
  if (history.edge('few_processed') !== null) return ['success', null];
  if (history.edge('no_orchestrators') !== null && !isObserved) return ['failed', 'no_orch'];
  if (errorCount > 0 && errorCount === excusableErrorCount) return ['failed', 'excusable_error'];
  return ['failed', 'none'];
}

/** At least one status and none of them running [LIFECYCLE-007]. */
export function isLoadingOnly({ statuses, running }: TailCounts): boolean {
  return statuses > 0 && running === 0;
}

/** At least one status and none with fps > 0 [LIFECYCLE-007]. */
export function isZeroOutput({ statuses, fpsPositive }: TailCounts): boolean {
  return statuses > 0 && fpsPositive === 0;
}

export interface Health {
  readonly expected: number;
  readonly observed: number;
  /** With the predecessor's third signal: a status, and not both loading only and zero output. */
  readonly legacyObserved: number;
}

/**
 * Health signals of a session [LIFECYCLE-007]; all 0 unless requested. `samples` are those that the loading and
 * output flags are of: the session's, or in a period row the identity's own up to its horizon.
 */
export function healthOf(history: SessionHistory, judgement: Judgement, samples: TailCounts): Health {
  if (!judgement.isRequested) return { expected: 0, observed: 0, legacyObserved: 0 };
  const shared = Number(statusCount(history.total) > 0) + Number(judgement.isPlayable);
  const hasOutput = samples.statuses > 0 && !(isLoadingOnly(samples) && isZeroOutput(samples));
  return {
    expected: EXPECTED_HEALTH_SIGNALS,
    observed: shared + Number(judgement.hasFirstOutput),
    legacyObserved: shared + Number(hasOutput),
  };
}
