import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addBins,
  binMiddle,
  binOf,
  countAtLeast,
  decodeBins,
  encodeBins,
  encodeSample,
  fpsBin,
  percentile,
} from '../../../src/domain/bins.js';

const binned = (values: readonly number[]) =>
  values
    .filter((value) => value > 0)
    .reduce((counts, value) => addBins(counts, new Map([[binOf(value), 1]])), new Map<number, number>());

describe('percentile histograms', () => {
  it('answer the nearest-rank percentile within 1 % [AGGREGATE-006]', () => {
    const value = fc.oneof(
      fc.integer({ min: 1, max: 2_147_483_647 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: -5, max: 0 }),
    );
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0, 0.05, 0.5, 0.9, 0.95, 0.99, 1),
        (values, q) => {
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length - 1e-9)) - 1] ?? 0;
          const zeros = values.filter((one) => one <= 0).length;
          const answer = percentile(q, zeros, binned(values)) ?? Number.NaN;
          if (exact <= 0) expect(answer).toBe(0);
          else expect(Math.abs(answer - exact) / exact).toBeLessThan(0.01);
        },
      ),
    );
  });

  it('count what reaches a bound, to the width of a bin', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 60_000 }), { maxLength: 100 }),
        fc.integer({ min: 1, max: 60_000 }),
        (values, bound) => {
          const answer = countAtLeast(bound, binned(values));
          expect(answer).toBeGreaterThanOrEqual(values.filter((value) => value >= bound).length);
          expect(answer).toBeLessThanOrEqual(values.filter((value) => value > 0 && value >= bound / 1.02 - 1).length);
        },
      ),
    );
  });

  it('merge by the sum of their numbers, in any grouping [AGGREGATE-006]', () => {
    const counts = fc
      .dictionary(fc.nat(1100).map(String), fc.integer({ min: 1, max: 1e9 }))
      .map((o) => new Map(Object.entries(o).map(([bin, count]) => [Number(bin), count])));
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const sum = String(BigInt(encodeBins(a)) + BigInt(encodeBins(b)));
        expect(sum).toBe(encodeBins(addBins(a, b)));
        expect(decodeBins(sum)).toEqual(addBins(a, b));
      }),
    );
  });

  it('write one value as 1 and twelve zeros per bin, and none as 0', () => {
    expect(encodeSample(1)).toBe('1');
    expect(encodeSample(3000)).toBe(`1${'0'.repeat(12 * 404)}`);
    expect([encodeSample(0), encodeSample(-4), encodeBins(new Map())]).toEqual(['0', '0', '0']);
    expect(decodeBins('0')).toEqual(new Map());
    expect(
      encodeBins(
        new Map([
          [0, 7],
          [1, 2],
        ]),
      ),
    ).toBe('2000000000007');
  });

  it('bin frame rates in thousandths, below one in bin 0', () => {
    expect([fpsBin(1), fpsBin(400), fpsBin(1_019)]).toEqual([0, 0, 0]);
    expect(binMiddle(fpsBin(17_190_782)) / 1000).toBeCloseTo(17.19, 0);
  });

  it('stand for every frame rate from 0.001 within 1 % [AGGREGATE-006]', () => {
    const micro = fc.oneof(fc.integer({ min: 1_000, max: 2_000_000 }), fc.integer({ min: 1_000, max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(micro, (fpsMicro) => {
        expect(Math.abs((binMiddle(fpsBin(fpsMicro)) * 1000) / fpsMicro - 1)).toBeLessThan(0.01);
      }),
    );
  });

  it('answer null without values: no evidence, never 0 [AGGREGATE-004]', () => {
    expect(percentile(0.5, 0, new Map())).toBeNull();
    expect(percentile(0.5, 3, new Map())).toBe(0);
  });
});
