import { Kafka } from 'kafkajs';
import type { Pool } from 'pg';
import type { Log } from '../log.js';
import type { OpenedSource } from '../warehouse/stores/source-store.js';
import {
  createEventBatchWriter,
  type SourceBatch,
  type StoredOffset,
} from '../warehouse/writers/event-batch-writer.js';
import type { TallyRow } from '../warehouse/writers/tally-writer.js';
import { createAssignment } from './assignment.js';
import { createBatchReader } from './batch-reader.js';
import { createBroker } from './broker.js';
import type { DecodeRules } from './decode.js';
import { createGroupMember } from './group-member.js';
import { kafkaLogCreator } from './kafka-log.js';
import { createLagOffsets } from './lag-offsets.js';
import { createLifetime } from './lifetime.js';
import { createPartitionBuffer } from './partition-buffer.js';
import { locatePartition, recreated, type Watermarks } from './partition-position.js';
import { createPersistence } from './persistence.js';
import { reportProgress } from './progress-report.js';
import { createSureWriter } from './sure-writer.js';
import { addTally, noVerdicts } from './verdict-counts.js';
import { createWritingLoop } from './writing-loop.js';

/** Counters of the process, told after the fact; every label is bounded. */
export interface IngestMetrics {
  written?(tally: readonly TallyRow[], batches: readonly SourceBatch[], seconds: number): void;
  lost?(): void;
  gap?(topic: string, offsets: number): void;
  buffered?(messages: number, bytes: number): void;
}

export interface EventConsumerOptions {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topics: readonly { readonly topic: string; readonly org: string }[];
  readonly pool: Pool;
  readonly rules: DecodeRules;
  readonly log: Log;
  readonly now: () => number;
  /** Messages in one transaction. */
  readonly batchMessages?: number;
  /** How long a batch waits for more messages. */
  readonly batchWaitMs?: number;
  /** Reading pauses above this many bytes read and not yet written. */
  readonly maxBufferedBytes?: number;
  readonly sessionTimeoutMs?: number;
  readonly metrics?: IngestMetrics;
}

export interface EventConsumer {
  /** Joins the group; resolves when it reads. Waits for a broker that does not answer yet. */
  start(): Promise<void>;
  /** Writes what is read, commits, leaves the group. */
  stop(): Promise<void>;
  /** Ends with the consumer: resolved after `stop`, rejected when an operator must act. */
  readonly finished: Promise<void>;
}

const DRAIN_MS = 20_000;
const BUFFERED_BATCHES = 4;

/**
 * Consumes topics into the warehouse. Where to read is stored beside the data and moves with it in one transaction, so
 * no message is lost or counted twice whoever is killed when [INGEST-004]; Kafka's own offsets are for lag tools only.
 */
export function createEventConsumer(options: EventConsumerOptions): EventConsumer {
  const { pool, rules, log, now, groupId, metrics = {} } = options;
  const { batchMessages = 5_000, batchWaitMs = 200, maxBufferedBytes = 67_108_864 } = options;
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: 'naap-ingest',
    logCreator: kafkaLogCreator(log),
    retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000 },
  });
  const orgByTopic = new Map(options.topics.map(({ topic, org }) => [topic, org]));
  const topics = [...orgByTopic.keys()];
  const buffer = createPartitionBuffer();
  const counts = noVerdicts();
  const lifetime = createLifetime(() => {
    writing.wake();
    return leave();
  });
  const persist = createPersistence(lifetime, log);
  const broker = createBroker({ kafka, addresses: options.brokers, topics, lifetime, log });
  const isStopping = (): boolean => lifetime.isStopping;

  const writing = createWritingLoop({
    buffer,
    writer: createSureWriter({ writer: createEventBatchWriter({ pool }), log, signal: lifetime.drained }),
    batchMessages,
    batchWaitMs,
    isStopping,
    onWritten(tally, batches, seconds) {
      addTally(counts, tally);
      metrics.written?.(tally, batches, seconds);
      lagOffsets.note(batches);
    },
    onLost: goBackTo,
    onSettled() {
      if (assignment.isPaused && !assignment.isOpening && buffer.messageCount < batchMessages && !isFull()) {
        assignment.setPaused(false);
      }
    },
  });
  const member = createGroupMember({
    kafka,
    groupId,
    topics,
    lifetime,
    persist,
    log,
    ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
    onAssigned: (assigned) => assignment.take(assigned),
    onCrashed: () => assignment.drop(),
    onBatch: createBatchReader({
      buffer,
      rules,
      now,
      isStopping,
      onRecreated: (source, offset) => lifetime.fail(recreated(source, offset)),
      onMisplaced: ({ topic, partition, sourceId }) => void assignment.relocate(topic, partition, sourceId),
      onRead() {
        metrics.buffered?.(buffer.messageCount, buffer.byteCount);
        if (!assignment.isPaused && isFull()) assignment.setPaused(true);
        writing.wake();
      },
    }),
  });
  const assignment = createAssignment({
    member,
    broker,
    buffer,
    writing,
    batchWaitMs,
    lifetime,
    persist,
    log,
    locate,
  });
  const lagOffsets = createLagOffsets(member, log);

  function locate(topic: string, partition: number, watermarks: Watermarks): Promise<OpenedSource> {
    const key = { clusterId: broker.clusterId, topic, partition, org: orgByTopic.get(topic) ?? '' };
    const onGap = (fromOffset: number, toOffset: number): void => {
      metrics.gap?.(topic, toOffset - fromOffset);
      log.error({ topic, partition, fromOffset, toOffset }, 'messages expired on the broker before they were read');
    };
    return locatePartition({ pool, key, watermarks, nowMs: now(), onGap });
  }

  function goBackTo(stored: readonly StoredOffset[]): void {
    metrics.lost?.();
    log.warn({ stored }, 'another consumer moved on, reading again from what is stored');
    for (const { sourceId, nextOffset } of stored) {
      const source = buffer.reset(sourceId, nextOffset);
      if (source !== null) member.seek(source.topic, source.partition, nextOffset);
    }
  }

  function isFull(): boolean {
    return buffer.messageCount >= batchMessages * BUFFERED_BATCHES || buffer.byteCount >= maxBufferedBytes;
  }

  async function leave(): Promise<void> {
    await member.leave();
    await broker.disconnect();
  }

  let progress: NodeJS.Timeout | undefined;
  let loop: Promise<void> = Promise.resolve();
  return {
    finished: lifetime.finished,
    async start() {
      progress = reportProgress(log, counts, () => buffer.messageCount);
      loop = writing.run().catch(lifetime.fail);
      await broker.connect().then(() => persist(member.join, () => true), lifetime.fail);
      if (lifetime.hasFailed) await lifetime.finished;
    },
    async stop() {
      clearInterval(progress);
      if (lifetime.hasFailed) {
        return;
      }
      lifetime.stop();
      assignment.setPaused(true);
      writing.wake();
      const deadline = setTimeout(lifetime.giveUpDraining, DRAIN_MS);
      await loop;
      clearTimeout(deadline);
      await lagOffsets.flushed();
      await leave();
      lifetime.end();
    },
  };
}
