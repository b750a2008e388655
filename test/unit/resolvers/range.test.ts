import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../src/errors.js';
import {
  BUCKET_MS,
  BUCKETS,
  bucketStarts,
  isFinalAt,
  previousRange,
  resolveRange,
} from '../../../src/resolvers/range.js';

const NOW = Date.UTC(2026, 0, 10, 12, 30);

describe('resolveRange', () => {
  it('is the 24 hourly buckets that end with the open one by default', () => {
    expect(resolveRange({}, NOW)).toEqual({
      startMs: Date.UTC(2026, 0, 9, 13),
      endMs: Date.UTC(2026, 0, 10, 13),
      bucket: 'HOUR_1',
    });
  });

  it('covers what was asked, on borders of its bucket, and no whole bucket more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) }),
        fc.integer({ min: 1, max: 6 * 3_600_000 - 120_000 }),
        fc.constantFrom(...BUCKETS),
        (startMs, spanMs, bucket) => {
          const used = resolveRange(
            { range: { start: new Date(startMs), end: new Date(startMs + spanMs) }, bucket },
            NOW,
          );
          const width = BUCKET_MS[bucket];
          expect(used.startMs % width).toBe(0);
          expect(used.endMs % width).toBe(0);
          expect(startMs - used.startMs).toBeLessThan(width);
          expect(used.startMs).toBeLessThanOrEqual(startMs);
          expect(used.endMs).toBeGreaterThanOrEqual(startMs + spanMs);
          expect(used.endMs - startMs - spanMs).toBeLessThan(width);
          expect(bucketStarts(used)).toHaveLength((used.endMs - used.startMs) / width);
          expect(previousRange(used)).toEqual({ startMs: 2 * used.startMs - used.endMs, endMs: used.startMs, bucket });
        },
      ),
    );
  });

  it('picks the bucket by the span, none finer than may be picked unasked', () => {
    const picked = (hours: number, finest?: 'MINUTE_5' | 'HOUR_1') =>
      resolveRange({ range: { start: new Date(NOW - hours * 3_600_000), end: new Date(NOW) } }, NOW, BUCKETS, finest)
        .bucket;
    expect([picked(6), picked(6.1), picked(31 * 24), picked(32 * 24)]).toEqual([
      'MINUTE_5',
      'HOUR_1',
      'HOUR_1',
      'DAY_1',
    ]);
    expect([picked(1, 'HOUR_1'), picked(6, 'HOUR_1'), picked(32 * 24, 'HOUR_1')]).toEqual([
      'HOUR_1',
      'HOUR_1',
      'DAY_1',
    ]);
  });

  it.each([
    [{ range: { start: new Date(NOW), end: new Date(NOW) } }, 'INVALID_RANGE'],
    [{ range: { start: new Date(NOW), end: new Date(NOW - 1) } }, 'INVALID_RANGE'],
    [
      { range: { start: new Date(Date.UTC(2025, 0, 1)), end: new Date(NOW) }, bucket: 'HOUR_1' as const },
      'RANGE_TOO_WIDE',
    ],
  ])('refuses %j', (request, code) => {
    expect(() => resolveRange(request, NOW)).toThrowError(expect.objectContaining({ code }) as AppError);
  });
});

describe('isFinalAt', () => {
  it('is true from 10 minutes after the end', () => {
    expect(isFinalAt(NOW, NOW + 600_000)).toBe(true);
    expect(isFinalAt(NOW, NOW + 599_999)).toBe(false);
  });
});
