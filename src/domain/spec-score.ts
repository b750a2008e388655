import { type BinCounts, countBins, decodeBins, percentile } from './bins.js';
import type { SpecParameters } from './scoring-config.js';
import { jitterOf, type SlaInputs, type SlaPart } from './sla-inputs.js';
import type { SlaReferences, Subscore } from './sla-score.js';

/** A subscore before the weights of the missing ones are shared out. */
type Weighed = Pick<Subscore, 'name' | 'value' | 'weight' | 'sampleCount'>;

/** A part's own credit and what it weighs; null: the part has no sample of it. */
type Credit = readonly [value: number, sampleCount: number] | null;

/** `spec-v1`: score 0..100 (meaningless when nothing was requested) and its subscores. */
export function scoreBySpec(
  parts: readonly SlaPart[],
  inputs: SlaInputs,
  references: SlaReferences,
  p: SpecParameters,
): readonly [number, readonly Subscore[]] {
  const weighed: readonly Weighed[] = [
    ...latencySubscores(parts, references, p),
    { name: 'jitter', weight: p.jitterWeight, ...combined(parts, (part) => jitterCredit(part.inputs, p)) },
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

function latencySubscores(parts: readonly SlaPart[], references: SlaReferences, p: SpecParameters): readonly Weighed[] {
  const kinds = [
    { kind: 'ptff', share: p.ptffShare },
    { kind: 'e2e', share: p.e2eShare },
  ] as const;
  const ranks = [
    { rank: 'P50', quantile: 0.5, share: p.p50Share },
    { rank: 'P95', quantile: 0.95, share: p.p95Share },
  ] as const;
  return kinds.flatMap(({ kind, share }) => {
    const bins = new Map(parts.map((part) => [part, decodeBins(part.inputs[`${kind}MsHistogram`])]));
    return ranks.map(({ rank, quantile, share: rankShare }) => ({
      name: `${kind}${rank}`,
      weight: p.latencyWeight * share * rankShare,
      ...combined(parts, (part) => {
        const targetMs = references.target(part)?.[`${kind}${rank}TargetMs`] ?? p[`${kind}${rank}TargetMs`];
        const latencies = { count: part.inputs[`${kind}SampleCount`], bins: bins.get(part) ?? new Map() };
        return latencyCredit(latencies, quantile, targetMs, targetMs * p.latencyLimitFactor);
      }),
    }));
  });
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

/** Mean of the parts' credits weighted by their samples; null when no part has one. */
function combined(
  parts: readonly SlaPart[],
  creditOf: (part: SlaPart) => Credit,
): { readonly value: number | null; readonly sampleCount: number } {
  let sampleCount = 0;
  let sum = 0;
  for (const part of parts) {
    const [value, count] = creditOf(part) ?? [0, 0];
    sampleCount += count;
    sum += value * count;
  }
  return { value: sampleCount === 0 ? null : sum / sampleCount, sampleCount };
}

function latencyCredit(
  { count, bins }: { readonly count: number; readonly bins: BinCounts },
  q: number,
  targetMs: number,
  limitMs: number,
): Credit {
  const ms = percentile(q, Math.max(0, count - countBins(bins)), bins);
  return ms === null ? null : [linear(ms, targetMs, limitMs), count];
}

function jitterCredit(inputs: SlaInputs, p: SpecParameters): Credit {
  const jitter = jitterOf(inputs);
  return jitter === null ? null : [linear(jitter, p.jitterTarget, p.jitterLimit), inputs.fpsSampleCount];
}

/** 1 up to the target, 0 from the limit on, linear between; a step where they coincide. */
function linear(value: number, target: number, limit: number): number {
  if (value <= target) return 1;
  return value >= limit ? 0 : (limit - value) / (limit - target);
}
