import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChainPayment, linkChain, sessionOfRequest } from '../../../src/domain/payment-link.js';

const session = (sessionKey: string, hasStream: boolean, startedAtMs: number) => ({
  sessionKey,
  hasStream,
  startedAtMs,
});

describe('sessionOfRequest', () => {
  it('prefers a session with a stream, then one that had started, then the newest', () => {
    const noStream = session('no-stream', false, 90);
    const later = session('later', true, 101);
    const older = session('older', true, 50);
    const newer = session('newer', true, 100);
    expect(sessionOfRequest(100, [noStream, later, older, newer])).toBe(newer);
    expect(sessionOfRequest(100, [noStream, later, older])).toBe(older);
    expect(sessionOfRequest(100, [noStream, later])).toBe(later);
    expect(sessionOfRequest(100, [noStream])).toBe(noStream);
    expect(sessionOfRequest(100, [])).toBeNull();
  });

  it('tells equal sessions apart by key, whatever their order', () => {
    const [a, b] = [session('a', true, 1), session('b', true, 1)];
    expect(sessionOfRequest(5, [b, a])).toBe(a);
    expect(sessionOfRequest(5, [a, b])).toBe(a);
  });
});

describe('linkChain', () => {
  const payment = (eventId: string, paidAtMs: number, requestSession: string | null = null): ChainPayment => ({
    eventId,
    paidAtMs,
    requestSession,
  });

  it('links by request, else as the nearest earlier, else as the nearest later one', () => {
    const links = linkChain([
      payment('p5', 50),
      payment('p1', 10),
      payment('p2', 20, 'A'),
      payment('p3', 30),
      payment('p4', 40, 'B'),
    ]);
    expect(Object.fromEntries(links)).toEqual({
      p1: { method: 'later', sessionKey: 'A' },
      p2: { method: 'request', sessionKey: 'A' },
      p3: { method: 'earlier', sessionKey: 'A' },
      p4: { method: 'request', sessionKey: 'B' },
      p5: { method: 'earlier', sessionKey: 'B' },
    });
    expect(linkChain([payment('x', 1)]).get('x')).toEqual({ method: 'none', sessionKey: '' });
  });

  it('orders payments of one instant by event id', () => {
    expect(linkChain([payment('b', 1, 'A'), payment('a', 1), payment('c', 1)]).get('a')?.method).toBe('later');
    expect(linkChain([payment('b', 1, 'A'), payment('a', 1), payment('c', 1)]).get('c')?.method).toBe('earlier');
  });

  it('answers the same for a stretch from one payment with a request to the next', () => {
    const chain = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 30 }),
        request: fc.option(fc.constantFrom('A', 'B', 'C'), { freq: 2 }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(chain, fc.nat(), (drawn, pick) => {
        const all = drawn.map(({ at, request }, index) => payment(`p${String(index).padStart(3, '0')}`, at, request));
        const ordered = [...all].sort((a, b) => a.paidAtMs - b.paidAtMs || (a.eventId < b.eventId ? -1 : 1));
        const anchors = ordered.flatMap(({ requestSession }, index) => (requestSession === null ? [] : [index]));
        const from = anchors[pick % Math.max(1, anchors.length)];
        if (from === undefined) return;
        const to = anchors.find((index) => index > from) ?? ordered.length - 1;
        const whole = linkChain(all);
        for (const [eventId, link] of linkChain(ordered.slice(from, to + 1))) expect(link).toEqual(whole.get(eventId));
      }),
    );
  });
});
