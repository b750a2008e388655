import { groupBy } from '../domain/group-by.js';
import type { PaymentRecord } from '../domain/payment-row.js';
import type { ChainName, ChainSpan } from '../warehouse/stores/payment-mark-store.js';
import type { ChainAnchor } from '../warehouse/stores/payment-store.js';

/** Before and after every payment. */
const EVER = { fromAt: new Date('1999-01-01T00:00:00Z'), toAt: new Date('2200-01-01T00:00:00Z') };

export function chainKey({ org, sender, recipient, paymentSessionId }: ChainName): string {
  return [org, sender, recipient, paymentSessionId].join('\u001f');
}

/** The span of one payment alone. */
export function spanOf({ org, sender, recipient, paymentSessionId, paidAt }: PaymentRecord): ChainSpan {
  return { org, sender, recipient, paymentSessionId, fromAt: paidAt, toAt: paidAt };
}

/** The spans chain by chain and in time order; those of a chain that touch are one, so no instant is in two. */
export function joinSpans(spans: readonly ChainSpan[]): ChainSpan[] {
  return [...groupBy(spans, chainKey).values()].flatMap((own) => {
    const joined: ChainSpan[] = [];
    for (const span of own.sort((a, b) => a.fromAt.getTime() - b.fromAt.getTime())) {
      const last = joined.at(-1);
      if (last === undefined || span.fromAt > last.toAt) joined.push(span);
      else if (span.toAt > last.toAt) joined.splice(-1, 1, { ...last, toAt: span.toAt });
    }
    return joined;
  });
}

/** The span and what follows its payments: up to the nearest anchor of its chain on either side, else all there is. */
export function widenSpan(span: ChainSpan, anchors: readonly ChainAnchor[]): ChainSpan {
  let { fromAt, toAt } = EVER;
  for (const anchor of anchors) {
    if (chainKey(anchor) !== chainKey(span)) continue;
    if (anchor.paidAt < span.fromAt && anchor.paidAt > fromAt) fromAt = anchor.paidAt;
    if (anchor.paidAt > span.toAt && anchor.paidAt < toAt) toAt = anchor.paidAt;
  }
  return { ...span, fromAt, toAt };
}
