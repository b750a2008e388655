import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, encodeBins } from '../../../src/domain/bins.js';
import { scoringConfig } from '../../../src/domain/scoring-config.js';
import { benchmarkDay, combineBenchmarks, isSameBenchmark, rawCredit } from '../../../src/domain/sla-benchmark.js';
import { addInputs, jitterOf, NO_SLA_INPUTS, type SlaInputs, type SlaPart } from '../../../src/domain/sla-inputs.js';
import { type SlaReferences, scoreSla } from '../../../src/domain/sla-score.js';

const QUALITY = scoringConfig('q1', 'quality-benchmark-v1', {});
const SPEC = scoringConfig('s1', 'spec-v1', {});
const sufficient = (low: number, high: number) => ({ low, high, rowCount: 48, isSufficient: true });
const references: SlaReferences = {
  benchmark: (kind) => (kind === 'fps' ? sufficient(10, 20) : sufficient(1000, 3000)),
  target: () => null,
};
const unknown: SlaReferences = { benchmark: () => null, target: () => null };

function inputs(fields: Partial<SlaInputs>): SlaInputs {
  return { ...NO_SLA_INPUTS, ...fields };
}
function part(fields: Partial<SlaInputs>, model = 'm', day = '2026-01-08'): SlaPart {
  return { pipeline: 'live-video-to-video', model, day, inputs: inputs(fields) };
}
const latencies = (...ms: number[]) => {
  const counts = new Map<number, number>();
  for (const one of ms) counts.set(binOf(one), (counts.get(binOf(one)) ?? 0) + 1);
  return encodeBins(counts);
};

