import { describe, expect, it } from 'vitest';
import { joinSpans, widenSpan } from '../../../src/jobs/chain-spans.js';

const chain = { org: 'daydream', sender: '0xa', recipient: '0xb', paymentSessionId: 's' };
const day = (n: number, hour = 0) => new Date(Date.UTC(2026, 0, n, hour));
const span = (from: Date, to: Date, recipient = '0xb') => ({ ...chain, recipient, fromAt: from, toAt: to });

describe('spans of payment chains', () => {
  it('are joined where they touch, and never over a gap or into another chain', () => {
    expect(
      joinSpans([
        span(day(9), day(9, 4)),
        span(day(1), day(1, 4)),
        span(day(1, 2), day(1, 3), '0xc'),
        span(day(1, 4), day(1, 9)),
        span(day(1, 5), day(1, 6)),
      ]),
    ).toEqual([span(day(1), day(1, 9)), span(day(9), day(9, 4)), span(day(1, 2), day(1, 3), '0xc')]);
  });

  it('reach to the nearest of several anchors of their chain, and without one to all there is', () => {
    const anchor = (at: Date, recipient = '0xb') => ({
      ...chain,
      recipient,
      eventId: 'e',
      paidAt: at,
      sessionKey: 'k',
    });
    const anchors = [anchor(day(1)), anchor(day(3)), anchor(day(9)), anchor(day(7)), anchor(day(4), '0xc')];
    expect(widenSpan(span(day(5), day(6)), anchors)).toEqual(span(day(3), day(7)));
    const { fromAt, toAt } = widenSpan(span(day(5), day(6), '0xd'), anchors);
    expect([fromAt < day(1), toAt > day(9)]).toEqual([true, true]);
  });
});
