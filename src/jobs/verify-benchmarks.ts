import { createNamedComparison, NAMED_BENCHMARK_DAYS } from '../warehouse/readers/named-rows.js';
import type { RowDifference } from '../warehouse/readers/row-difference.js';
import type { BenchmarkKey } from '../warehouse/stores/benchmark-store.js';
import {
  readBenchmarkHours,
  readBenchmarksInForce,
  readFullDays,
  readJudgedDays,
  readWaitingDays,
  type StoredBenchmark,
} from '../warehouse/stores/benchmark-store.js';
import { benchmarksOfDay, revisionsFor } from './benchmarks.js';
import type { VerifiedPart } from './verify-part.js';
import type { VerifyScoring } from './verify-scores.js';

/** Days whose revisions are recounted at once. */
const DAYS_AT_ONCE = 31;

/**
 * Recounts the benchmarks of the full days of a span from hourly rows, and the revisions in force for its days from the
 * days before them, and reports every one that differs. A revision that changes no rounded value is none, so its count
 * of rows may be older. Counted are full days; those that are still to be refreshed or benchmarked are left out.
 */
export async function verifyBenchmarks({
  reader,
  from,
  to,
  asOf,
  report,
  signal,
}: VerifyScoring): Promise<VerifiedPart> {
  const compare = await createNamedComparison(reader, NAMED_BENCHMARK_DAYS);
  const waiting = new Set(await readWaitingDays(reader));
  const all = await readFullDays(reader, { from, to, asOf });
  const settled = all.filter((day) => !waiting.has(day));
  for (const day of settled) {
    if (signal?.aborted) break;
    const wanted = benchmarksOfDay(day, await readBenchmarkHours(reader, day));
    report(await compare([{ day }], wanted));
  }
  const judged = await readJudgedDays(reader, { from, to });
  for (let first = 0; first < judged.length && !signal?.aborted; first += DAYS_AT_ONCE) {
    const days = judged.slice(first, first + DAYS_AT_ONCE);
    const inForce = await readBenchmarksInForce(reader, days, null);
    const before = new Map(inForce.map((row) => [keyText(row), row]));
    report(
      (await revisionsFor(reader, days)).flatMap((wanted) => revisionDifferences(before.get(keyText(wanted)), wanted)),
    );
  }
  return { count: settled.length, waitingCount: all.length - settled.length, failedCount: 0 };
}

function revisionDifferences(stored: StoredBenchmark | undefined, wanted: StoredBenchmark): readonly RowDifference[] {
  const { forDay, pipeline, model, kind } = wanted;
  const relation = 'core.sla_benchmark';
  const key = { for_day: forDay, pipeline, model, kind };
  if (stored === undefined) return [{ relation, key, kind: 'missing', column: null, stored: null, computed: null }];
  const columns = [
    ['low', stored.low, wanted.low],
    ['high', stored.high, wanted.high],
    ['is_sufficient', stored.isSufficient, wanted.isSufficient],
  ] as const;
  return columns
    .filter(([, was, now]) => was !== now)
    .map(([column, was, now]) => {
      return { relation, key, kind: 'changed', column, stored: JSON.stringify(was), computed: JSON.stringify(now) };
    });
}

function keyText({ forDay, pipeline, model, kind }: BenchmarkKey & { readonly forDay: string }): string {
  return JSON.stringify([forDay, pipeline, model, kind]);
}
