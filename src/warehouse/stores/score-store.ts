import type { ClientBase } from 'pg';
import type { NumberedBenchmark } from '../../domain/scoring-results.js';
import type { Subscore } from '../../domain/sla-score.js';
import { HORIZON_MS } from '../../domain/time.js';
import type { ScoreBucket, ScoreWidth } from './score-input-store.js';

/** The result in force of a key and version. */
export interface CurrentScore {
  readonly startMs: number;
  readonly grainId: string;
  readonly scoringVersion: string;
  readonly score: number | null;
  readonly resultHash: string;
  /** What the row itself says; only where rows are compared, not their hashes, and null when it is withdrawn. */
  readonly columns?: ScoreColumns | null;
}

/** What a stored result says of itself. */
export interface ScoreColumns {
  /** A decimal without an exponent; null: nothing requested. */
  readonly score: string | null;
  readonly subscores: readonly Subscore[];
  readonly benchmarks: readonly NumberedBenchmark[];
  readonly configId: string | null;
  readonly targetId: string | null;
  /** md5 of the inputs it was computed from. */
  readonly inputHash: string;
}

const LOCK = {
  name: 'score-store/lock',
  text: "select pg_advisory_xact_lock(hashtextextended('naap.score', 0))",
};

/** One scoring, of benchmarks or of buckets, at a time in a database; until the transaction ends. */
export async function lockScoring(client: ClientBase): Promise<void> {
  await client.query(LOCK);
}

/** Whether a bucket is final [LIFECYCLE-009]; `$1` is the now handed to the job. */
const IS_FINAL_SQL = `bucket_start <= $1::timestamptz - interval '${HORIZON_MS} milliseconds'
    - case width when '5m' then interval '5 minutes' else interval '1 hour' end`;

/** Whether the score of a mark is kept: `$1` is the now handed to the job, and 5-minute ones are kept for some days. */
const IS_KEPT_SQL = `(width = '1h' or bucket_start >= (
  select $1::timestamptz - make_interval(days => p.score_5m_retention_days) from config.policy as p
))`;

const DROP_EXPIRED = {
  name: 'score-store/drop-expired-marks',
  text: `delete from work.score_mark where not ${IS_KEPT_SQL}`,
};

/** Forgets the marks of 5-minute buckets whose scores are not kept any more. */
export async function dropExpiredMarks(client: ClientBase, asOf: Date): Promise<void> {
  await client.query({ ...DROP_EXPIRED, values: [asOf] });
}

const TAKE_MARKS = {
  name: 'score-store/take-marks',
  text: `with due as (
  select distinct width, bucket_start
  from work.score_mark
  where ${IS_FINAL_SQL}
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
  text: `select count(*)::integer as count
from (select distinct width, bucket_start from work.score_mark where ${IS_FINAL_SQL} and ${IS_KEPT_SQL}) as due`,
};

export async function countFinalBuckets(client: Pick<ClientBase, 'query'>, asOf: Date): Promise<number> {
  const { rows } = await client.query<{ count: number }>({ ...COUNT_MARKS, values: [asOf] });
  return rows[0]?.count ?? 0;
}

const SCORABLE = {
  name: 'score-store/scorable-buckets',
  text: `with found as (
  select '1h' as width, bucket_start from rollup.service_1h_fresh
  where bucket_start >= $2::timestamptz and bucket_start < $3::timestamptz
  union
  select '5m', bucket_start from rollup.service_5m_fresh
  where bucket_start >= greatest($2::timestamptz, $4::timestamptz) and bucket_start < $3::timestamptz
  union
  select width, bucket_start from core.sla_input_current
  where bucket_start >= $2::timestamptz and bucket_start < $3::timestamptz
    and (width = '1h' or bucket_start >= $4::timestamptz) and input_hash <> 'withdrawn'
)
select width, (extract(epoch from bucket_start) * 1000)::float8 as "startMs"
from found
where ${IS_FINAL_SQL}
order by width, bucket_start`,
};

/** Every final bucket of a span that has anything to score, or has been scored. */
export async function readScorableBuckets(
  client: Pick<ClientBase, 'query'>,
  { asOf, fromMs, toMs }: { readonly asOf: Date; readonly fromMs: number; readonly toMs: number },
): Promise<readonly ScoreBucket[]> {
  const floor = new Date(await readFiveMinuteFloor(client, asOf));
  const values = [asOf, new Date(fromMs), new Date(toMs), floor];
  const { rows } = await client.query<ScoreBucket>({ ...SCORABLE, values });
  return rows;
}

const LAST_COMPUTED = {
  name: 'score-store/last-computed',
  text: 'select computed_at as at from core.sla_score order by score_id desc limit 1',
};

/** When the newest stored result was computed; null when there is none. */
export async function readLastComputedAt(client: Pick<ClientBase, 'query'>): Promise<Date | null> {
  const { rows } = await client.query<{ at: Date }>(LAST_COMPUTED);
  return rows[0]?.at ?? null;
}

const NEWEST_STAMP = {
  name: 'score-store/newest-stamp',
  text: `select greatest(
  (select computed_at from core.sla_score order by score_id desc limit 1),
  (select computed_at from core.sla_input order by input_id desc limit 1),
  (select max(computed_at) from core.sla_benchmark)
) as at`,
};

/** The newest instant that a stored result, input or benchmark is known from; null when there is none. */
export async function readNewestStamp(client: ClientBase): Promise<Date | null> {
  const { rows } = await client.query<{ at: Date | null }>(NEWEST_STAMP);
  return rows[0]?.at ?? null;
}

const MARK = {
  name: 'score-store/mark',
  text: `insert into work.score_mark (width, bucket_start)
select r.width, to_timestamp(r."startMs" / 1000) from jsonb_to_recordset($1::jsonb) as r (width text, "startMs" float8)`,
};

/** Asks for the scores of some buckets again, of each once. */
export async function markBuckets(client: ClientBase, buckets: readonly ScoreBucket[]): Promise<void> {
  const each = new Map(buckets.map(({ width, startMs }) => [`${width}|${startMs}`, { width, startMs }]));
  if (each.size > 0) await client.query({ ...MARK, values: [JSON.stringify([...each.values()])] });
}

const READ_FLOOR = {
  name: 'score-store/five-minute-floor',
  text: 'select $1::timestamptz - make_interval(days => score_5m_retention_days) as floor from config.policy',
};

/** 5-minute scores older than this are not kept, so none are made. */
export async function readFiveMinuteFloor(client: Pick<ClientBase, 'query'>, asOf: Date): Promise<number> {
  const { rows } = await client.query<{ floor: Date }>({ ...READ_FLOOR, values: [asOf] });
  return rows[0]?.floor.getTime() ?? 0;
}

const READ_CURRENT = {
  name: 'score-store/read-current',
  text: `select (extract(epoch from c.bucket_start) * 1000)::float8 as "startMs", c.grain_id::text as "grainId",
  c.scoring_version as "scoringVersion", s.score::float8 as score, c.result_hash as "resultHash"
from core.sla_score_current as c
join core.sla_score as s using (score_id)
where c.width = $1 and c.bucket_start = any($2::timestamptz[])`,
};

export async function readCurrentScores(
  client: ClientBase,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly CurrentScore[]> {
  const { rows } = await client.query<CurrentScore>({
    ...READ_CURRENT,
    values: [width, starts.map((ms) => new Date(ms))],
  });
  return rows;
}
