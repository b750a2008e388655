import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createEventConsumer } from '../src/ingest/consumer.js';
import { DEFAULT_DECODE_RULES, decode } from '../src/ingest/decode.js';
import { replay } from '../src/ingest/file-source.js';
import { createLog } from '../src/log.js';
import type { SimulatedMessage } from '../src/simulator/options.js';
import { toNdjson } from '../src/simulator/simulate.js';
import { createPool } from '../src/warehouse/pool.js';
import { RAW_EVENT, SET_ASIDE } from '../src/warehouse/writers/fact-tables.js';
import { type BenchmarkRun, runBenchmark } from './benchmark.js';
import { type EncodedRows, encodeRows, measureCopy, withClient } from './copy-limit.js';
import { type BenchBroker, openBenchBroker } from './kafka.js';
import { type Measurement, progress } from './report.js';
import { takeMessages } from './traffic.js';

const AIM = 'ratio ≥ 0.6';
const ORG = 'daydream';
const PARTITIONS = 4;
const POLL_MS = 10;
const silent = createLog({ level: 'silent', format: 'json' });

async function measureMix(
  run: BenchmarkRun<'events' | 'mixed'>,
  broker: BenchBroker,
  mix: string,
  messages: readonly SimulatedMessage[],
): Promise<readonly Measurement[]> {
  const hasIgnored = mix !== 'accepted only';
  progress(`${mix}: ${messages.length.toLocaleString('en-US')} messages made`);
  const database = await run.createDatabase();
  const limit = messages.length / (await measureLimit(database.url(), messages, hasIgnored));
  progress(`${mix}: limit measured`);
  const fileRate = await measureFile(run, database.url('ingest'), messages);
  await database.drop();
  progress(`${mix}: file measured`);
  const second = await run.createDatabase();
  const kafkaRate = await measureKafka(broker, second.url('ingest'), messages);
  await second.drop();
  const row = (label: string, value: number): Measurement => ({
    label: `${label}, ${mix}`,
    value,
    unit: hasIgnored ? 'messages/s' : 'events/s',
    limit,
    ratio: value / limit,
    aim: AIM,
  });
  return [row('Kafka', kafkaRate), row('file', fileRate)];
}

async function measureFile(
  { onEnd }: Pick<BenchmarkRun<never>, 'onEnd'>,
  ingestUrl: string,
  messages: readonly SimulatedMessage[],
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'naap-bench-'));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'messages.ndjson');
  await pipeline(Readable.from(messages.map(toNdjson)), createWriteStream(path));
  const pool = createPool({ url: ingestUrl, name: 'naap bench', max: 1, log: silent });
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
    return messagesPerSecond;
  } finally {
    await pool.end();
  }
}

/** From the first committed batch to the last: joining the group is no part of the rate. */
async function measureKafka(
  { brokers, createTopic, publish }: BenchBroker,
  ingestUrl: string,
  messages: readonly SimulatedMessage[],
): Promise<number> {
  const topic = await createTopic(PARTITIONS);
  await publish(topic, messages);
  const pool = createPool({ url: ingestUrl, name: 'naap bench', max: 3, log: silent });
  let committed = 0;
  let first: { readonly count: number; readonly atMs: number } | null = null;
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
        first ??= { count: committed, atMs: lastAtMs };
      },
    },
  });
  try {
    await consumer.start();
    while (committed < messages.length) await Promise.race([delay(POLL_MS), consumer.finished]);
    const { count, atMs } = first ?? { count: 0, atMs: 0 };
    return ((committed - count) / (lastAtMs - atMs)) * 1000;
  } finally {
    await consumer.stop();
    await pool.end();
  }
}

/** Seconds of the bare COPY. The table is a plain one: partitions and chunks are ours to pay for. */
async function measureLimit(
  adminUrl: string,
  messages: readonly SimulatedMessage[],
  bytesOnly: boolean,
): Promise<number> {
  const model = bytesOnly ? 'raw.set_aside' : 'raw.event';
  await withClient(adminUrl, async (client) => {
    await client.query('drop table if exists public.bench_limit');
    await client.query(`create table public.bench_limit (like ${model} including indexes)`);
  });
  return measureCopy(adminUrl, 'public.bench_limit', bytesOnly ? bytesRows(messages) : eventRows(messages));
}

function eventRows(messages: readonly SimulatedMessage[]): EncodedRows {
  const receivedAtMs = Date.now();
  const rows = messages.flatMap(({ value }, offset) => {
    const message = { org: ORG, offset, value, brokerAtMs: receivedAtMs, receivedAtMs };
    const verdict = decode(message, DEFAULT_DECODE_RULES);
    if (verdict.kind !== 'accepted') throw new Error(`a simulated message was ${verdict.kind}: ${verdict.reason}`);
    const { event } = verdict;
    return [
      [
        event.eventAtMs,
        event.org,
        event.eventId,
        event.family,
        event.envelopeAtMs,
        receivedAtMs,
        1,
        offset,
        event.rawBytes,
      ],
    ];
  });
  return encodeRows(RAW_EVENT.columns, rows);
}

function bytesRows(messages: readonly SimulatedMessage[]): EncodedRows {
  const receivedAtMs = Date.now();
  const rows = messages.map(({ value }, offset) => [receivedAtMs, 1, offset, ORG, 'ignored', '', '', '', value]);
  return encodeRows(SET_ASIDE.columns, rows);
}

await runBenchmark({
  name: 'ingest',
  about: `Messages per second from their source to committed facts, one process and one connection, beside one binary COPY
of the same raw rows into a table like raw.event (with its index). The mixed rows hold 84 % ignored messages, as real
traffic does; their limit is a binary COPY of the same messages' bytes.`,
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
