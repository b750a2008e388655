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

export const SWAP_COLUMNS = ['swap_count', 'requested_swap_count'];
export const FAILURE_COLUMNS = ['failure_count', 'effective_failed_count', 'startup_excused_count'];

/** Swaps by whom they blame, at the asked grain, how they are known and why [LIFECYCLE-006]. */
export async function readSwaps(db: Pool, query: RollupQuery): Promise<readonly RollupRow<SwapSums>[]> {
  const rows = await readSums(db, { kind: 'swap', condition: null }, query, SWAP_COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: swapSums(row) }));
}

/** Failed and excused sessions by the bucket of their start, at the asked grain, class and reason [AGGREGATE-002]. */
export async function readFailures(db: Pool, query: RollupQuery): Promise<readonly RollupRow<FailureSums>[]> {
  const rows = await readSums(db, { kind: 'failure', condition: null }, query, FAILURE_COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: failureSums(row) }));
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
