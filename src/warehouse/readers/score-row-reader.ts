import type { ClientBase } from 'pg';
import type { CurrentInput, ScoreBucket, ScoreWidth } from '../stores/score-input-store.js';
import type { CurrentScore } from '../stores/score-store.js';
import type { DifferenceRow } from './row-difference.js';

const INPUT_ROWS = {
  name: 'score-row-reader/inputs',
  text: `select (extract(epoch from c.bucket_start) * 1000)::float8 as "startMs", c.grain_id::text as "grainId",
  c.input_id::text as "inputId", case when i.is_withdrawn then 'withdrawn' else md5(i.inputs::text) end as "inputHash"
from core.sla_input_current as c
join core.sla_input as i using (input_id)
where c.width = $1 and c.bucket_start = any($2::timestamptz[])`,
};

/** Inputs in force with the hash of what their rows say now, not the one that was stored. */
export async function readInputRows(
  client: ClientBase,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly CurrentInput[]> {
  const { rows } = await client.query<CurrentInput>({ ...INPUT_ROWS, values: [width, starts.map(dateOf)] });
  return rows;
}

const SCORE_ROWS = {
  name: 'score-row-reader/scores',
  text: `select (extract(epoch from c.bucket_start) * 1000)::float8 as "startMs", c.grain_id::text as "grainId",
  c.scoring_version as "scoringVersion", s.score::float8 as score,
  case when s.is_withdrawn then 'withdrawn' else c.result_hash end as "resultHash",
  case when not s.is_withdrawn then jsonb_build_object(
    'score', trim_scale(s.score)::text, 'subscores', s.subscores, 'benchmarks', s.benchmarks,
    'configId', s.config_id::text, 'targetId', s.target_id::text, 'inputHash', md5(i.inputs::text)
  ) end as columns
from core.sla_score_current as c
join core.sla_score as s using (score_id)
join core.sla_input as i using (input_id)
where c.width = $1 and c.bucket_start = any($2::timestamptz[])`,
};

/** Results in force with what their rows say, column by column; a row that says withdrawn is taken as such. */
export async function readScoreRows(
  client: ClientBase,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly CurrentScore[]> {
  const { rows } = await client.query<CurrentScore>({ ...SCORE_ROWS, values: [width, starts.map(dateOf)] });
  return rows;
}

const INPUT_TEXTS = {
  name: 'score-row-reader/input-texts',
  text: `select (extract(epoch from c.bucket_start) * 1000)::float8 as "startMs", c.grain_id::text as "grainId",
  i.inputs::text as text
from jsonb_to_recordset($2::jsonb) as r ("startMs" float8, "grainId" bigint)
join core.sla_input_current as c
  on c.width = $1 and c.bucket_start = to_timestamp(r."startMs" / 1000) and c.grain_id = r."grainId"
join core.sla_input as i using (input_id)
where not i.is_withdrawn`,
};

interface InputKey {
  readonly startMs: number;
  readonly grainId: string;
}

/** The stored inputs in force of some groups, as PostgreSQL writes them; none for a group without any. */
export async function readInputTexts(
  client: ClientBase,
  width: ScoreWidth,
  keys: readonly InputKey[],
): Promise<readonly (InputKey & { readonly text: string })[]> {
  if (keys.length === 0) return [];
  const named = JSON.stringify(keys.map(({ startMs, grainId }) => ({ startMs, grainId })));
  const { rows } = await client.query<InputKey & { text: string }>({ ...INPUT_TEXTS, values: [width, named] });
  return rows;
}

// A row in force must be the newest of its key, and its hash that of what it says.
const TORN = {
  name: 'score-row-reader/torn',
  text: `with input as (
  select c.width, c.bucket_start, c.grain_id, c.input_id, c.input_hash,
    case when i.is_withdrawn then 'withdrawn' else md5(i.inputs::text) end as hash,
    (select max(n.input_id) from core.sla_input as n
     where n.width = c.width and n.bucket_start = c.bucket_start and n.grain_id = c.grain_id) as newest
  from core.sla_input_current as c
  join core.sla_input as i using (input_id)
  where c.width = $1 and c.bucket_start = any($2::timestamptz[])
), score as (
  select c.width, c.bucket_start, c.grain_id, c.scoring_version, c.score_id,
    (select max(n.score_id) from core.sla_score as n
     where n.width = c.width and n.bucket_start = c.bucket_start and n.grain_id = c.grain_id
       and n.scoring_version = c.scoring_version) as newest
  from core.sla_score_current as c
  where c.width = $1 and c.bucket_start = any($2::timestamptz[])
)
select 'core.sla_input_current' as relation,
  jsonb_build_object('width', width, 'bucket_start', bucket_start, 'grain_id', grain_id::text) as key,
  'changed' as kind, 'input_id' as "column", input_id::text as stored, newest::text as computed
from input where input_id <> newest
union all
select 'core.sla_input_current', jsonb_build_object('width', width, 'bucket_start', bucket_start, 'grain_id', grain_id::text),
  'changed', 'input_hash', to_jsonb(input_hash)::text, to_jsonb(hash)::text
from input where input_hash <> hash
union all
select 'core.sla_score_current', jsonb_build_object(
    'width', width, 'bucket_start', bucket_start, 'grain_id', grain_id::text, 'scoring_version', scoring_version
  ), 'changed', 'score_id', score_id::text, newest::text
from score where score_id <> newest
order by 1, 2, 4`,
};

/** Rows that say which inputs and results are in force, and do not name the newest, or not by the hash of what it says. */
export async function readTornRows(
  client: ClientBase,
  width: ScoreWidth,
  starts: readonly number[],
): Promise<readonly (DifferenceRow & { readonly relation: string })[]> {
  const { rows } = await client.query<DifferenceRow & { relation: string }>({
    ...TORN,
    values: [width, starts.map(dateOf)],
  });
  return rows;
}

const WAITING = {
  name: 'score-row-reader/waiting',
  text: `select width, (extract(epoch from bucket_start) * 1000)::float8 as "startMs"
from (
  select width, bucket_start from work.score_mark
  union
  select case rollup when 'service_1h' then '1h' else '5m' end, bucket_start from work.bucket_mark
  where rollup in ('service_5m', 'service_1h')
) as marked`,
};

/** Buckets whose scores may lag behind their rollups, or their rollups behind what they count. */
export async function readWaitingBuckets(client: ClientBase): Promise<readonly ScoreBucket[]> {
  const { rows } = await client.query<ScoreBucket>(WAITING);
  return rows;
}

function dateOf(ms: number): Date {
  return new Date(ms);
}