describe('quality-benchmark-v1 [AGGREGATE-005]', () => {
  const one = part({
    requestedCount: 20,
    startupSuccessCount: 18,
    swappedExplicitCount: 2,
    swappedCount: 9,
    outputFailedCount: 1,
    healthExpectedCount: 60,
    healthObservedCount: 60,
    legacyHealthObservedCount: 54,
    ptffSampleCount: 5,
    ptffMsSum: 10_000,
    e2eSampleCount: 20,
    e2eMsSum: 30_000,
    fpsSampleCount: 60,
    fpsSum: '720.000000',
    fpsSquareSum: '8700',
  });

  it('is the formula of the contract, with the coverage of the predecessor’s third signal', () => {
    const reliability = 0.4 * (18 / 20) + 0.2 * (18 / 20) + 0.4 * (19 / 20);
    // averages 2000 ms (raw 0.5), 1500 ms (raw 0.75), 12 fps (raw 0.2); all but ptff trusted in full
    const quality = 0.6 * (0.6 * 0.5 + 0.4 * 0.75) + 0.4 * 0.2;
    const { score, subscores, missing } = scoreSla([one], references, QUALITY);
    expect(score).toBeCloseTo(100 * (54 / 60) * (0.7 * reliability + 0.3 * quality), 10);
    expect(missing).toEqual([]);
    expect(subscores.find(({ name }) => name === 'fps')).toMatchObject({
      value: 0.2,
      raw: 0.2,
      weight: 0.4,
      of: 'quality',
      sampleCount: 60,
    });
  });

  it('pulls a subscore of few samples towards 0.5', () => {
    const few = scoreSla([part({ requestedCount: 1, ptffSampleCount: 4, ptffMsSum: 4000 })], references, QUALITY);
    expect(few.subscores.find(({ name }) => name === 'ptff')).toMatchObject({ raw: 1, value: 0.5 + 0.4 * 0.5 });
  });

  it('is neutral without samples or benchmark, whole when nothing is expected, null when nothing was requested', () => {
    const { score } = scoreSla([part({ requestedCount: 1, startupSuccessCount: 1 })], unknown, QUALITY);
    expect(score).toBeCloseTo(100 * (0.7 + 0.3 * 0.5), 10);
    expect(scoreSla([part({ fpsSampleCount: 9, fpsSum: '9' })], references, QUALITY).score).toBeNull();
    expect(scoreSla([], references, SPEC).score).toBeNull();
  });

  it('weighs raw credits of models and days by their samples, not their averages', () => {
    const perModel: SlaReferences = {
      ...unknown,
      benchmark: (_, { model }) => (model === 'fast' ? sufficient(100, 200) : sufficient(1000, 2000)),
    };
    const fast = part({ requestedCount: 1, e2eSampleCount: 30, e2eMsSum: 30 * 150 }, 'fast');
    const slow = part({ requestedCount: 1, e2eSampleCount: 10, e2eMsSum: 10 * 1000 }, 'slow');
    const { subscores } = scoreSla([slow, fast], perModel, QUALITY);
    expect(subscores.find(({ name }) => name === 'e2e')?.value).toBeCloseTo((30 * 0.5 + 10 * 1) / 40, 12);
  });

  it('does not depend on how the sums are split or ordered [AGGREGATE-006]', () => {
    const sums = fc.record({
      requestedCount: fc.nat(50),
      startupSuccessCount: fc.nat(50),
      fpsSampleCount: fc.nat(100),
      fpsSum: fc.nat(1e9).map((n) => (n / 1e6).toFixed(6)),
      fpsSquareSum: fc.nat(1e9).map((n) => `${n}.${'0'.repeat(11)}1`),
      ptffSampleCount: fc.nat(9),
      ptffMsSum: fc.nat(90_000),
      ptffMsHistogram: fc.nat(900).map((ms) => latencies(ms + 1)),
    });
    const parts = fc.array(fc.tuple(sums, fc.constantFrom('a', 'b'), fc.constantFrom('2026-01-07', '2026-01-08')), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        parts.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, mixed]) => {
          const asParts = (list: typeof all) => list.map(([fields, model, day]) => part(fields, model, day));
          for (const config of [QUALITY, SPEC]) {
            expect(scoreSla(asParts(mixed), references, config)).toEqual(scoreSla(asParts(all), references, config));
          }
          const [first, ...rest] = asParts(all);
          if (first === undefined) return;
          const halves = [{ ...first, inputs: NO_SLA_INPUTS }, first, ...rest];
          expect(scoreSla(halves, references, QUALITY).score).toBe(scoreSla(asParts(all), references, QUALITY).score);
        },
      ),
    );
  });
});

