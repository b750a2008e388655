import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { DecodeRules } from '../ingest/decode.js';
import { createMessageSink, type MessageSink } from '../ingest/message-sink.js';
import type { Log } from '../log.js';
import type { SimulatedMessage, SimulatedTopic, SimulationOptions } from '../simulator/options.js';
import { liveBatches } from './simulation.js';

export interface StreamContext {
  readonly pool: Pool;
  readonly orgs: ReadonlyMap<string, string>;
  readonly rules: DecodeRules;
  readonly log: Log;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** An endless simulation on its way into the warehouse, each of its topics a source. */
export interface SimulatedStream {
  /** Publishes all that should have happened by now; answers how many messages that were. */
  catchUp(): Promise<number>;
  /** Publishes at the pace of the clock `now` until the signal. */
  follow(): Promise<void>;
}

/** Cluster of the sources that this process simulates. */
export const SIMULATED_CLUSTER = 'simulator';
const BATCH_MESSAGES = 5_000;
/** Past messages come without pause, so a pause of this length means that all of them are in. */
const SILENCE_MS = 300;
const PROGRESS_MS = 3_000;
const TOPICS = ['network_events', 'streaming_events'] as const satisfies readonly SimulatedTopic[];

/**
 * Opens the stream under a name, which must be another for other messages: an offset is the place in the stream of that
 * name, so that after a restart, even by kill -9, it goes on at the stored offset and no message comes twice.
 */
export async function openSimulatedStream(
  context: StreamContext,
  { name, simulation }: { readonly name: string; readonly simulation: SimulationOptions },
): Promise<SimulatedStream> {
  const { log, now, signal } = context;
  const beginMs = simulation.fromMs ?? simulation.startMs;
  const lanes = await openLanes(context, name);
  const batches = liveBatches(simulation, { now, signal });
  let awaited: ReturnType<typeof batches.next> | null = null;

  /** The next batch; 'silent' when there is none for a moment, and then the same one is awaited next time. */
  async function nextBatch(patienceMs: number): Promise<readonly SimulatedMessage[] | 'silent' | 'ended'> {
    awaited ??= batches.next();
    const silence = new AbortController();
    const result = await Promise.race([awaited, delay(patienceMs, null, { signal: silence.signal }).catch(() => null)]);
    silence.abort();
    if (result === null) return 'silent';
    awaited = null;
    return result.done === true ? 'ended' : result.value;
  }

  async function publish(messages: readonly SimulatedMessage[]): Promise<void> {
    for (const lane of lanes) await lane.publish(messages.filter(({ topic }) => topic === lane.topic));
  }

  return {
    async catchUp() {
      let count = 0;
      let reportedAt = now();
      let pending: SimulatedMessage[] = [];
      for (;;) {
        const batch = await nextBatch(SILENCE_MS);
        const isAtNow = typeof batch === 'string';
        if (!isAtNow) pending.push(...batch);
        if (pending.length >= BATCH_MESSAGES || isAtNow) {
          await publish(pending);
          count += pending.length;
          pending = [];
        }
        if (isAtNow) return count;
        if (now() - reportedAt > PROGRESS_MS) {
          reportedAt = now();
          const share = ((batch.at(-1)?.atMs ?? beginMs) - beginMs) / (now() - beginMs);
          log.info({ messages: count, percent: Math.round(100 * share) }, 'simulated history is being ingested');
        }
      }
    },
    async follow() {
      for (;;) {
        const batch = await nextBatch(PROGRESS_MS);
        if (batch === 'ended') return;
        if (batch !== 'silent') await publish(batch);
      }
    },
  };
}

interface Lane {
  readonly topic: SimulatedTopic;
  publish(messages: readonly SimulatedMessage[]): Promise<void>;
}

function openLanes({ pool, orgs, rules, log, now, signal }: StreamContext, name: string): Promise<readonly Lane[]> {
  return Promise.all(
    TOPICS.map(async (topic) => {
      const source = { clusterId: SIMULATED_CLUSTER, topic: `${topic}/${name}`, partition: 0 };
      const sink = await createMessageSink({ pool, org: orgs.get(topic) ?? topic, source, rules, log, now, signal });
      return createLane(topic, sink);
    }),
  );
}

function createLane(topic: SimulatedTopic, sink: MessageSink): Lane {
  let toSkip = sink.firstOffset;
  return {
    topic,
    async publish(messages) {
      const fresh = messages.slice(toSkip);
      toSkip = Math.max(0, toSkip - messages.length);
      if (fresh.length > 0) await sink.send(fresh.map(({ value }) => value));
    },
  };
}
