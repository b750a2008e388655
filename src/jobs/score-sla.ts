import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { bookKnownAt } from '../domain/scoring-book.js';
import type { Log } from '../log.js';
import { withTransaction } from '../warehouse/pool.js';
import { readScoringBook } from '../warehouse/readers/scoring-config-reader.js';
import { countFinalBuckets, dropExpiredMarks, lockScoring, takeFinalBuckets } from '../warehouse/stores/score-store.js';
import { reviseBenchmarks } from './benchmarks.js';
import { markChangedConfig } from './changed-config.js';
import { progressOf } from './progress.js';
import { appendChanges, type BucketChanges, compareBuckets } from './score-buckets.js';
import { readStamp, type ScoringTime } from './score-stamp.js';
import { defineTask, handleTask } from './task.js';

export const scoreSlaTask = defineTask({ name: 'score-sla', schema: z.object({}) });

/** Scores final buckets that changed: asked for by refreshes and benchmarks, every minute for what the clock closed. */
export const scoreSlaJob = handleTask(
  scoreSlaTask,
  async (_payload, { pool, asOf, clock, signal, log }) => {
    const report = await scoreFinalBuckets({ pool, asOf, clock, signal });
    if (report.bucketCount > 0) log.info(report, 'final buckets scored');
  },
  { cron: '* * * * *', jobKey: 'score-sla' },
);

export interface ScoringOptions extends ScoringTime {
  /** Connections of naap_worker. */
  readonly pool: Pool;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (bucketCount: number) => void;
}

export interface ScoringReport {
  readonly bucketCount: number;
  /** Results appended; equal ones are not. */
  readonly appendedCount: number;
  readonly withdrawnCount: number;
}

/** Buckets of one transaction: some thousand groups, a few seconds of work. */
export const BATCH_BUCKETS = 12;

export const NOTHING: ScoringReport = { bucketCount: 0, appendedCount: 0, withdrawnCount: 0 };

/**
 * Scores every marked final bucket and those whose configuration changed, some at a time; marks and results share a
 * transaction.
 */
export async function scoreFinalBuckets(options: ScoringOptions): Promise<ScoringReport> {
  let total = NOTHING;
  while (!options.signal?.aborted) {
    const batch = await withTransaction(options.pool, (client) => scoreBatch(client, options));
    if (batch.bucketCount === 0) break;
    options.onProgress?.(batch.bucketCount);
    total = addReports(total, batch);
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

async function scoreBatch(client: PoolClient, time: ScoringTime): Promise<ScoringReport> {
  const { asOf } = time;
  await lockScoring(client);
  const stamp = await readStamp(client, time);
  const book = bookKnownAt(await readScoringBook(client), asOf.getTime());
  await markChangedConfig(client, book);
  await dropExpiredMarks(client, asOf);
  const buckets = await takeFinalBuckets(client, asOf, BATCH_BUCKETS);
  if (buckets.length === 0) return NOTHING;
  let report = NOTHING;
  for await (const { bucketCount, changes } of compareBuckets(client, buckets, { asOf, stamp, book })) {
    await appendChanges(client, changes, stamp);
    report = addReports(report, reportOf(bucketCount, changes));
  }
  return report;
}

/** What changes come to. */
export function reportOf(bucketCount: number, { scores }: BucketChanges): ScoringReport {
  const withdrawnCount = scores.filter(({ after }) => after === null).length;
  return { bucketCount, appendedCount: scores.length - withdrawnCount, withdrawnCount };
}

export function addReports(a: ScoringReport, b: ScoringReport): ScoringReport {
  return {
    bucketCount: a.bucketCount + b.bucketCount,
    appendedCount: a.appendedCount + b.appendedCount,
    withdrawnCount: a.withdrawnCount + b.withdrawnCount,
  };
}
