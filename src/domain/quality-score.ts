import { combineCredits, type JudgedPart, type PartCredit } from './part-credit.js';
import type { QualityParameters } from './scoring-config.js';
import { BENCHMARK_KINDS, type BenchmarkKind, rawCredit } from './sla-benchmark.js';
import type { SlaInputs, SlaPart } from './sla-inputs.js';
import type { SlaReferences, Subscore } from './sla-score.js';

interface Sampled {
  readonly raw: number | null;
  readonly value: number;
  readonly sampleCount: number;
}

/** `quality-benchmark-v1` [AGGREGATE-005]: score 0..100 (meaningless when nothing was requested) and its subscores. */
export function scoreByQuality(
  parts: readonly JudgedPart[],
  inputs: SlaInputs,
  p: QualityParameters,
): readonly [number, readonly Subscore[]] {
  const n = inputs.requestedCount;
  const ratio = (count: number): number | null => (n === 0 ? null : count / n);
  const startupSuccess = ratio(inputs.startupSuccessCount);
  const noSwap = ratio(n - inputs.swappedExplicitCount);
  const outputViability = ratio(n - inputs.outputFailedCount);
  const reliability =
    p.startupSuccessWeight * (startupSuccess ?? 0) +
    p.noSwapWeight * (noSwap ?? 0) +
    p.outputViabilityWeight * (outputViability ?? 0);
  const ptff = sampled('ptff', parts, p.ptffTrustSamples);
  const e2e = sampled('e2e', parts, p.e2eTrustSamples);
  const fps = sampled('fps', parts, p.fpsTrustSamples);
  const latency = p.ptffWeight * ptff.value + p.e2eWeight * e2e.value;
  const quality = p.latencyWeight * latency + p.fpsWeight * fps.value;
  const coverage = coverageOf(inputs);
  const score = clamp(100 * coverage * (p.reliabilityWeight * reliability + p.qualityWeight * quality), 100);
  const plain = (name: string, value: number | null, weight: number, of: string): Subscore => {
    return { name, value, weight, of, sampleCount: n, raw: null };
  };
  const shrunk = (name: string, { value, sampleCount, raw }: Sampled, weight: number, of: string): Subscore => {
    return { name, value, weight, of, sampleCount, raw };
  };
  return [
    score,
    [
      plain('coverage', n === 0 ? null : coverage, 1, 'score'),
      plain('reliability', n === 0 ? null : reliability, p.reliabilityWeight, 'score'),
      plain('startupSuccess', startupSuccess, p.startupSuccessWeight, 'reliability'),
      plain('noSwap', noSwap, p.noSwapWeight, 'reliability'),
      plain('outputViability', outputViability, p.outputViabilityWeight, 'reliability'),
      plain('quality', quality, p.qualityWeight, 'score'),
      plain('latency', latency, p.latencyWeight, 'quality'),
      shrunk('ptff', ptff, p.ptffWeight, 'latency'),
      shrunk('e2e', e2e, p.e2eWeight, 'latency'),
      shrunk('fps', fps, p.fpsWeight, 'quality'),
    ],
  ];
}

/**
 * Observed over expected health signals, 0..1, and 1 when none is expected. Observed counts the predecessor's third
 * signal, has output, where the contract counts first processed: this formula keeps the network's contracted numbers.
 */
function coverageOf({ legacyHealthObservedCount, healthExpectedCount }: SlaInputs): number {
  return healthExpectedCount === 0 ? 1 : Math.min(legacyHealthObservedCount / healthExpectedCount, 1);
}

/** What a part earns: each of its averages against the benchmark of its day, pipeline and model. */
export function judgeByQuality(part: SlaPart, references: SlaReferences): readonly PartCredit[] {
  return BENCHMARK_KINDS.flatMap((kind): readonly PartCredit[] => {
    const { sum, count } = averaged(kind, part.inputs);
    if (count === 0) return [];
    const measured = sum / count;
    const benchmark = references.benchmark(kind, part);
    const known = benchmark?.isSufficient === true ? benchmark : null;
    const [good, bad] = kind === 'fps' ? [known?.high, known?.low] : [known?.low, known?.high];
    return [
      {
        subscore: kind,
        ...{ measured, unit: kind === 'fps' ? 'FRAMES_PER_SECOND' : 'MILLISECONDS', sampleCount: count },
        credit: rawCredit(kind, measured, benchmark),
        ...{ fullAt: good ?? null, noneAt: bad ?? null, basis: 'benchmark' },
      },
    ];
  });
}

/** Credit of the parts' averages, weighted by samples, then pulled towards 0.5 below `trustSamples`. */
function sampled(kind: BenchmarkKind, parts: readonly JudgedPart[], trustSamples: number): Sampled {
  const { value: raw, sampleCount } = combineCredits(parts, kind);
  if (raw === null) return { raw, value: 0.5, sampleCount };
  const trust = trustSamples === 0 ? 1 : Math.min(sampleCount / trustSamples, 1);
  return { raw, value: clamp(0.5 + trust * (raw - 0.5), 1), sampleCount };
}

function averaged(kind: BenchmarkKind, inputs: SlaInputs): { readonly sum: number; readonly count: number } {
  switch (kind) {
    case 'ptff':
      return { sum: inputs.ptffMsSum, count: inputs.ptffSampleCount };
    case 'e2e':
      return { sum: inputs.e2eMsSum, count: inputs.e2eSampleCount };
    case 'fps':
      return { sum: Number(inputs.fpsSum), count: inputs.fpsSampleCount };
  }
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}
