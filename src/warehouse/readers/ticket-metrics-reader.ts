import type { Pool } from 'pg';
import type { RollupQuery } from './grain.js';
import { type RollupRow, readSums, rowKey, type TextRow } from './rollup-reader.js';

/** Sums over signed tickets. Decimal texts are exact; null: no ticket says. */
export interface TicketSums {
  readonly ticketCount: number;
  /** Sequence numbers that no ticket of their session has, each counted at the ticket after them. */
  readonly missingCount: number;
  /** Tickets whose sequence number an earlier one of their session has. */
  readonly repeatedCount: number;
  readonly billableSeconds: string | null;
  readonly pixels: string | null;
  readonly computedFee: string | null;
}

const AMOUNTS = ['billable_seconds', 'pixels', 'computed_fee'] as const;
const COLUMNS = [
  'ticket_count',
  'missing_count',
  'repeated_count',
  ...AMOUNTS.flatMap((name) => [`${name}_sample_count`, `${name}_sum`]),
];

/** Sums of tickets by the bucket they were signed in, at the asked grain. */
export async function readTicketMetrics(db: Pool, query: RollupQuery): Promise<readonly RollupRow<TicketSums>[]> {
  const rows = await readSums(db, 'ticket', query, COLUMNS);
  return rows.map((row) => ({
    ...rowKey(row),
    sums: {
      ticketCount: Number(row['ticket_count'] ?? 0),
      missingCount: Number(row['missing_count'] ?? 0),
      repeatedCount: Number(row['repeated_count'] ?? 0),
      billableSeconds: amountOf(row, 'billable_seconds'),
      pixels: amountOf(row, 'pixels'),
      computedFee: amountOf(row, 'computed_fee'),
    },
  }));
}

function amountOf(row: TextRow, name: (typeof AMOUNTS)[number]): string | null {
  return Number(row[`${name}_sample_count`] ?? 0) > 0 ? (row[`${name}_sum`] ?? null) : null;
}
