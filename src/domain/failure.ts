import type { FoldFacts } from './fold-facts.js';
import type { Excusal, FailureClass, FailureReason } from './resolved-rows.js';
import type { SessionCounters } from './rollup-source-rows.js';

/** Why a session failed: one class and one reason, however many things went wrong. */
export interface Failure {
  readonly failureClass: FailureClass;
  readonly failureReason: FailureReason;
  /** The error event that the reason is of; null when none was sent. */
  readonly failureEventId: string | null;
}

/**
 * The failure of a session; null when it did neither fail nor need an excuse [AGGREGATE-002].
 *
 * What is held against somebody comes before what is excused, so the first three classes sum to `effectiveFailedCount`
 * and all five to the sessions that are effectively failed or excused. The reason is that of the first error that
 * excuses nothing, else of the first one: an excuse beside it did not save the session.
 */
export function failureOf(
  counters: SessionCounters,
  excusal: Excusal,
  { firstError, firstExcusableError }: Pick<FoldFacts, 'firstError' | 'firstExcusableError'>,
): Failure | null {
  const failureClass = failureClassOf(counters, excusal);
  if (failureClass === null) return null;
  const error = firstError ?? firstExcusableError;
  return { failureClass, failureReason: error?.reason ?? 'none', failureEventId: error?.eventId ?? null };
}

function failureClassOf(counters: SessionCounters, excusal: Excusal): FailureClass | null {
  if (counters.startupFailedCount > 0) return 'startup_failed';
  if (counters.effectiveFailedCount > 0) return counters.loadingOnlyCount > 0 ? 'loading_only' : 'zero_output';
  if (counters.startupExcusedCount > 0) return excusal === 'no_orch' ? 'no_orch' : 'excusable_error';
  return null;
}
