import type { RawMessage } from '../src/domain/verdict.js';
import { DEFAULT_DECODE_RULES, decode } from '../src/ingest/decode.js';
import { createLog } from '../src/log.js';
import type { SimulatedMessage, SimulatedTopic } from '../src/simulator/options.js';
import { createPool } from '../src/warehouse/pool.js';
import { type OpenedSource, openSource } from '../src/warehouse/stores/source-store.js';
import { createEventBatchWriter, type SourceBatch } from '../src/warehouse/writers/event-batch-writer.js';
import { progress } from './report.js';
import { ORG_OF_TOPIC } from './traffic.js';

const BATCH_MESSAGES = 5_000;
const PROGRESS_MESSAGES = 100_000;
const silent = createLog({ level: 'silent', format: 'json' });

/** Puts messages into the warehouse by the decoder and writer of ingest, on one connection. */
export interface Loader {
  /** Returns how many were consumed once all are committed; does not wait for anything else. */
  load(messages: Iterable<SimulatedMessage>): Promise<number>;
  close(): Promise<void>;
}

export function createLoader(ingestUrl: string): Loader {
  const pool = createPool({ url: ingestUrl, name: 'naap bench loader', max: 1, log: silent });
  const writer = createEventBatchWriter({ pool });
  const sources = new Map<SimulatedTopic, OpenedSource>();

  async function sourceOf(topic: SimulatedTopic): Promise<OpenedSource> {
    const known = sources.get(topic);
    if (known !== undefined) return known;
    const opened = await openSource(pool, { clusterId: 'bench', topic, partition: 0, org: ORG_OF_TOPIC[topic] });
    sources.set(topic, opened);
    return opened;
  }

  async function write(messages: readonly SimulatedMessage[]): Promise<void> {
    const receivedAtMs = Date.now();
    const batches: SourceBatch[] = [];
    for (const topic of new Set(messages.map((message) => message.topic))) {
      const opened = await sourceOf(topic);
      const { source, nextOffset } = opened;
      const judged = messages
        .filter((message) => message.topic === topic)
        .map(({ value }, index) => {
          const offset = nextOffset + index;
          const message: RawMessage = { org: source.org, offset, value, brokerAtMs: receivedAtMs, receivedAtMs };
          return { message, verdict: decode(message, DEFAULT_DECODE_RULES) };
        });
      const next = nextOffset + judged.length;
      batches.push({ source, expectedNextOffset: nextOffset, nextOffset: next, messages: judged });
      sources.set(topic, { ...opened, nextOffset: next });
    }
    const { kind } = await writer.write(batches);
    if (kind !== 'written') throw new Error('somebody else writes to the sources of the benchmark');
  }

  return {
    async load(messages) {
      const startedAt = performance.now();
      let count = 0;
      let batch: SimulatedMessage[] = [];
      let underWay: Promise<void> = Promise.resolve();
      /** Begins to write; the next batch is made while the server works on this one. */
      const flush = async (): Promise<void> => {
        await underWay;
        if (Math.floor((count + batch.length) / PROGRESS_MESSAGES) > Math.floor(count / PROGRESS_MESSAGES)) {
          const perSecond = Math.round((1000 * count) / (performance.now() - startedAt));
          progress(`${(count + batch.length).toLocaleString('en-US')} messages loaded, ${perSecond} a second`);
        }
        count += batch.length;
        underWay = batch.length > 0 ? write(batch) : Promise.resolve();
        // awaited by the next flush, which may come after it has failed
        underWay.catch(() => undefined);
        batch = [];
      };
      for (const message of messages) {
        batch.push(message);
        if (batch.length === BATCH_MESSAGES) await flush();
      }
      await flush();
      await underWay;
      return count;
    },
    close: () => pool.end(),
  };
}
