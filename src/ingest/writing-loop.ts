import { setTimeout as delay } from 'node:timers/promises';
import type { EventBatchWriter, SourceBatch, StoredOffset } from '../warehouse/writers/event-batch-writer.js';
import type { TallyRow } from '../warehouse/writers/tally-writer.js';
import type { PartitionBuffer } from './partition-buffer.js';

export interface WritingLoopOptions {
  readonly buffer: PartitionBuffer;
  readonly writer: EventBatchWriter;
  readonly batchMessages: number;
  readonly batchWaitMs: number;
  readonly isStopping: () => boolean;
  readonly onWritten: (tally: readonly TallyRow[], batches: readonly SourceBatch[], seconds: number) => void;
  readonly onLost: (stored: readonly StoredOffset[]) => void;
  /** After each batch, written or lost. */
  readonly onSettled: () => void;
}

/** Takes batches out of the buffer when they are due and writes them, one after the other. */
export interface WritingLoop {
  /** Ends when the consumer is stopping and everything read is written; throws what the writer cannot overcome. */
  run(): Promise<void>;
  /** Something was read, or the consumer is stopping. */
  wake(): void;
  /** Resolves when no batch is being written. */
  settled(): Promise<void>;
}

export function createWritingLoop(options: WritingLoopOptions): WritingLoop {
  const { buffer, writer, batchMessages, batchWaitMs, isStopping, onWritten, onLost, onSettled } = options;
  let wake: () => void = () => undefined;
  let writing: Promise<unknown> = Promise.resolve();

  /** Resolves when a batch is due: full, old enough, or the consumer is stopping. */
  async function untilDue(): Promise<void> {
    while (!isStopping() && buffer.messageCount < batchMessages) {
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

  async function write(batches: readonly SourceBatch[]): Promise<void> {
    const startedAt = performance.now();
    const written = writer.write(batches);
    writing = written;
    const result = await written;
    if (result.kind === 'written') {
      onWritten(result.tally, batches, (performance.now() - startedAt) / 1000);
    } else {
      onLost(result.stored);
    }
    onSettled();
  }

  return {
    wake: () => wake(),
    async settled() {
      await writing.catch(() => undefined);
    },
    async run() {
      while (true) {
        await untilDue();
        const batches = buffer.take(batchMessages);
        if (batches.length > 0) {
          await write(batches);
        } else if (isStopping()) {
          return;
        }
      }
    },
  };
}
