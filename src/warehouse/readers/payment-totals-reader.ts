import type { Pool } from 'pg';
import type { RollupQuery } from './grain.js';
import { type RollupRow, readSums, rowKey } from './rollup-reader.js';

/** Sums over payments. Amounts are whole wei as decimal text, exact. */
export interface PaymentSums {
  readonly paymentCount: number;
  readonly linkedCount: number;
  readonly ticketCount: number;
  readonly faceValueWei: string;
  readonly expectedValueWei: string;
  readonly linkedFaceValueWei: string;
  readonly linkedExpectedValueWei: string;
}

const COLUMNS = [
  'payment_count',
  'linked_count',
  'ticket_count',
  'face_value_wei',
  'expected_value_wei',
  'linked_face_value_wei',
  'linked_expected_value_wei',
] as const;

/** Sums of payments by the bucket they were made in, at the asked grain; the orchestrator is the recipient. */
export async function readPaymentTotals(db: Pool, query: RollupQuery): Promise<readonly RollupRow<PaymentSums>[]> {
  const rows = await readSums(db, 'payment', query, COLUMNS);
  return rows.map((row) => ({
    ...rowKey(row),
    sums: {
      paymentCount: Number(row['payment_count'] ?? 0),
      linkedCount: Number(row['linked_count'] ?? 0),
      ticketCount: Number(row['ticket_count'] ?? 0),
      faceValueWei: row['face_value_wei'] ?? '0',
      expectedValueWei: row['expected_value_wei'] ?? '0',
      linkedFaceValueWei: row['linked_face_value_wei'] ?? '0',
      linkedExpectedValueWei: row['linked_expected_value_wei'] ?? '0',
    },
  }));
}
