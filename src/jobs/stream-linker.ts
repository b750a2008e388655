import { linkOf, sessionOfRequest } from '../domain/payment-link.js';
import { paymentRow } from '../domain/payment-row.js';
import type { Naming } from '../domain/segment-attribution.js';
import type { RequestedSessions, StreamedPayment } from '../warehouse/readers/payment-stream.js';
import { chainKey } from './chain-spans.js';

/** Makes the row and grain of a payment. */
export type StreamLinker = (payment: StreamedPayment) => ReturnType<typeof paymentRow>;

/** Links payments that come chain by chain and in order, with the rules of the tail; holds none, however long a chain. */
export function createStreamLinker(naming: Naming): StreamLinker {
  let chain = '';
  let earlier: RequestedSessions[number] | null = null;
  return ({ record, sessions, first }) => {
    const own = sessionOfRequest(record.paidAt.getTime(), sessions ?? []);
    const key = chainKey(record);
    if (key !== chain) [chain, earlier] = [key, null];
    const { method, session } = linkOf({
      own,
      earlier,
      first: first === null ? null : sessionOfRequest(first.paidAtMs, first.sessions),
    });
    earlier = own ?? earlier;
    return paymentRow(record, { method, sessionKey: session?.sessionKey ?? '' }, session, naming);
  };
}
