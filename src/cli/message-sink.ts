import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { AppError } from '../errors.js';
import type { SimulatedMessage } from '../simulator/options.js';
import { toNdjson } from '../simulator/simulate.js';
import { openForWriting } from './simulation.js';

export interface SinkOptions {
  readonly file: string | undefined;
  readonly brokers: readonly string[] | undefined;
}

/** Where published messages go. */
export interface MessageSink {
  /** Settles when more may be written. */
  write(messages: readonly SimulatedMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** A sink on Kafka, a file, or standard output when neither is named. */
export async function openMessageSink({ file, brokers }: SinkOptions, stdout: Writable): Promise<MessageSink> {
  if (brokers !== undefined) return openKafkaSink(brokers);
  if (file === undefined) return { write: (messages) => writeLines(stdout, messages), close: async () => undefined };
  const stream = await openForWriting(file);
  return {
    write: (messages) => writeLines(stream, messages),
    async close() {
      stream.end();
      await finished(stream);
    },
  };
}

async function writeLines(stream: Writable, messages: readonly SimulatedMessage[]): Promise<void> {
  if (messages.length === 0) return;
  if (!stream.write(Buffer.concat(messages.map(toNdjson)))) await once(stream, 'drain');
}

async function openKafkaSink(brokers: readonly string[]): Promise<MessageSink> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'naap-simulate', logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  const failed = (cause: unknown): never => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('BROKER_UNAVAILABLE', `cannot publish to ${brokers.join(', ')}: ${reason}`, { cause });
  };
  await producer.connect().catch(failed);
  return {
    async write(messages) {
      const topics = [...new Set(messages.map(({ topic }) => topic))];
      const topicMessages = topics.map((topic) => ({
        topic,
        // The broker's record time is the simulated time of publication: late and future checks depend on it.
        messages: messages
          .filter((message) => message.topic === topic)
          .map(({ value, atMs }) => ({ value, timestamp: String(atMs) })),
      }));
      // compressed, since a broker's limit is of the batch as sent and garbage may be larger than that
      await producer.sendBatch({ topicMessages, compression: CompressionTypes.GZIP }).catch(failed);
    },
    close: () => producer.disconnect(),
  };
}
