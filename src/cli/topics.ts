import type { Pool } from 'pg';
import { AppError } from '../errors.js';

const READ_TOPICS = { name: 'topics/all', text: 'select topic, org from config.topic order by topic' };

/** Topic → organisation, as configured in `config.topic`; OPERATOR error when the table is empty. */
export async function readTopics(pool: Pool): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ topic: string; org: string }>(READ_TOPICS);
  if (rows.length === 0)
    throw new AppError('CONFIG_INVALID', 'config.topic has no row: no topic belongs to an organisation');
  return new Map(rows.map(({ topic, org }) => [topic, org]));
}

/** The organisation of one topic; USAGE when the topic is not configured. */
export async function orgOf(pool: Pool, topic: string): Promise<string> {
  const topics = await readTopics(pool);
  const org = topics.get(topic);
  if (org === undefined) {
    throw new AppError('USAGE', `topic ${topic} is not in config.topic, which has ${[...topics.keys()].join(', ')}`);
  }
  return org;
}
