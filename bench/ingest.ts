import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createEventConsumer } from '../src/ingest/consumer.js';
import { DEFAULT_DECODE_RULES } from '../src/ingest/decode.js';
import { replay } from '../src/ingest/file-source.js';
import { createLog } from '../src/log.js';
import type { SimulatedMessage } from '../src/simulator/options.js';
import { toNdjson } from '../src/simulator/simulate.js';
import { createPool } from '../src/warehouse/pool.js';
import { type BenchmarkRun, runBenchmark } from './benchmark.js';
import { measureAllRows, measureLimit } from './ingest-limits.js';
import { type BenchBroker, openBenchBroker } from './kafka.js';
import { type Measurement, progress } from './report.js';
import { ORG_OF_TOPIC, takeMessages } from './traffic.js';

const AIM = 'ratio ≥ 0.6';
const ORG = ORG_OF_TOPIC.network_events;
const PARTITIONS = 4;
const POLL_MS = 10;
const silent = createLog({ level: 'silent', format: 'json' });

/** How fast a source was consumed, and what it cost each side. */
interface Consumption {
  readonly messagesPerSecond: number;
  readonly nodeMicros: number;
}

async function measureMix(
  run: BenchmarkRun<'events' | 'mixed'>,
  broker: BenchBroker,
  mix: string,
  messages: readonly SimulatedMessage[],
): Promise<readonly Measurement[]> {
  const hasIgnored = mix !== 'accepted only';
  const perSecond = hasIgnored ? 'messages/s' : 'events/s';
  progress(`${mix}: ${messages.length.toLocaleString('en-US')} messages made`);
  const database = await run.createDatabase();
  const limit = messages.length / (await measureLimit(database.url(), messages, hasIgnored));
  const allRows = messages.length / (await measureAllRows(database.url(), messages));
  await database.drop();
  progress(`${mix}: limits measured`);
  const consumptions: (readonly [string, Consumption])[] = [];
  for (const source of ['Kafka', 'file'] as const) {
    const fresh = await run.createDatabase();
    const url = fresh.url('ingest');
    consumptions.push([
      source,
      source === 'file' ? await measureFile(run, url, messages) : await measureKafka(broker, url, messages),
    ]);
    await fresh.drop();
    progress(`${mix}: ${source} measured`);
  }
  const row = (label: string, value: number, against: number | null, aim = ''): Measurement => ({
    ...{ label: `${label}, ${mix}`, value, unit: perSecond, limit: against, aim },
    ratio: against === null ? null : value / against,
  });
  return consumptions.flatMap(([source, { messagesPerSecond, nodeMicros }]) => [
    row(source, messagesPerSecond, limit, AIM),
    row(`${source}, of all its rows`, messagesPerSecond, allRows),
    { ...row(`${source}, CPU of Node`, nodeMicros, null), unit: `µs per ${hasIgnored ? 'message' : 'event'}` },
  ]);
}

async function measureFile(
  { onEnd }: Pick<BenchmarkRun<never>, 'onEnd'>,
  ingestUrl: string,
  messages: readonly SimulatedMessage[],
): Promise<Consumption> {
  const folder = await mkdtemp(join(tmpdir(), 'naap-bench-'));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'messages.ndjson');
  await pipeline(Readable.from(messages.map(toNdjson)), createWriteStream(path));
  const pool = createPool({ url: ingestUrl, name: 'naap bench', max: 1, log: silent });
  const before = process.cpuUsage();
  try {
    const { messagesPerSecond, consumedCount } = await replay({
      path,
      org: ORG,
      pool,
      rules: DEFAULT_DECODE_RULES,
      log: silent,
      now: Date.now,
    });
    if (consumedCount !== messages.length) throw new Error(`${consumedCount} consumed of ${messages.length}`);
    return { messagesPerSecond, nodeMicros: microsSince(before) / messages.length };
  } finally {
    await pool.end();
  }
}

/** From the first committed batch to the last: joining the group is no part of the rate. */
async function measureKafka(
  { brokers, createTopic, publish }: BenchBroker,
  ingestUrl: string,
  messages: readonly SimulatedMessage[],
): Promise<Consumption> {
  const topic = await createTopic(PARTITIONS);
  await publish(topic, messages);
  const pool = createPool({ url: ingestUrl, name: 'naap bench', max: 3, log: silent });
  let committed = 0;
  let first: { readonly count: number; readonly atMs: number; readonly cpu: NodeJS.CpuUsage } | null = null;
  let nodeMicros = 0;
  let lastAtMs = 0;
  const consumer = createEventConsumer({
    brokers,
    groupId: topic,
    topics: [{ topic, org: ORG }],
    pool,
    rules: DEFAULT_DECODE_RULES,
    log: silent,
    now: Date.now,
    metrics: {
      written(_tally, batches) {
        committed += batches.reduce((sum, batch) => sum + batch.messages.length, 0);
        lastAtMs = performance.now();
        first ??= { count: committed, atMs: lastAtMs, cpu: process.cpuUsage() };
        nodeMicros = microsSince(first.cpu);
      },
    },
  });
  try {
    await consumer.start();
    while (committed < messages.length) await Promise.race([delay(POLL_MS), consumer.finished]);
    const { count, atMs } = first ?? { count: 0, atMs: 0 };
    const rest = committed - count;
    return { messagesPerSecond: (rest / (lastAtMs - atMs)) * 1000, nodeMicros: nodeMicros / rest };
  } finally {
    await consumer.stop();
    await pool.end();
  }
}

function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

await runBenchmark({
  name: 'ingest',
  about: `Messages per second from their source to committed facts, one process and one connection, beside one binary COPY
of the same raw rows into a table like raw.event (with its index). The mixed rows hold 84 % ignored messages, as real
traffic does; their limit is a binary COPY of the same messages' bytes. The rows "of all its rows" compare with a bare
COPY of every row that ingest makes of the messages, into the real tables.`,
  flags: {
    events: { default: 200_000, about: 'accepted messages of the first rows' },
    mixed: { default: 400_000, about: 'messages of the rows with the real mix' },
  },
  async run(run) {
    const broker = await openBenchBroker();
    run.onEnd(broker.close);
    return [
      ...(await measureMix(run, broker, 'accepted only', takeMessages(run.sizes.events, { noise: false }))),
      ...(await measureMix(run, broker, '84 % ignored', takeMessages(run.sizes.mixed, { noise: true }))),
    ];
  },
});
