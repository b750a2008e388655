import { type ScoringConfigRow, STORED_SCORING_VERSION, scoringConfigAt } from '../domain/scoring-book.js';
import { NO_SLA_INPUTS, type SlaInputs, type SlaPart } from '../domain/sla-inputs.js';
import { type SlaReferences, type Subscore, scoreSla } from '../domain/sla-score.js';
import { AppError } from '../errors.js';
import type { CountedSpan } from '../warehouse/readers/contribution-reader.js';
import type { RollupQuery, Span } from '../warehouse/readers/grain.js';
import type { RollupRow } from '../warehouse/readers/rollup-reader.js';
import {
  type BenchmarkInForce,
  readBenchmarks,
  readComputedAt,
  readModelTargets,
  readPendingBuckets,
  type StoredTime,
  type TargetRow,
} from '../warehouse/readers/score-reader.js';
import { readScoringConfigs } from '../warehouse/readers/scoring-config-reader.js';
import type { ApiContext } from './context.js';
import { answerGrouped, type GroupedAnswer, type GroupedArgs, once } from './grouped-answer.js';
import { checkedAddress, groupText, resolveGrouping, spanOf } from './grouping.js';
import { type Metric, metric, missingMetric } from './metric.js';
import { BUCKET_MS, isFinalAt, ROLLUP_BUCKETS, type UsedRange } from './range.js';
import { readParts, readPartsAsOf } from './score-parts.js';

export type { BenchmarkInForce, SlaInputs };

export interface SlaScoreArgs extends GroupedArgs {
  readonly scoringVersion?: string | null | undefined;
  readonly asOf?: Date | null | undefined;
}

/** A subscore with its value as a metric. */
export interface ScoredPart extends Omit<Subscore, 'value'> {
  readonly value: Metric;
}

/** A score of anything over any span, with what it was computed from. */
export interface ScoreAnswer {
  readonly value: Metric;
  readonly subscores: readonly ScoredPart[];
  readonly missing: readonly string[];
  readonly inputs: SlaInputs;
  readonly scoringVersion: string;
  readonly formula: string;
  readonly parameters: readonly { readonly name: string; readonly value: number }[];
  readonly benchmarks: readonly BenchmarkInForce[];
  /** The rows that were summed, as they are now: the way back to the sessions [LINEAGE-002]. */
  readonly counted: CountedSpan;
  /** Whether only late evidence can change it, and nothing waits to be scored. */
  readonly isFinal: () => Promise<boolean>;
  /** When the newest stored result in it was computed; null while it is computed for the answer alone. */
  readonly computedAt: () => Promise<Date | null>;
}

/**
 * Scores at any grain, best first, those without a value last: from summed inputs, by the same function that scores
 * buckets when they are final [AGGREGATE-005]. With `asOf` from the results stored by then.
 */
export async function slaScores(context: ApiContext, args: SlaScoreArgs): Promise<GroupedAnswer<ScoreAnswer>> {
  const version = args.scoringVersion ?? STORED_SCORING_VERSION;
  const asOfMs = checkedAsOf(args.asOf, context.nowMs);
  const book = await readBook(context, version);
  const read = async (db: ApiContext['db'], query: RollupQuery): Promise<readonly RollupRow<ScoreAnswer>[]> => {
    if (asOfMs !== null && query.step === 'range' && !isFinalAt(query.range.endMs, asOfMs)) {
      const counted = spanOf(query, query.bucket, query.range, {});
      return query.groupBy.length === 0 ? [{ atMs: null, grain: {}, sums: notFinal(book, query.range, counted) }] : [];
    }
    const [rows, benchmarks] = await Promise.all([
      asOfMs === null ? readParts(db, query) : readPartsAsOf(db, query, asOfMs),
      readBenchmarks(db, query.range, asOfMs),
    ]);
    const computedAt = once(() => readComputedAt(db, query));
    const pending = once(() => readPendingBuckets(db, query.bucket, query.range));
    const scorer = createScorer(book, benchmarks);
    return rows.map((row) => {
      const span = row.atMs === null ? query.range : { startMs: row.atMs, endMs: row.atMs + BUCKET_MS[query.bucket] };
      const isOpenThen = asOfMs !== null && !isFinalAt(span.endMs, asOfMs);
      const counted = spanOf(query, query.bucket, span, row.grain);
      const scored = isOpenThen ? notFinal(book, span, counted) : scorer(row.sums, span, row.grain.GATEWAY ?? '');
      return {
        ...row,
        sums: {
          ...scored,
          counted,
          isFinal: async () =>
            isFinalAt(span.endMs, context.nowMs) &&
            !(await pending()).some((ms) => ms >= span.startMs && ms < span.endMs),
          computedAt: async () => timeOf(await computedAt(), row, query),
        },
      };
    });
  };
  return answerGrouped(
    context,
    {
      field: `slaScores:${version}:${asOfMs ?? ''}`,
      buckets: ROLLUP_BUCKETS,
      finestUnasked: 'HOUR_1',
      read,
      weight: (answer) => answer.value.value ?? -1,
    },
    args,
  );
}

export interface TrailingScore {
  readonly orchestrator: string | null;
  readonly range: UsedRange;
  readonly score: ScoreAnswer;
}

