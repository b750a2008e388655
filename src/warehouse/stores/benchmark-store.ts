import type { ClientBase } from 'pg';
import { BENCHMARK_DAYS, type Benchmark, type BenchmarkDay, type BenchmarkKind } from '../../domain/sla-benchmark.js';
import { HORIZON_MS } from '../../domain/time.js';

/** What a benchmark is about. */
export interface BenchmarkKey {
  readonly pipeline: string;
  readonly model: string;
  readonly kind: BenchmarkKind;
}

export interface StoredBenchmark extends BenchmarkKey, Benchmark {
  /** UTC day whose buckets it judges, `YYYY-MM-DD`. */
  readonly forDay: string;
  readonly revision: number;
}

/** One hour of one orchestrator and GPU: sums of the kinds it has samples of. */
export interface BenchmarkHour {
  readonly day: string;
  readonly pipeline: string;
  readonly model: string;
  readonly ptffSampleCount: number;
  readonly ptffMsSum: number;
  readonly e2eSampleCount: number;
  readonly e2eMsSum: number;
  readonly fpsSampleCount: number;
  readonly fpsSum: number;
}

const TAKE_MARKS = {
  name: 'benchmark-store/take-marks',
  text: `with taken as (
  delete from work.benchmark_mark
  where day <= (($1::timestamptz - interval '${HORIZON_MS} milliseconds') at time zone 'UTC')::date - 1
  returning day
)
select distinct day from taken order by day`,
};

/** Takes the marks of full days whose hours are all final; an open day keeps its marks. */
export async function takeFullDays(client: ClientBase, asOf: Date): Promise<readonly string[]> {
  const { rows } = await client.query<{ day: string }>({ ...TAKE_MARKS, values: [asOf] });
  return rows.map(({ day }) => day);
}

const LAST_REVISION = {
  name: 'benchmark-store/last-revision',
  text: 'select max(computed_at) as at from core.sla_benchmark',
};

export async function readLastRevisionAt(client: ClientBase): Promise<Date | null> {
  const { rows } = await client.query<{ at: Date | null }>(LAST_REVISION);
  return rows[0]?.at ?? null;
}

const READ_HOURS = {
  name: 'benchmark-store/read-hours',
  text: `select
  to_char(r.bucket_start at time zone 'UTC', 'YYYY-MM-DD') as day, g.pipeline, g.model,
  sum(r.ptff_sample_count)::float8 as "ptffSampleCount", sum(r.ptff_ms_sum)::float8 as "ptffMsSum",
  sum(r.e2e_sample_count)::float8 as "e2eSampleCount", sum(r.e2e_ms_sum)::float8 as "e2eMsSum",
  sum(r.fps_sample_count)::float8 as "fpsSampleCount", sum(r.fps_sum)::float8 as "fpsSum"
from rollup.service_1h_fresh as r
join core.grain as g using (grain_id)
where r.bucket_start >= $1::date::timestamp at time zone 'UTC' and r.bucket_start < ($1::date + 1)::timestamp at time zone 'UTC'
  and not g.is_synthetic and g.orchestrator_address <> ''
group by r.bucket_start, g.pipeline, g.model, g.orchestrator_address, g.gpu_id`,
};

/** Hours of a day by orchestrator and GPU over all organisations; no test traffic, no tails, nobody unknown. */
export async function readBenchmarkHours(client: ClientBase, day: string): Promise<readonly BenchmarkHour[]> {
  const { rows } = await client.query<BenchmarkHour>({ ...READ_HOURS, values: [day] });
  return rows;
}

const DELETE_DAY = { name: 'benchmark-store/delete-day', text: 'delete from core.benchmark_day where day = $1::date' };
const INSERT_DAY = {
  name: 'benchmark-store/insert-day',
  text: `insert into core.benchmark_day (day, pipeline, model, kind, low, high, row_count)
select r.day, r.pipeline, r.model, r.kind, r.low, r.high, r."rowCount"
from jsonb_to_recordset($1::jsonb) as r (
  day date, pipeline text, model text, kind text, low double precision, high double precision, "rowCount" integer
)`,
};

/** Puts the benchmarks of one day in the place of those that were there. */
export async function replaceBenchmarkDay(
  client: ClientBase,
  day: string,
  benchmarks: readonly (BenchmarkKey & BenchmarkDay)[],
): Promise<void> {
  await client.query({ ...DELETE_DAY, values: [day] });
  if (benchmarks.length > 0) await client.query({ ...INSERT_DAY, values: [JSON.stringify(benchmarks)] });
}

const READ_DAYS = {
  name: 'benchmark-store/read-days',
  text: `select day, pipeline, model, kind, low, high, row_count as "rowCount"
from core.benchmark_day
where day >= $1::date and day < $2::date
order by day`,
};

/** Benchmarks of the days from one to before another. */
export async function readBenchmarkDays(
  client: ClientBase,
  fromDay: string,
  untilDay: string,
): Promise<readonly (BenchmarkKey & BenchmarkDay)[]> {
  const { rows } = await client.query<BenchmarkKey & BenchmarkDay>({ ...READ_DAYS, values: [fromDay, untilDay] });
  return rows;
}

