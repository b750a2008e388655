import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { contentHashOf } from '../domain/content-hash.js';
import type { JudgedMessage } from '../domain/verdict.js';
import { AppError } from '../errors.js';
import type { ConsumedMessage, Source } from '../warehouse/stores/source-store.js';
import { type DecodeRules, decode } from './decode.js';
import { type PartitionBuffer, readFrom } from './partition-buffer.js';

/** A few milliseconds of decoding; a fetched batch holds thousands. */
const MESSAGES_AT_ONCE = 250;

export interface BatchReaderOptions {
  readonly buffer: PartitionBuffer;
  readonly rules: DecodeRules;
  readonly now: () => number;
  readonly isStopping: () => boolean;
  readonly onRead: () => void;
  /** The batch was asked from another offset than the one wanted next. */
  readonly onMisplaced: (source: Source) => void;
  /** The broker holds another message where the last one consumed was. */
  readonly onRecreated: (source: Source, offset: number) => void;
}

/** Decodes what the broker sends into the buffer; refuses batches of partitions that are not open. */
export function createBatchReader(options: BatchReaderOptions): (payload: EachBatchPayload) => Promise<void> {
  const { buffer, rules, now, isStopping, onRead, onMisplaced, onRecreated } = options;
  return async ({ batch, isStale }) => {
    const position = buffer.position(batch.topic, batch.partition);
    if (isStopping() || position === null || isStale()) {
      return;
    }
    if (fetchedOffset(batch) !== readFrom(position)) {
      // the client was sent elsewhere: by an offset out of range, control records or its own committed offset
      onMisplaced(position.source);
      return;
    }
    const { unchecked, next: wanted } = position;
    if (unchecked !== null) {
      if (!stillHolds(batch, unchecked)) {
        onRecreated(position.source, unchecked.offset);
        return;
      }
      buffer.checked(position.source);
    }
    const unread =
      unchecked === null ? batch.messages : batch.messages.filter(({ offset }) => Number(offset) >= wanted);
    const readAtMs = now();
    const end = Number(batch.lastOffset()) + 1;
    for (let start = 0; start < unread.length || start === 0; start += MESSAGES_AT_ONCE) {
      const slice = unread.slice(start, start + MESSAGES_AT_ONCE);
      const isLast = start + slice.length >= unread.length;
      const next = isLast ? end : Number(slice.at(-1)?.offset) + 1;
      const { messages, bytes } = judge(slice, position.source.org, readAtMs);
      buffer.add(position.source, messages, bytes, next);
      onRead();
      if (isLast) {
        return;
      }
      // or the batch that is being written waits for all of this one
      await nextTurn();
      if (isStopping() || isStale() || buffer.position(batch.topic, batch.partition)?.next !== next) {
        return;
      }
    }
  };

  function judge(read: readonly KafkaMessage[], org: string, readAtMs: number): JudgedMessages {
    let bytes = 0;
    const messages = read.map(({ offset, value, timestamp }) => {
      const brokerAtMs = recordTime(timestamp, readAtMs);
      const message = { org, offset: Number(offset), value, brokerAtMs, receivedAtMs: readAtMs };
      bytes += value?.byteLength ?? 0;
      return { message, verdict: decode(message, rules) };
    });
    return { messages, bytes };
  }
}

interface JudgedMessages {
  readonly messages: readonly JudgedMessage[];
  readonly bytes: number;
}

/** True as well when the message is not there any more: compaction and retention take single messages away. */
function stillHolds({ messages }: Batch, consumed: ConsumedMessage): boolean {
  const first = messages[0];
  return (
    first === undefined ||
    Number(first.offset) !== consumed.offset ||
    contentHashOf(first.value) === consumed.contentHash
  );
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
