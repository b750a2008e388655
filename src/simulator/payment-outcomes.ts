import { type ExpectedPayment, type ExpectedSession, publicGateway } from './expected.js';
import type { PaymentFact, TicketFact } from './facts.js';
import { livePipeline } from './network.js';
import type { SessionPlan } from './session-plan.js';

/** One session with what was published of its payments and tickets. */
export interface PaidSession {
  readonly plan: SessionPlan;
  /** Null when nothing of the session itself was published. */
  readonly session: ExpectedSession | null;
  readonly payments: readonly PaymentFact[];
  readonly tickets: readonly TicketFact[];
}

/** 0.0009990010 of 2402400000000000 wei. */
const faceWei = 2_402_400_000_000_000n;
const [winNumerator, winDenominator] = [9_990_010n, 10_000_000_000n];

/** The payments of sessions that share neither request ids nor payers' sessions with any other. */
export function paymentOutcomes(paid: readonly PaidSession[]): ExpectedPayment[] {
  const all = paid
    .flatMap(({ plan, payments }) => payments.map((fact) => ({ plan, fact })))
    .sort((a, b) => a.fact.eventMs - b.fact.eventMs || (a.fact.eventId < b.fact.eventId ? -1 : 1));
  const own = all.map(({ fact }) => ({ fact, session: namedSession(fact, paid) }));
  return all.map(({ plan, fact }, place) => {
    const isOfChain = (other: { fact: PaymentFact; session: ExpectedSession | null }): boolean =>
      other.session !== null &&
      other.fact.sender === fact.sender &&
      other.fact.recipient === fact.recipient &&
      other.fact.paymentSessionId === fact.paymentSessionId;
    const named = own[place]?.session ?? null;
    const earlier = own.slice(0, place).filter(isOfChain).at(-1)?.session ?? null;
    const later = own.slice(place + 1).find(isOfChain)?.session ?? null;
    const session = named ?? earlier ?? later;
    const method = named !== null ? 'request' : earlier !== null ? 'earlier' : later !== null ? 'later' : 'none';
    return describe(plan, fact, session, method);
  });
}

/** The session of the request that a payment names: one with a stream, begun before it, the newest. */
function namedSession(fact: PaymentFact, paid: readonly PaidSession[]): ExpectedSession | null {
  if (fact.requestId === '') return null;
  const found = paid.flatMap(({ plan, session }) =>
    session !== null && plan.requestId === fact.requestId
      ? [{ session, rank: (plan.streamId === '' ? 0 : 2) + (session.startMs <= fact.eventMs ? 1 : 0) }]
      : [],
  );
  const best = Math.max(...found.map(({ rank }) => rank));
  return (
    found
      .filter(({ rank }) => rank === best)
      .map(({ session }) => session)
      .sort((a, b) => b.startMs - a.startMs || (a.sessionKey < b.sessionKey ? -1 : 1))[0] ?? null
  );
}

function describe(
  plan: SessionPlan,
  fact: PaymentFact,
  session: ExpectedSession | null,
  linkMethod: ExpectedPayment['linkMethod'],
): ExpectedPayment {
  const amount = faceWei * BigInt(fact.ticketCount);
  const isOfSession = session !== null && (session.pipeline !== null || session.model !== null);
  const manifest = fact.namesModel ? { pipeline: livePipeline, model: plan.model } : { pipeline: null, model: null };
  const { pipeline, model } = isOfSession ? session : manifest;
  return {
    kind: 'payment',
    org: plan.gateway.org,
    eventId: fact.eventId,
    paidAtMs: fact.eventMs,
    gateway: publicGateway(plan.gatewayName) ?? session?.gateway ?? null,
    paymentSessionId: fact.paymentSessionId,
    requestId: fact.requestId === '' ? null : fact.requestId,
    sender: fact.sender.toLowerCase(),
    orchestrator: fact.recipient.toLowerCase(),
    ticketCount: fact.ticketCount,
    faceValueWei: String(amount),
    expectedValueWei: String((2n * amount * winNumerator + winDenominator) / (2n * winDenominator)),
    sessionKey: session?.sessionKey ?? null,
    linkMethod,
    isSynthetic: session?.isSynthetic ?? false,
    pipeline,
    model,
    attributionCertain: session?.attributionCertain ?? true,
  };
}
