import type { ClientBase } from 'pg';
import type { ScoreBucket, ScoreWidth } from './score-input-store.js';

/** A row of configuration whose buckets have been marked. */
export interface AppliedConfig {
  readonly kind: 'scoring_config' | 'model_target' | 'scoring_version';
  /** config_id, target_id or version. */
  readonly id: string;
}

const READ = { name: 'applied-config-store/read', text: 'select kind, id from work.applied_config' };

export async function readAppliedConfig(client: ClientBase): Promise<readonly AppliedConfig[]> {
  const { rows } = await client.query<AppliedConfig>(READ);
  return rows;
}

const ADD = {
  name: 'applied-config-store/add',
  text: 'insert into work.applied_config select r.kind, r.id from jsonb_to_recordset($1::jsonb) as r (kind text, id text)',
};

export async function addAppliedConfig(client: ClientBase, rows: readonly AppliedConfig[]): Promise<void> {
  if (rows.length > 0) await client.query({ ...ADD, values: [JSON.stringify(rows)] });
}

const REMOVE = {
  name: 'applied-config-store/remove',
  text: `delete from work.applied_config as a
using jsonb_to_recordset($1::jsonb) as r (kind text, id text)
where a.kind = r.kind and a.id = r.id`,
};

export async function removeAppliedConfig(client: ClientBase, rows: readonly AppliedConfig[]): Promise<void> {
  if (rows.length > 0) await client.query({ ...REMOVE, values: [JSON.stringify(rows)] });
}

/** A bucket with a gateway that has stored inputs in it. */
export interface GatewayBucket extends ScoreBucket {
  readonly gateway: string;
}

const READ_BUCKETS = {
  name: 'applied-config-store/buckets',
  text: `select distinct c.width, (extract(epoch from c.bucket_start) * 1000)::float8 as "startMs", g.gateway
from core.sla_input_current as c
join core.grain as g using (grain_id)
where c.bucket_start >= to_timestamp($1::float8 / 1000)
  and ($2::float8 is null or c.bucket_start < to_timestamp($2::float8 / 1000))
  and ($3::text is null or g.gateway = $3) and ($4::text is null or g.pipeline = $4) and ($5::text is null or g.model = $5)
  and c.input_hash <> 'withdrawn'`,
};

/** Buckets with stored inputs that a row of configuration may concern. */
export async function readScoredBuckets(
  client: ClientBase,
  about: {
    readonly fromMs: number;
    readonly untilMs: number | null;
    readonly gateway?: string | undefined;
    readonly pipeline?: string;
    readonly model?: string;
  },
): Promise<readonly GatewayBucket[]> {
  const { rows } = await client.query<{ width: ScoreWidth; startMs: number; gateway: string }>({
    ...READ_BUCKETS,
    values: [about.fromMs, about.untilMs, about.gateway ?? null, about.pipeline ?? null, about.model ?? null],
  });
  return rows;
}
