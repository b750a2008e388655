import { expect, test } from 'vitest';
import { binOf, encodeBins } from '../../../src/domain/bins.js';
import { jitterOf } from '../../../src/domain/sla-inputs.js';
import {
  averageLatency,
  fpsJitter,
  startupCompliance,
  startupOf,
  startupTargetMs,
} from '../../../src/resolvers/service-figures.js';
import type { ServiceSums } from '../../../src/warehouse/readers/rollup-reader.js';

/** `count` samples of `fps`, of which the last is `last`; fps in millionths, so that the sums are exact. */
function sumsOf(count: number, fps: bigint, last = fps): Parameters<typeof fpsJitter>[0] {
  const sum = BigInt(count - 1) * fps + last;
  const squares = BigInt(count - 1) * fps * fps + last * last;
  return {
    samples: { fpsSample: count },
    fpsSum: decimal(sum, 6),
    fpsSquareSum: decimal(squares, 12),
  } as ServiceSums; // the figures under test read nothing else
}

function decimal(digits: bigint, scale: number): string {
  const text = String(digits).padStart(scale + 1, '0');
  return `${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

test('a frame rate that never varies has no jitter at all, whatever its size', () => {
  expect(fpsJitter(sumsOf(100_003, 59_940_059n))).toMatchObject({ value: 0, nullReason: 'OK', sampleCount: 100_003 });
});

test('is the jitter that scores are computed from', () => {
  const sums = sumsOf(1_000_000, 1_000_000_001n, 1_000_000_009n);
  const { fpsSum, fpsSquareSum, samples } = sums;
  expect(fpsJitter(sums).value).toBe(jitterOf({ fpsSampleCount: samples.fpsSample, fpsSum, fpsSquareSum }));
});

test.each([
  [0, 'NO_DATA'],
  [5, 'INSUFFICIENT_SAMPLES'],
] as const)('%i samples have none: %s', (count, nullReason) => {
  expect(fpsJitter(sumsOf(Math.max(count, 1), 10_000_000n))).toMatchObject({ value: null });
  const sums = { ...sumsOf(6, 10_000_000n), samples: { fpsSample: count } } as ServiceSums;
  expect(fpsJitter(sums)).toMatchObject({ value: null, nullReason, sampleCount: count });
});

/** Cold start-ups of some milliseconds, held against thresholds; `told` of all start-ups said how they were. */
function coldStarts(
  parts: readonly { readonly targetMs: number; readonly ms: readonly number[] }[],
  told = 1,
): ServiceSums {
  const histogram = (ms: readonly number[]): string => {
    const counts = new Map<number, number>();
    for (const one of ms) if (one > 0) counts.set(binOf(one), (counts.get(binOf(one)) ?? 0) + 1);
    return encodeBins(counts);
  };
  const none = { sampleCount: 0, msSum: 0, histogram: '0' };
  const cold = parts.map(({ targetMs, ms }) => ({ targetMs, sampleCount: ms.length, histogram: histogram(ms) }));
  return {
    latencies: { startup: { ...none, sampleCount: 3 }, coldStartup: { ...none, sampleCount: told }, warmStartup: none },
    startupByTarget: { cold, warm: [] },
  } as unknown as ServiceSums; // the figures under test read nothing else
}

test('cold start-ups are held against the threshold of their own model', () => {
  const sums = coldStarts([
    { targetMs: 1000, ms: [0, 500, 1000, 1100] },
    { targetMs: 5000, ms: [4000, 6000] },
  ]);
  expect(startupCompliance(sums, 'cold')).toMatchObject({ value: 4 / 6, sampleCount: 6, nullReason: 'OK' });
  expect(startupTargetMs(sums, 'cold')).toBeNull();
  expect(startupTargetMs(coldStarts([{ targetMs: 1000, ms: [1] }]), 'cold')).toBe(1000);
});

test('without a threshold or a word of how they were there is none: NOT_COLLECTED', () => {
  expect(startupCompliance(coldStarts([]), 'cold')).toMatchObject({ value: null, nullReason: 'NOT_COLLECTED' });
  const untold = coldStarts([], 0);
  expect(startupCompliance(untold, 'cold')).toMatchObject({ value: null, nullReason: 'NOT_COLLECTED' });
  expect(averageLatency(startupOf(untold, 'cold'))).toMatchObject({ value: null, nullReason: 'NOT_COLLECTED' });
  expect(averageLatency(startupOf(coldStarts([]), 'warm'))).toMatchObject({ value: null, nullReason: 'NO_DATA' });
});
