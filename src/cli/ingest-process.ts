import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { createEventConsumer, type EventConsumer, type IngestMetrics } from '../ingest/consumer.js';
import type { Log } from '../log.js';
import { createPool } from '../warehouse/pool.js';
import { closeAll } from './command-lifetime.js';
import type { Config } from './config.js';
import { decodeRules } from './decode-rules.js';
import { readTopics } from './topics.js';
import type { WarehouseConnections } from './warehouse-connections.js';

const INGEST_CONNECTIONS = 4;

export interface RunningIngest {
  /** Ends with the consumer: rejected when an operator must act. */
  readonly finished: EventConsumer['finished'];
  close(): Promise<void>;
}

/** The Kafka consumer of the configured topics, reading. */
export async function startIngest(
  config: Config,
  kafka: NonNullable<Config['kafka']>,
  { warehouse, registry, log }: { warehouse: WarehouseConnections; registry: Registry; log: Log },
): Promise<RunningIngest> {
  const pool = createPool({ url: warehouse.url('ingest'), name: 'naap ingest', max: INGEST_CONNECTIONS, log });
  try {
    const topics = [...(await readTopics(pool))].map(([topic, org]) => ({ topic, org }));
    const consumer = createEventConsumer({
      brokers: kafka.brokers,
      groupId: kafka.groupId,
      topics,
      pool,
      rules: decodeRules(config),
      log,
      now: Date.now,
      batchMessages: config.ingest.batchMessages,
      batchWaitMs: config.ingest.batchWaitMs,
      metrics: createIngestMetrics(registry),
    });
    await consumer.start();
    log.info({ topics: topics.map(({ topic }) => topic), groupId: kafka.groupId }, 'ingest is reading');
    return { finished: consumer.finished, close: () => closeAll([() => pool.end(), () => consumer.stop()]) };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** Counters with bounded labels: verdicts and configured topics, never a family or an id. */
function createIngestMetrics(registry: Registry): IngestMetrics {
  const registers = [registry];
  const messages = new Counter({
    name: 'naap_ingest_messages_total',
    help: 'Messages committed, by verdict.',
    labelNames: ['verdict'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'naap_ingest_write_seconds',
    help: 'Time of one batch transaction.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const lost = new Counter({
    name: 'naap_ingest_lost_batches_total',
    help: 'Batches given up because another consumer owned the partition.',
    registers,
  });
  const gaps = new Counter({
    name: 'naap_ingest_expired_messages_total',
    help: 'Offsets that expired on the broker before they were read.',
    labelNames: ['topic'] as const,
    registers,
  });
  const buffered = new Gauge({
    name: 'naap_ingest_buffered_bytes',
    help: 'Bytes read and not yet written.',
    registers,
  });
  return {
    written(tally, _batches, duration) {
      for (const { verdict, messageCount } of tally) messages.inc({ verdict }, messageCount);
      seconds.observe(duration);
    },
    lost: () => lost.inc(),
    gap: (topic, offsets) => gaps.inc({ topic }, offsets),
    buffered: (_messages, bytes) => buffered.set(bytes),
  };
}