const READ_IN_FORCE = {
  name: 'benchmark-store/read-in-force',
  text: `select distinct on (for_day, pipeline, model, kind)
  for_day as "forDay", pipeline, model, kind, revision, low, high, row_count as "rowCount", is_sufficient as "isSufficient"
from core.sla_benchmark
where for_day = any($1::date[]) and ($2::timestamptz is null or computed_at <= $2::timestamptz)
order by for_day, pipeline, model, kind, revision desc`,
};

/** The newest revisions for some days, of those computed by an instant or of all. */
export async function readBenchmarksInForce(
  client: ClientBase,
  days: readonly string[],
  asOf: Date | null,
): Promise<readonly StoredBenchmark[]> {
  const { rows } = await client.query<StoredBenchmark>({ ...READ_IN_FORCE, values: [days, asOf] });
  return rows;
}

const READ_REVISIONS = {
  name: 'benchmark-store/read-revisions',
  text: `select for_day as "forDay", pipeline, model, kind, revision, low, high, row_count as "rowCount", is_sufficient as "isSufficient"
from core.sla_benchmark
where for_day = any($1::date[])`,
};

/** Every revision for some days, superseded ones included. */
export async function readBenchmarkRevisions(
  client: ClientBase,
  days: readonly string[],
): Promise<readonly StoredBenchmark[]> {
  const { rows } = await client.query<StoredBenchmark>({ ...READ_REVISIONS, values: [days] });
  return rows;
}

const APPEND = {
  name: 'benchmark-store/append',
  text: `insert into core.sla_benchmark (
  for_day, pipeline, model, kind, revision, low, high, row_count, is_sufficient, computed_at
)
select r."forDay", r.pipeline, r.model, r.kind, r.revision, r.low, r.high, r."rowCount", r."isSufficient", $2::timestamptz
from jsonb_to_recordset($1::jsonb) as r (
  "forDay" date, pipeline text, model text, kind text, revision integer, low double precision, high double precision,
  "rowCount" integer, "isSufficient" boolean
)`,
};

export async function appendBenchmarks(
  client: ClientBase,
  benchmarks: readonly StoredBenchmark[],
  computedAt: Date,
): Promise<void> {
  if (benchmarks.length > 0) await client.query({ ...APPEND, values: [JSON.stringify(benchmarks), computedAt] });
}

/** The days of a span `$1` to `$2` that have hours or benchmarks; below the floor of the hours they are final. */
const FULL_DAYS = {
  name: 'benchmark-store/full-days',
  text: `select day
from (
  select (bucket_start at time zone 'UTC')::date as day from rollup.service_1h_fresh
  where bucket_start >= $1::timestamptz and bucket_start < $2::timestamptz
  union
  select day from core.benchmark_day
  where day >= ($1::timestamptz at time zone 'UTC')::date and day < ($2::timestamptz at time zone 'UTC')::date
) as found
where day >= (select (f.core_floor at time zone 'UTC')::date from work.floor as f)
  and day <= (($3::timestamptz - interval '${HORIZON_MS} milliseconds') at time zone 'UTC')::date - 1
order by day`,
};

export async function readFullDays(
  client: ClientBase,
  { from, to, asOf }: { readonly from: Date; readonly to: Date; readonly asOf: Date },
): Promise<readonly string[]> {
  const { rows } = await client.query<{ day: string }>({ ...FULL_DAYS, values: [from, to, asOf] });
  return rows.map(({ day }) => day);
}

const WAITING_DAYS = {
  name: 'benchmark-store/waiting-days',
  text: `select day from work.benchmark_mark
union
select (bucket_start at time zone 'UTC')::date from work.bucket_mark where rollup = 'service_1h'`,
};

/** Days whose benchmarks may lag behind their hours, or their hours behind what they count. */
export async function readWaitingDays(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ day: string }>(WAITING_DAYS);
  return rows.map(({ day }) => day);
}

const JUDGED_DAYS = {
  name: 'benchmark-store/judged-days',
  text: `select day
from (
  select d.day + n as day from core.benchmark_day as d cross join generate_series(1, $3::integer) as n
  union
  select for_day from core.sla_benchmark
) as judged
where day >= ($1::timestamptz at time zone 'UTC')::date and day < ($2::timestamptz at time zone 'UTC')::date
order by day`,
};

/** The days of a span that have benchmarks in force, or should have. */
export async function readJudgedDays(
  client: ClientBase,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly string[]> {
  const { rows } = await client.query<{ day: string }>({ ...JUDGED_DAYS, values: [from, to, BENCHMARK_DAYS] });
  return rows.map(({ day }) => day);
}

const MARK_SCORES = {
  name: 'benchmark-store/mark-scores',
  text: `insert into work.score_mark (width, bucket_start)
select '1h', bucket_start from rollup.service_1h_fresh
where bucket_start >= $1::date::timestamp at time zone 'UTC' and bucket_start < ($1::date + 1)::timestamp at time zone 'UTC'
  and bucket_start <= $2::timestamptz - interval '70 minutes'
group by bucket_start
union all
select '5m', bucket_start from rollup.service_5m_fresh
where bucket_start >= $1::date::timestamp at time zone 'UTC' and bucket_start < ($1::date + 1)::timestamp at time zone 'UTC'
  and bucket_start <= $2::timestamptz - interval '15 minutes'
group by bucket_start`,
};

/** Asks for the scores of a day's final buckets again. */
export async function markScoresOfDay(client: ClientBase, day: string, asOf: Date): Promise<void> {
  await client.query({ ...MARK_SCORES, values: [day, asOf] });
}
