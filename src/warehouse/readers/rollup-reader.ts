import type { Pool } from 'pg';
import { DIMENSIONS } from '../../domain/dimensions.js';
import {
  filterValues,
  type GrainValues,
  groupColumns,
  groupName,
  type RollupQuery,
  rollupSource,
  stepColumn,
} from './grain.js';

/** Counters of sessions, alike in demand (whole sessions) and service (session × bucket × identity). */
export const SESSION_COUNTERS = [
  'known',
  'requested',
  'startupSuccess',
  'noOrch',
  'startupExcused',
  'startupFailed',
  'loadingOnly',
  'zeroOutput',
  'outputFailed',
  'effectiveFailed',
  'swappedExplicit',
  'swappedInferred',
  'swapped',
  'coldStart',
  'warmStart',
] as const;

const SAMPLE_COUNTERS = [
  'statusSample',
  'errorSample',
  'loadingSample',
  'offlineSample',
  'onlineSample',
  'degradedInputSample',
  'degradedInferenceSample',
  'errorStateSample',
  'fpsSample',
  'fpsPositive',
  'inputFpsSample',
  'healthObserved',
  'healthExpected',
  'legacyHealthObserved',
] as const;

export const LATENCIES = [
  'startup',
  'e2e',
  'gatewayRoundTrip',
  'ptff',
  'hopGatewayRunner',
  'hopRunner',
  'hopRunnerGateway',
] as const;
export type Latency = (typeof LATENCIES)[number];

/** Session counts of a row or of a sum of rows. */
export type SessionCounts = Readonly<Record<(typeof SESSION_COUNTERS)[number], number>>;

/** Sum, count and histogram of one latency in ms. The histogram is the integer that `domain/bins` decodes. */
export interface LatencySums {
  readonly sampleCount: number;
  readonly msSum: number;
  readonly histogram: string;
}

export interface ServiceSums {
  readonly sessions: SessionCounts;
  readonly samples: Readonly<Record<(typeof SAMPLE_COUNTERS)[number], number>>;
  /** Decimal texts, so that nothing is rounded between the warehouse and a score. */
  readonly fpsSum: string;
  readonly fpsSquareSum: string;
  readonly fpsHistogram: string;
  readonly inputFpsSum: string;
  readonly serviceMsSum: number;
  readonly latencies: Readonly<Record<Latency, LatencySums>>;
}

export interface RollupRow<Sums> {
  /** Start of the bucket or day, milliseconds; null when the row stands for the whole range. */
  readonly atMs: number | null;
  readonly grain: GrainValues;
  readonly sums: Sums;
}

const SESSION_COLUMNS = SESSION_COUNTERS.map((name) => `${columnOf(name)}_count`);
const SERVICE_COLUMNS = [
  ...SESSION_COLUMNS,
  ...SAMPLE_COUNTERS.map((name) => `${columnOf(name)}_count`),
  'fps_sum',
  'fps_square_sum',
  'fps_histogram',
  'input_fps_sum',
  'service_ms_sum',
  ...LATENCIES.flatMap((name) => ['sample_count', 'ms_sum', 'ms_histogram'].map((part) => `${columnOf(name)}_${part}`)),
];

/** Sums of whole sessions by the bucket of their start, at the asked grain [LIFECYCLE-008]. */
export async function readDemand(db: Pool, query: RollupQuery): Promise<readonly RollupRow<SessionCounts>[]> {
  const rows = await readSums(db, 'demand', query, SESSION_COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: sessionCounts(row) }));
}

/** Sums of service by the bucket of its evidence, at the asked grain [LIFECYCLE-009]. */
export async function readService(db: Pool, query: RollupQuery): Promise<readonly RollupRow<ServiceSums>[]> {
  const rows = await readSums(db, 'service', query, SERVICE_COLUMNS);
  return rows.map((row) => ({ ...rowKey(row), sums: serviceSums(row) }));
}

type TextRow = Readonly<Record<string, string | null>>;

async function readSums(
  db: Pool,
  kind: 'demand' | 'service',
  query: RollupQuery,
  columns: readonly string[],
): Promise<readonly TextRow[]> {
  const source = rollupSource(kind, query);
  const step = stepColumn(query.step);
  const keys = [...(step === null ? [] : [`${step} as at`]), ...groupColumns(query.groupBy)];
  const keyList = keys.map((_, index) => index + 1).join(', ');
  const select = [
    ...keys.map((key, index) => (index === 0 && step !== null ? `extract(epoch from ${step}) * 1000 as "atMs"` : key)),
    ...columns.map((name) => `sum(${name})::text as ${name}`),
  ];
  const { rows } = await db.query<TextRow>({
    name: `rollup-reader/${kind}-${source.name}-${query.step}-${groupName(query.groupBy)}`,
    text: `with source as (\n  ${source.text}\n)\nselect ${select.join(', ')}\nfrom source${
      keys.length === 0 ? '\nhaving count(*) > 0' : `\ngroup by ${keyList}\norder by ${keyList}`
    }`,
    values: [...filterValues(query.filter, query.synthetic), ...source.values],
  });
  return rows;
}

function rowKey(row: TextRow): { atMs: number | null; grain: GrainValues } {
  const grain = Object.fromEntries(
    DIMENSIONS.flatMap((dimension) => (dimension in row ? [[dimension, row[dimension] ?? '']] : [])),
  );
  return { atMs: row['atMs'] == null ? null : Math.round(Number(row['atMs'])), grain };
}

function sessionCounts(row: TextRow): SessionCounts {
  return recordOf(SESSION_COUNTERS, (name) => countOf(row, `${columnOf(name)}_count`));
}

function serviceSums(row: TextRow): ServiceSums {
  return {
    sessions: sessionCounts(row),
    samples: recordOf(SAMPLE_COUNTERS, (name) => countOf(row, `${columnOf(name)}_count`)),
    fpsSum: row['fps_sum'] ?? '0',
    fpsSquareSum: row['fps_square_sum'] ?? '0',
    fpsHistogram: row['fps_histogram'] ?? '0',
    inputFpsSum: row['input_fps_sum'] ?? '0',
    serviceMsSum: countOf(row, 'service_ms_sum'),
    latencies: recordOf(LATENCIES, (name) => ({
      sampleCount: countOf(row, `${columnOf(name)}_sample_count`),
      msSum: countOf(row, `${columnOf(name)}_ms_sum`),
      histogram: row[`${columnOf(name)}_ms_histogram`] ?? '0',
    })),
  };
}

function countOf(row: TextRow, column: string): number {
  return Number(row[column] ?? 0);
}

function columnOf(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The one place where a record is built from the list of its names. */
function recordOf<const Name extends string, Value>(
  names: readonly Name[],
  valueFor: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, valueFor(name)])) as Record<Name, Value>;
}
