import {
  bookKnownAt,
  CONTRACT_SCORING_VERSION,
  configOfRow,
  configRowAt,
  type ScoringBook,
  targetRowAt,
} from '../domain/scoring-book.js';
import {
  CALLER_SCORING_VERSION,
  type ScoringConfig,
  type ScoringFormula,
  withParameters,
} from '../domain/scoring-config.js';
import { NO_SLA_INPUTS, type SlaInputs, type SlaPart } from '../domain/sla-inputs.js';
import { type Subscore, scoreSla } from '../domain/sla-score.js';
import { AppError } from '../errors.js';
import type { CountedSpan } from '../warehouse/readers/contribution-reader.js';
import type { BenchmarkInForce } from '../warehouse/readers/score-reader.js';
import { readScoringBook } from '../warehouse/readers/scoring-config-reader.js';
import type { ApiContext } from './context.js';
import { DIMENSIONS, resolveGrouping, spanOf } from './grouping.js';
import { type Metric, metric, missingMetric } from './metric.js';

export type { BenchmarkInForce, SlaInputs };

/** A subscore with its value as a metric. */
export interface ScoredPart extends Omit<Subscore, 'value'> {
  readonly value: Metric;
}

/** A parameter of a formula: a weight, target or limit. */
export interface NamedParameter {
  readonly name: string;
  readonly value: number;
}

/** A score of anything over any span, with what it was computed from. */
export interface ScoreAnswer extends Scored {
  /** The rows that were summed, as they are now: the way back to the sessions [LINEAGE-002]. */
  readonly counted: CountedSpan;
  /** Whether only late evidence can change it, and nothing waits to be scored. */
  readonly isFinal: () => Promise<boolean>;
  /** When the newest stored result in it was computed; null while it is computed for the answer alone. */
  readonly computedAt: () => Promise<Date | null>;
}

/** What the formula says about some inputs. */
export interface Scored {
  readonly value: Metric;
  readonly subscores: readonly ScoredPart[];
  readonly missing: readonly string[];
  readonly inputs: SlaInputs;
  readonly scoringVersion: string;
  readonly formula: ScoringFormula;
  readonly parameters: readonly NamedParameter[];
  readonly benchmarks: readonly BenchmarkInForce[];
  /** The same inputs by the same formula with the caller's own parameters; INVALID_ARGUMENT for unusable ones. */
  readonly rescore: (parameters: readonly NamedParameter[]) => Scored;
}

/** A version's book as known at an instant, or now; UNKNOWN_SCORING_VERSION when it has no configuration. */
export interface VersionBook {
  readonly version: string;
  readonly book: ScoringBook;
}

export async function readVersionBook(
  { db, nowMs }: ApiContext,
  version: string = CONTRACT_SCORING_VERSION,
  asOfMs: number | null = null,
): Promise<VersionBook> {
  const book = bookKnownAt(await readScoringBook(db), asOfMs ?? nowMs);
  if (!book.configs.some(({ scoringVersion }) => scoringVersion === version)) {
    throw new AppError('UNKNOWN_SCORING_VERSION', `scoring version ${JSON.stringify(version)} is not known`);
  }
  return { version, book };
}

/** What a score is of: parts over a span whose last stored bucket decides which configuration and targets are in force. */
export interface ScoreQuestion {
  readonly parts: readonly SlaPart[];
  readonly lastBucketMs: number;
  /** '' unless the answer is of one gateway. */
  readonly gateway: string;
}

export type Scorer = (question: ScoreQuestion) => Scored;

