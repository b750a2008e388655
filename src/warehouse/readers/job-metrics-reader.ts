import type { Pool } from 'pg';
import type { RollupQuery } from './grain.js';
import { type LatencySums, type RollupRow, readSums, rowKey, type TextRow } from './rollup-reader.js';

/** Sums over jobs. Decimal texts are exact. */
export interface JobSums {
  readonly jobCount: number;
  readonly selectedCount: number;
  readonly noOrchCount: number;
  readonly unknownCount: number;
  readonly successCount: number;
  readonly failedCount: number;
  readonly duration: LatencySums;
  readonly llm: LlmSums;
}

/** Sums over the jobs with an LLM event. */
export interface LlmSums {
  readonly requestCount: number;
  readonly failedCount: number;
  readonly ttft: LatencySums;
  readonly tokensPerSecondSampleCount: number;
  readonly tokensPerSecondSum: string;
  readonly totalTokensSampleCount: number;
  readonly totalTokensSum: string;
  readonly promptTokensSum: string;
  readonly completionTokensSum: string;
}

const LATENCY_PARTS = ['sample_count', 'ms_sum', 'ms_histogram'] as const;
const COLUMNS = [
  'job_count',
  'selected_count',
  'no_orch_count',
  'unknown_count',
  'success_count',
  'failed_count',
  ...LATENCY_PARTS.map((part) => `duration_${part}`),
  'llm_count',
  'llm_failed_count',
  ...LATENCY_PARTS.map((part) => `ttft_${part}`),
  'tokens_per_second_sample_count',
  'tokens_per_second_sum',
  'total_tokens_sample_count',
  'total_tokens_sum',
  'prompt_tokens_sum',
  'completion_tokens_sum',
];

/** Sums of jobs by the bucket they count in, at the asked grain and kind. */
export async function readJobMetrics(db: Pool, query: RollupQuery): Promise<readonly RollupRow<JobSums>[]> {
  const rows = await readSums(db, 'job', query, COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: jobSums(row) }));
}

function jobSums(row: TextRow): JobSums {
  const count = (column: string): number => Number(row[column] ?? 0);
  const text = (column: string): string => row[column] ?? '0';
  const latency = (name: string): LatencySums => ({
    sampleCount: count(`${name}_sample_count`),
    msSum: count(`${name}_ms_sum`),
    histogram: text(`${name}_ms_histogram`),
  });
  return {
    jobCount: count('job_count'),
    selectedCount: count('selected_count'),
    noOrchCount: count('no_orch_count'),
    unknownCount: count('unknown_count'),
    successCount: count('success_count'),
    failedCount: count('failed_count'),
    duration: latency('duration'),
    llm: {
      requestCount: count('llm_count'),
      failedCount: count('llm_failed_count'),
      ttft: latency('ttft'),
      tokensPerSecondSampleCount: count('tokens_per_second_sample_count'),
      tokensPerSecondSum: text('tokens_per_second_sum'),
      totalTokensSampleCount: count('total_tokens_sample_count'),
      totalTokensSum: text('total_tokens_sum'),
      promptTokensSum: text('prompt_tokens_sum'),
      completionTokensSum: text('completion_tokens_sum'),
    },
  };
}
