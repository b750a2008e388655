import type { Pool } from 'pg';
import type { RollupQuery } from './grain.js';
import { type LatencySums, type RollupRow, readSums, rowKey, type TextRow } from './rollup-reader.js';

/** Sums over what gateways found. */
export interface DiscoverySums {
  readonly foundCount: number;
  readonly unknownOrchestratorCount: number;
  readonly unusableLatencyCount: number;
  readonly latency: LatencySums;
}

const COLUMNS = [
  'found_count',
  'unknown_orchestrator_count',
  'unusable_latency_count',
  'latency_sample_count',
  'latency_ms_sum',
  'latency_ms_histogram',
];

/** Sums of discoveries by the bucket of their message, at the asked grain. */
export async function readDiscoveryMetrics(db: Pool, query: RollupQuery): Promise<readonly RollupRow<DiscoverySums>[]> {
  const rows = await readSums(db, 'discovery', query, COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: discoverySums(row) }));
}

function discoverySums(row: TextRow): DiscoverySums {
  const count = (column: string): number => Number(row[column] ?? 0);
  return {
    foundCount: count('found_count'),
    unknownOrchestratorCount: count('unknown_orchestrator_count'),
    unusableLatencyCount: count('unusable_latency_count'),
    latency: {
      sampleCount: count('latency_sample_count'),
      msSum: count('latency_ms_sum'),
      histogram: row['latency_ms_histogram'] ?? '0',
    },
  };
}
