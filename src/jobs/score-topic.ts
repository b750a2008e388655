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
        await producer.send({ topic, acks: -1, messages: [...messages] });
      } catch (cause) {
        connected = null;
        throw failureOf(cause, topic, brokers);
      }
    },
    close: () => producer.disconnect(),
  };
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
