import { compareBytewise } from './order.js';

/** A session of the request that a payment names. */
export interface RequestedSession {
  readonly sessionKey: string;
  readonly hasStream: boolean;
  readonly startedAtMs: number;
}

/** A payment among those of one sender, recipient and payer's session id. */
export interface ChainPayment {
  readonly eventId: string;
  readonly paidAtMs: number;
  /** Key of the session that its own request leads to; null when it names none. */
  readonly requestSession: string | null;
}

/**
 * How a payment was linked: by its own request, by the nearest earlier linked payment of its chain, by the nearest later
 * one, or not at all.
 */
export const LINK_METHODS = ['request', 'earlier', 'later', 'none'] as const;
export type LinkMethod = (typeof LINK_METHODS)[number];

export interface PaymentLink {
  readonly method: LinkMethod;
  /** Key of the session; `''` when unlinked. */
  readonly sessionKey: string;
}

/**
 * The session that a payment's request means [domain 4.2]: one with a stream id before one without, one that had started
 * by the payment before one that had not, then the newest; equal starts are told apart by key. Null without sessions.
 */
export function sessionOfRequest<Session extends RequestedSession>(
  paidAtMs: number,
  sessions: readonly Session[],
): Session | null {
  const preference = (a: Session, b: Session): number =>
    Number(b.hasStream) - Number(a.hasStream) ||
    Number(b.startedAtMs <= paidAtMs) - Number(a.startedAtMs <= paidAtMs) ||
    b.startedAtMs - a.startedAtMs ||
    compareBytewise(a.sessionKey, b.sessionKey);
  return [...sessions].sort(preference)[0] ?? null;
}

/**
 * The link of a payment [domain 4.2]: to its own request's session, else to the nearest earlier linked payment's, else to
 * the first one's of its chain, which is then the nearest later. Null each: there is none.
 */
export function linkOf<Session>({
  own,
  earlier,
  first,
}: {
  readonly own: Session | null;
  readonly earlier: Session | null;
  readonly first: Session | null;
}): { readonly method: LinkMethod; readonly session: Session | null } {
  if (own !== null) return { method: 'request', session: own };
  if (earlier !== null) return { method: 'earlier', session: earlier };
  return first === null ? { method: 'none', session: null } : { method: 'later', session: first };
}

/**
 * Links the payments of one chain, in any order [domain 4.2].
 *
 * A payment without a request of its own takes the session of the nearest earlier payment that has one, else of the
 * nearest later. So a stretch between two payments with a request depends on nothing outside it, but for the stretch
 * before the first, which takes the first: linking `[one with a request, ..., the next]` alone answers the same.
 */
export function linkChain(payments: readonly ChainPayment[]): ReadonlyMap<string, PaymentLink> {
  const ordered = [...payments].sort((a, b) => a.paidAtMs - b.paidAtMs || compareBytewise(a.eventId, b.eventId));
  const first = ordered.find(({ requestSession }) => requestSession !== null)?.requestSession ?? null;
  const links = new Map<string, PaymentLink>();
  let earlier: string | null = null;
  for (const { eventId, requestSession: own } of ordered) {
    const { method, session } = linkOf<string>({ own, earlier, first });
    links.set(eventId, { method, sessionKey: session ?? '' });
    earlier = own ?? earlier;
  }
  return links;
}
