import {
  DIMENSIONS,
  type Dimension,
  FACETS,
  type Facet,
  GROUP_KEYS,
  type GroupKey,
  type SyntheticChoice,
} from '../../domain/dimensions.js';
import { DAY_MS } from '../../domain/time.js';
import type { Parameters } from './parameters.js';

/** Dimensions of the rollups and the selection of their rows: the parts of a statement that every rollup reader shares. */

export const DIMENSION_COLUMN: Readonly<Record<Dimension, string>> = {
  ORG: 'org',
  ORCHESTRATOR: 'orchestrator_address',
  GATEWAY: 'gateway',
  PIPELINE: 'pipeline',
  MODEL: 'model',
  GPU: 'gpu_id',
  REGION: 'region',
};

/** SQL of the facets that a rollup has; most have none. */
export type FacetColumns = Readonly<Partial<Record<Facet, string>>>;

/** Which rows count. */
export interface GrainFilter {
  /** Values wanted per dimension; a dimension that is absent or empty is not filtered. `''` is "unknown". */
  readonly wanted: Readonly<Partial<Record<GroupKey, readonly string[]>>>;
  /** True: rows with a GPU only; false: rows without; null: both [AGGREGATE-003, AGGREGATE-004]. */
  readonly isHardwareBacked: boolean | null;
}

/** Value per dimension; `''` is unknown. Dimensions that were not grouped by are absent. */
export type GrainValues = Readonly<Partial<Record<GroupKey, string>>>;

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** What one row of the answer stands for in time. */
export type Step = 'range' | 'bucket' | 'day';

/** Rows of a rollup, of samples or of scores: which of them, and which traffic. */
export interface Selection {
  readonly filter: GrainFilter;
  readonly synthetic: SyntheticChoice;
}

export interface RollupQuery extends Selection {
  /** MINUTE_1 is there for demand only, computed from the sessions themselves. */
  readonly bucket: 'MINUTE_1' | 'MINUTE_5' | 'HOUR_1' | 'DAY_1';
  readonly range: Span;
  readonly step: Step;
  readonly groupBy: readonly GroupKey[];
  /** The instant of the question: targets known by then are held against the rows. */
  readonly nowMs: number;
}

const RELATION_SUFFIX = { MINUTE_5: '5m', HOUR_1: '1h', DAY_1: '1d' } as const;

/**
 * The conditions of a selection, joined by `and`. Each value is a parameter and null when it does not matter, so that
 * all selections share one prepared statement.
 */
export function selectionSql({ add }: Parameters, { filter, synthetic }: Selection, facets: FacetColumns = {}): string {
  const columns: FacetColumns & typeof DIMENSION_COLUMN = { ...DIMENSION_COLUMN, ...facets };
  const conditions = GROUP_KEYS.flatMap((key) => {
    const column = columns[key];
    if (column === undefined) return [];
    const wanted = filter.wanted[key];
    const list = add(wanted === undefined || wanted.length === 0 ? null : wanted);
    return [`(${list}::text[] is null or ${column} = any(${list}::text[]))`];
  });
  const isSynthetic = add(synthetic === 'INCLUDE' ? null : synthetic === 'ONLY');
  const isBacked = add(filter.isHardwareBacked);
  return [
    ...conditions,
    `(${isSynthetic}::boolean is null or is_synthetic = ${isSynthetic}::boolean)`,
    `(${isBacked}::boolean is null or (gpu_id <> '') = ${isBacked}::boolean)`,
  ].join('\n    and ');
}

/** A short text for statement names: what is grouped by, by its first three letters, in fixed order. */
export function groupName(groupBy: readonly GroupKey[]): string {
  return GROUP_KEYS.map((key) => (groupBy.includes(key) ? key.slice(0, 3).toLowerCase() : '')).join('');
}

