import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { type ScoringConfigRow, STORED_SCORING_VERSION, scoringConfigAt } from '../domain/scoring-book.js';
import { BENCHMARK_KINDS } from '../domain/sla-benchmark.js';
import { type SlaReferences, scoreSla } from '../domain/sla-score.js';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { withTransaction } from '../warehouse/pool.js';
import { readScoringConfigs } from '../warehouse/readers/scoring-config-reader.js';
import { readBenchmarksInForce, type StoredBenchmark } from '../warehouse/stores/benchmark-store.js';
import {
  appendScores,
  type CurrentScore,
  countFinalBuckets,
  lockScoring,
  readCurrentScores,
  readFiveMinuteFloor,
  readGroups,
  type ScoredGroup,
  type ScoreRow,
  type ScoreWidth,
  takeFinalBuckets,
} from '../warehouse/stores/score-store.js';
import { reviseBenchmarks } from './benchmarks.js';
import { progressOf } from './progress.js';
import { defineTask, handleTask } from './task.js';

export const scoreSlaTask = defineTask({ name: 'score-sla', schema: z.object({}) });

/** Scores final buckets that changed: asked for by refreshes and benchmarks, every minute for what the clock closed. */
export const scoreSlaJob = handleTask(
  scoreSlaTask,
  async (_payload, { pool, asOf, signal, log }) => {
    const report = await scoreFinalBuckets({ pool, asOf, signal });
    if (report.bucketCount > 0) log.info(report, 'final buckets scored');
  },
  { cron: '* * * * *', jobKey: 'score-sla' },
);

export interface ScoringOptions {
  /** Connections of naap_worker. */
  readonly pool: Pool;
  /** Decides what is final. */
  readonly asOf: Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (bucketCount: number) => void;
}

export interface ScoringReport {
  readonly bucketCount: number;
  /** Results appended; equal ones are not. */
  readonly appendedCount: number;
  readonly withdrawnCount: number;
}

/** Buckets of one transaction: some thousand groups, a second of work. */
const BATCH_BUCKETS = 48;

/** Scores every marked final bucket, some at a time; marks and results share a transaction. */
export async function scoreFinalBuckets(options: ScoringOptions): Promise<ScoringReport> {
  let total: ScoringReport = { bucketCount: 0, appendedCount: 0, withdrawnCount: 0 };
  while (!options.signal?.aborted) {
    const batch = await withTransaction(options.pool, (client) => scoreBatch(client, options.asOf));
    if (batch.bucketCount === 0) break;
    options.onProgress?.(batch.bucketCount);
    total = {
      bucketCount: total.bucketCount + batch.bucketCount,
      appendedCount: total.appendedCount + batch.appendedCount,
      withdrawnCount: total.withdrawnCount + batch.withdrawnCount,
    };
  }
  return total;
}

/** Revises all benchmarks and scores all final buckets at once, whatever the hour: bootstrap and `naap score`. */
export async function drainScores({
  pool,
  asOf,
  log,
  signal,
}: Omit<ScoringOptions, 'onProgress'> & { readonly log: Log }): Promise<ScoringReport> {
  const benchmarks = await reviseBenchmarks({ pool, asOf, ignoresHour: true });
  log.info(benchmarks, 'benchmarks revised');
  const progress = progressOf({ log, message: 'scoring buckets', total: await countFinalBuckets(pool, asOf) });
  const report = await scoreFinalBuckets({ pool, asOf, signal, onProgress: (count) => progress.add(count) });
  progress.finish({ ...report });
  return report;
}

async function scoreBatch(client: PoolClient, asOf: Date): Promise<ScoringReport> {
  await lockScoring(client);
  const buckets = await takeFinalBuckets(client, asOf, BATCH_BUCKETS);
  if (buckets.length === 0) return { bucketCount: 0, appendedCount: 0, withdrawnCount: 0 };
  const floor = await readFiveMinuteFloor(client, asOf);
  const configs = await readScoringConfigs(client);
  let appendedCount = 0;
  let withdrawnCount = 0;
  for (const width of ['5m', '1h'] as const) {
    const starts = buckets
      .filter((bucket) => bucket.width === width && (width === '1h' || bucket.startMs >= floor))
      .map(({ startMs }) => startMs);
    if (starts.length === 0) continue;
    const groups = await readGroups(client, width, starts);
    const current = await readCurrentScores(client, width, starts);
    const days = [...new Set(starts.map(dayOf))];
    const rows = scoreGroups(groups, configs, await readBenchmarksInForce(client, days));
    const changed = changedRows(rows, current);
    const withdrawn = withdrawnRows(width, rows, current);
    await appendScores(client, [...changed, ...withdrawn], asOf);
    appendedCount += changed.length;
    withdrawnCount += withdrawn.length;
  }
  return { bucketCount: buckets.length, appendedCount, withdrawnCount };
}

