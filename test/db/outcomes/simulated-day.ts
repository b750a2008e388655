import type { Pool } from 'pg';
import { type DecodeRules, decode } from '../../../src/ingest/decode.js';
import type { SimulatedMessage, SimulatedTopic, SimulationOptions } from '../../../src/simulator/options.js';
import { simulate } from '../../../src/simulator/simulate.js';
import { type OpenedSource, openSource } from '../../../src/warehouse/stores/source-store.js';
import { createEventBatchWriter, type SourceBatch } from '../../../src/warehouse/writers/event-batch-writer.js';

export const TOPICS = { network_events: 'daydream', streaming_events: 'cloudspe' } as const satisfies Record<
  SimulatedTopic,
  string
>;

/** What a simulated message was made as. */
type Kind = 'telemetry' | 'noise' | 'garbage';

/** The simulator labels nothing, but draws the same messages with a fault switched off: what is missing then is its. */
export function kindsOf(options: SimulationOptions): (message: SimulatedMessage) => Kind {
  const textsOf = (run: SimulationOptions): ReadonlySet<string> =>
    new Set([...simulate(run)].map(({ value }) => value.toString('latin1')));
  const withoutGarbage = { ...options, faults: { ...options.faults, garbageRatio: 0 } };
  const telemetry = textsOf({ ...withoutGarbage, noise: false });
  const ungarbled = textsOf(withoutGarbage);
  return ({ value }) => {
    const text = value.toString('latin1');
    if (telemetry.has(text)) return 'telemetry';
    return ungarbled.has(text) ? 'noise' : 'garbage';
  };
}

/** Verdicts by what the message was made as. */
export type VerdictsByKind = Record<Kind, Record<string, number>>;

export interface TopicFeed {
  /** Writes the messages in one transaction, each topic a source, at the broker time they were published at. */
  send(messages: readonly SimulatedMessage[]): Promise<void>;
  /** Before the ledger: a message accepted here may be a duplicate there. */
  readonly verdicts: VerdictsByKind;
}

/** Brings simulated messages to the warehouse as the Kafka consumer does. */
export async function openTopicFeed(
  pool: Pool,
  rules: DecodeRules,
  kindOf: (message: SimulatedMessage) => Kind,
): Promise<TopicFeed> {
  const writer = createEventBatchWriter({ pool });
  const opened = new Map<SimulatedTopic, OpenedSource>();
  for (const topic of ['network_events', 'streaming_events'] as const) {
    opened.set(topic, await openSource(pool, { clusterId: 'simulated', topic, partition: 0, org: TOPICS[topic] }));
  }
  const verdicts: VerdictsByKind = { telemetry: {}, noise: {}, garbage: {} };

  function batchOf({ source, nextOffset }: OpenedSource, messages: readonly SimulatedMessage[]): SourceBatch {
    const judged = messages.map((simulated, index) => {
      const { value, atMs } = simulated;
      const message = { org: source.org, offset: nextOffset + index, value, brokerAtMs: atMs, receivedAtMs: atMs };
      const verdict = decode(message, rules);
      const counts = verdicts[kindOf(simulated)];
      counts[verdict.kind] = (counts[verdict.kind] ?? 0) + 1;
      return { message, verdict };
    });
    const end = nextOffset + messages.length;
    return { source, expectedNextOffset: nextOffset, nextOffset: end, messages: judged };
  }

  return {
    verdicts,
    async send(messages) {
      const batches: SourceBatch[] = [];
      for (const [topic, source] of opened) {
        const own = messages.filter((message) => message.topic === topic);
        if (own.length === 0) continue;
        const batch = batchOf(source, own);
        batches.push(batch);
        opened.set(topic, { ...source, nextOffset: batch.nextOffset });
      }
      const result = await writer.write(batches);
      if (result.kind !== 'written') throw new Error('another writer moved an offset of the simulated topics');
    },
  };
}
