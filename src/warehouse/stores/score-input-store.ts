import type { ClientBase } from 'pg';
import { compareBytewise } from '../../domain/order.js';
import type { SlaInputs } from '../../domain/sla-inputs.js';
import { copyInto } from '../copy-binary.js';

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
  /** The inputs as PostgreSQL writes them, and the md5 of that. */
  readonly inputsText: string;
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
  /** As PostgreSQL wrote them, with their hash; null: the group has disappeared. */
  readonly inputs: { readonly text: string; readonly hash: string } | null;
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
  const { rows } = await client.query<GroupRow>({
    name: `score-input-store/read-groups-${width}`,
    text: `with groups as (
  select r.bucket_start, r.grain_id, r.last_seen_at as watermark,
    ${INPUTS_SQL}::text as inputs
  from rollup.service_${width}_fresh as r
  where r.bucket_start >= $2::timestamptz and r.bucket_start <= $3::timestamptz and r.bucket_start = any($1::timestamptz[])
)
select (extract(epoch from r.bucket_start) * 1000)::float8 as "startMs", r.grain_id::text as "grainId",
  g.gateway, g.pipeline, g.model, r.inputs as "inputsText", md5(r.inputs) as "inputHash",
  r.watermark
from groups as r
join core.grain as g using (grain_id)
order by r.bucket_start, r.grain_id`,
    values: [starts.map(dateOf), dateOf(Math.min(...starts)), dateOf(Math.max(...starts))],
  });
  return rows.map(groupOf);
}

type GroupRow = Omit<InputGroup, 'inputs'>;

function groupOf(row: GroupRow): InputGroup {
  const inputs: SlaInputs = JSON.parse(row.inputsText);
  return { ...row, inputs };
}

const READ_STORED = {
  name: 'score-input-store/read-stored-groups',
  text: `select (extract(epoch from c.bucket_start) * 1000)::float8 as "startMs", c.grain_id::text as "grainId",
  g.gateway, g.pipeline, g.model, i.inputs::text as "inputsText", md5(i.inputs::text) as "inputHash", i.input_watermark as watermark
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
  const { rows } = await client.query<GroupRow>({ ...READ_STORED, values: [width, starts.map(dateOf)] });
  return rows.map(groupOf);
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

const NEWEST = {
  name: 'score-input-store/newest',
  text: 'select coalesce(max(input_id), 0)::text as id from core.sla_input',
};
const COLUMNS = [
  { name: 'width', type: 'text' },
  { name: 'bucket_start', type: 'timestamptz' },
  { name: 'grain_id', type: 'int8' },
  { name: 'inputs', type: 'jsonb' },
  { name: 'is_withdrawn', type: 'bool' },
  { name: 'input_watermark', type: 'timestamptz' },
  { name: 'computed_at', type: 'timestamptz' },
] as const;
const PUT_IN_FORCE = {
  name: 'score-input-store/put-in-force',
  text: `insert into core.sla_input_current (width, bucket_start, grain_id, input_id, input_hash)
select i.width, i.bucket_start, i.grain_id, i.input_id, r.hash
from jsonb_to_recordset($1::jsonb) as r (width text, "startMs" float8, "grainId" bigint, hash text)
join core.sla_input as i
  on i.width = r.width and i.bucket_start = to_timestamp(r."startMs" / 1000) and i.grain_id = r."grainId" and i.input_id > $2
on conflict (width, bucket_start, grain_id)
do update set input_id = excluded.input_id, input_hash = excluded.input_hash`,
};

/**
 * Appends inputs and puts them in force; nothing is overwritten. Under the lock of scoring, so that all newer ones are
 * its own. Their text goes back as it came, by COPY: thousands of digits each.
 */
export async function appendInputs(client: ClientBase, rows: readonly InputRow[], computedAt: Date): Promise<void> {
  if (rows.length === 0) return;
  const newest = (await client.query<{ id: string }>(NEWEST)).rows[0]?.id;
  const ordered = [...rows].sort(
    (a, b) =>
      compareBytewise(a.width, b.width) || a.startMs - b.startMs || (BigInt(a.grainId) < BigInt(b.grainId) ? -1 : 1),
  );
  await copyInto(client, {
    table: 'core.sla_input',
    columns: COLUMNS,
    rows: ordered.map(({ width, startMs, grainId, inputs, watermark }) => [
      width,
      startMs,
      BigInt(grainId),
      inputs?.text ?? '{}',
      inputs === null,
      watermark?.getTime() ?? null,
      computedAt.getTime(),
    ]),
  });
  const hashes = ordered.map(({ width, startMs, grainId, inputs }) => {
    return { width, startMs, grainId, hash: inputs?.hash ?? WITHDRAWN_HASH };
  });
  await client.query({ ...PUT_IN_FORCE, values: [JSON.stringify(hashes), newest] });
}

function dateOf(ms: number): Date {
  return new Date(ms);
}
