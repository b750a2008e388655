import type { TicketSums } from '../resolvers/tickets.js';
import type { Builder } from './builder.js';

type Fields<Shape> = PothosSchemaTypes.ObjectFieldBuilder<Builder['$inferSchemaTypes'], Shape>;

/** What sums over tickets are called and mean, of any grain. */
export function defineTicketMetrics(builder: Builder) {
  return builder.objectRef<TicketSums>('TicketMetrics').implement({
    description: 'Sums over signed tickets. Amounts are exact. Additive over time.',
    fields: (t) => ticketSums(t),
  });
}

/** The sums of some tickets, of whatever they are the tickets. */
export function ticketSums<Shape extends TicketSums>(t: Fields<Shape>) {
  const amount = (description: string, of: (sums: TicketSums) => string | null) =>
    t.field({ type: 'Decimal', nullable: true, description: `${description}; null when no ticket says.`, resolve: of });
  return {
    ticketCount: t.field({ type: 'Count', description: 'Tickets.', resolve: (sums) => sums.ticketCount }),
    missingCount: t.field({
      type: 'Count',
      description:
        'Gaps: sequence numbers between each ticket and the next smaller one of its session, of those signed within 7 days, that no ticket has, as the tickets say in `missingBeforeCount`. A gap counts at the ticket after it, so that sums add up.',
      resolve: (sums) => sums.missingCount,
    }),
    repeatedCount: t.field({
      type: 'Count',
      description: 'Tickets whose sequence number an earlier ticket of their session has, `isRepeated`.',
      resolve: (sums) => sums.repeatedCount,
    }),
    billableSeconds: amount('Seconds billed', (sums) => sums.billableSeconds),
    pixels: amount('Pixels billed', (sums) => sums.pixels),
    computedFeeWei: amount('Fees as gateways compute them, in wei, fractions possible', (sums) => sums.computedFee),
  };
}
