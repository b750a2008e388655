import type { Readable } from 'node:stream';
import type { Pool } from 'pg';
import { FILE_CLUSTER } from '../domain/source-kind.js';
import type { JudgedMessage } from '../domain/verdict.js';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { findSource, type OpenedSource, openSource } from '../warehouse/stores/source-store.js';
import { createEventBatchWriter } from '../warehouse/writers/event-batch-writer.js';
import type { TallyRow } from '../warehouse/writers/tally-writer.js';
import { type DecodeRules, decode } from './decode.js';
import { type NdjsonFile, openNdjson } from './ndjson-file.js';
import { createSureWriter } from './sure-writer.js';
import { addTally, consumed, noVerdicts, type VerdictCounts } from './verdict-counts.js';

const PROGRESS_INTERVAL_MS = 10_000;
const GIVE_UP_AFTER_MS = 60_000;
const MAX_BATCH_BYTES = 16_777_216;

export interface ReplayOptions {
  /** A file, or `-` for `stdin`. */
  readonly path: string;
  readonly org: string;
  readonly pool: Pool;
  readonly rules: DecodeRules;
  readonly log: Log;
  /** Messages in one transaction. */
  readonly batchMessages?: number;
  /** The clock, milliseconds since the epoch: a file has no broker, so its record time is the time of reading. */
  readonly now: () => number;
  readonly stdin?: Readable;
  readonly signal?: AbortSignal;
}

export interface ReplayResult {
  readonly contentHash: string;
  /** Lines that an earlier run had consumed. */
  readonly skippedCount: number;
  readonly consumedCount: number;
  readonly counts: Readonly<VerdictCounts>;
  /** Family, verdict, reason and how many, most first. */
  readonly tally: readonly Pick<TallyRow, 'family' | 'verdict' | 'reason' | 'messageCount'>[];
  readonly seconds: number;
  readonly messagesPerSecond: number;
}

/**
 * Feeds a file of messages through the same path as Kafka's: a source of its own, whose offset is the line. A run that
 * was cut short goes on where its last transaction ended; a file consumed to its end changes nothing.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const startedAt = performance.now();
  const file = await openNdjson(options.path, options.stdin);
  try {
    const opened = await openFileSource(options.pool, file.contentHash, options.org);
    const reader = createFileReader(options, opened);
    await reader.read(file);
    const seconds = (performance.now() - startedAt) / 1000;
    const consumedCount = consumed(reader.counts);
    return {
      contentHash: file.contentHash,
      skippedCount: reader.skippedCount(),
      consumedCount,
      counts: reader.counts,
      tally: reader.tally(),
      seconds,
      messagesPerSecond: consumedCount / seconds,
    };
  } finally {
    await file.close();
  }
}

async function openFileSource(pool: Pool, contentHash: string, org: string): Promise<OpenedSource> {
  const key = { clusterId: FILE_CLUSTER, topic: contentHash, partition: 0 };
  const known = await findSource(pool, key);
  if (known !== null && known.source.org !== org) {
    throw new AppError(
      'USAGE',
      `this file was replayed for ${known.source.org}, now ${org} is wanted: one file has one org`,
    );
  }
  return openSource(pool, { ...key, org });
}

interface FileReader {
  readonly counts: VerdictCounts;
  skippedCount(): number;
  tally(): ReplayResult['tally'];
  read(file: NdjsonFile): Promise<void>;
}

/** Decodes the next batch while the last one is being written. */
function createFileReader(options: ReplayOptions, { source, nextOffset: firstOffset }: OpenedSource): FileReader {
  const { pool, rules, log, now, signal, batchMessages = 5_000 } = options;
  const writer = createSureWriter({
    writer: createEventBatchWriter({ pool }),
    log,
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const counts = noVerdicts();
  const rows: TallyRow[] = [];
  let nextOffset = firstOffset;
  let skippedCount = 0;
  let pending: JudgedMessage[] = [];
  let pendingBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  let reportedAt = performance.now();

  async function writeBatch(messages: readonly JudgedMessage[], end: number): Promise<void> {
    const result = await writer.write([{ source, expectedNextOffset: nextOffset, nextOffset: end, messages }]);
    if (result.kind === 'written') {
      nextOffset = end;
      addTally(counts, result.tally);
      rows.push(...result.tally);
      return;
    }
    // another replay of the same file, or a commit whose answer was lost: go on behind it
    nextOffset = result.stored[0]?.nextOffset ?? nextOffset;
    const rest = messages.filter(({ message }) => message.offset >= nextOffset);
    skippedCount += messages.length - rest.length;
    if (rest.length > 0) await writeBatch(rest, end);
  }

  /** Waits for the batch before, so that at most two are in memory. */
  async function flush(end: number): Promise<void> {
    await writing;
    if (performance.now() - reportedAt >= PROGRESS_INTERVAL_MS) {
      reportedAt = performance.now();
      log.info({ lines: nextOffset, ...counts }, 'replay is under way');
    }
    const messages = pending;
    pending = [];
    pendingBytes = 0;
    if (messages.length === 0) {
      return;
    }
    writing = writeBatch(messages, end);
    // awaited by the next flush
    writing.catch(() => undefined);
  }

  return {
    counts,
    skippedCount: () => skippedCount,
    tally: () => summed(rows),
    async read(file) {
      for await (const lines of file.lines()) {
        const readAtMs = now();
        for (const { number, bytes } of lines) {
          if (number < firstOffset) {
            skippedCount += 1;
            continue;
          }
          const message = {
            org: source.org,
            offset: number,
            value: bytes,
            brokerAtMs: readAtMs,
            receivedAtMs: readAtMs,
          };
          pending.push({ message, verdict: decode(message, rules) });
          pendingBytes += bytes.byteLength;
          if (pending.length >= batchMessages || pendingBytes >= MAX_BATCH_BYTES) await flush(number + 1);
        }
        signal?.throwIfAborted();
      }
      await flush((pending.at(-1)?.message.offset ?? 0) + 1);
      await writing;
    },
  };
}

function summed(rows: readonly TallyRow[]): ReplayResult['tally'] {
  const sums = new Map<
    string,
    { family: string; verdict: TallyRow['verdict']; reason: string; messageCount: number }
  >();
  for (const { family, verdict, reason, messageCount } of rows) {
    const key = `${family}\0${verdict}\0${reason}`;
    const sum = sums.get(key) ?? { family, verdict, reason, messageCount: 0 };
    sum.messageCount += messageCount;
    sums.set(key, sum);
  }
  return [...sums.values()].sort((a, b) => b.messageCount - a.messageCount);
}
