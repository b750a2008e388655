import { expect, test } from 'vitest';
import { jitterOf } from '../../../src/domain/sla-inputs.js';
import { fpsJitter } from '../../../src/resolvers/service-figures.js';
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
