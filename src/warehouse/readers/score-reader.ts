import type { Pool } from 'pg';
import { DIMENSIONS } from '../../domain/dimensions.js';
import type { BenchmarkKind } from '../../domain/sla-benchmark.js';
import type { SlaInputs } from '../../domain/sla-inputs.js';
import { type GrainValues, groupColumns, groupName, type RollupQuery, type Span, selectionSql } from './grain.js';
import { createParameters } from './parameters.js';

export interface BenchmarkInForce {
  readonly forDay: string;
  readonly pipeline: string;
  readonly model: string;
  readonly kind: BenchmarkKind;
  readonly revision: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly rowCount: number;
  readonly isSufficient: boolean;
}

const BENCHMARKS = {
  name: 'score-reader/benchmarks',
  text: `select distinct on (for_on, pipeline, model, kind)
  for_on as "forDay", pipeline, model, kind, revision, low, high, row_count as "rowCount", is_sufficient as "isSufficient"
from api.sla_benchmark
where for_on >= $1::date and for_on <= $2::date and ($3::timestamptz is null or computed_at <= $3::timestamptz)
order by for_on, pipeline, model, kind, revision desc`,
};

/** Benchmarks for the days of a range, as they are or as they were at an instant. */
export async function readBenchmarks(
  db: Pool,
  range: Span,
  asOfMs: number | null,
): Promise<readonly BenchmarkInForce[]> {
  const { rows } = await db.query<BenchmarkInForce>({
    ...BENCHMARKS,
    values: [instant(range.startMs), instant(range.endMs - 1), asOfMs === null ? null : instant(asOfMs)],
  });
  return rows;
}

const WIDTH = { MINUTE_1: '5m', MINUTE_5: '5m', HOUR_1: '1h', DAY_1: '1h' } as const;

export interface StoredInputs {
  readonly bucketMs: number;
  readonly grain: GrainValues;
  readonly inputs: SlaInputs;
}

/**
 * Stored inputs as they were known at an instant: of each key the newest by then, withdrawn ones left out. Grouping is
 * left to the caller: the inputs are sums.
 */
export async function readInputsAsOf(db: Pool, query: RollupQuery, asOfMs: number): Promise<readonly StoredInputs[]> {
  const { values, add } = createParameters();
  const at = (ms: number): string => `${add(instant(ms))}::timestamptz`;
  const { rows } = await db.query<GrainValues & { atMs: string; inputs: SlaInputs }>({
    name: 'score-reader/inputs-as-of',
    text: `with known as (
  select distinct on (bucket_start, grain_id)
    bucket_start, inputs, is_withdrawn, ${DIMENSIONS.map((dimension) => groupColumns([dimension])[0]).join(', ')}
  from api.sla_input
  where width = ${add(WIDTH[query.bucket])} and bucket_start >= ${at(query.range.startMs)}
    and bucket_start < ${at(query.range.endMs)} and computed_at <= ${at(asOfMs)}
    and ${selectionSql({ values, add }, query)}
  order by bucket_start, grain_id, input_id desc
)
select extract(epoch from bucket_start) * 1000 as "atMs", *
from known
where not is_withdrawn`,
    values,
  });
  return rows.map((row) => ({ bucketMs: Math.round(Number(row.atMs)), grain: grainOf(row), inputs: row.inputs }));
}

export interface StoredTime {
  readonly atMs: number | null;
  readonly grain: GrainValues;
  readonly computedAt: Date;
  /** Newest event counted; null when none is known. */
  readonly inputWatermark: Date | null;
}

/**
 * When the newest stored results of a version in a range were computed, at the asked grain: of those in force, or of
 * those stored by an instant.
 */
export async function readComputedAt(
  db: Pool,
  query: RollupQuery,
  { scoringVersion, asOfMs }: { readonly scoringVersion: string; readonly asOfMs: number | null },
): Promise<readonly StoredTime[]> {
  const { values, add } = createParameters();
  const at = (ms: number): string => `${add(instant(ms))}::timestamptz`;
  const isKnown = asOfMs === null ? 'is_current' : `computed_at <= ${at(asOfMs)}`;
  const stepSql = query.bucket === 'DAY_1' ? "date_trunc('day', bucket_start, 'UTC')" : 'bucket_start';
  const step = query.step === 'range' ? [] : [`extract(epoch from ${stepSql}) * 1000 as "atMs"`];
  const keys = [...step, ...groupColumns(query.groupBy)];
  const { rows } = await db.query<GrainValues & { atMs?: string; computedAt: Date; inputWatermark: Date | null }>({
    name: `score-reader/computed-at-${asOfMs === null ? 'now' : 'then'}-${query.bucket.toLowerCase()}-${query.step}-${groupName(query.groupBy)}`,
    text: `select ${[...keys, 'max(computed_at) as "computedAt", max(input_watermark) as "inputWatermark"'].join(', ')}
from api.sla_score
where width = ${add(WIDTH[query.bucket])} and scoring_version = ${add(scoringVersion)} and not is_withdrawn and ${isKnown}
  and bucket_start >= ${at(query.range.startMs)} and bucket_start < ${at(query.range.endMs)}
  and ${selectionSql({ values, add }, query)}
${keys.length === 0 ? 'having count(*) > 0' : `group by ${keys.map((_, index) => index + 1).join(', ')}`}`,
    values,
  });
  return rows.map((row) => ({
    atMs: row.atMs === undefined ? null : Math.round(Number(row.atMs)),
    grain: grainOf(row),
    computedAt: row.computedAt,
    inputWatermark: row.inputWatermark,
  }));
}

const PENDING = {
  name: 'score-reader/pending',
  text: `select (extract(epoch from bucket_start) * 1000)::float8 as "startMs"
from api.score_pending
where width = $1 and bucket_start >= $2::timestamptz and bucket_start < $3::timestamptz
order by bucket_start`,
};

/** Starts of the buckets of a range whose stored results may lag behind their inputs. */
export async function readPendingBuckets(
  db: Pool,
  bucket: RollupQuery['bucket'],
  range: Span,
): Promise<readonly number[]> {
  const { rows } = await db.query<{ startMs: number }>({
    ...PENDING,
    values: [WIDTH[bucket], instant(range.startMs), instant(range.endMs)],
  });
  return rows.map(({ startMs }) => startMs);
}

function grainOf(row: GrainValues): GrainValues {
  return Object.fromEntries(
    DIMENSIONS.flatMap((dimension) => (dimension in row ? [[dimension, row[dimension] ?? '']] : [])),
  );
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
