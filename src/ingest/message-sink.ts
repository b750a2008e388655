import type { Pool } from 'pg';
import type { JudgedMessage } from '../domain/verdict.js';
import type { Log } from '../log.js';
import { openSource, type SourceKey } from '../warehouse/stores/source-store.js';
import { createEventBatchWriter } from '../warehouse/writers/event-batch-writer.js';
import { type DecodeRules, decode } from './decode.js';
import { createSureWriter } from './sure-writer.js';
import { addTally, noVerdicts, type VerdictCounts } from './verdict-counts.js';

export interface MessageSinkOptions {
  readonly pool: Pool;
  readonly org: string;
  readonly source?: SourceKey;
  readonly rules: DecodeRules;
  readonly log: Log;
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

export interface MessageSink {
  /** Messages of the source that were consumed before this sink was opened. */
  readonly firstOffset: number;
  /** Writes the messages in one transaction, in this order; answers what became of them. Calls queue up. */
  send(messages: readonly (string | Uint8Array)[]): Promise<VerdictCounts>;
}

const SIMULATOR: SourceKey = { clusterId: 'simulator', topic: 'live', partition: 0 };

/**
 * Messages straight from this process into the warehouse, through the same path as Kafka's and under a source: the
 * simulator's and those of the scenarios that prove the rules [PARITY-001, QUALITY-002].
 */
export async function createMessageSink(options: MessageSinkOptions): Promise<MessageSink> {
  const { pool, org, rules, log, now, signal, source: key = SIMULATOR } = options;
  const writer = createSureWriter({
    writer: createEventBatchWriter({ pool }),
    log,
    ...(signal === undefined ? {} : { signal }),
  });
  const { source, nextOffset: firstOffset } = await openSource(pool, { ...key, org });
  let nextOffset = firstOffset;

  async function write(values: readonly Uint8Array[], from: number, readAtMs: number): Promise<VerdictCounts> {
    const counts = noVerdicts();
    const messages: readonly JudgedMessage[] = values.map((value, index) => {
      const message = { org, offset: from + index, value, brokerAtMs: readAtMs, receivedAtMs: readAtMs };
      return { message, verdict: decode(message, rules) };
    });
    const end = from + messages.length;
    const result = await writer.write([{ source, expectedNextOffset: from, nextOffset: end, messages }]);
    if (result.kind === 'written') {
      nextOffset = end;
      addTally(counts, result.tally);
      return counts;
    }
    // another process feeds the same source, or the answer of a commit was lost: the next free offsets, and the ledger
    // knows what is there already
    nextOffset = result.stored[0]?.nextOffset ?? nextOffset;
    return write(values, nextOffset, readAtMs);
  }

  let last: Promise<unknown> = Promise.resolve();
  return {
    firstOffset,
    send(messages) {
      const values = messages.map((message) => (typeof message === 'string' ? Buffer.from(message) : message));
      const turn = last.then(() => write(values, nextOffset, now()));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
