import type { BatchedPage } from '../resolvers/batched-lists.js';
import {
  type RangedTicketSession,
  type Ticket,
  type TicketTotals,
  ticketSessions,
  ticketsOf,
} from '../resolvers/tickets.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { Entities } from './entities.js';
import { placeEvents } from './event-place.js';
import { ticketSums } from './ticket-metrics.js';
import type { Values } from './values.js';

interface Dependencies {
  readonly values: Values;
  readonly entities: Entities;
}

/** Signed tickets, by the signer's session. */
export function defineTickets(builder: Builder, { values, entities }: Dependencies) {
  const { Ticket: TicketRef, TicketConnection } = defineTicket(builder, entities);
  const Session = builder.objectRef<RangedTicketSession>('TicketSession').implement({
    description: 'The tickets of one signer’s session within the range. Amounts are exact sums.',
    fields: (t) => ({
      ticketSessionId: t.string({
        nullable: true,
        description: 'The signer’s session, over which sequence numbers run; null when unknown.',
        resolve: ({ ticketSessionId }) => ticketSessionId || null,
      }),
      org: t.exposeString('org', { description: 'Organisation whose gateway signed.' }),
      requestIds: t.exposeStringList('requestIds', { description: 'Requests its tickets name, sorted.' }),
      firstSignedAt: t.expose('firstSignedAt', { type: 'DateTime', description: 'First ticket in the range.' }),
      lastSignedAt: t.expose('lastSignedAt', { type: 'DateTime', description: 'Newest ticket in the range.' }),
      ...ticketSums(t),
      firstSequenceNumber: t.expose('firstSequence', {
        type: 'Decimal',
        nullable: true,
        description: 'Smallest sequence number in the range; null when none is said.',
      }),
      lastSequenceNumber: t.expose('lastSequence', {
        type: 'Decimal',
        nullable: true,
        description: 'Largest sequence number in the range; null when none is said.',
      }),
      contributions: t.field({
        type: TicketConnection,
        description: 'The tickets in these numbers, oldest first.',
        complexity: connectionCost,
        args: pageArguments(builder),
        resolve: (session, args, context) => ticketsOf(context, session, args),
      }),
    }),
  });
  const Totals = builder.objectRef<TicketTotals>('TicketTotals').implement({
    description: 'Sums over all signers’ sessions of the range. Amounts are exact.',
    fields: (t) => ({
      sessionCount: t.expose('sessionCount', { type: 'Count', description: 'Signers’ sessions.' }),
      ...ticketSums(t),
    }),
  });
  const Connection = defineConnection<RangedTicketSession, Awaited<ReturnType<typeof ticketSessions>>>(builder, {
    name: 'TicketSession',
    Node: Session,
    words: {
      page: 'A page of signers’ sessions, with the sums of all of them.',
      edge: 'A signer’s session and its position.',
      node: 'The session.',
    },
    fields: (t) => ({
      rangeUsed: t.expose('range', { type: values.RangeUsed, description: 'The range answered for.' }),
      totalCount: t.field({
        type: 'Count',
        description: 'Signers’ sessions in the whole list.',
        resolve: async (page) => (await page.total())?.sessionCount ?? 0,
      }),
      total: t.field({
        type: Totals,
        nullable: true,
        description: 'Sums over the whole list; null when no ticket was signed.',
        resolve: (page) => page.total(),
      }),
    }),
  });
  builder.queryField('ticketSessions', (t) =>
    t.field({
      type: Connection,
      nullable: true,
      description: 'Signed tickets by the signer’s session, newest ticket first; as far back as sessions are kept.',
      complexity: connectionCost,
      args: {
        range: t.arg({
          type: values.TimeRangeInput,
          required: false,
          description: 'Only tickets signed in it. Default: the 24 hours that end with the open one.',
        }),
        ticketSessionId: t.arg.string({ required: false, description: 'Only this signer’s session.' }),
        ...pageArguments(builder),
      },
      resolve: (_root, args, context) => ticketSessions(context, args),
    }),
  );
  return { Ticket: TicketRef, TicketConnection };
}

export type TicketTypes = ReturnType<typeof defineTickets>;

function defineTicket(builder: Builder, entities: Entities) {
  const TicketRef = builder.objectRef<Ticket>('Ticket').implement({
    description: 'A signed ticket.',
    fields: (t) => ({
      signedAt: t.expose('at', { type: 'DateTime', description: 'Event time.' }),
      org: t.exposeString('org', { description: 'Organisation whose gateway signed it.' }),
      eventId: t.exposeString('eventId', { description: 'The event that says so.' }),
      requestId: t.string({
        nullable: true,
        description: 'Request it is for; null when unknown.',
        resolve: ({ requestId }) => requestId || null,
      }),
      pipeline: t.string({
        nullable: true,
        description: 'Canonical pipeline that it names, or that the model it names implies; null when unknown.',
        resolve: ({ pipeline }) => pipeline || null,
      }),
      model: t.string({
        nullable: true,
        description: 'What it names as pipeline when that is none; null when unknown or no name, such as an address.',
        resolve: ({ model }) => model || null,
      }),
      orchestratorUri: t.exposeString('orchestratorUri', {
        nullable: true,
        description: 'Service URI it is for; null when none is named or its host is private.',
      }),
      sequenceNumber: t.expose('sequenceNumber', {
        type: 'Decimal',
        nullable: true,
        description: 'Its place in the signer’s session; null when not said.',
      }),
      missingBeforeCount: t.expose('missingCount', {
        type: 'Count',
        description:
          'Gap before it: sequence numbers between it and the next smaller one among the tickets of its session that were signed within 7 days of it; 0 when it repeats a number, has the smallest, is over a billion from it, or session or number are unknown.',
      }),
      isRepeated: t.exposeBoolean('isRepeated', {
        description:
          'Whether a ticket of its session, signed in the 7 days before it, has its number; false when session or number are unknown.',
      }),
      billableSeconds: t.expose('billableSeconds', {
        type: 'Decimal',
        nullable: true,
        description: 'Seconds it bills; null when not said.',
      }),
      pixels: t.expose('pixels', {
        type: 'Decimal',
        nullable: true,
        description: 'Pixels it bills; null when not said.',
      }),
      computedFeeWei: t.expose('computedFee', {
        type: 'Decimal',
        nullable: true,
        description: 'Fee as the gateway computes it, in wei, fractions possible; null when not said.',
      }),
    }),
  });
  placeEvents(builder, TicketRef, entities);
  const TicketConnection = defineConnection<Ticket, BatchedPage<Ticket>>(builder, {
    name: 'Ticket',
    Node: TicketRef,
    words: { page: 'A page of tickets.', edge: 'A ticket and its position.', node: 'The ticket.' },
    fields: (t) => ({
      totalCount: t.field({
        type: 'Count',
        description: 'Tickets in the whole list.',
        resolve: (page) => page.totalCount(),
      }),
    }),
  });
  return { Ticket: TicketRef, TicketConnection };
}
