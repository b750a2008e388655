import type { CreditBasis, JudgedPart } from '../domain/part-credit.js';
import { configOfRow, type ScoringBook, targetRowAt } from '../domain/scoring-book.js';
import type { ScoringConfig, ScoringFormula } from '../domain/scoring-config.js';
import { NO_SLA_INPUTS, type SlaInputs, type SlaPart } from '../domain/sla-inputs.js';
import { type Subscore, scoreSla } from '../domain/sla-score.js';
import { TARGET_NAMES, type TargetName } from '../domain/spec-score.js';
import type { CountedSpan } from '../warehouse/readers/contribution-reader.js';
import type { Span } from '../warehouse/readers/grain.js';
import type { BenchmarkInForce } from '../warehouse/readers/score-reader.js';
import type { ApiContext } from './context.js';
import { DIMENSIONS, resolveGrouping, spanOf } from './grouping.js';
import { type Metric, metric, missingMetric } from './metric.js';
import { BUCKET_MS } from './range.js';
import {
  callersOwn,
  configOf,
  type NamedParameter,
  parametersOf,
  readVersionBook,
  type ScoredSpan,
  type ScoringConfigRow,
  scoredSpanOf,
  type VersionBook,
} from './score-configuration.js';

export type { BenchmarkInForce, JudgedPart, SlaInputs };

/** A subscore with its value as a metric. */
export interface ScoredPart extends Omit<Subscore, 'value'> {
  readonly value: Metric;
}

/** What the latencies of a model were held against in a score by spec-v1. */
export interface TargetUsed {
  readonly pipeline: string;
  readonly model: string;
  readonly name: TargetName;
  readonly targetMs: number;
  readonly basis: CreditBasis;
  /** When the model's own target began; null for a parameter of the formula. */
  readonly validFromMs: number | null;
}

/** A score of anything over any span, with what it was computed from. */
export interface ScoreAnswer extends Scored {
  /** The rows that were summed, as they are now: the way back to the sessions [LINEAGE-002]. */
  readonly counted: CountedSpan;
  /** Whether only late evidence can change it, and nothing waits to be summed or scored. */
  readonly isFinal: () => Promise<boolean>;
  /** When the newest stored result in it was computed; null while it is computed for the answer alone. */
  readonly computedAt: () => Promise<Date | null>;
  /** Newest event that its stored results count; null while none is stored. */
  readonly inputWatermark: () => Promise<Date | null>;
}

/** What the formula says about some inputs. */
export interface Scored {
  readonly value: Metric;
  readonly subscores: readonly ScoredPart[];
  readonly missing: readonly string[];
  readonly inputs: SlaInputs;
  readonly parts: readonly JudgedPart[];
  readonly scoringVersion: string;
  readonly formula: ScoringFormula;
  readonly parameters: readonly NamedParameter[];
  /** In force in the span, newest first: the first one scored it. */
  readonly configurations: readonly ScoringConfigRow[];
  /** Buckets that were scored; null when the version has none. */
  readonly scoredSpan: Span | null;
  readonly benchmarks: readonly BenchmarkInForce[];
  readonly targets: readonly TargetUsed[];
  /** The same inputs by the same formula with the caller's own parameters; INVALID_ARGUMENT for unusable ones. */
  readonly rescore: (parameters: readonly NamedParameter[]) => Scored;
}

/** What a score is of: parts over a span, by the configurations in force there. */
export interface ScoreQuestion {
  readonly parts: readonly SlaPart[];
  readonly scored: ScoredSpan;
}

export type Scorer = (question: ScoreQuestion) => Scored;

/** Scores by a version and the benchmarks of the range; NOT_COLLECTED where the version has no configuration. */
export function createScorer(versionBook: VersionBook, benchmarks: readonly BenchmarkInForce[]): Scorer {
  const { book } = versionBook;
  const byKey = new Map(benchmarks.map((row) => [`${row.kind}|${row.forDay}|${modelText(row)}`, row]));
  return ({ parts, scored }) => {
    const { decidedAtMs } = scored;
    const [row] = scored.rows;
    if (row === undefined || decidedAtMs === null) return withoutScore(versionBook, scored, 'NOT_COLLECTED');
    const judged = new Set(parts.map((part) => `${part.day}|${modelText(part)}`));
    const used = benchmarks.filter((one) => judged.has(`${one.forDay}|${modelText(one)}`));
    const scoredBy = (config: ScoringConfig, replaced: ReadonlySet<string>): Scored => {
      const targetOf = (part: { pipeline: string; model: string }) => targetIn(book, part, decidedAtMs, replaced);
      const result = scoreSla(
        parts,
        {
          benchmark: (kind, part) => byKey.get(`${kind}|${part.day}|${modelText(part)}`) ?? null,
          target: targetOf,
        },
        config,
      );
      return {
        value: metric('POINTS', result.score, result.inputs.requestedCount),
        subscores: result.subscores.map((one) => ({ ...one, value: metric('RATIO', one.value, one.sampleCount) })),
        missing: result.missing,
        inputs: result.inputs,
        parts: result.parts,
        ...described(config, scored),
        benchmarks: config.formula === 'quality-benchmark-v1' ? used : [],
        targets: targetsOf(result.parts, targetOf),
        rescore: (parameters) =>
          scoredBy(callersOwn(config, parameters), new Set([...replaced, ...parameters.map(({ name }) => name)])),
      };
    };
    return scoredBy(configOfRow(row), new Set());
  };
}

