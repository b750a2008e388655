import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import type { Lifetime } from './lifetime.js';
import type { Persist } from './persistence.js';

const FETCH_WAIT_MS = 100;
const PARTITION_FETCH_BYTES = 4_194_304;
const DEFAULT_SESSION_TIMEOUT_MS = 30_000;
const LONGEST_HEARTBEAT_MS = 3_000;

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: number[];
}

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export interface GroupMemberOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs?: number;
  readonly lifetime: Lifetime;
  readonly persist: Persist;
  readonly log: Log;
  readonly onAssigned: (assigned: readonly TopicPartitions[]) => void;
  /** The member crashed: nothing is ours until the next assignment. */
  readonly onCrashed: () => void;
  readonly onBatch: (payload: EachBatchPayload) => Promise<void>;
}

/** This process in its consumer group; a crash that kafkajs does not mend by itself makes a new member. */
export interface GroupMember {
  join(): Promise<void>;
  leave(): Promise<void>;
  seek(topic: string, partition: number, offset: number): void;
  setPaused(partitions: readonly TopicPartitions[], isPaused: boolean): void;
  commit(offsets: readonly CommittedOffset[]): Promise<void>;
}

export function createGroupMember(options: GroupMemberOptions): GroupMember {
  const { kafka, groupId, topics, lifetime, persist, log, onAssigned, onCrashed, onBatch } = options;
  const { sessionTimeoutMs = DEFAULT_SESSION_TIMEOUT_MS } = options;
  let consumer: Consumer | null = null;

  async function join(): Promise<void> {
    const joined = kafka.consumer({
      groupId,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: PARTITION_FETCH_BYTES,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(LONGEST_HEARTBEAT_MS, sessionTimeoutMs / 5),
      retry: {
        retries: 5,
        initialRetryTime: 200,
        maxRetryTime: 5_000,
        restartOnFailure: async () => !lifetime.isStopping,
      },
    });
    consumer = joined;
    joined.on(joined.events.GROUP_JOIN, ({ payload }) => {
      onAssigned(
        Object.entries(payload.memberAssignment).map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
      );
    });
    joined.on(joined.events.CRASH, ({ payload }) => {
      if (payload.error.name === 'KafkaJSNotImplemented') {
        lifetime.fail(new AppError('COMPRESSION_UNSUPPORTED', payload.error.message, { cause: payload.error }));
      } else if (!payload.restart && !lifetime.isStopping) {
        void rejoin(joined);
      }
    });
    await joined.connect();
    await joined.subscribe({ topics: [...topics], fromBeginning: true });
    await joined.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: 1,
      eachBatch: onBatch,
    });
  }

  async function rejoin(crashed: Consumer): Promise<void> {
    onCrashed();
    await crashed.disconnect().catch(() => undefined);
    await persist(join, () => true);
  }

  return {
    join,
    async leave() {
      await consumer?.disconnect().catch((error: unknown) => log.debug({ err: error }, 'consumer not disconnected'));
    },
    seek(topic, partition, offset) {
      consumer?.seek({ topic, partition, offset: String(offset) });
    },
    setPaused(partitions, isPaused) {
      if (partitions.length === 0) {
        return;
      }
      if (isPaused) consumer?.pause([...partitions]);
      else consumer?.resume([...partitions]);
    },
    async commit(offsets) {
      await consumer?.commitOffsets([...offsets]);
    },
  };
}
