import { randomBytes } from 'node:crypto';
import { type ITopicConfig, Kafka, logLevel, type Message } from 'kafkajs';
import { describe, inject } from 'vitest';

/** A `describe` whose tests are skipped, and counted so, when there is no broker. */
export const describeWithKafka = 'brokers' in inject('kafka') ? describe : describe.skip;

/** Addresses of the broker that all test files share; tests that stop a broker make their own with `createKafkaBroker`. */
export function sharedBrokers(): readonly string[] {
  const kafka = inject('kafka');
  if ('unavailable' in kafka) throw new Error(kafka.unavailable);
  return kafka.brokers;
}

/** A name that no other test uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

export interface KafkaTestClient {
  readonly kafka: Kafka;
  createTopic(topic: string, options?: { partitions?: number; config?: Record<string, string> }): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  /** Sends the messages in this order; a partition may be named in each. */
  produce(topic: string, messages: readonly Message[]): Promise<void>;
  /** Removes all messages below the offset, as retention does. */
  deleteRecords(topic: string, partition: number, belowOffset: string): Promise<void>;
  close(): Promise<void>;
}

/** Admin and producer on a broker; by default the shared one. */
export async function createKafkaTestClient(brokers = sharedBrokers()): Promise<KafkaTestClient> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'naap-test', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  return {
    kafka,
    async createTopic(topic, { partitions = 1, config = {} } = {}) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      const definition: ITopicConfig = { topic, numPartitions: partitions, replicationFactor: 1, configEntries };
      await admin.createTopics({ topics: [definition], waitForLeaders: true });
    },
    async deleteTopic(topic) {
      await admin.deleteTopics({ topics: [topic] });
    },
    async produce(topic, messages) {
      await producer.send({ topic, messages: [...messages] });
    },
    async deleteRecords(topic, partition, belowOffset) {
      // kafkajs looks for the leader before it has the topic's metadata; this loads the topic
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: belowOffset }] });
    },
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}