/** The answer about a span that has no score: it was open at the instant asked for, or nothing was configured in it. */
export function withoutScore(
  versionBook: VersionBook,
  scored: ScoredSpan,
  reason: 'NOT_FINAL' | 'NOT_COLLECTED',
): Scored {
  const by = (config: ScoringConfig): Scored => ({
    value: missingMetric('POINTS', reason),
    subscores: [],
    missing: [],
    inputs: NO_SLA_INPUTS,
    parts: [],
    ...described(config, scored),
    benchmarks: [],
    targets: [],
    rescore: (parameters) => by(callersOwn(config, parameters)),
  });
  return by(configOf(versionBook, scored));
}

/** The answer where nothing was recorded. */
export async function emptyScore(context: ApiContext): Promise<ScoreAnswer> {
  const book = await readVersionBook(context);
  const endMs = Math.ceil(context.nowMs / BUCKET_MS.HOUR_1) * BUCKET_MS.HOUR_1;
  const span = { startMs: endMs - BUCKET_MS.HOUR_1, endMs };
  const scored = scoredSpanOf(book, { bucket: 'HOUR_1', span, gateway: '' });
  return {
    ...createScorer(book, [])({ parts: [], scored }),
    counted: spanOf(
      resolveGrouping({}, { field: 'slaScores', keys: DIMENSIONS }),
      'HOUR_1',
      { startMs: 0, endMs: context.nowMs },
      {},
    ),
    isFinal: async () => false,
    computedAt: async () => null,
    inputWatermark: async () => null,
  };
}

/** A score again with the caller's own parameters: computed for the answer alone, whatever is stored. */
export function rescored(answer: ScoreAnswer, parameters: readonly NamedParameter[]): ScoreAnswer {
  return {
    ...answer,
    ...answer.rescore(parameters),
    computedAt: async () => null,
    inputWatermark: async () => null,
  };
}

/** A model's own target without those that the caller replaced: a value asked for takes the place of every other. */
function targetIn(
  book: ScoringBook,
  part: { readonly pipeline: string; readonly model: string },
  atMs: number,
  replaced: ReadonlySet<string>,
) {
  const row = targetRowAt(book.targets, { pipeline: part.pipeline, model: part.model, atMs });
  if (row === null || replaced.size === 0) return row;
  const without = TARGET_NAMES.filter((name) => replaced.has(name)).map((name) => [name, null] as const);
  return { ...row, ...Object.fromEntries(without) };
}

/** Each target that a part was held against, once for a pipeline and model: it is the same on all days. */
function targetsOf(
  parts: readonly JudgedPart[],
  targetOf: (part: JudgedPart) => { readonly validFromMs: number } | null,
): readonly TargetUsed[] {
  const used = new Map<string, TargetUsed>();
  for (const part of parts) {
    for (const { subscore, fullAt, basis } of part.credits) {
      const name = TARGET_NAMES.find((one) => one === `${subscore}TargetMs`);
      if (name === undefined || fullAt === null) continue;
      const validFromMs = basis === 'model_target' ? (targetOf(part)?.validFromMs ?? null) : null;
      const { pipeline, model } = part;
      used.set(`${modelText(part)}|${name}`, { pipeline, model, name, targetMs: fullAt, basis, validFromMs });
    }
  }
  return [...used.values()];
}

function described(config: ScoringConfig, { rows, span }: ScoredSpan) {
  const { scoringVersion, formula } = config;
  const parameters = rows.length === 0 ? [] : parametersOf(config);
  return { scoringVersion, formula, parameters, configurations: rows, scoredSpan: span };
}

function modelText({ pipeline, model }: { readonly pipeline: string; readonly model: string }): string {
  return JSON.stringify([pipeline, model]);
}
