import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBins, encodeSample } from '../../../src/domain/bins.js';
import {
  QUALITY_DEFAULTS,
  type ScoringConfig,
  SPEC_DEFAULTS,
  scoringConfig,
} from '../../../src/domain/scoring-config.js';
import { addInputs, NO_SLA_INPUTS, type SlaInputs, type SlaPart } from '../../../src/domain/sla-inputs.js';
import { type SlaReferences, scoreSla } from '../../../src/domain/sla-score.js';

/** One session in one bucket, with the flags that its row carries. */
interface SessionFlags {
  readonly isRequested: boolean;
  readonly startup: 'success' | 'failed' | 'excused';
  readonly swap: 'none' | 'inferred' | 'explicit';
  readonly isOutputFailed: boolean;
  readonly healthSignals: number;
  readonly fps: readonly number[];
  readonly ptffMs: number | null;
  readonly e2eMs: number | null;
  readonly model: string;
}

const latencyMs = fc.option(fc.integer({ min: 1, max: 60_000 }));
const session: fc.Arbitrary<SessionFlags> = fc.record({
  isRequested: fc.boolean(),
  startup: fc.constantFrom('success', 'failed', 'excused'),
  swap: fc.constantFrom('none', 'inferred', 'explicit'),
  isOutputFailed: fc.boolean(),
  healthSignals: fc.nat(3),
  fps: fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 9 }),
  ptffMs: latencyMs,
  e2eMs: latencyMs,
  model: fc.constantFrom('a', 'b'),
});
const references: fc.Arbitrary<SlaReferences> = fc
  .record({
    low: fc.integer({ min: 1, max: 30_000 }),
    high: fc.integer({ min: 1, max: 30_000 }),
    isSufficient: fc.boolean(),
    targetMs: fc.option(fc.integer({ min: 1, max: 30_000 })),
  })
  .map(({ low, high, isSufficient, targetMs }) => ({
    benchmark: (kind) => {
      const scale = kind === 'fps' ? 500 : 1;
      return { low: low / scale, high: high / scale, rowCount: 48, isSufficient };
    },
    target: () => {
      const targets = { e2eP50TargetMs: targetMs, e2eP95TargetMs: targetMs };
      return { ...targets, fpsTarget: null, ptffP50TargetMs: targetMs, ptffP95TargetMs: targetMs };
    },
  }));
const parametersOf = (defaults: object) =>
  fc.record(
    Object.fromEntries(Object.keys(defaults).map((name) => [name, fc.double({ min: 0, max: 1e6, noNaN: true })])),
  );
const anyConfig: fc.Arbitrary<ScoringConfig> = fc.oneof(
  parametersOf(QUALITY_DEFAULTS).map((parameters) => scoringConfig('q', 'quality-benchmark-v1', parameters)),
  parametersOf(SPEC_DEFAULTS).map((parameters) => scoringConfig('s', 'spec-v1', parameters)),
);
const FORMULAS = ['quality-benchmark-v1', 'spec-v1'] as const;

function inputsOf({
  isRequested,
  startup,
  swap,
  isOutputFailed,
  healthSignals,
  fps,
  ptffMs,
  e2eMs,
}: SessionFlags): SlaInputs {
  const requested = Number(isRequested);
  const outputFailed = Number(isRequested && isOutputFailed);
  return {
    requestedCount: requested,
    startupSuccessCount: Number(isRequested && startup === 'success'),
    swappedExplicitCount: Number(isRequested && swap === 'explicit'),
    swappedCount: Number(isRequested && swap !== 'none'),
    outputFailedCount: outputFailed,
    effectiveFailedCount: Math.max(outputFailed, Number(isRequested && startup === 'failed')),
    healthExpectedCount: 3 * requested,
    healthObservedCount: healthSignals * requested,
    legacyHealthObservedCount: healthSignals * requested,
    fpsSampleCount: fps.length,
    fpsSum: String(fps.reduce((sum, value) => sum + value, 0)),
    fpsSquareSum: String(fps.reduce((sum, value) => sum + value * value, 0)),
    ptffSampleCount: Number(ptffMs !== null),
    ptffMsSum: ptffMs ?? 0,
    ptffMsHistogram: ptffMs === null ? encodeBins(new Map()) : encodeSample(ptffMs),
    e2eSampleCount: Number(e2eMs !== null),
    e2eMsSum: e2eMs ?? 0,
    e2eMsHistogram: e2eMs === null ? encodeBins(new Map()) : encodeSample(e2eMs),
  };
}

function partsOf(sessions: readonly SessionFlags[]): readonly SlaPart[] {
  return sessions.map((one) => ({ pipeline: 'p', model: one.model, day: '2026-01-08', inputs: inputsOf(one) }));
}

describe.each(FORMULAS)('%s, for any sessions', (formula) => {
  const config = scoringConfig(formula, formula, {});

  it('never rises when only the start-up flag of one session turns into a failure', () => {
    fc.assert(
      fc.property(
        fc.array(session, { maxLength: 12 }),
        session,
        fc.constantFrom<SessionFlags['startup']>('failed', 'excused'),
        references,
        (others, one, startup, known) => {
          const started: SessionFlags = { ...one, isRequested: true, startup: 'success' };
          const good = scoreSla(partsOf([...others, started]), known, config).score;
          const bad = scoreSla(partsOf([...others, { ...started, startup }]), known, config).score;
          expect(bad).toBeLessThanOrEqual(good ?? Number.NaN);
          if (startup === 'failed' && formula === 'quality-benchmark-v1' && started.healthSignals > 0) {
            expect(bad).toBeLessThan(good ?? Number.NaN);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is null exactly when nothing was requested', () => {
    fc.assert(
      fc.property(fc.array(session, { maxLength: 12 }), references, (sessions, known) => {
        const { score, inputs } = scoreSla(partsOf(sessions), known, config);
        expect(inputs).toEqual(sessions.map(inputsOf).reduce(addInputs, NO_SLA_INPUTS));
        expect(score === null).toBe(!sessions.some(({ isRequested }) => isRequested));
      }),
    );
  });

  it('has subscores from 0 to 1 whose weights say what they are a share of', () => {
    fc.assert(
      fc.property(fc.array(session, { minLength: 1, maxLength: 12 }), references, (sessions, known) => {
        const { subscores, missing } = scoreSla(partsOf(sessions), known, config);
        for (const { name, value, weight, raw } of subscores) {
          for (const bounded of [value, weight, raw]) {
            if (bounded === null) continue;
            expect(bounded).toBeGreaterThanOrEqual(0);
            expect(bounded).toBeLessThanOrEqual(1 + Number.EPSILON * 4);
          }
          expect(missing.includes(name)).toBe(value === null);
        }
      }),
    );
  });
});

describe('any parameters', () => {
  it('leave a score between 0 and 100', () => {
    fc.assert(
      fc.property(fc.array(session, { maxLength: 12 }), references, anyConfig, (sessions, known, config) => {
        const { score } = scoreSla(partsOf(sessions), known, config);
        if (score === null) return;
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
      }),
      { numRuns: 500 },
    );
  });
});
