import { randomBytes } from 'node:crypto';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import type { SimulatedMessage } from '../src/simulator/options.js';
import { createKafkaBroker } from '../test/support/kafka-broker.js';

/** Below the broker's limit of 1 MiB a batch, whichever partition all of them go to. */
const BYTES_PER_SEND = 600_000;

/** A broker to publish to: the one that `KAFKA_BROKERS` names, else one of our own. */
export interface BenchBroker {
  readonly brokers: readonly string[];
  readonly producer: Producer;
  /** Makes a topic that nobody else uses. */
  createTopic(partitions: number): Promise<string>;
  publish(topic: string, messages: readonly SimulatedMessage[]): Promise<void>;
  /** Removes the topics made here, and the broker if it is our own. */
  close(): Promise<void>;
}

export async function openBenchBroker(): Promise<BenchBroker> {
  const named = process.env.KAFKA_BROKERS;
  const own = named ? null : await createKafkaBroker();
  const brokers = own?.brokers ?? named?.split(',') ?? [];
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'naap-bench', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  const topics: string[] = [];
  return {
    brokers,
    producer,
    async createTopic(partitions) {
      const topic = `naap-bench-${randomBytes(4).toString('hex')}`;
      await admin.createTopics({
        topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }],
        waitForLeaders: true,
      });
      topics.push(topic);
      return topic;
    },
    async publish(topic, messages) {
      let batch: { value: Buffer }[] = [];
      let bytes = 0;
      for (const { value } of messages) {
        if (bytes + value.byteLength > BYTES_PER_SEND && batch.length > 0) {
          await producer.send({ topic, messages: batch });
          batch = [];
          bytes = 0;
        }
        batch.push({ value });
        bytes += value.byteLength;
      }
      if (batch.length > 0) await producer.send({ topic, messages: batch });
    },
    async close() {
      if (topics.length > 0) await admin.deleteTopics({ topics }).catch(() => undefined);
      await Promise.all([admin.disconnect(), producer.disconnect()]);
      await own?.remove();
    },
  };
}
