import type { ClientBase } from 'pg';
import type { SlaInputs } from '../../domain/sla-inputs.js';

/** Width of a stored score. */
export type ScoreWidth = '5m' | '1h';

export interface ScoreBucket {
  readonly width: ScoreWidth;
  readonly startMs: number;
}

/** Inputs of one group of a bucket at the full key, as they are now. */
export interface InputGroup {
  readonly startMs: number;
  readonly grainId: string;
  readonly gateway: string;
  readonly pipeline: string;
  readonly model: string;
  readonly inputs: SlaInputs;
  /** md5 of the inputs as PostgreSQL writes them. */
  readonly inputHash: string;
  /** Newest event counted. */
  readonly watermark: Date | null;
}

/** Inputs in force of a key. */
export interface CurrentInput {
  readonly startMs: number;
  readonly grainId: string;
  readonly inputId: string;
  readonly inputHash: string;
}

/** Inputs that are new or have disappeared. */
export interface InputRow {
  readonly width: ScoreWidth;
  readonly startMs: number;
  readonly grainId: string;
  /** Null: the group has disappeared. */
  readonly inputs: SlaInputs | null;
  readonly watermark: Date | null;
}

/** The hash of inputs whose group has disappeared. */
export const WITHDRAWN_HASH = 'withdrawn';

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
): Promise<readonly InputGroup[]> {
  if (starts.length === 0) return [];
  const { rows } = await client.query<InputGroup>({
    name: `score-input-store/read-groups-${width}`,
    text: `with groups as (
  select r.bucket_start, r.grain_id, r.last_seen_at as watermark,
    ${INPUTS_SQL} as inputs
  from rollup.service_${width}_fresh as r
  where r.bucket_start >= $2::timestamptz and r.bucket_start <= $3::timestamptz and r.bucket_start = any($1::timestamptz[])
)
select (extract(epoch from r.bucket_start) * 1000)::float8 as "startMs", r.grain_id::text as "grainId",
  g.gateway, g.pipeline, g.model, r.inputs, md5(r.inputs::text) as "inputHash", r.watermark
from groups as r
join core.grain as g using (grain_id)
order by r.bucket_start, r.grain_id`,
    values: [starts.map(dateOf), dateOf(Math.min(...starts)), dateOf(Math.max(...starts))],
  });
  return rows;
}

const READ_STORED = {
  name: 'score-input-store/read-stored-groups',
  text: `select (extract(epoch from c.bucket_start) * 1000)::float8 as "startMs", c.grain_id::text as "grainId",
  g.gateway, g.pipeline, g.model, i.inputs, c.input_hash as "inputHash", i.input_watermark as watermark
from core.sla_input_current as c
join core.sla_input as i using (input_id)
join core.grain as g on g.grain_id = c.grain_id
where c.width = $1 and c.bucket_start = any($2::timestamptz[]) and not i.is_withdrawn
order by c.bucket_start, c.grain_id`,
};

/** The same from the stored inputs in force, for buckets whose rollups are past their retention. */
export async function readStoredGroups(
  client: ClientBase,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly InputGroup[]> {
  if (starts.length === 0) return [];
  const { rows } = await client.query<InputGroup>({ ...READ_STORED, values: [width, starts.map(dateOf)] });
  return rows;
}

const READ_FLOORS = {
  name: 'score-input-store/read-floors',
  text: `select (extract(epoch from rollup_5m_floor) * 1000)::float8 as "5m",
  (extract(epoch from core_floor) * 1000)::float8 as "1h"
from work.floor`,
};

/** Buckets before these instants have no rollup rows any more. */
export async function readRollupFloors(client: ClientBase): Promise<Readonly<Record<ScoreWidth, number>>> {
  const { rows } = await client.query<Record<ScoreWidth, number>>(READ_FLOORS);
  return rows[0] ?? { '5m': 0, '1h': 0 };
}

const READ_CURRENT = {
  name: 'score-input-store/read-current',
  text: `select (extract(epoch from bucket_start) * 1000)::float8 as "startMs", grain_id::text as "grainId",
  input_id::text as "inputId", input_hash as "inputHash"
from core.sla_input_current
where width = $1 and bucket_start = any($2::timestamptz[])`,
};

export async function readCurrentInputs(
  client: ClientBase,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly CurrentInput[]> {
  const { rows } = await client.query<CurrentInput>({ ...READ_CURRENT, values: [width, starts.map(dateOf)] });
  return rows;
}

const APPEND = {
  name: 'score-input-store/append',
  text: `with incoming as (
  select *
  from jsonb_to_recordset($1::jsonb) as r (
    width text, "startMs" float8, "grainId" bigint, inputs jsonb, watermark timestamptz
  )
), appended as (
  insert into core.sla_input (width, bucket_start, grain_id, inputs, is_withdrawn, input_watermark, computed_at)
  select width, to_timestamp("startMs" / 1000), "grainId", coalesce(inputs, '{}'), inputs is null, watermark, $2::timestamptz
  from incoming
  order by width, "startMs", "grainId"
  returning input_id, width, bucket_start, grain_id, inputs, is_withdrawn
)
insert into core.sla_input_current (width, bucket_start, grain_id, input_id, input_hash)
select width, bucket_start, grain_id, input_id, case when is_withdrawn then '${WITHDRAWN_HASH}' else md5(inputs::text) end
from appended
on conflict (width, bucket_start, grain_id)
do update set input_id = excluded.input_id, input_hash = excluded.input_hash
returning (extract(epoch from bucket_start) * 1000)::float8 as "startMs", grain_id::text as "grainId",
  input_id::text as "inputId", input_hash as "inputHash"`,
};

/** Appends inputs and puts them in force; nothing is overwritten. Answers their numbers. */
export async function appendInputs(
  client: ClientBase,
  rows: readonly InputRow[],
  computedAt: Date,
): Promise<readonly CurrentInput[]> {
  if (rows.length === 0) return [];
  // a null of jsonb_to_recordset's jsonb column is the JSON null unless the key is missing
  const incoming = rows.map(({ inputs, ...row }) => (inputs === null ? row : { ...row, inputs }));
  const { rows: current } = await client.query<CurrentInput>({
    ...APPEND,
    values: [JSON.stringify(incoming), computedAt],
  });
  return current;
}

function dateOf(ms: number): Date {
  return new Date(ms);
}
