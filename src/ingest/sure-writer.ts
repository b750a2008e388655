import { setTimeout as delay } from 'node:timers/promises';
import type { JudgedMessage } from '../domain/verdict.js';
import type { Log } from '../log.js';
import { classifyFailure } from '../warehouse/sql-failure.js';
import type { EventBatchWriter, SourceBatch, WriteResult } from '../warehouse/writers/event-batch-writer.js';
import type { TallyRow } from '../warehouse/writers/tally-writer.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

export interface SureWriterOptions {
  readonly writer: EventBatchWriter;
  readonly log: Log;
  /** Ends the retries; the write then fails with the last error. */
  readonly signal?: AbortSignal;
  /** How long to go on trying; for ever by default. */
  readonly giveUpAfterMs?: number;
}

/**
 * Writes batches through database restarts and past rows that the database refuses, so that no message blocks its
 * source [INGEST-004]: what fails for a passing reason is tried again with growing pauses, and a batch refused for its
 * data is halved until the one message is found, which is then set aside as `schema_mismatch`.
 */
export function createSureWriter(options: SureWriterOptions): EventBatchWriter {
  const { writer, log, signal, giveUpAfterMs = Number.POSITIVE_INFINITY } = options;

  async function write(batches: readonly SourceBatch[]): Promise<WriteResult> {
    const startedAt = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await writer.write(batches);
      } catch (error) {
        const failure = classifyFailure(error);
        if (failure === 'data') {
          return writeInParts(batches, error);
        }
        const isOver = signal?.aborted === true || performance.now() - startedAt > giveUpAfterMs;
        if (failure === 'permanent' || isOver) {
          throw error;
        }
        const pauseMs = Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS);
        log.warn({ err: error, attempt, pauseMs }, 'database unavailable, the batch is tried again');
        await delay(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      }
    }
  }

  async function writeInParts(batches: readonly SourceBatch[], cause: unknown): Promise<WriteResult> {
    const only = batches[0];
    if (batches.length === 1 && only !== undefined && only.messages.length <= 1) {
      log.error(
        { err: cause, topic: only.source.topic, partition: only.source.partition },
        'message refused by the database',
      );
      return writer.write([{ ...only, messages: only.messages.map(refused) }]);
    }
    const parts = batches.length > 1 ? batches.map((batch) => [batch]) : batches.flatMap(halves).map((half) => [half]);
    const tally: TallyRow[] = [];
    for (const part of parts) {
      const result = await write(part);
      if (result.kind === 'lost') {
        return result;
      }
      tally.push(...result.tally);
    }
    return { kind: 'written', tally };
  }

  return { write };
}

function halves(batch: SourceBatch): readonly SourceBatch[] {
  const middle = Math.ceil(batch.messages.length / 2);
  const border = batch.messages[middle]?.message.offset ?? batch.nextOffset;
  return [
    { ...batch, nextOffset: border, messages: batch.messages.slice(0, middle) },
    { ...batch, expectedNextOffset: border, messages: batch.messages.slice(middle) },
  ];
}

function refused({ message, verdict }: JudgedMessage): JudgedMessage {
  const family = verdict.kind === 'accepted' ? verdict.event.family : verdict.family;
  return {
    message,
    verdict: { kind: 'rejected', message, family, reason: 'schema_mismatch', detail: 'refused by the database' },
  };
}
