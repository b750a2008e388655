import type { Pool } from 'pg';
import type { RollupQuery } from './grain.js';
import { type RollupRow, readSums, rowKey, type TextRow } from './rollup-reader.js';

/** Swaps: changes of orchestrator, several of one session each for itself. */
export interface SwapSums {
  readonly swapCount: number;
  readonly requestedSwapCount: number;
}

/** Sessions that failed or needed an excuse. */
export interface FailureSums {
  readonly failureCount: number;
  readonly effectiveFailedCount: number;
  readonly startupExcusedCount: number;
}

/** Jobs that failed, each in one class; the last three are those of `JobSums`. */
export interface JobFailureSums {
  readonly failureCount: number;
  readonly failedCount: number;
  readonly noOrchCount: number;
  readonly llmFailedCount: number;
}

export const SWAP_COLUMNS = ['swap_count', 'requested_swap_count'];
export const FAILURE_COLUMNS = ['failure_count', 'effective_failed_count', 'startup_excused_count'];

/** Swaps by whom they blame, at the asked grain, how they are known and why [LIFECYCLE-006]. */
export async function readSwaps(db: Pool, query: RollupQuery): Promise<readonly RollupRow<SwapSums>[]> {
  const rows = await readSums(db, 'swap', query, SWAP_COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: swapSums(row) }));
}

/** Failed and excused sessions by the bucket of their start, at the asked grain, class and reason [AGGREGATE-002]. */
export async function readFailures(db: Pool, query: RollupQuery): Promise<readonly RollupRow<FailureSums>[]> {
  const rows = await readSums(db, 'failure', query, FAILURE_COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: failureSums(row) }));
}

const JOB_FAILURE_COLUMNS = ['failure_count', 'failed_count', 'no_orch_count', 'llm_failed_count'];

/** Failed jobs by the bucket they count in, at the asked grain, kind, class and reason [domain 4.2]. */
export async function readJobFailures(db: Pool, query: RollupQuery): Promise<readonly RollupRow<JobFailureSums>[]> {
  const rows = await readSums(db, 'job_failure', query, JOB_FAILURE_COLUMNS);
  return rows.map((row) => ({
    ...rowKey(row),
    sums: {
      failureCount: Number(row['failure_count']),
      failedCount: Number(row['failed_count']),
      noOrchCount: Number(row['no_orch_count']),
      llmFailedCount: Number(row['llm_failed_count']),
    },
  }));
}

export function swapSums(row: TextRow): SwapSums {
  return { swapCount: Number(row['swap_count']), requestedSwapCount: Number(row['requested_swap_count']) };
}

export function failureSums(row: TextRow): FailureSums {
  return {
    failureCount: Number(row['failure_count']),
    effectiveFailedCount: Number(row['effective_failed_count']),
    startupExcusedCount: Number(row['startup_excused_count']),
  };
}
