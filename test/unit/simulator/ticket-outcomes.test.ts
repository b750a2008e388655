import { describe, expect, it } from 'vitest';
import type { TicketFact } from '../../../src/simulator/facts.js';
import { placeTickets, ticketOutcomes } from '../../../src/simulator/ticket-outcomes.js';
import { paidSession } from './paid-session.js';

const paid = (index: number, requestId: string, tickets: readonly Partial<TicketFact>[]) =>
  paidSession(index, {
    requestId,
    payments: [],
    tickets: tickets.map((ticket) => ({ ticketSessionId: 's', ...ticket })),
  });

describe('placeTickets', () => {
  const placesOf = (sessions: Parameters<typeof placeTickets>[0]) =>
    placeTickets(sessions).map(({ fact, missingCount, isRepeated }) => [fact.eventId, missingCount, isRepeated]);

  it('counts a gap at the ticket after it, in the order of numbers, and none before the first', () => {
    const tickets = [{ sequence: 9 }, { sequence: 4 }, { sequence: 5 }];
    expect(placesOf([paid(1, 'r', tickets)])).toEqual([
      ['1-1', 0, false],
      ['1-2', 0, false],
      ['1-0', 3, false],
    ]);
  });

  it('repeats a number at the later ticket, by event id where they are signed at once', () => {
    const early = paid(3, 'r', [{ sequence: 2, eventMs: 5 }]);
    const late = paid(1, 'q', [
      { sequence: 2, eventMs: 6 },
      { sequence: 1, eventMs: 7 },
    ]);
    const atOnce = paid(2, 'p', [{ sequence: 2, eventMs: 5 }]);
    expect(placesOf([late, early, atOnce])).toEqual([
      ['1-1', 0, false],
      ['2-0', 0, false],
      ['3-0', 0, true],
      ['1-0', 0, true],
    ]);
  });

  it('keeps the numbers of each session apart', () => {
    const tickets = [
      { sequence: 1 },
      { sequence: 7, ticketSessionId: 't' },
      { sequence: 3 },
      { sequence: 8, ticketSessionId: 't' },
    ];
    expect(placesOf([paid(1, 'r', tickets)])).toEqual([
      ['1-0', 0, false],
      ['1-2', 1, false],
      ['1-1', 0, false],
      ['1-3', 0, false],
    ]);
  });
});

describe('ticketOutcomes', () => {
  it('counts gaps, and numbers that two signers with one id both signed', () => {
    const one = paid(1, 'r', [{}]);
    const other = paid(3, 'q', [{}, { sequence: 4 }]);
    expect(ticketOutcomes(placeTickets([one, other]))).toMatchObject([
      {
        ...{ ticketCount: 3, missingCount: 2, repeatedCount: 1, requestIds: ['q', 'r'] },
        ...{ firstSequence: '1', lastSequence: '4', computedFeeWei: '300.75' },
      },
    ]);
  });
});
