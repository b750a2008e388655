import type { ChangedSession } from '../warehouse/stores/payment-mark-store.js';
import type { Rewrite } from '../warehouse/stores/session-store.js';

/**
 * Sessions that are new, start at another instant or have another grain: what the link and the dimensions of a payment
 * depend on. Stream and request never change, since they are the session's key.
 */
export function changedForPayments(rewrites: readonly Rewrite[]): ChangedSession[] {
  return rewrites
    .filter(
      ({ resolved: { session }, known }) =>
        known === null ||
        known.startedAtMs !== session.startedAt.getTime() ||
        known.segments.at(-1)?.grainId !== session.grainId,
    )
    .map(({ resolved: { session } }) => ({
      org: session.org,
      sessionKey: session.sessionKey,
      requestId: session.requestId,
    }));
}
