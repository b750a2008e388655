import type { ExpectedTickets } from './expected.js';
import type { TicketFact } from './facts.js';
import type { PaidSession } from './payment-outcomes.js';
import type { SessionPlan } from './session-plan.js';

/** A published ticket and where its number stands among those of its signer's session. */
export interface PlacedTicket {
  readonly plan: SessionPlan;
  readonly fact: TicketFact;
  /** Numbers between it and the ticket before it that no published ticket has. */
  readonly missingCount: number;
  /** The ticket before it has its number: only where two signers drew one id. */
  readonly isRepeated: boolean;
}

/** The tickets of sessions that share no signer's session with any other: in order of their numbers, session by session. */
export function placeTickets(paid: readonly PaidSession[]): PlacedTicket[] {
  return [...bySigner(paid).values()].flatMap((tickets) =>
    tickets.map(({ plan, fact }, place) => {
      const step = fact.sequence - (tickets[place - 1]?.fact.sequence ?? fact.sequence - 1);
      return { plan, fact, missingCount: Math.max(step - 1, 0), isRepeated: step === 0 };
    }),
  );
}

type SignedTicket = Pick<PlacedTicket, 'plan' | 'fact'>;

function bySigner(paid: readonly PaidSession[]): Map<string, SignedTicket[]> {
  const signers = groupedBySigner(paid.flatMap(({ plan, tickets }) => tickets.map((fact) => ({ plan, fact }))));
  for (const tickets of signers.values()) {
    tickets.sort(
      ({ fact: a }, { fact: b }) =>
        a.sequence - b.sequence || a.eventMs - b.eventMs || (a.eventId < b.eventId ? -1 : 1),
    );
  }
  return signers;
}

function groupedBySigner<Ticket extends SignedTicket>(tickets: readonly Ticket[]): Map<string, Ticket[]> {
  const signers = new Map<string, Ticket[]>();
  for (const ticket of tickets) {
    const known = signers.get(ticket.fact.ticketSessionId);
    if (known === undefined) signers.set(ticket.fact.ticketSessionId, [ticket]);
    else known.push(ticket);
  }
  return signers;
}

/** What placed tickets say of each signer's session; all of a session's are there. */
export function ticketOutcomes(placed: readonly PlacedTicket[]): ExpectedTickets[] {
  return [...groupedBySigner(placed)].flatMap(([ticketSessionId, tickets]) => {
    const [first, last] = [tickets[0], tickets.at(-1)];
    if (first === undefined || last === undefined) return [];
    const facts = tickets.map(({ fact }) => fact);
    const times = facts.map(({ eventMs }) => eventMs);
    const sum = (of: (fact: TicketFact) => number): string =>
      String(facts.reduce((total, fact) => total + of(fact), 0));
    return {
      kind: 'tickets',
      org: first.plan.gateway.org,
      ticketSessionId,
      requestIds: [...new Set(facts.map(({ requestId }) => requestId))].filter((id) => id !== '').sort(),
      firstSignedMs: Math.min(...times),
      lastSignedMs: Math.max(...times),
      ticketCount: tickets.length,
      missingCount: tickets.reduce((total, { missingCount }) => total + missingCount, 0),
      repeatedCount: tickets.filter(({ isRepeated }) => isRepeated).length,
      firstSequence: String(first.fact.sequence),
      lastSequence: String(last.fact.sequence),
      billableSeconds: sum(({ billableSeconds }) => billableSeconds),
      pixels: sum(({ pixels }) => pixels),
      computedFeeWei: sum(({ computedFeeWei }) => computedFeeWei),
    };
  });
}
