import { Kafka, logLevel } from 'kafkajs';
import { AppError } from '../errors.js';

export interface ScoreMessage {
  readonly key: string;
  readonly value: string;
}

/** A topic that scores are published to. */
export interface ScoreTopic {
  readonly topic: string;
  /** Resolves when all replicas in sync have the messages. */
  send(messages: readonly ScoreMessage[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * A topic on Kafka, connected when something is sent. Fails with BROKER_UNAVAILABLE when no broker takes the messages,
 * TOPIC_MISSING when the topic does not exist: it is not created.
 */
export function openScoreTopic({
  brokers,
  topic,
}: {
  readonly brokers: readonly string[];
  readonly topic: string;
}): ScoreTopic {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'naap-scores',
    logLevel: logLevel.NOTHING,
    retry: { retries: 3, initialRetryTime: 200 },
  });
  const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
  let connected: Promise<void> | null = null;
  return {
    topic,
    async send(messages) {
      try {
        connected ??= producer.connect();
        await connected;
        for (const part of partsOf(messages)) await producer.send({ topic, acks: -1, messages: [...part] });
      } catch (cause) {
        connected = null;
        throw failureOf(cause, topic, brokers);
      }
    },
    close: () => producer.disconnect(),
  };
}

/** Brokers refuse a batch of more than 1 MiB by default, and all of a request may be for one partition. */
const REQUEST_BYTES = 512 * 1024;

function partsOf(messages: readonly ScoreMessage[]): readonly (readonly ScoreMessage[])[] {
  const parts: ScoreMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = Buffer.byteLength(message.value) + Buffer.byteLength(message.key);
    if (bytes + size > REQUEST_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(message);
    bytes += size;
  }
  return parts;
}

function failureOf(cause: unknown, topic: string, brokers: readonly string[]): AppError {
  const origin = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (origin instanceof Error && 'type' in origin && origin.type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return new AppError('TOPIC_MISSING', `topic ${topic} for scores does not exist on ${brokers.join(', ')}`, {
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('BROKER_UNAVAILABLE', `cannot publish scores to ${brokers.join(', ')}: ${reason}`, { cause });
}
