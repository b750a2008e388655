import { setTimeout as delay } from 'node:timers/promises';
import { type Batch, type Consumer, type EachBatchPayload, Kafka } from 'kafkajs';
import type { Pool } from 'pg';
import type { JudgedMessage } from '../domain/verdict.js';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { classifyFailure } from '../warehouse/sql-failure.js';
import { createEventBatchWriter, type SourceBatch } from '../warehouse/writers/event-batch-writer.js';
import type { TallyRow } from '../warehouse/writers/tally-writer.js';
import { type DecodeRules, decode } from './decode.js';
import { kafkaLogCreator } from './kafka-log.js';
import { createPartitionBuffer } from './partition-buffer.js';
import { locatePartition, type Watermarks } from './partition-position.js';
import { createSureWriter } from './sure-writer.js';
import { addTally, consumed, noVerdicts } from './verdict-counts.js';

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

const PROGRESS_INTERVAL_MS = 10_000;
const RETRY_MS = 1_000;
const DRAIN_MS = 20_000;
const FETCH_WAIT_MS = 100;
const PARTITION_FETCH_BYTES = 4_194_304;
const BUFFERED_BATCHES = 4;

/**
 * Consumes topics into the warehouse. Where to read is stored beside the data and moves with it in one transaction, so
 * no message is lost or counted twice whoever is killed when [INGEST-004]; Kafka's own offsets are for lag tools only.
 */
