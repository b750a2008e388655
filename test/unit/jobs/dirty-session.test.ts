import { describe, expect, it } from 'vitest';
import { foldEvents } from '../../../src/domain/fold.js';
import { FOLD_VERSION } from '../../../src/domain/fold-codec.js';
import type { OrderKey } from '../../../src/domain/order.js';
import { eventRanges, foldDirty, planSession } from '../../../src/jobs/dirty-session.js';
import type { SessionMark } from '../../../src/warehouse/stores/session-mark-store.js';
import type { KnownSession } from '../../../src/warehouse/stores/session-store.js';
import { sessionEvent } from '../../db/jobs/fact-writer.js';

const SLICE = Date.UTC(2026, 0, 8, 12, 0);
const MINUTE = 60_000;
const NAME = { org: 'daydream', sessionKey: 'stream-1|request-1' };

const known: KnownSession = {
  swapCount: 0,
  ...NAME,
  startedAtMs: SLICE + MINUTE,
  firstSeenAtMs: SLICE + MINUTE,
  lastSeenAtMs: SLICE + 8 * MINUTE,
  prefix: null,
  prefixUntilMs: null,
  foldVersion: FOLD_VERSION,
  segments: [],
};

const key = (at: number, id = 'event'): OrderKey => ({ at, rank: 0, id });
const mark = (sliceStartMs: number | null, firstKey: OrderKey | null = null): SessionMark => ({
  ...NAME,
  sliceStartMs,
  firstKey,
});
const event = (at: number, eventId: string) => sessionEvent({ eventAtMs: at, eventId });

describe('planSession', () => {
  it('takes the smallest key of a slice, and the whole slice when one mark has none', () => {
    const plan = planSession(
      [mark(SLICE, key(SLICE + 9)), mark(SLICE, key(SLICE + 3)), mark(SLICE + 300_000)],
      known,
      0,
    );
    expect(plan?.dirtySlices).toEqual(
      new Map([
        [SLICE, key(SLICE + 3)],
        [SLICE + 300_000, null],
      ]),
    );
    expect(plan).toMatchObject({ dirtyFromMs: SLICE, prefix: null, slicesFromMs: SLICE });
  });

  it('judges everything again from all slices for a mark without a slice', () => {
    expect(planSession([mark(null), mark(SLICE + 300_000)], known, 0)).toMatchObject({
      dirtyFromMs: null,
      prefix: null,
      slicesFromMs: SLICE,
    });
  });

  it('folds every slice again when the stored ones are of another version', () => {
    const plan = planSession(
      [mark(SLICE + 300_000, key(SLICE + 300_001))],
      { ...known, foldVersion: FOLD_VERSION - 1 },
      0,
    );
    expect(plan?.dirtySlices).toEqual(
      new Map([
        [SLICE, null],
        [SLICE + 300_000, null],
      ]),
    );
    expect(plan?.dirtyFromMs).toBeNull();
  });

  it('leaves a session alone that began before the raw floor and has no prefix to go on from', () => {
    expect(planSession([mark(null)], known, SLICE + 2 * MINUTE)).toBeNull();
    expect(planSession([mark(SLICE + 300_000)], known, SLICE + 300_000)).toBeNull();
  });
});

describe('a dirty slice', () => {
  const stored = new Map([[SLICE, foldEvents([event(SLICE + 1_000, 'a'), event(SLICE + 2_000, 'b')])]]);
  const planned = (firstKey: OrderKey | null) => {
    const plan = planSession([mark(SLICE, firstKey)], known, 0);
    if (plan === null) throw new Error('a plan was expected');
    return plan;
  };

  it('is folded on from what is stored when every marked event comes after it', () => {
    const plan = planned(key(SLICE + 2_000, 'c'));
    expect(eventRanges(plan, stored)).toEqual([{ ...NAME, fromMs: SLICE + 2_000, toMs: SLICE + 300_000 }]);
    const { slices } = foldDirty(plan, stored, [event(SLICE + 2_000, 'b'), event(SLICE + 2_000, 'c')]);
    const all = [event(SLICE + 1_000, 'a'), event(SLICE + 2_000, 'b'), event(SLICE + 2_000, 'c')];
    expect(slices).toEqual([{ startMs: SLICE, fold: foldEvents(all) }]);
  });

  it('is folded as a whole when a marked event comes before the last stored one', () => {
    const plan = planned(key(SLICE + 500, 'early'));
    expect(eventRanges(plan, stored)).toEqual([{ ...NAME, fromMs: SLICE, toMs: SLICE + 300_000 }]);
    const all = [event(SLICE + 500, 'early'), event(SLICE + 1_000, 'a'), event(SLICE + 2_000, 'b')];
    expect(foldDirty(plan, stored, all).slices).toEqual([{ startMs: SLICE, fold: foldEvents(all) }]);
  });

  it('stays as stored when none of its events can be read', () => {
    expect(foldDirty(planned(null), stored, [])).toMatchObject({ changed: [], slices: [{ startMs: SLICE }] });
  });
});
