import type { ClientBase } from 'pg';
import type { SlaInputs } from '../../domain/sla-inputs.js';

/** Width of a stored score. */
export type ScoreWidth = '5m' | '1h';

export interface ScoreBucket {
  readonly width: ScoreWidth;
  readonly startMs: number;
}

/** What is to be scored: one group of a bucket at the full key. */
export interface ScoredGroup {
  readonly bucket: ScoreBucket;
  readonly grainId: string;
  readonly gateway: string;
  readonly pipeline: string;
  readonly model: string;
  readonly inputs: SlaInputs;
  /** Newest event counted. */
  readonly watermark: Date | null;
}

/** A result as it is stored. */
export interface ScoreRow {
  readonly width: ScoreWidth;
  readonly bucket_start: string;
  readonly grain_id: string;
  readonly scoring_version: string;
  readonly score: number | null;
  readonly subscores: unknown;
  readonly inputs: unknown;
  readonly benchmarks: unknown;
  readonly is_withdrawn: boolean;
  readonly input_watermark: string | null;
  readonly result_hash: string;
}

export interface CurrentScore {
  readonly bucketMs: number;
  readonly grainId: string;
  readonly scoringVersion: string;
  readonly resultHash: string;
}

const LOCK = {
  name: 'score-store/lock',
  text: "select pg_advisory_xact_lock(hashtextextended('naap.score', 0))",
};

/** One scoring, of benchmarks or of buckets, at a time in a database; until the transaction ends. */
export async function lockScoring(client: ClientBase): Promise<void> {
  await client.query(LOCK);
}

const TAKE_MARKS = {
  name: 'score-store/take-marks',
  text: `with due as (
  select distinct width, bucket_start
  from work.score_mark
  where bucket_start <= $1::timestamptz - case width when '5m' then interval '15 minutes' else interval '70 minutes' end
  order by width, bucket_start
  limit $2::bigint
), taken as (
  delete from work.score_mark as m
  using due as d
  where m.width = d.width and m.bucket_start = d.bucket_start
  returning m.width, m.bucket_start
)
select distinct width, bucket_start from taken order by width, bucket_start`,
};

/** Takes the marks of some final buckets: those that ended at least 10 minutes before. Open ones keep theirs. */
export async function takeFinalBuckets(client: ClientBase, asOf: Date, limit: number): Promise<readonly ScoreBucket[]> {
  const { rows } = await client.query<{ width: ScoreWidth; bucket_start: Date }>({
    ...TAKE_MARKS,
    values: [asOf, limit],
  });
  return rows.map(({ width, bucket_start }) => ({ width, startMs: bucket_start.getTime() }));
}

const COUNT_MARKS = {
  name: 'score-store/count-marks',
  text: `select count(*)::integer as count from (
  select distinct width, bucket_start
  from work.score_mark
  where bucket_start <= $1::timestamptz - case width when '5m' then interval '15 minutes' else interval '70 minutes' end
) as due`,
};

export async function countFinalBuckets(client: Pick<ClientBase, 'query'>, asOf: Date): Promise<number> {
  const { rows } = await client.query<{ count: number }>({ ...COUNT_MARKS, values: [asOf] });
  return rows[0]?.count ?? 0;
}

const READ_FLOOR = {
  name: 'score-store/five-minute-floor',
  text: 'select $1::timestamptz - make_interval(days => score_5m_retention_days) as floor from config.policy',
};

/** 5-minute scores older than this are not kept, so none are made. */
export async function readFiveMinuteFloor(client: ClientBase, asOf: Date): Promise<number> {
  const { rows } = await client.query<{ floor: Date }>({ ...READ_FLOOR, values: [asOf] });
  return rows[0]?.floor.getTime() ?? 0;
}

interface GroupRow {
  readonly bucket_start: Date;
  readonly grain_id: string;
  readonly gateway: string;
  readonly pipeline: string;
  readonly model: string;
  readonly inputs: SlaInputs;
  readonly watermark: Date | null;
}

