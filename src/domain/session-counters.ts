import type { Judgement } from './judgement.js';
import type { SessionCounters } from './rollup-source-rows.js';

/** What the counters of a row are about. */
export interface CounterFacts {
  readonly isLoadingOnly: boolean;
  readonly isZeroOutput: boolean;
  readonly isSwappedExplicitly: boolean;
  readonly isSwappedByInference: boolean;
  /** The row's orchestrator was swapped away from before the session was playable [LIFECYCLE-009]. */
  readonly isSwappedBeforePlayable: boolean;
}

/** A row without evidence counts no session. */
export const NO_COUNTERS: SessionCounters = {
  knownCount: 0,
  requestedCount: 0,
  startupSuccessCount: 0,
  noOrchCount: 0,
  startupExcusedCount: 0,
  startupFailedCount: 0,
  loadingOnlyCount: 0,
  zeroOutputCount: 0,
  outputFailedCount: 0,
  effectiveFailedCount: 0,
  swappedExplicitCount: 0,
  swappedInferredCount: 0,
  swappedCount: 0,
  coldStartCount: 0,
  warmStartCount: 0,
  loadingImageCount: 0,
};

/**
 * Counters of one session, 0 or 1 each [LIFECYCLE-008, AGGREGATE-002]: all but known, loading only and zero output
 * count requested sessions only, and overlapping failure classes are counted by their union.
 */
export function countSession(judgement: Judgement, facts: CounterFacts): SessionCounters {
  const { isRequested, excusal, startupOutcome, isColdStart } = judgement;
  const isFailed = facts.isSwappedBeforePlayable || (startupOutcome === 'failed' && excusal === 'none');
  const isExcused = !isFailed && startupOutcome === 'failed';
  const isSuccess = !isFailed && startupOutcome === 'success';
  const hasNoOutput = facts.isLoadingOnly || facts.isZeroOutput;
  const requested = (is: boolean): number => Number(isRequested && is);
  return {
    knownCount: 1,
    requestedCount: Number(isRequested),
    startupSuccessCount: requested(isSuccess),
    noOrchCount: requested(judgement.selectionOutcome === 'no_orch'),
    startupExcusedCount: requested(isExcused),
    startupFailedCount: requested(isFailed),
    loadingOnlyCount: Number(facts.isLoadingOnly),
    zeroOutputCount: Number(facts.isZeroOutput),
    outputFailedCount: requested(hasNoOutput),
    effectiveFailedCount: requested(isFailed || hasNoOutput),
    swappedExplicitCount: requested(facts.isSwappedExplicitly),
    swappedInferredCount: requested(facts.isSwappedByInference),
    swappedCount: requested(facts.isSwappedExplicitly || facts.isSwappedByInference),
    coldStartCount: requested(isColdStart === true),
    warmStartCount: requested(isColdStart === false),
    loadingImageCount: requested(judgement.hasLoadingImage),
  };
}
