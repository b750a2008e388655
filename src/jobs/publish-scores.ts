import type { Pool } from 'pg';
import { z } from 'zod';
import { scoreEvent } from '../domain/sla-event.js';
import { withTransaction } from '../warehouse/pool.js';
import { lockPosition, movePosition, readResultsAfter } from '../warehouse/stores/score-publication-store.js';
import type { ScoreTopic } from './score-topic.js';
import { defineTask, handleTask, type TaskDefinition } from './task.js';

const publishScoresTask = defineTask({ name: 'publish-scores', schema: z.object({}) });

/** Publishes what scoring stored, every minute, where a topic is configured. */
export function createPublishScoresJob(open: () => ScoreTopic): TaskDefinition {
  return handleTask(
    publishScoresTask,
    async (_payload, { pool, signal, log }) => {
      const topic = open();
      try {
        const count = await publishScores({ pool, topic, signal });
        if (count > 0) log.info({ topic: topic.topic, count }, 'scores published');
      } finally {
        await topic.close();
      }
    },
    { cron: '* * * * *', jobKey: 'publish-scores' },
  );
}

export interface PublishOptions {
  /** Connections of naap_worker. */
  readonly pool: Pool;
  readonly topic: ScoreTopic;
  readonly signal?: AbortSignal | undefined;
  readonly batchResults?: number;
}

/** Results of one transaction: some 2 MB of messages. */
const BATCH_RESULTS = 500;

/**
 * Publishes every stored result after the topic's position, in their order, and moves the position when the brokers
 * have them. A process killed in between publishes the last batch again, with the same event ids. Answers how many.
 */
export async function publishScores(options: PublishOptions): Promise<number> {
  let total = 0;
  while (!options.signal?.aborted) {
    const count = await publishBatch(options);
    if (count === 0) break;
    total += count;
  }
  return total;
}

function publishBatch({ pool, topic, batchResults = BATCH_RESULTS }: PublishOptions): Promise<number> {
  return withTransaction(pool, async (client) => {
    const position = await lockPosition(client, topic.topic);
    if (position === null) return 0;
    const results = await readResultsAfter(client, position, batchResults);
    const last = results.at(-1);
    if (last === undefined) return 0;
    await topic.send(results.map(scoreEvent));
    await movePosition(client, topic.topic, last.scoreId);
    return results.length;
  });
}