/** Results of groups at the full key, by the configuration and benchmarks in force. */
export function scoreGroups(
  groups: readonly ScoredGroup[],
  configs: readonly ScoringConfigRow[],
  benchmarks: readonly StoredBenchmark[],
): readonly ScoreRow[] {
  const byKey = new Map(benchmarks.map((row) => [benchmarkText(row.kind, row.forDay, row), row]));
  const references: SlaReferences = {
    benchmark: (kind, part) => byKey.get(benchmarkText(kind, part.day, part)) ?? null,
    target: () => null,
  };
  return groups.map((group) => {
    const { bucket, gateway, pipeline, model } = group;
    const config = scoringConfigAt(configs, { scoringVersion: STORED_SCORING_VERSION, gateway, atMs: bucket.startMs });
    if (config === null)
      throw new AppError('INVARIANT_BROKEN', `no configuration of ${STORED_SCORING_VERSION} is in force`);
    const day = dayOf(bucket.startMs);
    const { score, subscores, inputs } = scoreSla([{ pipeline, model, day, inputs: group.inputs }], references, config);
    const used = BENCHMARK_KINDS.flatMap((kind) => byKey.get(benchmarkText(kind, day, group)) ?? []);
    return {
      width: bucket.width,
      bucket_start: new Date(bucket.startMs).toISOString(),
      grain_id: group.grainId,
      scoring_version: STORED_SCORING_VERSION,
      score,
      subscores,
      inputs,
      benchmarks: used.map(({ kind, revision, low, high, rowCount, isSufficient }) => {
        return { kind, revision, low, high, rowCount, isSufficient };
      }),
      is_withdrawn: false,
      input_watermark: group.watermark?.toISOString() ?? null,
      result_hash: hashOf([score, subscores, inputs]),
    };
  });
}

function changedRows(rows: readonly ScoreRow[], current: readonly CurrentScore[]): readonly ScoreRow[] {
  const hashes = new Map(
    current.map((row) => [currentText(row.bucketMs, row.grainId, row.scoringVersion), row.resultHash]),
  );
  return rows.filter((row) => hashes.get(rowText(row)) !== row.result_hash);
}

const WITHDRAWN_HASH = 'withdrawn';

/** Groups that were scored and are no more: their last result says so, once. */
function withdrawnRows(
  width: ScoreWidth,
  rows: readonly ScoreRow[],
  current: readonly CurrentScore[],
): readonly ScoreRow[] {
  const present = new Set(rows.map(rowText));
  return current
    .filter(({ resultHash }) => resultHash !== WITHDRAWN_HASH)
    .filter((row) => !present.has(currentText(row.bucketMs, row.grainId, row.scoringVersion)))
    .map((row) => ({
      width,
      bucket_start: new Date(row.bucketMs).toISOString(),
      grain_id: row.grainId,
      scoring_version: row.scoringVersion,
      score: null,
      subscores: [],
      inputs: {},
      benchmarks: [],
      is_withdrawn: true,
      input_watermark: null,
      result_hash: WITHDRAWN_HASH,
    }));
}

function rowText(row: ScoreRow): string {
  return currentText(Date.parse(row.bucket_start), row.grain_id, row.scoring_version);
}

function currentText(bucketMs: number, grainId: string, scoringVersion: string): string {
  return `${bucketMs}|${grainId}|${scoringVersion}`;
}

function benchmarkText(kind: string, day: string, { pipeline, model }: { pipeline: string; model: string }): string {
  return JSON.stringify([kind, day, pipeline, model]);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Keys are sorted, since what comes back from jsonb is. */
function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortedKeys)).digest('hex').slice(0, 32);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
