import type { PaymentRecord, paymentRow } from '../domain/payment-row.js';
import type { Log } from '../log.js';
import type { Refusal } from '../warehouse/accepted-write.js';

/** Payments with their rows, and those that have none because a rule failed at them. */
export interface RowedPayments {
  readonly rows: readonly ReturnType<typeof paymentRow>[];
  readonly refused: readonly Refusal<PaymentRecord>[];
}

/** Makes the row of each payment by itself: one that a rule throws at holds up none of the others. */
export function rowEach<Payment extends { readonly record: PaymentRecord }>(
  payments: readonly Payment[],
  rowOf: (payment: Payment) => ReturnType<typeof paymentRow>,
): RowedPayments {
  const rows: ReturnType<typeof paymentRow>[] = [];
  const refused: Refusal<PaymentRecord>[] = [];
  for (const payment of payments) {
    try {
      rows.push(rowOf(payment));
    } catch (error) {
      refused.push({ item: payment.record, error });
    }
  }
  return { rows, refused };
}

/** Payments that could not be linked, with one line for the operator each. */
export function leftPayments(refused: readonly Refusal<PaymentRecord>[], log: Log): PaymentRecord[] {
  return refused.map(({ item, error }) => {
    const { org, eventId } = item;
    log.error({ err: error, org, eventId }, 'payment left with its mark: it could not be linked');
    return item;
  });
}