describe('spec-v1', () => {
  it('gives full credit inside the target, none at the limit, and shares out missing weights', () => {
    const { score, subscores, missing } = scoreSla(
      [
        part({
          requestedCount: 200,
          effectiveFailedCount: 11,
          swappedCount: 30,
          e2eSampleCount: 1,
          e2eMsHistogram: latencies(4500),
        }),
      ],
      unknown,
      SPEC,
    );
    const value = (name: string) => subscores.find((one) => one.name === name)?.value ?? null;
    expect(value('failureRate')).toBeCloseTo((0.1 - 0.055) / 0.09, 10);
    expect(value('swapRate')).toBeCloseTo((0.25 - 0.15) / 0.2, 10);
    expect(value('e2eP50')).toBeGreaterThan(0.48);
    expect(value('e2eP50')).toBeLessThan(0.52);
    expect(value('e2eP95')).toBe(1);
    expect(missing).toEqual(['ptffP50', 'ptffP95', 'jitter']);
    expect(subscores.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(score).toBeCloseTo(100 * subscores.reduce((sum, one) => sum + one.weight * (one.value ?? 0), 0), 10);
  });

  it('holds a model against its own targets', () => {
    const target = {
      fpsTarget: null,
      e2eP50TargetMs: 100,
      e2eP95TargetMs: null,
      ptffP50TargetMs: null,
      ptffP95TargetMs: null,
    };
    const { subscores } = scoreSla(
      [part({ requestedCount: 1, e2eSampleCount: 1, e2eMsHistogram: latencies(500) })],
      { ...unknown, target: () => target },
      SPEC,
    );
    expect(subscores.find(({ name }) => name === 'e2eP50')?.value).toBe(0);
    expect(subscores.find(({ name }) => name === 'e2eP95')?.value).toBe(1);
  });

  it('takes jitter from exact sums, and none under 6 samples', () => {
    const fps = [10, 12, 14, 10, 12, 14];
    const sums = {
      fpsSampleCount: 6,
      fpsSum: '72.000000',
      fpsSquareSum: String(fps.reduce((sum, x) => sum + x * x, 0)),
    };
    expect(jitterOf(inputs(sums))).toBeCloseTo(Math.sqrt(8 / 3) / 12, 12);
    expect(jitterOf(inputs({ ...sums, fpsSampleCount: 5 }))).toBeNull();
    expect(jitterOf(inputs({ ...sums, fpsSum: '0' }))).toBeNull();
    expect(jitterOf(addInputs(inputs(sums), inputs(sums)))).toBeCloseTo(Math.sqrt(8 / 3) / 12, 12);
  });

  it('refuses parameters it does not know', () => {
    expect(() => scoringConfig('x', 'spec-v1', { weight: 1 })).toThrow(RangeError);
    expect(() => scoringConfig('x', 'spec-v1', { jitterWeight: '1' })).toThrow(RangeError);
    expect(scoringConfig('x', 'spec-v1', { jitterWeight: 0.9 }).parameters).toMatchObject({
      jitterWeight: 0.9,
      swapLimit: 0.25,
    });
  });
});

describe('benchmarks [AGGREGATE-005]', () => {
  const rows = (...averages: number[]) => averages.map((average) => ({ sum: average * 2, sampleCount: 2 }));

  it('interpolate the exact row averages of a day, as percentile_cont does', () => {
    expect(benchmarkDay('ptff', '2026-01-01', rows(100, 200, 300, 400))).toEqual({
      day: '2026-01-01',
      low: 250,
      high: 370,
      rowCount: 4,
    });
    expect(benchmarkDay('fps', '2026-01-01', [...rows(10, 20), { sum: 0, sampleCount: 0 }])).toEqual({
      day: '2026-01-01',
      low: 11,
      high: 15,
      rowCount: 2,
    });
    expect(benchmarkDay('e2e', '2026-01-01', [])).toBeNull();
  });

  it('weigh days by their rows, round to 3 significant digits and want 48 rows', () => {
    const days = [
      { day: '2026-01-01', low: 1000, high: 3000, rowCount: 47 },
      { day: '2026-01-02', low: 2000, high: 5000, rowCount: 1 },
    ];
    expect(combineBenchmarks(days)).toEqual({ low: 1020, high: 3040, rowCount: 48, isSufficient: true });
    expect(combineBenchmarks(days.slice(0, 1))).toMatchObject({ isSufficient: false });
    expect(combineBenchmarks([])).toEqual({ low: null, high: null, rowCount: 0, isSufficient: false });
    expect(isSameBenchmark(combineBenchmarks(days), { low: 1020, high: 3040, rowCount: 99, isSufficient: true })).toBe(
      true,
    );
  });

  it('credit linearly between the values, as a step where they coincide, neutrally when insufficient', () => {
    expect([1000, 2000, 3000].map((ms) => rawCredit('e2e', ms, sufficient(1000, 3000)))).toEqual([1, 0.5, 0]);
    expect([10, 15, 20].map((fps) => rawCredit('fps', fps, sufficient(10, 20)))).toEqual([0, 0.5, 1]);
    expect([99, 100, 101].map((ms) => rawCredit('ptff', ms, sufficient(100, 90)))).toEqual([1, 1, 0]);
    expect([9, 10, 11].map((fps) => rawCredit('fps', fps, sufficient(10, 10)))).toEqual([0, 1, 1]);
    expect(rawCredit('fps', 99, { low: 1, high: 2, rowCount: 47, isSufficient: false })).toBe(0.5);
  });
});
