import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import type { Lifetime } from './lifetime.js';
import type { Watermarks } from './partition-position.js';

const RETRY_MS = 1_000;

/** What a consumer asks the broker beside reading. */
export interface Broker {
  /** Known once connected. */
  readonly clusterId: string;
  /** Waits for a broker that does not answer yet; `TOPIC_MISSING` when it lacks a topic. */
  connect(): Promise<void>;
  /** By partition. */
  watermarks(topic: string): Promise<ReadonlyMap<number, Watermarks>>;
  disconnect(): Promise<void>;
}

export interface BrokerOptions {
  readonly kafka: Kafka;
  /** For the log. */
  readonly addresses: readonly string[];
  readonly topics: readonly string[];
  readonly lifetime: Lifetime;
  readonly log: Log;
}

export function createBroker({ kafka, addresses, topics, lifetime, log }: BrokerOptions): Broker {
  const admin = kafka.admin();
  let clusterId = '';
  return {
    get clusterId() {
      return clusterId;
    },
    async connect() {
      while (!lifetime.isStopping) {
        try {
          await admin.connect();
          ({ clusterId } = await admin.describeCluster());
          const existing = new Set(await admin.listTopics());
          const missing = topics.filter((topic) => !existing.has(topic));
          if (missing.length > 0) {
            throw new AppError('TOPIC_MISSING', `no such topic on the broker: ${missing.join(', ')}`);
          }
          return;
        } catch (error) {
          if (error instanceof AppError) throw error;
          log.warn({ err: error, brokers: addresses }, 'no broker answers, trying again');
          await delay(RETRY_MS);
        }
      }
    },
    async watermarks(topic) {
      const offsets = await admin.fetchTopicOffsets(topic);
      return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
    },
    async disconnect() {
      await admin.disconnect().catch((error: unknown) => log.debug({ err: error }, 'admin not disconnected'));
    },
  };
}
