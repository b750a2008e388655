import { describe, expect, it } from 'vitest';
import { paymentOutcomes } from '../../../src/simulator/payment-outcomes.js';
import { paidSession } from './paid-session.js';

describe('paymentOutcomes', () => {
  it('links by request, else by the payments before and after of the same chain', () => {
    const paid = paidSession(0, {
      requestId: 'r',
      payments: [
        { eventMs: 1 },
        { requestId: 'r', eventMs: 2, ticketCount: 2 },
        { eventMs: 3 },
        { recipient: '0xC', eventMs: 4 },
      ],
    });
    const found = paymentOutcomes([paid]);
    expect(found.map(({ linkMethod }) => linkMethod)).toEqual(['later', 'request', 'earlier', 'none']);
    expect(found[1]).toMatchObject({ faceValueWei: '4804800000000000', expectedValueWei: '4800000004800' });
    expect(found[0]?.expectedValueWei).toBe('2400000002400');
  });

  it('means the newest session begun by then where two drew one request id', () => {
    const earlier = paidSession(2, { requestId: 'r', payments: [{ requestId: 'r' }] });
    const later = paidSession(9, { requestId: 'r', payments: [{ requestId: 'r' }] });
    const keys = paymentOutcomes([earlier, later]).map(({ sessionKey }) => sessionKey);
    expect(keys).toEqual([earlier.session?.sessionKey, later.session?.sessionKey]);
  });
});
