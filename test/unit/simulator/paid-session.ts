import type { PaymentFact, TicketFact } from '../../../src/simulator/facts.js';
import { createNetwork } from '../../../src/simulator/network.js';
import { noFaults, type SimulationOptions } from '../../../src/simulator/options.js';
import { planOutcomes } from '../../../src/simulator/outcomes.js';
import type { PaidSession } from '../../../src/simulator/payment-outcomes.js';
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
export function paidSession(
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
    tickets: tickets.map((fact, place) => ({
      family: 'ticket',
      eventId: `${index}-${place}`,
      eventMs: session.startMs,
      orchestrator: '0xB',
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
