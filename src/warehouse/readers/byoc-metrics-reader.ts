import type { Pool } from 'pg';
import type { RollupQuery } from './grain.js';
import { type RollupRow, readSums, rowKey } from './rollup-reader.js';

/** Sums over authorisations of BYOC jobs; one that does not say is neither granted nor refused. */
export interface ByocAuthSums {
  readonly eventCount: number;
  readonly successCount: number;
  readonly failedCount: number;
}

/** Sums over events of BYOC workers. */
export interface ByocWorkerSums {
  readonly eventCount: number;
  /** Sum over the events that say a price, exact decimal text; null without any. */
  readonly priceSum: string | null;
  readonly priceSampleCount: number;
}

/** Sums of authorisations by their bucket, at the asked grain; the pipeline is the capability. */
export async function readByocAuthMetrics(db: Pool, query: RollupQuery): Promise<readonly RollupRow<ByocAuthSums>[]> {
  const rows = await readSums(db, 'byoc_auth', query, ['event_count', 'success_count', 'failed_count']);
  return rows.map((row) => ({
    ...rowKey(row),
    sums: {
      eventCount: Number(row['event_count'] ?? 0),
      successCount: Number(row['success_count'] ?? 0),
      failedCount: Number(row['failed_count'] ?? 0),
    },
  }));
}

/** Sums of what workers said by its bucket, at the asked grain; the pipeline is the capability. */
export async function readByocWorkerMetrics(
  db: Pool,
  query: RollupQuery,
): Promise<readonly RollupRow<ByocWorkerSums>[]> {
  const rows = await readSums(db, 'byoc_worker', query, ['event_count', 'price_sample_count', 'price_sum']);
  return rows.map((row) => {
    const priceSampleCount = Number(row['price_sample_count'] ?? 0);
    return {
      ...rowKey(row),
      sums: {
        eventCount: Number(row['event_count'] ?? 0),
        priceSum: priceSampleCount > 0 ? (row['price_sum'] ?? null) : null,
        priceSampleCount,
      },
    };
  });
}
