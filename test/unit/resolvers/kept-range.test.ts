import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/domain/time.js';
import { keptRange, type RangeOffer, SINGLE_ROWS } from '../../../src/resolvers/kept-range.js';
import { BUCKETS, type Bucket } from '../../../src/resolvers/range.js';

const ADDITIVE: RangeOffer = { buckets: BUCKETS, finestUnasked: 'MINUTE_5' };
const dayBefore = (nowMs: number, days: number): number => (Math.floor(nowMs / DAY_MS) - days) * DAY_MS;

/** A request at an instant, while retention keeps what it keeps by default and has just been applied. */
function askingAt(nowMs: number) {
  const asking = {
    nowMs,
    reads: 0,
    floors: async () => {
      asking.reads += 1;
      const [raw, core, score5m] = [dayBefore(nowMs, 90), dayBefore(nowMs, 1100), dayBefore(nowMs, 7)];
      return { raw, core, rollup5m: raw, score5m };
    },
  };
  return asking;
}
const anyNow = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
const span = (startMs: number, spanMs: number) => ({ start: new Date(startMs), end: new Date(startMs + spanMs) });

describe('keptRange', () => {
  it('answers from 90 days before the instant of the question in any bucket, at any time of day', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyNow,
        fc.constantFrom<Bucket>('MINUTE_1', 'MINUTE_5', 'HOUR_1', 'DAY_1'),
        async (now, bucket) => {
          const request = { range: span(now - 90 * DAY_MS, HOUR_MS), bucket };
          const keptTo = { MINUTE_1: 'raw', MINUTE_5: 'rollup5m', HOUR_1: 'rollup5m', DAY_1: 'rollup5m' } as const;
          const range = await keptRange(askingAt(now), request, { ...ADDITIVE, keptTo });
          expect(range.bucket).toBe(bucket);
        },
      ),
    );
  });

  it('is wholly above the floor of its bucket, or refused; never refused unasked above the floor of hours', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyNow,
        fc.integer({ min: 0, max: 1200 * 24 }),
        fc.integer({ min: 1, max: 6 * HOUR_MS - 600_000 }),
        fc.option(fc.constantFrom<Bucket>('MINUTE_5', 'HOUR_1', 'DAY_1'), { nil: undefined }),
        async (now, hoursAgo, spanMs, bucket) => {
          const startMs = now - hoursAgo * HOUR_MS;
          const floorOf = (used: Bucket) => dayBefore(now, used === 'MINUTE_5' ? 90 : 1100);
          const range = await keptRange(askingAt(now), { range: span(startMs, spanMs), bucket }, ADDITIVE).catch(
            (error: unknown) => {
              expect(error).toMatchObject({ code: 'RANGE_NOT_KEPT' });
              return null;
            },
          );
          if (range === null) expect(startMs).toBeLessThan(floorOf(bucket ?? 'HOUR_1'));
          else expect(range.startMs).toBeGreaterThanOrEqual(floorOf(range.bucket));
        },
      ),
    );
  });

  it('reads no floor for the last two days, however they are snapped', async () => {
    for (const bucket of BUCKETS) {
      const asking = askingAt(Date.UTC(2026, 0, 10, 12, 30));
      await keptRange(asking, { range: span(asking.nowMs - 2 * DAY_MS, HOUR_MS), bucket }, ADDITIVE);
      expect(asking.reads).toBe(0);
      await keptRange(asking, { range: span(asking.nowMs - 3 * DAY_MS, HOUR_MS), bucket }, ADDITIVE);
      expect(asking.reads).toBe(1);
    }
  });

  it('snaps single rows to 5 minutes below their floor too', async () => {
    const asking = askingAt(Date.UTC(2026, 0, 10, 12, 30));
    const range = await keptRange(asking, { range: span(asking.nowMs - 500 * DAY_MS, HOUR_MS) }, SINGLE_ROWS);
    expect(range.bucket).toBe('MINUTE_5');
  });
});
