import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import {
  BENCHMARK_DAYS,
  BENCHMARK_KINDS,
  type BenchmarkDay,
  type BenchmarkKind,
  type BenchmarkSample,
  benchmarkDay,
  combineBenchmarks,
  isSameBenchmark,
} from '../domain/sla-benchmark.js';
import { DAY_MS, HOUR_MS, utcDay } from '../domain/time.js';
import { withTransaction } from '../warehouse/pool.js';
import {
  appendBenchmarks,
  type BenchmarkHour,
  type BenchmarkKey,
  markScoresOfDay,
  readBenchmarkDays,
  readBenchmarkHours,
  readBenchmarksInForce,
  readLastRevisionAt,
  replaceBenchmarkDay,
  type StoredBenchmark,
  takeFullDays,
} from '../warehouse/stores/benchmark-store.js';
import { lockScoring } from '../warehouse/stores/score-store.js';
import { readStamp, type ScoringTime } from './score-stamp.js';
import { defineTask, handleTask } from './task.js';

export const benchmarksTask = defineTask({ name: 'benchmarks', schema: z.object({}) });

/** Revises benchmarks after days whose hours changed, at most hourly. */
export const benchmarksJob = handleTask(
  benchmarksTask,
  async (_payload, { pool, asOf, clock, log }) => {
    const report = await reviseBenchmarks({ pool, asOf, clock });
    if (report.revisionCount > 0) log.info(report, 'benchmarks revised');
  },
  { cron: '*/5 * * * *', jobKey: 'benchmarks' },
);

export interface BenchmarkReport {
  /** Full days computed again. */
  readonly dayCount: number;
  /** Revisions that took force. */
  readonly revisionCount: number;
}

const NOTHING: BenchmarkReport = { dayCount: 0, revisionCount: 0 };

/**
 * Computes the benchmarks of marked full days again and revises those of the 7 days after each, in one transaction
 * with the marks it takes. A day whose benchmark was revised has its final buckets scored again [AGGREGATE-005].
 */
export async function reviseBenchmarks({
  pool,
  asOf,
  clock,
  ignoresHour = false,
}: ScoringTime & {
  readonly pool: Pool;
  /** Draining the queues: revisions need not be an hour apart. */
  readonly ignoresHour?: boolean;
}): Promise<BenchmarkReport> {
  return withTransaction(pool, async (client) => {
    await lockScoring(client);
    const last = await readLastRevisionAt(client);
    if (!ignoresHour && last !== null && asOf.getTime() - last.getTime() < HOUR_MS) return NOTHING;
    const days = await takeFullDays(client, asOf);
    for (const day of days) {
      await replaceBenchmarkDay(client, day, benchmarksOfDay(day, await readBenchmarkHours(client, day)));
    }
    const judged = [...new Set(days.flatMap(daysJudgedBy))].sort();
    const revisions = await revisionsFor(client, judged);
    await appendBenchmarks(client, revisions, await readStamp(client, { asOf, clock }));
    const revised = [...new Set(revisions.map(({ forDay }) => forDay))];
    for (const day of revised) await markScoresOfDay(client, day, asOf);
    if (revised.length > 0) await client.query("select work.request_job('score-sla')");
    return { dayCount: days.length, revisionCount: revisions.length };
  });
}

/** Benchmarks of one day, per pipeline, model and kind, from the exact averages of its hours. */
export function benchmarksOfDay(
  day: string,
  hours: readonly BenchmarkHour[],
): readonly (BenchmarkKey & BenchmarkDay)[] {
  const groups = new Map<string, BenchmarkHour[]>();
  for (const hour of hours) {
    const key = JSON.stringify([hour.pipeline, hour.model]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [hour]);
    else group.push(hour);
  }
  return [...groups.values()].flatMap((group) =>
    BENCHMARK_KINDS.flatMap((kind) => {
      const benchmark = benchmarkDay(
        kind,
        day,
        group.map((hour) => sampleOf(kind, hour)),
      );
      const [first] = group;
      return benchmark === null || first === undefined
        ? []
        : [{ pipeline: first.pipeline, model: first.model, kind, ...benchmark }];
    }),
  );
}

/** The revisions that the stored benchmarks of days ask for and that are not in force, for some days in their order. */
export async function revisionsFor(
  client: PoolClient,
  forDays: readonly string[],
): Promise<readonly StoredBenchmark[]> {
  const [first, last] = [forDays[0], forDays.at(-1)];
  if (first === undefined || last === undefined) return [];
  const days = await readBenchmarkDays(client, shifted(first, -BENCHMARK_DAYS), last);
  const inForce = await readBenchmarksInForce(client, forDays, null);
  return forDays.flatMap((forDay) => {
    const window = days.filter(({ day }) => day >= shifted(forDay, -BENCHMARK_DAYS) && day < forDay);
    const known = new Map(inForce.filter((row) => row.forDay === forDay).map((row) => [keyText(row), row]));
    const keys = new Map([...window, ...known.values()].map((row) => [keyText(row), row]));
    return [...keys].flatMap(([text, { pipeline, model, kind }]) => {
      const benchmark = combineBenchmarks(window.filter((row) => keyText(row) === text));
      const before = known.get(text);
      if (before !== undefined && isSameBenchmark(before, benchmark)) return [];
      return [{ forDay, pipeline, model, kind, revision: (before?.revision ?? 0) + 1, ...benchmark }];
    });
  });
}

function sampleOf(kind: BenchmarkKind, hour: BenchmarkHour): BenchmarkSample {
  switch (kind) {
    case 'ptff':
      return { sum: hour.ptffMsSum, sampleCount: hour.ptffSampleCount };
    case 'e2e':
      return { sum: hour.e2eMsSum, sampleCount: hour.e2eSampleCount };
    case 'fps':
      return { sum: hour.fpsSum, sampleCount: hour.fpsSampleCount };
  }
}

function daysJudgedBy(day: string): readonly string[] {
  return Array.from({ length: BENCHMARK_DAYS }, (_, index) => shifted(day, index + 1));
}

function shifted(day: string, days: number): string {
  return utcDay(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS);
}

function keyText({ pipeline, model, kind }: BenchmarkKey): string {
  return JSON.stringify([pipeline, model, kind]);
}
