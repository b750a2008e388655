import type { Batch, EachBatchPayload } from 'kafkajs';
import type { JudgedMessage } from '../domain/verdict.js';
import { AppError } from '../errors.js';
import type { Source } from '../warehouse/stores/source-store.js';
import { type DecodeRules, decode } from './decode.js';
import type { PartitionBuffer } from './partition-buffer.js';

export interface BatchReaderOptions {
  readonly buffer: PartitionBuffer;
  readonly rules: DecodeRules;
  readonly now: () => number;
  readonly isStopping: () => boolean;
  readonly onRead: () => void;
  /** The batch was asked from another offset than the one wanted next. */
  readonly onMisplaced: (source: Source) => void;
}

/** Decodes what the broker sends into the buffer; refuses batches of partitions that are not open. */
export function createBatchReader(options: BatchReaderOptions): (payload: EachBatchPayload) => Promise<void> {
  const { buffer, rules, now, isStopping, onRead, onMisplaced } = options;
  return async ({ batch, isStale }) => {
    const position = buffer.position(batch.topic, batch.partition);
    if (isStopping() || position === null || isStale()) {
      return;
    }
    if (fetchedOffset(batch) !== position.next) {
      // the client was sent elsewhere: by an offset out of range, control records or its own committed offset
      onMisplaced(position.source);
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
    onRead();
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
