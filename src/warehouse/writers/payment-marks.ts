import { DAY_MS } from '../../domain/time.js';
import { copyTable, type PlacedEvent, text, timestamptz } from './copy-table.js';

interface PaymentMark {
  readonly org: string;
  readonly sender: string;
  readonly recipient: string;
  readonly sessionId: string;
  fromMs: number;
  toMs: number;
}

export const PAYMENT_MARK = copyTable<PaymentMark, null>('work.payment_mark', {
  org: text(({ org }) => org),
  sender: text(({ sender }) => sender),
  recipient: text(({ recipient }) => recipient),
  session_id: text(({ sessionId }) => sessionId),
  from_at: timestamptz(({ fromMs }) => fromMs),
  to_at: timestamptz(({ toMs }) => toMs),
});

/** One mark per chain of payments and UTC day: from its first new payment to its last. */
export function paymentMarks(events: readonly PlacedEvent[]): Iterable<PaymentMark> {
  const marks = new Map<string, PaymentMark>();
  for (const { event } of events) {
    if (event.fact.kind !== 'payment') continue;
    const { sender, recipient, sessionId } = event.fact.payment;
    const atMs = event.eventAtMs;
    const key = [event.org, sender, recipient, sessionId, Math.floor(atMs / DAY_MS)].join('\0');
    const mark = marks.get(key);
    if (mark === undefined) {
      marks.set(key, { org: event.org, sender, recipient, sessionId, fromMs: atMs, toMs: atMs });
    } else {
      mark.fromMs = Math.min(mark.fromMs, atMs);
      mark.toMs = Math.max(mark.toMs, atMs);
    }
  }
  return marks.values();
}
