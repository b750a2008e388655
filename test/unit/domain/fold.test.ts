import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/domain/event.js';
import { concatFolds, emptyFold, type Fold, foldEvents, mergeFolds } from '../../../src/domain/fold.js';
import { decodeFold, encodeFold } from '../../../src/domain/fold-codec.js';
import { compareBytewise, compareOrder, orderKeyOf } from '../../../src/domain/order.js';
import { sessionEvents } from './random-sessions.js';
import { status, TEN, trace } from './session-samples.js';

const ordered = (events: readonly SessionEvent[]) =>
  [...events].sort((a, b) => compareOrder(orderKeyOf(a), orderKeyOf(b)));

function split(events: readonly SessionEvent[], cuts: readonly number[]): Fold[] {
  const inOrder = ordered(events);
  const bounds = [0, ...cuts.map((cut) => cut % (inOrder.length + 1)).sort((a, b) => a - b), inOrder.length];
  return bounds.slice(1).map((end, index) => foldEvents(inOrder.slice(bounds[index], end)));
}

const cuts = fc.array(fc.nat(60), { maxLength: 6 });

describe('the fold of a session', () => {
  it('is the merge of the folds of its parts at any ordered split [FACT-002]', () => {
    fc.assert(
      fc.property(sessionEvents, cuts, (events, at) => {
        expect(concatFolds(split(events, at))).toEqual(foldEvents(events));
      }),
      { numRuns: 400 },
    );
  });

  it('merges associatively, with the empty fold as neutral element [FACT-002]', () => {
    fc.assert(
      fc.property(sessionEvents, fc.nat(60), fc.nat(60), (events, i, j) => {
        const [a = emptyFold(), b = emptyFold(), c = emptyFold()] = split(events, [i, j]);
        expect(mergeFolds(mergeFolds(a, b), c)).toEqual(mergeFolds(a, mergeFolds(b, c)));
        expect(mergeFolds(emptyFold(), a)).toEqual(a);
        expect(mergeFolds(a, emptyFold())).toEqual(a);
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on the order or repetition of the events [FACT-002]', () => {
    const shuffled = sessionEvents.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, ([events, mixed]) => {
        expect(foldEvents(mixed)).toEqual(foldEvents(events));
      }),
      { numRuns: 200 },
    );
  });

  it('leaves the folds it merges as they were', () => {
    fc.assert(
      fc.property(sessionEvents, fc.nat(60), (events, cut) => {
        const [a = emptyFold(), b = emptyFold()] = split(events, [cut]);
        const before = JSON.stringify([encodeFold(a), encodeFold(b)]);
        mergeFolds(a, b);
        expect(JSON.stringify([encodeFold(a), encodeFold(b)])).toBe(before);
      }),
    );
  });

  it('survives JSON', () => {
    fc.assert(
      fc.property(sessionEvents, (events) => {
        const fold = foldEvents(events);
        expect(decodeFold(JSON.parse(JSON.stringify(encodeFold(fold))))).toEqual(fold);
      }),
    );
  });

  it('orders events of one instant by family, then by id bytewise as PostgreSQL does [FACT-002]', () => {
    const family = [trace(TEN, 'close', { url: 'u1' }), status(TEN, 1, { url: 'u2' })];
    expect(foldEvents(family).runs.map(({ url }) => url)).toEqual(['u1', 'u2']);
    const ids = ['\u{1F600}', '\uFFFD', '\uD7FF', 'z', ''];
    const bytes = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...ids].sort(compareBytewise)).toEqual(bytes);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareBytewise(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });

  it('counts each sample once, with exact sums of millionths [AGGREGATE-001, AGGREGATE-006]', () => {
    const fold = foldEvents([status(TEN, 0.1), status(TEN + 1, 0.2), status(TEN + 2, null), status(TEN + 3, 0)]);
    expect(fold.head).toMatchObject({ fpsCount: 3, fpsPositive: 2, fpsSum: 300_000n, fpsSquareSum: 50_000_000_000n });
  });
});