/** Output columns of what is grouped by, named by it. */
export function groupColumns(groupBy: readonly GroupKey[], facets: FacetColumns = {}): readonly string[] {
  return [
    ...DIMENSIONS.filter((dimension) => groupBy.includes(dimension)).map(
      (dimension) => `${DIMENSION_COLUMN[dimension]} as "${dimension}"`,
    ),
    ...FACETS.filter((facet) => groupBy.includes(facet)).map((facet) => `${facets[facet]} as "${facet}"`),
  ];
}

/** Rollups that readers take whole ranges of; each comes as 5m, 1h and 1d. */
export type RollupKind =
  | 'demand'
  | 'service'
  | 'payment'
  | 'job'
  | 'job_failure'
  | 'swap'
  | 'failure'
  | 'discovery'
  | 'ingest'
  | 'ticket'
  | 'byoc_auth'
  | 'byoc_worker';

export const FACET_COLUMNS: Readonly<Record<RollupKind, FacetColumns>> = {
  demand: {},
  service: {},
  payment: {},
  job: { KIND: 'kind' },
  job_failure: { KIND: 'kind', FAILURE_CLASS: 'failure_class', REASON: 'failure_reason' },
  swap: { KIND: "case when is_explicit then 'explicit' else 'inferred' end", REASON: 'reason_class' },
  failure: { FAILURE_CLASS: 'failure_class', REASON: 'failure_reason' },
  discovery: {},
  ingest: {},
  ticket: {},
  byoc_auth: {},
  byoc_worker: {},
};

/** Dimensions that no row of a rollup has a value of. */
const ABSENT_DIMENSIONS: Readonly<Partial<Record<RollupKind, readonly Dimension[]>>> = {
  discovery: ['PIPELINE', 'MODEL', 'GPU'],
  ingest: ['ORCHESTRATOR', 'GPU'],
  payment: ['GPU'],
  ticket: ['GPU'],
  byoc_auth: ['MODEL', 'GPU'],
  byoc_worker: ['GPU'],
};

/** What the rows of a rollup can be told apart and kept by. */
export function keysOfRollup(kind: RollupKind): readonly GroupKey[] {
  const absent = ABSENT_DIMENSIONS[kind] ?? [];
  return [
    ...DIMENSIONS.filter((dimension) => !absent.includes(dimension)),
    ...FACETS.filter((facet) => FACET_COLUMNS[kind][facet] !== undefined),
  ];
}

interface Source {
  readonly text: string;
  readonly name: string;
}

/**
 * The rows of a rollup in a range. An hourly range that need not be told apart by hour reads whole days from the daily
 * rollup and only its edges by hour; both hold the same sums.
 */
export function rollupSource(parameters: Parameters, kind: RollupKind, query: RollupQuery): Source {
  const { range, bucket, step } = query;
  const selected = selectionSql(parameters, query, FACET_COLUMNS[kind]);
  const at = (ms: number): string => `${parameters.add(new Date(ms).toISOString())}::timestamptz`;
  const rowsOf = (relation: string, column: string, from: string, to: string): string =>
    `from ${relation}
  where ${column} >= ${from} and ${column} < ${to}
    and ${selected}`;
  const [startAt, endAt] = [at(range.startMs), at(range.endMs)];
  if (bucket === 'MINUTE_1') {
    return {
      name: '1m',
      text: `select date_trunc('minute', started_at, 'UTC') as bucket_start, * ${rowsOf(`api.session_${kind}`, 'started_at', startAt, endAt)}`,
    };
  }
  const days = bucket === 'HOUR_1' && step !== 'bucket' ? wholeDays(range) : null;
  const rollup = (suffix: string, from: string, to: string): string =>
    `select * ${rowsOf(`api.${kind}_${suffix}`, 'bucket_start', from, to)}`;
  if (days === null) return { name: RELATION_SUFFIX[bucket], text: rollup(RELATION_SUFFIX[bucket], startAt, endAt) };
  const [firstDay, lastDay] = [at(days.startMs), at(days.endMs)];
  return {
    name: '1h1d',
    text: [rollup('1d', firstDay, lastDay), rollup('1h', startAt, firstDay), rollup('1h', lastDay, endAt)].join(
      '\n  union all\n  ',
    ),
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
