import { CONTRACT_SCORING_VERSION } from '../domain/scoring-book.js';
import { AppError } from '../errors.js';
import type { RollupQuery, Span } from '../warehouse/readers/grain.js';
import type { RollupRow } from '../warehouse/readers/rollup-reader.js';
import {
  readBenchmarks,
  readComputedAt,
  readPendingBuckets,
  type StoredTime,
} from '../warehouse/readers/score-reader.js';
import type { ApiContext } from './context.js';
import {
  allGroups,
  answerGrouped,
  type GroupedAnswer,
  type GroupedArgs,
  type GroupedSource,
  once,
} from './grouped-answer.js';
import { checkedAddress, DIMENSIONS, groupText, spanOf } from './grouping.js';
import { type KeptTo, ROLLUPS_KEPT } from './kept-range.js';
import type { PageArgs } from './page.js';
import { BUCKET_MS, isFinalAt, ROLLUP_BUCKETS, type UsedRange } from './range.js';
import { createScorer, emptyScore, type ScoreAnswer, withoutScore } from './score-answer.js';
import {
  configuredGateways,
  gatewayOf,
  readVersionBook,
  type ScoredSpan,
  scoredSpanOf,
  type VersionBook,
} from './score-configuration.js';
import { type IsScored, readParts, readPartsAsOf } from './score-parts.js';

export interface SlaScoreArgs extends GroupedArgs {
  readonly scoringVersion?: string | null | undefined;
  readonly asOf?: Date | null | undefined;
}

/**
 * Scores at any grain, best first, those without a value last: from summed inputs, by the same function that scores
 * buckets when they are final [AGGREGATE-005]. With `asOf` from the results stored by then.
 */
export async function slaScores(context: ApiContext, args: SlaScoreArgs): Promise<GroupedAnswer<ScoreAnswer>> {
  return answerGrouped(context, await scoreSource(context, args), args);
}

/** The same scores, all of them: for selection and feeds, which have no pages. */
export async function allSlaScores(context: ApiContext, args: Omit<SlaScoreArgs, keyof PageArgs>) {
  return allGroups(context, await scoreSource(context, args), args);
}

/** What was said and bet on: results and their inputs by hour are kept for ever. */
const RESULTS_KEPT: KeptTo = { ...ROLLUPS_KEPT, MINUTE_5: 'score5m', HOUR_1: null, DAY_1: null };

async function scoreSource(
  context: ApiContext,
  args: Pick<SlaScoreArgs, 'scoringVersion' | 'asOf'>,
): Promise<GroupedSource<ScoreAnswer>> {
  const version = args.scoringVersion ?? CONTRACT_SCORING_VERSION;
  const asOfMs = checkedAsOf(args.asOf, context.nowMs);
  const book = await readVersionBook(context, version, asOfMs);
  const read = async (db: ApiContext['db'], query: RollupQuery): Promise<readonly RollupRow<ScoreAnswer>[]> => {
    const scoredIn = (span: Span, gateway: string): ScoredSpan =>
      scoredSpanOf(book, { bucket: query.bucket, span, gateway });
    if (asOfMs !== null && query.step === 'range' && !isFinalAt(query.range.endMs, asOfMs)) {
      const counted = spanOf(query, query.bucket, query.range, {});
      const open = withoutScore(book, scoredIn(query.range, gatewayOf(query, {})), 'NOT_FINAL');
      return query.groupBy.length === 0
        ? [{ atMs: null, grain: {}, sums: { ...open, ...NOTHING_STORED, counted } }]
        : [];
    }
    const isScored = scoredBuckets(book, query);
    const [rows, benchmarks] = await Promise.all([
      asOfMs === null ? readParts(db, query, isScored) : readPartsAsOf(db, query, asOfMs, isScored),
      readBenchmarks(db, query.range, asOfMs),
    ]);
    const stored = once(() => readComputedAt(db, query, { scoringVersion: version, asOfMs }));
    const pending = once(async () => (asOfMs === null ? readPendingBuckets(db, query.bucket, query.range) : []));
    const score = createScorer(book, benchmarks);
    return rows.map((row) => {
      const span = row.atMs === null ? query.range : { startMs: row.atMs, endMs: row.atMs + BUCKET_MS[query.bucket] };
      const scored = scoredIn(span, gatewayOf(query, row.grain));
      const counted = spanOf(
        query,
        query.bucket,
        scored.span ?? { startMs: span.startMs, endMs: span.startMs },
        row.grain,
      );
      if (asOfMs !== null && !isFinalAt(span.endMs, asOfMs)) {
        return { ...row, sums: { ...withoutScore(book, scored, 'NOT_FINAL'), ...NOTHING_STORED, counted } };
      }
      return {
        ...row,
        sums: {
          ...score({ parts: row.sums, scored }),
          counted,
          isFinal: async () =>
            isFinalAt(span.endMs, asOfMs ?? context.nowMs) &&
            !(await pending()).some((ms) => ms >= span.startMs && ms < span.endMs),
          computedAt: async () => timeOf(await stored(), row, query)?.computedAt ?? null,
          inputWatermark: async () => timeOf(await stored(), row, query)?.inputWatermark ?? null,
        },
      };
    });
  };
  return {
    field: 'slaScores',
    keys: DIMENSIONS,
    boundTo: { version, asOfMs },
    buckets: ROLLUP_BUCKETS,
    finestUnasked: 'HOUR_1',
    ...(asOfMs !== null && { keptTo: RESULTS_KEPT }),
    read,
    weight: (answer) => answer.value.value ?? -1,
  };
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
  const { range, groups } = await allSlaScores(context, {
    range: { start: new Date(endMs - hours * BUCKET_MS.HOUR_1), end: new Date(endMs) },
    bucket: hours > 31 * 24 ? 'DAY_1' : 'HOUR_1',
    ...(address !== null && { where: { orchestrators: [address] } }),
  });
  // told apart by nothing, all that was recorded is one group
  const score = groups[0]?.sums ?? (await emptyScore(context));
  return { orchestrator: address, range, score };
}

const NOTHING_STORED = {
  isFinal: async () => false,
  computedAt: async () => null,
  inputWatermark: async () => null,
};

/** Which buckets of which groups are scored; undefined when all are, as nearly always. */
function scoredBuckets(book: VersionBook, query: RollupQuery): IsScored | undefined {
  const spans = new Map(
    configuredGateways(book, query).map((gateway) => [
      gateway,
      scoredSpanOf(book, { bucket: query.bucket, span: query.range, gateway }),
    ]),
  );
  if ([...spans.values()].every(({ isWhole }) => isWhole)) return undefined;
  return (bucketMs, grain) => (spans.get(gatewayOf(query, grain)) ?? spans.get(''))?.isScored(bucketMs) === true;
}

function checkedAsOf(asOf: Date | null | undefined, nowMs: number): number | null {
  if (!asOf) return null;
  if (asOf.getTime() > nowMs) {
    throw new AppError('INVALID_ARGUMENT', `asOf ${asOf.toISOString()} is after now, ${new Date(nowMs).toISOString()}`);
  }
  return asOf.getTime();
}

function timeOf(times: readonly StoredTime[], row: RollupRow<unknown>, { groupBy }: RollupQuery) {
  const text = groupText(groupBy, row.grain);
  return times.find((time) => time.atMs === row.atMs && groupText(groupBy, time.grain) === text);
}
