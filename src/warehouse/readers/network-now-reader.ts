import type { Pool } from 'pg';

export interface NetworkNow {
  readonly orchestratorCount: number;
  readonly gpuCount: number;
}

const NOW = {
  name: 'network-now-reader/counts',
  text: `with floor as (
  select $1::timestamptz - snapshot_max_age_seconds * interval '1 second' as at from config.policy
)
select
  (
    select count(distinct o.orchestrator_id)::float8
    from api.orchestrator_offer as o
    where o.last_seen_at > f.at and ($2::text[] is null or o.pipeline = any($2::text[]))
      and ($3::text[] is null or o.model = any($3::text[]))
  ) as "orchestratorCount",
  (
    select count(distinct (s.orchestrator_id, s.gpu_id))::float8
    from api.gpu_surface as s
    where s.last_seen_at > f.at and ($2::text[] is null or s.pipeline = any($2::text[]))
      and ($3::text[] is null or s.model = any($3::text[]))
  ) as "gpuCount"
from floor as f`,
};

/** Who and what is in reports that stand for now; null keeps every pipeline or model. */
export async function readNetworkNow(
  db: Pool,
  {
    pipelines,
    models,
    nowMs,
  }: {
    readonly pipelines: readonly string[] | null;
    readonly models: readonly string[] | null;
    readonly nowMs: number;
  },
): Promise<NetworkNow> {
  const values = [new Date(nowMs).toISOString(), pipelines, models];
  const { rows } = await db.query<NetworkNow>({ ...NOW, values });
  return rows[0] ?? { orchestratorCount: 0, gpuCount: 0 };
}
