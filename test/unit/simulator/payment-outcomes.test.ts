import { describe, expect, it } from 'vitest';
import type { PaymentFact, TicketFact } from '../../../src/simulator/facts.js';
import { createNetwork } from '../../../src/simulator/network.js';
import { noFaults, type SimulationOptions } from '../../../src/simulator/options.js';
import { planOutcomes } from '../../../src/simulator/outcomes.js';
import { type PaidSession, paymentOutcomes, ticketOutcomes } from '../../../src/simulator/payment-outcomes.js';
import { planSession } from '../../../src/simulator/session-plan.js';

const options: SimulationOptions = {
  seed: 7,
  sessions: 20,
  hours: 1,
  startMs: Date.UTC(2026, 0, 5),
  orchestrators: 12,
  gateways: 1,
  faults: noFaults,
  noise: false,
};
const network = createNetwork(options);
const outcomes = [...planOutcomes(options)].filter((row) => row.kind === 'session');

/** Session `index` with payments and tickets that carry ids of our choice. */
function paidSession(
  index: number,
  {
    requestId,
    payments,
    tickets = [],
  }: { requestId: string; payments: readonly Partial<PaymentFact>[]; tickets?: readonly Partial<TicketFact>[] },
): PaidSession {
  const session = outcomes[index];
  if (session === undefined) throw new Error(`no session ${index}`);
  return {
    plan: { ...planSession(options, network, index), requestId },
    session,
    payments: payments.map((fact, place) => ({
      family: 'payment',
      eventId: `${index}-${place}`,
      eventMs: session.startMs + 1_000 + place,
      paymentSessionId: `payer-${index}`,
      requestId: '',
      sender: '0xA',
      recipient: '0xB',
      ticketCount: 1,
      namesModel: false,
      ...fact,
    })),
    tickets: tickets.map((fact) => ({
      family: 'ticket',
      eventMs: session.startMs,
      ticketSessionId: `payer-${index}`,
      requestId,
      sequence: 1,
      billableSeconds: 30,
      pixels: 30.5,
      computedFeeWei: 100.25,
      ...fact,
    })),
  };
}

describe('paymentOutcomes', () => {
  it('links by request, else by the payments before and after of the same chain', () => {
    const paid = paidSession(0, {
      requestId: 'r',
      payments: [
        { eventMs: 1 },
        { requestId: 'r', eventMs: 2, ticketCount: 2 },
        { eventMs: 3 },
        { recipient: '0xC', eventMs: 4 },
      ],
    });
    const found = paymentOutcomes([paid]);
    expect(found.map(({ linkMethod }) => linkMethod)).toEqual(['later', 'request', 'earlier', 'none']);
    expect(found[1]).toMatchObject({ faceValueWei: '4804800000000000', expectedValueWei: '4800000004800' });
    expect(found[0]?.expectedValueWei).toBe('2400000002400');
  });

  it('means the newest session begun by then where two drew one request id', () => {
    const earlier = paidSession(2, { requestId: 'r', payments: [{ requestId: 'r' }] });
    const later = paidSession(9, { requestId: 'r', payments: [{ requestId: 'r' }] });
    const keys = paymentOutcomes([earlier, later]).map(({ sessionKey }) => sessionKey);
    expect(keys).toEqual([earlier.session?.sessionKey, later.session?.sessionKey]);
  });
});

describe('ticketOutcomes', () => {
  it('counts gaps, and numbers that two signers with one id both signed', () => {
    const one = paidSession(1, { requestId: 'r', payments: [], tickets: [{ ticketSessionId: 's' }] });
    const other = paidSession(3, {
      requestId: 'q',
      payments: [],
      tickets: [{ ticketSessionId: 's' }, { ticketSessionId: 's', sequence: 4 }],
    });
    expect(ticketOutcomes([one, other])).toMatchObject([
      { ticketCount: 3, missingCount: 2, repeatedCount: 1, requestIds: ['q', 'r'], computedFeeWei: '300.75' },
    ]);
  });
});
