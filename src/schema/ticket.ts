import { type TicketSession, type TicketTotals, ticketSessions } from '../resolvers/tickets.js';
import { type Builder, connectionCost, pageArguments } from './builder.js';
import { defineConnection } from './connection.js';
import type { Values } from './values.js';

/** Signed tickets, by the signer's session. */
export function defineTickets(builder: Builder, values: Values): void {
  const Session = builder.objectRef<TicketSession>('TicketSession').implement({
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
      ticketCount: t.expose('ticketCount', { type: 'Count', description: 'Tickets.' }),
      missingCount: t.expose('missingCount', {
        type: 'Count',
        description:
          'Gaps: sequence numbers between the smallest and the largest in the range that no ticket has; 0 when the session is unknown.',
      }),
      repeatedCount: t.expose('repeatedCount', {
        type: 'Count',
        description: 'Tickets whose sequence number another ticket has too; 0 when the session is unknown.',
      }),
      firstSequenceNumber: t.expose('firstSequence', {
        type: 'Decimal',
        nullable: true,
        description: 'Smallest sequence number; null when none is said.',
      }),
      lastSequenceNumber: t.expose('lastSequence', {
        type: 'Decimal',
        nullable: true,
        description: 'Largest sequence number; null when none is said.',
      }),
      billableSeconds: t.expose('billableSeconds', {
        type: 'Decimal',
        nullable: true,
        description: 'Seconds billed; null when no ticket says.',
      }),
      pixels: t.expose('pixels', {
        type: 'Decimal',
        nullable: true,
        description: 'Pixels billed; null when no ticket says.',
      }),
      computedFeeWei: t.expose('computedFee', {
        type: 'Decimal',
        nullable: true,
        description: 'Fees as the gateway computes them, in wei, fractions possible; null when no ticket says.',
      }),
    }),
  });
  const Totals = builder.objectRef<TicketTotals>('TicketTotals').implement({
    description: 'Sums over all signers’ sessions of the range. Amounts are exact.',
    fields: (t) => ({
      sessionCount: t.expose('sessionCount', { type: 'Count', description: 'Signers’ sessions.' }),
      ticketCount: t.expose('ticketCount', { type: 'Count', description: 'Tickets.' }),
      missingCount: t.expose('missingCount', {
        type: 'Count',
        description: 'Gaps, counted within each known session.',
      }),
      repeatedCount: t.expose('repeatedCount', {
        type: 'Count',
        description: 'Repeated sequence numbers, counted within each known session.',
      }),
      billableSeconds: t.expose('billableSeconds', {
        type: 'Decimal',
        nullable: true,
        description: 'Seconds billed; null when no ticket says.',
      }),
      pixels: t.expose('pixels', {
        type: 'Decimal',
        nullable: true,
        description: 'Pixels billed; null when no ticket says.',
      }),
      computedFeeWei: t.expose('computedFee', {
        type: 'Decimal',
        nullable: true,
        description: 'Fees as gateways compute them, in wei, fractions possible; null when no ticket says.',
      }),
    }),
  });
  const Connection = defineConnection<TicketSession, Awaited<ReturnType<typeof ticketSessions>>>(builder, {
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
      description: 'Signed tickets by the signer’s session, newest ticket first; as far back as raw events are kept.',
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
}
