import { combineCredits, type JudgedPart, type PartCredit } from './part-credit.js';
import type { SpecParameters } from './scoring-config.js';
import { jitterOf, latencyPercentilesOf, type SlaInputs, type SlaPart } from './sla-inputs.js';
import type { SlaReferences, Subscore } from './sla-score.js';

/** A subscore before the weights of the missing ones are shared out. */
type Weighed = Pick<Subscore, 'name' | 'value' | 'weight' | 'sampleCount'>;

const LATENCIES = ['ptff', 'e2e'] as const;
const RANKS = [
  { rank: 'P50', quantile: 0.5 },
  { rank: 'P95', quantile: 0.95 },
] as const;

/** The parameters that a model's own target takes the place of. */
export type TargetName = `${(typeof LATENCIES)[number]}${(typeof RANKS)[number]['rank']}TargetMs`;
export const TARGET_NAMES: readonly TargetName[] = LATENCIES.flatMap((kind) =>
  RANKS.map(({ rank }) => `${kind}${rank}TargetMs` as const),
);

/** `spec-v1`: score 0..100 (meaningless when nothing was requested) and its subscores. */
export function scoreBySpec(
  parts: readonly JudgedPart[],
  inputs: SlaInputs,
  p: SpecParameters,
): readonly [number, readonly Subscore[]] {
  const weighed: readonly Weighed[] = [
    ...latencySubscores(parts, p),
    { name: 'jitter', weight: p.jitterWeight, ...combineCredits(parts, 'jitter') },
    ...reliabilitySubscores(inputs, p),
  ];
  const total = weighed.reduce((sum, { value, weight }) => (value === null ? sum : sum + weight), 0);
  const subscores = weighed.map(
    (subscore): Subscore => ({
      ...subscore,
      weight: subscore.value === null || total === 0 ? 0 : subscore.weight / total,
      of: 'score',
      raw: null,
    }),
  );
  const sum = subscores.reduce((points, { value, weight }) => points + weight * (value ?? 0), 0);
  return [Math.min(100 * sum, 100), subscores];
}

/** What a part earns: its latencies against its model's targets, else the parameters, and its jitter. */
export function judgeBySpec(part: SlaPart, references: SlaReferences, p: SpecParameters): readonly PartCredit[] {
  const own = references.target(part);
  const latencies = LATENCIES.flatMap((kind) => {
    const sampleCount = part.inputs[`${kind}SampleCount`];
    const percentiles = latencyPercentilesOf(
      part.inputs,
      kind,
      RANKS.map(({ quantile }) => quantile),
    );
    return RANKS.flatMap(({ rank }, index): readonly PartCredit[] => {
      const measured = percentiles[index] ?? null;
      if (measured === null) return [];
      const target = own?.[`${kind}${rank}TargetMs`] ?? null;
      const fullAt = target ?? p[`${kind}${rank}TargetMs`];
      const noneAt = fullAt * p.latencyLimitFactor;
      return [
        {
          subscore: `${kind}${rank}`,
          ...{ measured, unit: 'MILLISECONDS', sampleCount, fullAt, noneAt },
          credit: linear(measured, fullAt, noneAt),
          basis: target === null ? 'parameter' : 'model_target',
        },
      ];
    });
  });
  return [...latencies, ...jitterCredit(part.inputs, p)];
}

function jitterCredit(inputs: SlaInputs, p: SpecParameters): readonly PartCredit[] {
  const measured = jitterOf(inputs);
  if (measured === null) return [];
  const [fullAt, noneAt] = [p.jitterTarget, p.jitterLimit];
  return [
    {
      subscore: 'jitter',
      ...{ measured, unit: 'COEFFICIENT', sampleCount: inputs.fpsSampleCount, fullAt, noneAt },
      credit: linear(measured, fullAt, noneAt),
      basis: 'parameter',
    },
  ];
}

function latencySubscores(parts: readonly JudgedPart[], p: SpecParameters): readonly Weighed[] {
  const shares = { ptff: p.ptffShare, e2e: p.e2eShare, P50: p.p50Share, P95: p.p95Share };
  return LATENCIES.flatMap((kind) =>
    RANKS.map(({ rank }) => ({
      name: `${kind}${rank}`,
      weight: p.latencyWeight * shares[kind] * shares[rank],
      ...combineCredits(parts, `${kind}${rank}`),
    })),
  );
}

function reliabilitySubscores(inputs: SlaInputs, p: SpecParameters): readonly Weighed[] {
  const n = inputs.requestedCount;
  const credit = (count: number, target: number, limit: number): number | null =>
    n === 0 ? null : linear(count / n, target, limit);
  return [
    {
      name: 'failureRate',
      value: credit(inputs.effectiveFailedCount, p.failureTarget, p.failureLimit),
      weight: p.reliabilityWeight * p.failureShare,
      sampleCount: n,
    },
    {
      name: 'swapRate',
      value: credit(inputs.swappedCount, p.swapTarget, p.swapLimit),
      weight: p.reliabilityWeight * p.swapShare,
      sampleCount: n,
    },
  ];
}

/** 1 up to the target, 0 from the limit on, linear between; a step where they coincide. */
function linear(value: number, target: number, limit: number): number {
  if (value <= target) return 1;
  return value >= limit ? 0 : (limit - value) / (limit - target);
}
