import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { DecodeRules } from '../ingest/decode.js';
import { createMessageSink, type MessageSink } from '../ingest/message-sink.js';
import type { Log } from '../log.js';
import { noFaults, type SimulatedMessage, type SimulatedTopic, type SimulationOptions } from '../simulator/options.js';
import { liveBatches } from './simulation.js';

export interface SimulatedFeedOptions {
  readonly pool: Pool;
  readonly orgs: ReadonlyMap<string, string>;
  readonly rules: DecodeRules;
  readonly log: Log;
  readonly seed: number;
  /** Days of history before the very first start; later starts go on where the last one ended. */
  readonly historyDays: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface SimulatedFeed {
  /** Publishes all that should have happened by now; answers how many messages that were. */
  catchUp(): Promise<number>;
  /** Publishes at the pace of the wall clock until the signal. */
  follow(): Promise<void>;
}

const SESSIONS_PER_DAY = 720;
const DAY_MS = 86_400_000;
const BATCH_MESSAGES = 5_000;
/** Past messages come without pause, so a pause of this length means that all of them are in. */
const SILENCE_MS = 300;
const PROGRESS_MS = 3_000;
const TOPICS = ['network_events', 'streaming_events'] as const satisfies readonly SimulatedTopic[];

const READ_BEGIN = {
  name: 'simulated-feed/begin',
  text: `select topic from raw.source where cluster_id = 'simulator' and topic like $1 order by topic limit 1`,
};

/**
 * A simulated network whose messages enter by the same path as Kafka's, each topic a source whose offset is the place in
 * the deterministic stream: after a restart, even by kill -9, the stream goes on at the stored offset and fills the gap.
 */
export async function openSimulatedFeed(options: SimulatedFeedOptions): Promise<SimulatedFeed> {
  const { log, now, signal } = options;
  const startMs = await beginOf(options);
  const lanes = await openLanes(options, startMs);
  const batches = liveBatches(networkOptions(options.seed, startMs), signal);
  let awaited: ReturnType<typeof batches.next> | null = null;

  /** The next batch; null when the network is silent for a moment, and then the same batch is awaited next time. */
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
          const share = ((batch.at(-1)?.atMs ?? startMs) - startMs) / (now() - startMs);
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

function networkOptions(seed: number, startMs: number): SimulationOptions {
  return {
    seed,
    sessions: SESSIONS_PER_DAY,
    hours: 24,
    startMs,
    orchestrators: 8,
    gateways: 3,
    faults: noFaults,
    noise: false,
  };
}

/** When the simulated network began: said by the name of its sources, so the database alone knows it. */
async function beginOf({ pool, seed, historyDays, now }: SimulatedFeedOptions): Promise<number> {
  const { rows } = await pool.query<{ topic: string }>({ ...READ_BEGIN, values: [`%/seed-${seed}/from-%`] });
  const known = Date.parse(rows[0]?.topic.split('/from-')[1] ?? '');
  if (!Number.isNaN(known)) return known;
  const today = Math.floor(now() / DAY_MS) * DAY_MS;
  return today - historyDays * DAY_MS;
}

interface Lane {
  readonly topic: SimulatedTopic;
  publish(messages: readonly SimulatedMessage[]): Promise<void>;
}

function openLanes(options: SimulatedFeedOptions, startMs: number): Promise<readonly Lane[]> {
  return Promise.all(
    TOPICS.map(async (topic) => {
      const { pool, orgs, rules, log, seed, now, signal } = options;
      const name = `${topic}/seed-${seed}/from-${new Date(startMs).toISOString()}`;
      const source = { clusterId: 'simulator', topic: name, partition: 0 };
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
