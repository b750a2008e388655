import type { JudgedPart } from './part-credit.js';
import { judgeByQuality, scoreByQuality } from './quality-score.js';
import type { ModelTarget, ScoringConfig } from './scoring-config.js';
import type { Benchmark, BenchmarkKind } from './sla-benchmark.js';
import { addInputs, mergeParts, NO_SLA_INPUTS, type SlaInputs, type SlaPart } from './sla-inputs.js';
import { judgeBySpec, scoreBySpec } from './spec-score.js';

/** What parts are held against; null: nothing is known. */
export interface SlaReferences {
  benchmark(kind: BenchmarkKind, part: { pipeline: string; model: string; day: string }): Benchmark | null;
  target(part: { pipeline: string; model: string }): ModelTarget | null;
}

/** A part of a score from which, with its weight, the score can be computed again. */
export interface Subscore {
  readonly name: string;
  /** 0..1, higher is better; null: no sample, so the weight went to the others (spec-v1) or nothing was requested. */
  readonly value: number | null;
  /** Share in `of`; 0 for a missing one, 1 for the coverage, which multiplies. */
  readonly weight: number;
  /** The subscore that it is a share of: `score` for the outermost. */
  readonly of: string;
  /** Samples, or requested sessions, that it rests on. */
  readonly sampleCount: number;
  /** Before few samples pulled it towards 0.5; null where nothing does. */
  readonly raw: number | null;
}

export interface SlaScore {
  /** 0..100, higher is better; null when no session was requested: unknown, not zero. */
  readonly score: number | null;
  readonly subscores: readonly Subscore[];
  /** Names of subscores without samples. */
  readonly missing: readonly string[];
  /** Sum of the parts' inputs. */
  readonly inputs: SlaInputs;
  /** The parts with what each was held against: the score follows from these, the inputs and the parameters. */
  readonly parts: readonly JudgedPart[];
}

/**
 * SLA score of anything over any span of time [AGGREGATE-005].
 *
 * `parts` are sums over the span by pipeline, model and day, never averages: latency and frame rate are judged by part
 * and weighted by their samples, reliability and coverage come from the plain sums. Any order or splitting of the
 * parts gives the same score.
 */
export function scoreSla(parts: readonly SlaPart[], references: SlaReferences, config: ScoringConfig): SlaScore {
  const merged = mergeParts(parts);
  const inputs = merged.reduce((sum, part) => addInputs(sum, part.inputs), NO_SLA_INPUTS);
  const judged = merged.map(
    (part): JudgedPart => ({
      ...part,
      credits:
        config.formula === 'spec-v1'
          ? judgeBySpec(part, references, config.parameters)
          : judgeByQuality(part, references),
    }),
  );
  const [score, subscores] =
    config.formula === 'spec-v1'
      ? scoreBySpec(judged, inputs, config.parameters)
      : scoreByQuality(judged, inputs, config.parameters);
  const missing = subscores.filter(({ value }) => value === null).map(({ name }) => name);
  return { score: inputs.requestedCount === 0 ? null : score, subscores, missing, inputs, parts: judged };
}
