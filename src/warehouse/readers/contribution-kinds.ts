import { FACET_COLUMNS, type FacetColumns, type RollupQuery } from './grain.js';
import { INGEST_COLUMNS, type IngestSums, ingestSums } from './ingest-quality-reader.js';
import {
  FAILURE_COLUMNS,
  type FailureSums,
  failureSums,
  SWAP_COLUMNS,
  type SwapSums,
  swapSums,
} from './reason-reader.js';
import {
  SERVICE_COLUMNS,
  SESSION_COLUMNS,
  type ServiceSums,
  type SessionCounts,
  serviceSums,
  sessionCounts,
  type TextRow,
} from './rollup-reader.js';
import { isInForce, STARTS, targetedFps, targetedStartup, targetsInForce } from './targets-in-force.js';

interface Source {
  /** For names of statements. */
  readonly name: string;
  readonly relation: string;
  /** Its time column that the number's span is of. */
  readonly at: string;
}

/** A rollup of sessions or of their swaps: where its rows are, and what of them is summed. */
export interface ContributionKind<Sums> {
  readonly source: (bucket: RollupQuery['bucket']) => Source;
  /** What is selected of each row `c`, as text. */
  readonly columns: (bucket: RollupQuery['bucket']) => readonly string[];
  /** The query beside it that the columns need, given the parameter of the instant of the question. */
  readonly beside: ((knownBy: string) => string) | null;
  /** Number column that tells the rows of one session and bucket apart. */
  readonly part: 'grain_id' | 'ordinal';
  readonly facets: FacetColumns;
  readonly sumsOf: (row: TextRow) => Sums;
}

/** As the rollup reader has it: what of a row is held against the target of its model at an instant. */
const heldAgainst = (at: string, part: string, condition: string): string => `(
      select jsonb_build_array(${part})::text
      from target as t
      where ${isInForce({ pipeline: 'c.pipeline', model: 'c.model', at })} and ${condition}
    )`;
const fpsByTarget = (at: string): string =>
  heldAgainst(at, targetedFps('c', 't'), 't.fps_target is not null and c.fps_sample_count > 0');
const startupByTarget = (at: string, start: (typeof STARTS)[number]): string =>
  heldAgainst(
    at,
    targetedStartup('c', 't', start),
    `t.${start}_startup_target_ms is not null and c.${start}_startup_sample_count > 0`,
  );

const DAY = "date_trunc('day', c.bucket_start, 'UTC')";
/** Whole days of a number over hours come from the daily rollup, so the target at the start of their day judges them. */
const JUDGED_AT = {
  '5m': 'c.bucket_start',
  '1h': `case when ${DAY} >= w.start_at and ${DAY} + interval '24 hours' <= w.end_at then ${DAY} else c.bucket_start end`,
} as const;

export const DEMAND: ContributionKind<SessionCounts> = {
  source: (bucket) => {
    const isMinute = bucket === 'MINUTE_1';
    return {
      name: isMinute ? 'demand-1m' : 'demand',
      relation: 'api.demand_contribution',
      at: isMinute ? 'started_at' : 'bucket_start',
    };
  },
  columns: () => asText(SESSION_COLUMNS),
  beside: null,
  part: 'grain_id',
  facets: {},
  sumsOf: sessionCounts,
};

export const SERVICE: ContributionKind<ServiceSums> = {
  source: (bucket) => {
    const width = widthOf(bucket);
    return { name: `service-${width}`, relation: `api.service_contribution_${width}`, at: 'bucket_start' };
  },
  columns: (bucket) => [
    ...asText(SERVICE_COLUMNS),
    'c.is_tail::text as "isTail"',
    `${fpsByTarget(JUDGED_AT[widthOf(bucket)])} as fps_by_target`,
    ...STARTS.map((start) => `${startupByTarget(JUDGED_AT[widthOf(bucket)], start)} as ${start}_startup_by_target`),
  ],
  beside: targetsInForce,
  part: 'grain_id',
  facets: {},
  sumsOf: serviceSums,
};

/** A failure's session, in the bucket of its start. */
export const FAILURE: ContributionKind<FailureSums> = {
  source: () => ({ name: 'failure', relation: 'api.failure_contribution', at: 'bucket_start' }),
  columns: () => asText(FAILURE_COLUMNS),
  beside: null,
  part: 'grain_id',
  facets: FACET_COLUMNS.failure,
  sumsOf: failureSums,
};

/** A swap, in the bucket of its own instant. */
export const SWAP: ContributionKind<SwapSums> = {
  source: () => ({ name: 'swap', relation: 'api.swap_contribution', at: 'bucket_start' }),
  columns: () => asText(SWAP_COLUMNS),
  beside: null,
  part: 'ordinal',
  facets: FACET_COLUMNS.swap,
  sumsOf: swapSums,
};

/** A session whose ingest was sampled, in the buckets of its samples. */
export const INGEST: ContributionKind<IngestSums> = {
  source: (bucket) => {
    const width = widthOf(bucket);
    return { name: `ingest-${width}`, relation: `api.ingest_contribution_${width}`, at: 'bucket_start' };
  },
  columns: () => asText(INGEST_COLUMNS),
  beside: null,
  part: 'grain_id',
  facets: FACET_COLUMNS.ingest,
  sumsOf: ingestSums,
};

/** A day is the sum of its hours. */
function widthOf(bucket: RollupQuery['bucket']): '5m' | '1h' {
  return bucket === 'MINUTE_5' ? '5m' : '1h';
}

function asText(columns: readonly string[]): readonly string[] {
  return columns.map((column) => `c.${column}::text as ${column}`);
}