/** Numeric sums and histograms travel as text: JSON numbers would round them. */
const INPUTS_SQL = `jsonb_build_object(
    'requestedCount', r.requested_count, 'startupSuccessCount', r.startup_success_count,
    'swappedExplicitCount', r.swapped_explicit_count, 'swappedCount', r.swapped_count,
    'outputFailedCount', r.output_failed_count, 'effectiveFailedCount', r.effective_failed_count,
    'healthExpectedCount', r.health_expected_count, 'healthObservedCount', r.health_observed_count,
    'legacyHealthObservedCount', r.legacy_health_observed_count,
    'fpsSampleCount', r.fps_sample_count, 'fpsSum', trim_scale(r.fps_sum)::text, 'fpsSquareSum', trim_scale(r.fps_square_sum)::text,
    'ptffSampleCount', r.ptff_sample_count, 'ptffMsSum', r.ptff_ms_sum, 'ptffMsHistogram', r.ptff_ms_histogram::text,
    'e2eSampleCount', r.e2e_sample_count, 'e2eMsSum', r.e2e_ms_sum, 'e2eMsHistogram', r.e2e_ms_histogram::text
  )`;

/** Everything there is to score in some buckets of one width, as the api shows it: the live union of the rollup. */
export async function readGroups(
  client: ClientBase,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly ScoredGroup[]> {
  const instants = starts.map((ms) => new Date(ms));
  const { rows } = await client.query<GroupRow>({
    name: `score-store/read-groups-${width}`,
    text: `select r.bucket_start, r.grain_id::text as grain_id, g.gateway, g.pipeline, g.model,
  ${INPUTS_SQL} as inputs, r.last_seen_at as watermark
from rollup.service_${width}_fresh as r
join core.grain as g using (grain_id)
where r.bucket_start >= $2::timestamptz and r.bucket_start <= $3::timestamptz and r.bucket_start = any($1::timestamptz[])
order by r.bucket_start, r.grain_id`,
    values: [instants, new Date(Math.min(...starts)), new Date(Math.max(...starts))],
  });
  return rows.map((row) => ({
    bucket: { width, startMs: row.bucket_start.getTime() },
    grainId: row.grain_id,
    gateway: row.gateway,
    pipeline: row.pipeline,
    model: row.model,
    inputs: row.inputs,
    watermark: row.watermark,
  }));
}

const READ_CURRENT = {
  name: 'score-store/read-current',
  text: `select bucket_start, grain_id::text as grain_id, scoring_version, result_hash
from core.sla_score_current
where width = $1 and bucket_start = any($2::timestamptz[])`,
};

export async function readCurrentScores(
  client: ClientBase,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly CurrentScore[]> {
  const { rows } = await client.query<{
    bucket_start: Date;
    grain_id: string;
    scoring_version: string;
    result_hash: string;
  }>({ ...READ_CURRENT, values: [width, starts.map((ms) => new Date(ms))] });
  return rows.map((row) => ({
    bucketMs: row.bucket_start.getTime(),
    grainId: row.grain_id,
    scoringVersion: row.scoring_version,
    resultHash: row.result_hash,
  }));
}

const APPEND = {
  name: 'score-store/append',
  text: `with incoming as (
  select *
  from jsonb_to_recordset($1::jsonb) as r (
    width text, bucket_start timestamptz, grain_id bigint, scoring_version text, score numeric, subscores jsonb,
    inputs jsonb, benchmarks jsonb, is_withdrawn boolean, input_watermark timestamptz, result_hash text
  )
), appended as (
  insert into core.sla_score (
    width, bucket_start, grain_id, scoring_version, score, subscores, inputs, benchmarks, is_withdrawn,
    input_watermark, computed_at
  )
  select
    width, bucket_start, grain_id, scoring_version, score, subscores, inputs, benchmarks, is_withdrawn,
    input_watermark, $2::timestamptz
  from incoming
  order by width, bucket_start, grain_id
  returning score_id, width, bucket_start, grain_id, scoring_version
)
insert into core.sla_score_current (width, bucket_start, grain_id, scoring_version, score_id, result_hash)
select i.width, i.bucket_start, i.grain_id, i.scoring_version, a.score_id, i.result_hash
from incoming as i
join appended as a using (width, bucket_start, grain_id, scoring_version)
on conflict (width, bucket_start, grain_id, scoring_version)
do update set score_id = excluded.score_id, result_hash = excluded.result_hash`,
};

/** Appends results and makes them the current ones; nothing is overwritten. */
export async function appendScores(client: ClientBase, rows: readonly ScoreRow[], computedAt: Date): Promise<void> {
  if (rows.length > 0) await client.query({ ...APPEND, values: [JSON.stringify(rows), computedAt] });
}