/** Scores by a version and the benchmarks of the range; fails when the version has nothing in force then. */
export function createScorer({ version, book }: VersionBook, benchmarks: readonly BenchmarkInForce[]): Scorer {
  const byKey = new Map(benchmarks.map((row) => [`${row.kind}|${row.forDay}|${modelText(row)}`, row]));
  return ({ parts, lastBucketMs, gateway }) => {
    const judged = new Set(parts.map((part) => `${part.day}|${modelText(part)}`));
    const used = benchmarks.filter((row) => judged.has(`${row.forDay}|${modelText(row)}`));
    const references = {
      benchmark: (kind: string, part: SlaPart | Omit<SlaPart, 'inputs'>) =>
        byKey.get(`${kind}|${part.day}|${modelText(part)}`) ?? null,
      target: ({ pipeline, model }: { pipeline: string; model: string }) =>
        targetRowAt(book.targets, { pipeline, model, atMs: lastBucketMs }),
    };
    const scoredBy = (config: ScoringConfig): Scored => {
      const { score, subscores, missing, inputs } = scoreSla(parts, references, config);
      return {
        value: metric('POINTS', score, inputs.requestedCount),
        subscores: subscores.map((part) => ({ ...part, value: metric('RATIO', part.value, part.sampleCount) })),
        missing,
        inputs,
        ...described(config),
        benchmarks: used,
        rescore: (parameters) => scoredBy(callersOwn(config, parameters)),
      };
    };
    return scoredBy(configIn({ version, book }, lastBucketMs, gateway));
  };
}

/** The answer about a span that was open at the instant asked for. */
export function notFinal(book: VersionBook, lastBucketMs: number): Omit<ScoreAnswer, 'counted'> {
  const without = (config: ScoringConfig): Omit<ScoreAnswer, 'counted'> => ({
    value: missingMetric('POINTS', 'NOT_FINAL'),
    subscores: [],
    missing: [],
    inputs: NO_SLA_INPUTS,
    ...described(config),
    benchmarks: [],
    rescore: (parameters) => without(callersOwn(config, parameters)),
    isFinal: async () => false,
    computedAt: async () => null,
  });
  return without(configIn(book, lastBucketMs, ''));
}

/** The answer where nothing was recorded. */
export async function emptyScore(context: ApiContext): Promise<ScoreAnswer> {
  const score = createScorer(await readVersionBook(context), []);
  const empty = score({ parts: [], lastBucketMs: context.nowMs, gateway: '' });
  const counted = spanOf(
    resolveGrouping({}, { field: 'slaScores', keys: DIMENSIONS }),
    'HOUR_1',
    { startMs: 0, endMs: context.nowMs },
    {},
  );
  return { ...empty, counted, isFinal: async () => false, computedAt: async () => null };
}

/** A score again with the caller's own parameters: computed for the answer alone, whatever is stored. */
export function rescored(answer: ScoreAnswer, parameters: readonly NamedParameter[]): ScoreAnswer {
  return { ...answer, ...answer.rescore(parameters), computedAt: async () => null };
}

function configIn({ version, book }: VersionBook, atMs: number, gateway: string): ScoringConfig {
  const row = configRowAt(book.configs, { scoringVersion: version, gateway, atMs });
  if (row === null) throw new AppError('UNKNOWN_SCORING_VERSION', `scoring version ${version} was not in force then`);
  return configOfRow(row);
}

function callersOwn(config: ScoringConfig, parameters: readonly NamedParameter[]): ScoringConfig {
  const names = parameters.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new AppError('INVALID_ARGUMENT', `scoring parameter ${twice} is given twice`);
  try {
    return withParameters(
      config,
      CALLER_SCORING_VERSION,
      Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
    );
  } catch (error) {
    if (error instanceof RangeError) throw new AppError('INVALID_ARGUMENT', error.message, { cause: error });
    throw error;
  }
}

function described({ scoringVersion, formula, parameters }: ScoringConfig) {
  return {
    scoringVersion,
    formula,
    parameters: Object.entries(parameters).map(([name, value]): NamedParameter => ({ name, value })),
  };
}

function modelText({ pipeline, model }: { readonly pipeline: string; readonly model: string }): string {
  return JSON.stringify([pipeline, model]);
}
