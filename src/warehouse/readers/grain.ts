import { DIMENSIONS, type Dimension, type SyntheticChoice } from '../../domain/dimensions.js';

/** Dimensions of the rollups and the selection of their rows: the parts of a statement that every rollup reader shares. */

export const DIMENSION_COLUMN: Readonly<Record<Dimension, string>> = {
  ORCHESTRATOR: 'orchestrator_address',
  GATEWAY: 'gateway',
  PIPELINE: 'pipeline',
  MODEL: 'model',
  GPU: 'gpu_id',
  REGION: 'region',
};

/** Values wanted per dimension; a dimension that is absent or empty is not filtered. `''` is "unknown". */
export type GrainFilter = Readonly<Partial<Record<Dimension, readonly string[]>>>;

/** Value per dimension; `''` is unknown. Dimensions that were not grouped by are absent. */
export type GrainValues = Readonly<Partial<Record<Dimension, string>>>;

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** What one row of the answer stands for in time. */
export type Step = 'range' | 'bucket' | 'day';

export interface RollupQuery {
  /** MINUTE_1 is there for demand only, computed from the sessions themselves. */
  readonly bucket: 'MINUTE_1' | 'MINUTE_5' | 'HOUR_1' | 'DAY_1';
  readonly range: Span;
  readonly step: Step;
  readonly groupBy: readonly Dimension[];
  readonly filter: GrainFilter;
  readonly synthetic: SyntheticChoice;
}

const DAY_MS = 86_400_000;
const RELATION_SUFFIX = { MINUTE_5: '5m', HOUR_1: '1h', DAY_1: '1d' } as const;

/** Values of the fixed parameters $1–$6 (filters in dimension order) and $7 (synthetic: null takes both). */
export function filterValues(filter: GrainFilter, synthetic: SyntheticChoice): readonly unknown[] {
  const lists = DIMENSIONS.map((dimension) => {
    const wanted = filter[dimension];
    return wanted === undefined || wanted.length === 0 ? null : wanted;
  });
  return [...lists, synthetic === 'INCLUDE' ? null : synthetic === 'ONLY'];
}

export const FILTER_SQL = [
  ...DIMENSIONS.map(
    (dimension, index) =>
      `($${index + 1}::text[] is null or ${DIMENSION_COLUMN[dimension]} = any($${index + 1}::text[]))`,
  ),
  '($7::boolean is null or is_synthetic = $7::boolean)',
].join('\n    and ');

/** A short text for statement names: the dimensions by their first letters, in fixed order. */
export function groupName(groupBy: readonly Dimension[]): string {
  return DIMENSIONS.map((dimension) => (groupBy.includes(dimension) ? dimension.slice(0, 2).toLowerCase() : '')).join(
    '',
  );
}

/** Output columns of the grouped dimensions, named by the dimension. */
export function groupColumns(groupBy: readonly Dimension[]): readonly string[] {
  return DIMENSIONS.filter((dimension) => groupBy.includes(dimension)).map(
    (dimension) => `${DIMENSION_COLUMN[dimension]} as "${dimension}"`,
  );
}

interface Source {
  readonly text: string;
  readonly name: string;
  /** Values of the parameters after $7. */
  readonly values: readonly string[];
}

/**
 * The rows of a rollup in a range. An hourly range that need not be told apart by hour reads whole days from the daily
 * rollup and only its edges by hour; both hold the same sums.
 */
export function rollupSource(kind: 'demand' | 'service', query: RollupQuery): Source {
  const { range, bucket, step } = query;
  const days = bucket === 'HOUR_1' && step !== 'bucket' ? wholeDays(range) : null;
  const at = (ms: number): string => new Date(ms).toISOString();
  if (bucket === 'MINUTE_1') {
    return {
      name: '1m',
      text: `select date_trunc('minute', started_at, 'UTC') as bucket_start, * from api.session_${kind}
  where started_at >= $8::timestamptz and started_at < $9::timestamptz
    and ${FILTER_SQL}`,
      values: [at(range.startMs), at(range.endMs)],
    };
  }
  if (days === null) {
    return {
      name: RELATION_SUFFIX[bucket],
      text: `select * from api.${kind}_${RELATION_SUFFIX[bucket]}
  where bucket_start >= $8::timestamptz and bucket_start < $9::timestamptz
    and ${FILTER_SQL}`,
      values: [at(range.startMs), at(range.endMs)],
    };
  }
  return {
    name: '1h1d',
    text: `select * from api.${kind}_1d
  where bucket_start >= $9::timestamptz and bucket_start < $10::timestamptz
    and ${FILTER_SQL}
  union all
  select * from api.${kind}_1h
  where bucket_start >= $8::timestamptz and bucket_start < $9::timestamptz
    and ${FILTER_SQL}
  union all
  select * from api.${kind}_1h
  where bucket_start >= $10::timestamptz and bucket_start < $11::timestamptz
    and ${FILTER_SQL}`,
    values: [at(range.startMs), at(days.startMs), at(days.endMs), at(range.endMs)],
  };
}

/** SQL of the instant a row of the answer starts at, or null text for the whole range. */
export function stepColumn(step: Step): string | null {
  if (step === 'range') return null;
  return step === 'bucket' ? 'bucket_start' : "date_trunc('day', bucket_start, 'UTC')";
}

function wholeDays({ startMs, endMs }: Span): Span | null {
  const first = Math.ceil(startMs / DAY_MS) * DAY_MS;
  const last = Math.floor(endMs / DAY_MS) * DAY_MS;
  return first < last ? { startMs: first, endMs: last } : null;
}