export function createEventConsumer(options: EventConsumerOptions): EventConsumer {
  const { topics, pool, rules, log, now, metrics = {} } = options;
  const { batchMessages = 5_000, batchWaitMs = 200, maxBufferedBytes = 67_108_864 } = options;
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: 'naap-ingest',
    logCreator: kafkaLogCreator(log),
    retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000 },
  });
  const orgByTopic = new Map(topics.map(({ topic, org }) => [topic, org]));
  const admin = kafka.admin();
  const buffer = createPartitionBuffer();
  const draining = new AbortController();
  const writer = createSureWriter({ writer: createEventBatchWriter({ pool }), log, signal: draining.signal });
  const counts = noVerdicts();
  const outcome = withResolvers();
  outcome.promise.catch(() => undefined);

  let consumer: Consumer | null = null;
  let clusterId = '';
  let generation = 0;
  let assigned: { topic: string; partitions: number[] }[] = [];
  let isPaused = false;
  let isStopping = false;
  let hasFailed = false;
  let writing: Promise<unknown> = Promise.resolve();
  let wake: () => void = () => undefined;
  const relocating = new Set<number>();
  const uncommitted = new Map<number, { topic: string; partition: number; offset: string }>();
  let committing: Promise<void> | null = null;

  // assignment ------------------------------------------------------------------------------------------------------

  async function readWatermarks(topic: string): Promise<ReadonlyMap<number, Watermarks>> {
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  function locate(topic: string, partition: number, watermarks: Watermarks): ReturnType<typeof locatePartition> {
    const org = orgByTopic.get(topic) ?? '';
    const onGap = (fromOffset: number, toOffset: number): void => {
      metrics.gap?.(topic, toOffset - fromOffset);
      log.error({ topic, partition, fromOffset, toOffset }, 'messages expired on the broker before they were read');
    };
    return locatePartition({ pool, key: { clusterId, topic, partition, org }, watermarks, nowMs: now(), onGap });
  }

  /** Opens the partitions of a new assignment and seeks to what is stored, however long the database takes. */
  async function openAssignment(mine: number): Promise<void> {
    await writing.catch(() => undefined);
    for (const { topic, partitions } of assigned) {
      const watermarks = await readWatermarks(topic);
      for (const partition of partitions) {
        const { source, nextOffset } = await locate(topic, partition, watermarks.get(partition) ?? { low: 0, high: 0 });
        if (mine !== generation) {
          return;
        }
        buffer.open(source, nextOffset);
        seek(topic, partition, nextOffset);
      }
    }
    setPaused(false);
    log.info({ assigned }, 'partitions assigned');
  }

  function takeAssignment(memberAssignment: Readonly<Record<string, number[]>>): void {
    generation += 1;
    const mine = generation;
    buffer.clear();
    assigned = Object.entries(memberAssignment).map(([topic, partitions]) => ({ topic, partitions: [...partitions] }));
    setPaused(true);
    void untilItWorks(
      () => openAssignment(mine),
      () => mine === generation,
    );
  }

  /** Repeats work that needs broker and database until it succeeds; what an operator must settle ends the consumer. */
  async function untilItWorks(work: () => Promise<void>, isWanted: () => boolean): Promise<void> {
    while (!isStopping && isWanted()) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof AppError || isOurBug(error)) {
          return fail(error);
        }
        log.warn({ err: error }, 'partitions could not be opened, trying again');
        await delay(RETRY_MS);
      }
    }
  }

  /** A partition is not where it should be (offset out of range, a lost race): looks again and seeks. */
  async function relocate(topic: string, partition: number, sourceId: number): Promise<void> {
    if (relocating.has(sourceId)) {
      return;
    }
    relocating.add(sourceId);
    const mine = generation;
    await untilItWorks(
      async () => {
        const before = buffer.position(topic, partition);
        const watermarks = (await readWatermarks(topic)).get(partition);
        if (before === null || watermarks === undefined || mine !== generation) {
          return;
        }
        if (before.next >= watermarks.low && before.next <= watermarks.high) {
          return seek(topic, partition, before.next);
        }
        // what is read must be written first: the stored offset is then where we stand
        while (buffer.messageCount > 0 && !isStopping && mine === generation) {
          wake();
          await delay(batchWaitMs);
        }
        await writing.catch(() => undefined);
        const { nextOffset } = await locate(topic, partition, watermarks);
        if (mine === generation && buffer.reset(sourceId, nextOffset) !== null) {
          seek(topic, partition, nextOffset);
        }
      },
      () => mine === generation,
    );
    relocating.delete(sourceId);
  }

  function seek(topic: string, partition: number, offset: number): void {
    consumer?.seek({ topic, partition, offset: String(offset) });
  }

  function setPaused(paused: boolean): void {
    isPaused = paused;
    if (assigned.length > 0) {
      if (paused) consumer?.pause(assigned);
      else consumer?.resume(assigned);
    }
  }

  // reading ---------------------------------------------------------------------------------------------------------

  async function readBatch({ batch, isStale }: EachBatchPayload): Promise<void> {
    const position = buffer.position(batch.topic, batch.partition);
    if (isStopping || position === null || isStale()) {
      return;
    }
    if (fetchedOffset(batch) !== position.next) {
      // the client was sent elsewhere: by an offset out of range, control records or its own committed offset
      void relocate(batch.topic, batch.partition, position.source.sourceId);
      return;
    }
    const readAtMs = now();
    let bytes = 0;
    const messages: JudgedMessage[] = [];
    for (const { offset, value, timestamp } of batch.messages) {
      const message = {
        org: position.source.org,
        offset: Number(offset),
        value,
        brokerAtMs: recordTime(timestamp, readAtMs),
        receivedAtMs: readAtMs,
      };
      messages.push({ message, verdict: decode(message, rules) });
      bytes += value?.byteLength ?? 0;
    }
    buffer.add(position.source, messages, bytes, Number(batch.lastOffset()) + 1);
    metrics.buffered?.(buffer.messageCount, buffer.byteCount);
    if (!isPaused && isFull()) {
      setPaused(true);
    }
    wake();
  }

  function isFull(): boolean {
    return buffer.messageCount >= batchMessages * BUFFERED_BATCHES || buffer.byteCount >= maxBufferedBytes;
  }

  // writing ---------------------------------------------------------------------------------------------------------

  /** Resolves when a batch is due: full, old enough, or the consumer is stopping. */
  async function untilDue(): Promise<void> {
    while (!isStopping && buffer.messageCount < batchMessages) {
      const age = buffer.oldestAt === null ? null : performance.now() - buffer.oldestAt;
      if (age !== null && age >= batchWaitMs) {
        return;
      }
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (age === null) {
        await woken;
      } else {
        const timer = new AbortController();
        await Promise.race([
          woken,
          delay(batchWaitMs - age, undefined, { signal: timer.signal }).catch(() => undefined),
        ]);
        timer.abort();
      }
    }
  }

  async function writeLoop(): Promise<void> {
    while (true) {
      await untilDue();
      const batches = buffer.take(batchMessages);
      if (batches.length > 0) {
        const startedAt = performance.now();
        const write = writer.write(batches);
        writing = write;
        const result = await write;
        if (result.kind === 'written') {
          addTally(counts, result.tally);
          metrics.written?.(result.tally, batches, (performance.now() - startedAt) / 1000);
          commitForLagTools(batches);
        } else {
          metrics.lost?.();
          log.warn({ stored: result.stored }, 'another consumer moved on, reading again from what is stored');
          for (const { sourceId, nextOffset } of result.stored) {
            const source = buffer.reset(sourceId, nextOffset);
            if (source !== null) seek(source.topic, source.partition, nextOffset);
          }
        }
        const isOpening = assigned.some(({ topic, partitions }) =>
          partitions.some((partition) => buffer.position(topic, partition) === null),
        );
        if (isPaused && !isOpening && buffer.messageCount < batchMessages && !isFull()) {
          setPaused(false);
        }
      } else if (isStopping) {
        return;
      }
    }
  }

  /** One commit at a time, the newest offsets; only stopping waits for it, since nothing of ours reads these. */
  function commitForLagTools(batches: readonly SourceBatch[]): void {
    for (const { source, nextOffset } of batches) {
      const { topic, partition } = source;
      uncommitted.set(source.sourceId, { topic, partition, offset: String(nextOffset) });
    }
    committing ??= commitAll().finally(() => {
      committing = null;
    });
  }

  async function commitAll(): Promise<void> {
    while (uncommitted.size > 0) {
      const offsets = [...uncommitted.values()];
      uncommitted.clear();
      await consumer?.commitOffsets(offsets).catch((error: unknown) => {
        log.debug({ err: error }, 'offsets not committed to Kafka');
      });
    }
  }

  // life ------------------------------------------------------------------------------------------------------------

  async function connect(): Promise<void> {
    while (!isStopping) {
      try {
        await admin.connect();
        ({ clusterId } = await admin.describeCluster());
        const existing = new Set(await admin.listTopics());
        const missing = topics.filter(({ topic }) => !existing.has(topic)).map(({ topic }) => topic);
        if (missing.length > 0) {
          throw new AppError('TOPIC_MISSING', `no such topic on the broker: ${missing.join(', ')}`);
        }
        return;
      } catch (error) {
        if (error instanceof AppError) throw error;
        log.warn({ err: error, brokers: options.brokers }, 'no broker answers, trying again');
        await delay(RETRY_MS);
      }
    }
  }

  async function join(): Promise<void> {
    const joined = kafka.consumer({
      groupId: options.groupId,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: PARTITION_FETCH_BYTES,
      sessionTimeout: options.sessionTimeoutMs ?? 30_000,
      heartbeatInterval: Math.min(3_000, (options.sessionTimeoutMs ?? 30_000) / 5),
      retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000, restartOnFailure: async () => !isStopping },
    });
    consumer = joined;
    joined.on(joined.events.GROUP_JOIN, ({ payload }) => takeAssignment(payload.memberAssignment));
    joined.on(joined.events.CRASH, ({ payload }) => {
      if (payload.error.name === 'KafkaJSNotImplemented') {
        fail(new AppError('COMPRESSION_UNSUPPORTED', payload.error.message, { cause: payload.error }));
      } else if (!payload.restart && !isStopping) {
        void rejoin(joined);
      }
    });
    await joined.connect();
    await joined.subscribe({ topics: topics.map(({ topic }) => topic), fromBeginning: true });
    await joined.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: 1,
      eachBatch: readBatch,
    });
  }

  /** A crash that kafkajs does not mend by itself: a new member takes its place. */
  async function rejoin(crashed: Consumer): Promise<void> {
    generation += 1;
    buffer.clear();
    await crashed.disconnect().catch(() => undefined);
    await untilItWorks(join, () => true);
  }

  async function leave(): Promise<void> {
    await consumer?.disconnect().catch((error: unknown) => log.debug({ err: error }, 'consumer not disconnected'));
    await admin.disconnect().catch((error: unknown) => log.debug({ err: error }, 'admin not disconnected'));
  }

  function fail(error: unknown): void {
    if (hasFailed) {
      return;
    }
    hasFailed = true;
    isStopping = true;
    draining.abort();
    wake();
    void leave().then(() => outcome.reject(error));
  }

  function reportProgress(): NodeJS.Timeout {
    let before = 0;
    return setInterval(() => {
      const total = consumed(counts);
      const messagesPerSecond = Math.round(((total - before) * 1000) / PROGRESS_INTERVAL_MS);
      before = total;
      log.info({ consumed: total, messagesPerSecond, ...counts, buffered: buffer.messageCount }, 'ingest is under way');
    }, PROGRESS_INTERVAL_MS).unref();
  }

  let progress: NodeJS.Timeout | undefined;
  let loop: Promise<void> = Promise.resolve();
  return {
    finished: outcome.promise,
    async start() {
      progress = reportProgress();
      loop = writeLoop().catch(fail);
      await connect().then(() => untilItWorks(join, () => true), fail);
      if (hasFailed) await outcome.promise;
    },
    async stop() {
      clearInterval(progress);
      if (hasFailed) {
        return;
      }
      isStopping = true;
      setPaused(true);
      wake();
      const deadline = setTimeout(() => draining.abort(), DRAIN_MS);
      await loop;
      clearTimeout(deadline);
      await committing;
      await leave();
      outcome.resolve();
    },
  };
}

/** The record's time, never later than now: with producer timestamps a clock in 2099 would vouch for itself. */
function recordTime(timestamp: string, nowMs: number): number {
  const atMs = Number(timestamp);
  return atMs > 0 ? Math.min(atMs, nowMs) : nowMs;
}

/** The offset a batch was asked from; kafkajs 2.2 has it on every batch, though not in its types. */
function fetchedOffset(batch: Batch): number {
  if ('fetchedOffset' in batch && typeof batch.fetchedOffset === 'string') {
    return Number(batch.fetchedOffset);
  }
  throw new AppError('INVARIANT_BROKEN', 'a batch does not say what offset it was asked from');
}

function isOurBug(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    (error instanceof Error && 'severity' in error && classifyFailure(error) === 'permanent')
  );
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