/** The score over the trailing hours that end with the open one, of one orchestrator or of the network. */
export async function trailingSlaScore(
  context: ApiContext,
  { orchestrator, hours }: { readonly orchestrator: string | null; readonly hours: number },
): Promise<TrailingScore> {
  const address = orchestrator === null ? null : checkedAddress(orchestrator);
  const endMs = (Math.floor(context.nowMs / BUCKET_MS.HOUR_1) + 1) * BUCKET_MS.HOUR_1;
  const answer = await slaScores(context, {
    range: { start: new Date(endMs - hours * BUCKET_MS.HOUR_1), end: new Date(endMs) },
    bucket: hours > 31 * 24 ? 'DAY_1' : 'HOUR_1',
    ...(address !== null && { where: { orchestrators: [address] } }),
    first: 1,
  });
  const score = (await answer.total()) ?? (await emptyScore(context));
  return { orchestrator: address, range: answer.range, score };
}

/** The answer where nothing was recorded. */
export async function emptyScore(context: ApiContext): Promise<ScoreAnswer> {
  const book = await readBook(context, STORED_SCORING_VERSION);
  const range = { startMs: 0, endMs: context.nowMs };
  const empty = createScorer(book, [])([], range, '');
  const counted = spanOf(resolveGrouping({}), 'HOUR_1', range, {});
  return { ...empty, counted, isFinal: async () => false, computedAt: async () => null };
}

/** Configurations of the asked version, and what spec-v1 holds models against. */
interface ScoringBook {
  readonly version: string;
  readonly configs: readonly ScoringConfigRow[];
  readonly targets: ReadonlyMap<string, TargetRow>;
}

async function readBook({ db }: ApiContext, version: string): Promise<ScoringBook> {
  const configs = (await readScoringConfigs(db)).filter((row) => row.scoringVersion === version);
  if (configs.length === 0)
    throw new AppError('UNKNOWN_SCORING_VERSION', `scoring version ${JSON.stringify(version)} is not known`);
  const needsTargets = configs.some(({ formula }) => formula === 'spec-v1');
  const targets = needsTargets ? await readModelTargets(db) : [];
  return { version, configs, targets: new Map(targets.map((row) => [modelText(row), row])) };
}

type Scored = Omit<ScoreAnswer, 'counted' | 'isFinal' | 'computedAt'>;

function createScorer(book: ScoringBook, benchmarks: readonly BenchmarkInForce[]) {
  const byKey = new Map(benchmarks.map((row) => [`${row.kind}|${row.forDay}|${modelText(row)}`, row]));
  const references: SlaReferences = {
    benchmark: (kind, part) => byKey.get(`${kind}|${part.day}|${modelText(part)}`) ?? null,
    target: (part) => book.targets.get(modelText(part)) ?? null,
  };
  return (parts: readonly SlaPart[], span: Span, gateway: string): Scored => {
    const config = configOf(book, span, gateway);
    const { score, subscores, missing, inputs } = scoreSla(parts, references, config);
    const judged = new Set(parts.map((part) => `${part.day}|${modelText(part)}`));
    return {
      value: metric('POINTS', score, inputs.requestedCount),
      subscores: subscores.map((part) => ({ ...part, value: metric('RATIO', part.value, part.sampleCount) })),
      missing,
      inputs,
      scoringVersion: config.scoringVersion,
      formula: config.formula,
      parameters: Object.entries(config.parameters).map(([name, value]) => ({ name, value })),
      benchmarks: benchmarks.filter((row) => judged.has(`${row.forDay}|${modelText(row)}`)),
    };
  };
}

function notFinal(book: ScoringBook, span: Span, counted: CountedSpan): ScoreAnswer {
  const config = configOf(book, span, '');
  return {
    value: missingMetric('POINTS', 'NOT_FINAL'),
    subscores: [],
    missing: [],
    inputs: NO_SLA_INPUTS,
    scoringVersion: config.scoringVersion,
    formula: config.formula,
    parameters: Object.entries(config.parameters).map(([name, value]) => ({ name, value })),
    benchmarks: [],
    counted,
    isFinal: async () => false,
    computedAt: async () => null,
  };
}

/** A range is scored by the configuration in force in its last bucket. */
function configOf(book: ScoringBook, { endMs }: Span, gateway: string) {
  const config = scoringConfigAt(book.configs, { scoringVersion: book.version, gateway, atMs: endMs - 1 });
  if (config === null)
    throw new AppError('UNKNOWN_SCORING_VERSION', `scoring version ${book.version} was not in force then`);
  return config;
}

function checkedAsOf(asOf: Date | null | undefined, nowMs: number): number | null {
  if (!asOf) return null;
  if (asOf.getTime() > nowMs) {
    throw new AppError('INVALID_ARGUMENT', `asOf ${asOf.toISOString()} is after now, ${new Date(nowMs).toISOString()}`);
  }
  return asOf.getTime();
}

function timeOf(times: readonly StoredTime[], row: RollupRow<unknown>, { groupBy }: RollupQuery): Date | null {
  const text = groupText(groupBy, row.grain);
  return times.find((time) => time.atMs === row.atMs && groupText(groupBy, time.grain) === text)?.computedAt ?? null;
}

function modelText({ pipeline, model }: { readonly pipeline: string; readonly model: string }): string {
  return JSON.stringify([pipeline, model]);
}
