import type { ClientBase } from 'pg';
import type { PublishedResult } from '../../domain/sla-event.js';

const BEGIN = {
  name: 'score-publication-store/begin',
  text: 'insert into work.score_publication (topic) values ($1) on conflict do nothing',
};
const LOCK = {
  name: 'score-publication-store/lock',
  text: 'select published_id::text as "publishedId" from work.score_publication where topic = $1 for update skip locked',
};

/** Takes the position of a topic until the transaction ends; null when another publisher has it. */
export async function lockPosition(client: ClientBase, topic: string): Promise<string | null> {
  await client.query({ ...BEGIN, values: [topic] });
  const { rows } = await client.query<{ publishedId: string }>({ ...LOCK, values: [topic] });
  return rows[0]?.publishedId ?? null;
}

const READ = {
  name: 'score-publication-store/read',
  text: `select score_id::text as "scoreId", grain_id::text as "grainId", width,
  (extract(epoch from bucket_start) * 1000)::float8 as "startMs",
  floor(extract(epoch from computed_at) * 1000)::float8 as "computedAtMs",
  floor(extract(epoch from input_watermark) * 1000)::float8 as "watermarkMs",
  org, gateway, orchestrator_address as "orchestratorAddress", pipeline, model, gpu_id as "gpuId", region,
  is_synthetic as "isSynthetic", scoring_version as "scoringVersion", score::float8 as score, subscores, inputs,
  is_withdrawn as "isWithdrawn"
from api.sla_score
where score_id > $1::bigint
order by score_id
limit $2::bigint`,
};

/** The next results after a position, in the order they were committed. */
export async function readResultsAfter(
  client: ClientBase,
  publishedId: string,
  limit: number,
): Promise<readonly PublishedResult[]> {
  const { rows } = await client.query<PublishedResult>({ ...READ, values: [publishedId, limit] });
  return rows;
}

const MOVE = {
  name: 'score-publication-store/move',
  text: 'update work.score_publication set published_id = $2::bigint where topic = $1',
};

export async function movePosition(client: ClientBase, topic: string, publishedId: string): Promise<void> {
  await client.query({ ...MOVE, values: [topic, publishedId] });
}
