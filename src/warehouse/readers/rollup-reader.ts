import type { Pool } from 'pg';
import { GROUP_KEYS } from '../../domain/dimensions.js';
import {
  FACET_COLUMNS,
  type GrainValues,
  groupColumns,
  groupName,
  type RollupKind,
  type RollupQuery,
  rollupSource,
  stepColumn,
} from './grain.js';
import { createParameters } from './parameters.js';
import { isInForce, STARTS, TARGETS, targetedFps, targetedStartup, targetsInForce } from './targets-in-force.js';

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
  'loadingImage',
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
  'restart',
  'parameterUpdate',
  'txSample',
  'rxSample',
  'gpuUtilisationSample',
  'flopsSample',
] as const;

/** Sums of what runners read beside frames. */
const READING_SUMS = ['txBytes', 'txMs', 'rxBytes', 'rxMs', 'gpuUtilisation', 'achievedFlops', 'peakFlops'] as const;

export const LATENCIES = [
  'startup',
  'coldStartup',
  'warmStartup',
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
  /** Decimal texts: bytes, milliseconds, utilisations 0..1, operations per second. */
  readonly readings: Readonly<Record<(typeof READING_SUMS)[number], string>>;
  readonly latencies: Readonly<Record<Latency, LatencySums>>;
  /** By the targets in force at the start of their bucket or day; samples of models without a target are in none. */
  readonly fpsByTarget: readonly TargetedFps[];
  readonly startupByTarget: Readonly<Record<'cold' | 'warm', readonly TargetedStartup[]>>;
}

/** Start-ups of models that share a threshold. */
export interface TargetedStartup {
  readonly targetMs: number;
  readonly sampleCount: number;
  readonly histogram: string;
}

/** The frames of the models that share one fps target. */
export interface TargetedFps {
  readonly targetFps: number;
  readonly sampleCount: number;
  readonly fpsSum: string;
  readonly fpsHistogram: string;
}

export interface RollupRow<Sums> {
  /** Start of the bucket or day, milliseconds; null when the row stands for the whole range. */
  readonly atMs: number | null;
  readonly grain: GrainValues;
  readonly sums: Sums;
}

export const SESSION_COLUMNS = SESSION_COUNTERS.map((name) => `${columnOf(name)}_count`);
export const SERVICE_COLUMNS = [
  ...SESSION_COLUMNS,
  ...SAMPLE_COUNTERS.map((name) => `${columnOf(name)}_count`),
  'fps_sum',
  'fps_square_sum',
  'fps_histogram',
  'input_fps_sum',
  'service_ms_sum',
  ...READING_SUMS.map((name) => `${columnOf(name)}_sum`),
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

/** Sums as decimal texts, so that none is rounded on its way. */
export type TextRow = Readonly<Record<string, string | null>>;

/** Sums of the columns of a rollup at the asked grain; one row per step and group. */
export async function readSums(
  db: Pool,
  kind: RollupKind,
  query: RollupQuery,
  columns: readonly string[],
): Promise<readonly TextRow[]> {
  const parameters = createParameters();
  const source = rollupSource(parameters, kind, query);
  const step = stepColumn(query.step);
  const at = step === null ? [] : [`extract(epoch from ${step}) * 1000 as "atMs"`];
  const keys = [...at, ...groupColumns(query.groupBy, FACET_COLUMNS[kind])];
  const sums = columns.map((name) => `sum(${name})::text as ${name}`);
  const knownBy = kind === 'service' ? parameters.add(new Date(query.nowMs).toISOString()) : '';
  const { rows } = await db.query<TextRow>({
    name: `rollup-reader/${kind}-${source.name}-${query.step}-${groupName(query.groupBy)}`,
    text: `with source as (\n  ${source.text}\n)\n${
      kind === 'service' ? sumsByTarget(keys, columns, knownBy) : `select ${[...keys, ...sums].join(', ')}\nfrom source`
    }${grouping(keys)}`,
    values: parameters.values,
  });
  return rows;
}

/** Sums per group, and beside them what is held against each target apart: targets differ by pipeline and model. */
function sumsByTarget(keys: readonly string[], columns: readonly string[], knownBy: string): string {
  const names = keys.map((key) => key.slice(key.lastIndexOf(' as ') + 4));
  const list = (parts: readonly string[]) => parts.join(', ');
  return `, ${targetsInForce(knownBy)}, by_target as (
  select ${list([...keys, ...TARGETS.map((target) => `t.${target}`), ...columns.map((name) => `sum(${name}) as ${name}`)])}
  from source
  left join target as t
    on ${isInForce({ pipeline: 'pipeline', model: 'model', at: 'bucket_start' })}
  group by ${list([...names, ...TARGETS].map((_, index) => String(index + 1)))}
)
select ${list([...names, ...columns.map((name) => `sum(${name})::text as ${name}`)])},
  jsonb_agg(${targetedFps('by_target', 'by_target')} order by ${list(TARGETS)})
    filter (where fps_target is not null and fps_sample_count > 0)::text as fps_by_target,
  ${list(
    STARTS.map(
      (start) => `jsonb_agg(${targetedStartup('by_target', 'by_target', start)} order by ${list(TARGETS)})
    filter (where ${start}_startup_target_ms is not null and ${start}_startup_sample_count > 0)::text
    as ${start}_startup_by_target`,
    ),
  )}
from by_target`;
}

function grouping(keys: readonly string[]): string {
  const list = keys.map((_, index) => index + 1).join(', ');
  return keys.length === 0 ? '\nhaving count(*) > 0' : `\ngroup by ${list}\norder by ${list}`;
}

/** The instant and the group that a row of sums stands for. */
export function rowKey(row: TextRow): { atMs: number | null; grain: GrainValues } {
  const grain = Object.fromEntries(GROUP_KEYS.flatMap((key) => (key in row ? [[key, row[key] ?? '']] : [])));
  return { atMs: row['atMs'] == null ? null : Math.round(Number(row['atMs'])), grain };
}

export function sessionCounts(row: TextRow): SessionCounts {
  return recordOf(SESSION_COUNTERS, (name) => countOf(row, `${columnOf(name)}_count`));
}

export function serviceSums(row: TextRow): ServiceSums {
  return {
    sessions: sessionCounts(row),
    samples: recordOf(SAMPLE_COUNTERS, (name) => countOf(row, `${columnOf(name)}_count`)),
    fpsSum: row['fps_sum'] ?? '0',
    fpsSquareSum: row['fps_square_sum'] ?? '0',
    fpsHistogram: row['fps_histogram'] ?? '0',
    inputFpsSum: row['input_fps_sum'] ?? '0',
    serviceMsSum: countOf(row, 'service_ms_sum'),
    readings: recordOf(READING_SUMS, (name) => row[`${columnOf(name)}_sum`] ?? '0'),
    latencies: recordOf(LATENCIES, (name) => ({
      sampleCount: countOf(row, `${columnOf(name)}_sample_count`),
      msSum: countOf(row, `${columnOf(name)}_ms_sum`),
      histogram: row[`${columnOf(name)}_ms_histogram`] ?? '0',
    })),
    // text as the statement above builds it
    fpsByTarget: JSON.parse(row['fps_by_target'] ?? '[]'),
    startupByTarget: recordOf(STARTS, (start) => JSON.parse(row[`${start}_startup_by_target`] ?? '[]')),
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
